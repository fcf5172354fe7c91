"""The Python side of a project: its package, the files in it, and what it imports."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.anatomy.extensions import parse_python
from scaffolder.files import MEGABYTE, is_file, is_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from scaffolder.files import Reader

LIBRARY_SUFFIXES = (".so", ".pyd", ".dylib")
UNSEARCHED = {"node_modules", "__pycache__", "site-packages"}
MODULE_LIMIT = 2 * MEGABYTE
SKIPPED = UNSEARCHED | {"target", "build", "dist"}


@dataclass(frozen=True)
class Import:
    """An import of a module that has no Python file.

    Attributes:
        name: The module, in full: `prices._core`.
        path: The file that imports it.
        line: Where, from 1.
        always: Whether the file runs it in any case: in a `try` or an `if` there is a way out.
    """

    name: str
    path: Path
    line: int
    always: bool = True


@dataclass(frozen=True)
class Layout:
    """Where the extension module goes.

    Attributes:
        module: Its full name: `prices._core`.
        source: The folder of the Python packages.
        package: The Python package that it belongs to, if there is one.
        libraries: The built extension modules that lie in the package, with the time of each build.
        stubs: The package's stubs.
        typed: Whether the package says that it has types.
        missing_imports: What the package imports from itself that has no Python file.
    """

    module: str
    source: Path
    package: Path | None
    libraries: dict[Path, int]
    stubs: tuple[Path, ...]
    typed: bool
    missing_imports: tuple[Import, ...]

    @property
    def extension(self) -> str:
        """The last part of the module's name."""
        return self.module.rpartition(".")[2]

    @property
    def types(self) -> tuple[Path, ...]:
        """The files that type checkers need."""
        return (*self.stubs, self.package / "py.typed") if self.package and self.typed else self.stubs


def read_layout(folders: tuple[Path, ...], module: str, source: Path, reader: Reader) -> Layout:
    """Look at the Python package of a project.

    Args:
        folders: The folders of the project and of its crate.
        module: The extension module's full name.
        source: The folder of the Python packages.
        reader: What reads the files.
    """
    top, *inner = module.split(".")
    candidate = source / top
    # Without Python in it, a folder of that name is something else: the crate, or the build's output.
    has_python = any(".py" in entry.name for entry in reader.entries(candidate))
    unreadable = any(problem.path == candidate for problem in reader.problems)
    package = candidate if top and (has_python or unreadable) else None
    extension = module.rpartition(".")[2]
    names = [entry.name for entry in reader.entries(candidate.joinpath(*inner[:-1]))]
    libraries = [candidate.joinpath(*inner[:-1], name) for name in names if _is_library(name, extension)]
    files = tuple(reader.walk(package, (".py", ".pyi"), lambda entry: entry.name in UNSEARCHED)) if package else ()
    beside = (folder / f"{top}.pyi" for folder in dict.fromkeys(folders))
    stubs = (path for path in files if path.suffix == ".pyi") if package else (path for path in beside if is_file(path))
    return Layout(
        module=module,
        source=source,
        package=package,
        libraries={path: path.stat().st_mtime_ns for path in libraries if is_file(path)},
        stubs=tuple(stubs),
        typed=bool(package and is_file(package / "py.typed")),
        missing_imports=tuple(_missing_imports(package, files, reader)) if package else (),
    )


def find_source(folder: Path, settings: dict[str, Any], project_name: str) -> Path:
    """Return the folder of the Python packages, as maturin finds it.

    Args:
        folder: The project's folder.
        settings: `[tool.maturin]`.
        project_name: The name in `[project]`.
    """
    if setting := settings.get("python-source"):
        return folder / str(setting)
    names = [project_name.replace("-", "_"), *map(str, settings.get("python-packages", []))]
    in_source = any(is_file(folder / "src" / name / "__init__.py") for name in names)
    return folder / "src" if in_source and is_file(folder / "rust" / "Cargo.toml") else folder


def find_setuptools_source(folder: Path, pyproject: dict[str, Any], package: str) -> Path:
    """Return the folder of the Python packages, as setuptools finds it: as configured, in `src`, or here.

    Args:
        folder: The project's folder.
        pyproject: What its pyproject.toml says.
        package: The package that is looked for.
    """
    settings = pyproject.get("tool", {}).get("setuptools", {})
    packages = settings.get("packages", {}) if isinstance(settings, dict) else {}
    find = packages.get("find", {}) if isinstance(packages, dict) else {}
    where = find.get("where") if isinstance(find, dict) else None
    named = settings.get("package-dir", {}) if isinstance(settings, dict) else {}
    usual = named.get("", "src") if isinstance(named, dict) else "src"
    places = [*(where if isinstance(where, list) else []), usual, "."]
    return next((folder / str(place) for place in places if is_folder(folder / str(place) / package)), folder)


def rust_files(folder: Path, reader: Reader) -> Iterator[Path]:
    """Find the Rust files below a crate's folder that belong to it.

    Args:
        folder: The crate's folder.
        reader: What reads the folders.
    """

    def belongs_to_another(entry: os.DirEntry[str]) -> bool:
        is_crate = is_file(Path(entry.path, "Cargo.toml"))
        return is_crate or entry.name in SKIPPED or entry.name.startswith(".")

    return reader.walk(folder, (".rs",), belongs_to_another)


def _is_library(name: str, extension: str) -> bool:
    return name.endswith(LIBRARY_SUFFIXES) and name.partition(".")[0] == extension


def _missing_imports(package: Path, files: tuple[Path, ...], reader: Reader) -> Iterator[Import]:
    """Find what a package imports from itself that has no Python file."""
    modules = {path.relative_to(package.parent).with_suffix("").parts for path in files if path.suffix == ".py"}
    folders = {parts[:length] for parts in modules for length in range(1, len(parts))}
    for path in files:
        if path.suffix == ".py" and SKIPPED.isdisjoint(path.relative_to(package).parts):
            source = reader.read(path, MODULE_LIMIT) or b""
            # Most files import nothing of their own package, and parsing is most of the work.
            own = package.name.encode() in source or b"from ." in source
            for node, always in _imports(source) if own else ():
                for name in _names(node, path, package):
                    if name[0] == package.name and len(name) > 1 and not _exists(name, modules, folders):
                        yield Import(".".join(name), path, node.lineno, always)


def _imports(source: bytes) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Yield the imports of a file, and whether each always runs."""
    tree = parse_python(source)
    outermost = set(map(id, tree.body)) if tree else ()
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node, id(node) in outermost


def _names(node: ast.Import | ast.ImportFrom, path: Path, package: Path) -> list[tuple[str, ...]]:
    """Return the modules that an import names, in full."""
    if isinstance(node, ast.Import):
        return [tuple(alias.name.split(".")) for alias in node.names]
    here = (package.name, *path.parent.relative_to(package).parts)
    base = here[: len(here) - node.level + 1] if node.level else ()
    module = (*base, *(node.module.split(".") if node.module else ()))
    # `from . import _core` names a module or an attribute; a private name is a module's.
    private = [] if node.module else [(*module, alias.name) for alias in node.names if alias.name.startswith("_")]
    return private or ([module] if module else [])


def _exists(name: tuple[str, ...], modules: set[tuple[str, ...]], folders: set[tuple[str, ...]]) -> bool:
    """Return whether a module has a Python file, or is inside one that is not a package."""
    for length in range(1, len(name) + 1):
        if name[:length] in modules:
            return True
        if name[:length] not in folders:
            return False
    return True
