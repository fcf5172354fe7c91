"""The Rust source of a project: what its crate, and those that it has by a path, register in Python modules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scaffolder.anatomy.crates import read_crate
from scaffolder.anatomy.layout import SKIPPED
from scaffolder.files import is_file
from scaffolder.rust.crate_source import read_crate_source
from scaffolder.rust.registering import read_registry

if TYPE_CHECKING:
    from scaffolder.anatomy.project import Project
    from scaffolder.files import Reader
    from scaffolder.python.namespaces import Namespace
    from scaffolder.rust.crate_source import CrateSource
    from scaffolder.rust.registering import Registry

WORD = re.compile(r"[A-Za-z_]\w*")
DOTTED = re.compile(r"""["']([A-Za-z_]\w*(?:\.\w+)+)["']""")


def read_registries(project: Project, reader: Reader) -> list[Registry]:
    """Read a crate, and those that it depends on by a path: the module may be in one of them."""
    manifests = [folder / "Cargo.toml" for folder in project.crates]
    members = [read_crate(path) for path in manifests if b"pyo3" in (reader.read(path) or b"")]
    sources = []
    for member in (project.crate, *members):
        path = member.folder / str(member.library.get("path") or "src/lib.rs")
        if is_file(path):
            sources.append(read_crate_source(member.library_name, path, reader))
    for source in sources:
        source.externs.update({extern.name: extern for extern in sources if extern is not source})
    return [read_registry(source) for source in sources]


def full_name(project: Project, name: str) -> str:
    """Return what the extension module is imported as."""
    layout = project.layout
    if "." in layout.module:
        return f"{layout.module.rpartition('.')[0]}.{name}"
    # maturin puts it into the package of its name, where there is one.
    inside = layout.package and not project.extensions and is_file(layout.package / "__init__.py")
    return f"{layout.module}.{name}" if inside else name


def words_of_tests(project: Project, reader: Reader) -> set[str]:
    """Return the words in a project's tests and benchmarks, which may be all that uses a private name."""
    folders = (project.folder / name for name in ("tests", "test", "benchmarks"))
    paths = (path for folder in folders for path in reader.walk(folder, (".py",), lambda entry: entry.name in SKIPPED))
    sources = (reader.read(path) or b"" for path in paths)
    return {word for source in sources for word in WORD.findall(source.decode("utf-8", "replace"))}


def names_in_sys_modules(crate: CrateSource, spaces: dict[str, Namespace]) -> dict[str, set[str]] | None:
    """Return the names that a project may put into `sys.modules`, by their last parts.

    They are the dotted names in its texts that are no Python module.

    Args:
        crate: Its Rust source.
        spaces: The modules of its Python package.

    Returns:
        The names; none if nothing in the project touches `sys.modules`.
    """
    files = [file.data for file in crate.files.values()]
    in_rust = any(re.search(rb'"modules"|sys\.modules', data) for data in files)
    if not in_rust and all("modules" not in space.words for space in spaces.values()):
        return None
    names = {name for data in files for name in DOTTED.findall(data.decode("utf-8", "replace"))}
    names |= {word for space in spaces.values() for word in space.words if "." in word}
    by_last: dict[str, set[str]] = {}
    for name in names - set(spaces):
        by_last.setdefault(name.rpartition(".")[2], set()).add(name)
    return by_last
