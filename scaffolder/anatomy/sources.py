"""The Rust source of a project: what its crate, and those that it has by a path, register in Python modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.anatomy.crates import read_crate
from scaffolder.files import is_file
from scaffolder.rust.crate_source import read_crate_source
from scaffolder.rust.registering import read_registry

if TYPE_CHECKING:
    from scaffolder.anatomy.project import Project
    from scaffolder.files import Reader
    from scaffolder.rust.registering import Registry


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
