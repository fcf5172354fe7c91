"""The Python side of a project: its package, what lies in it, and what it imports."""

from __future__ import annotations

import ast
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIBRARY_SUFFIXES = (".so", ".pyd", ".dylib")
SKIPPED = {"target", "node_modules", "__pycache__", "site-packages", "build", "dist"}


@dataclass(frozen=True)
class Import:
    """An import of a module that is not there as Python.

    Attributes:
        name: The module, in full: `prices._core`.
        path: The file that imports it.
        line: Where, from 1.
    """

    name: str
    path: Path
    line: int


@dataclass(frozen=True)
class Layout:
    """Where the extension module goes.

    Attributes:
        module: Its full name: `prices._core`.
        source: The folder that Python's packages are in.
        package: The Python package that it goes into, if there is one.
        libraries: The built extension modules that lie in the package.
        stubs: The stubs of the package.
        typed: Whether the package says that it has types.
        missing_imports: What the package imports from itself that is no Python file.
    """

    module: str
    source: Path
    package: Path | None
    libraries: tuple[Path, ...]
    stubs: tuple[Path, ...]
    typed: bool
    missing_imports: tuple[Import, ...]

    @property
    def extension(self) -> str:
        """The last part of the module's name."""
        return self.module.rpartition(".")[2]


def read_layout(folders: tuple[Path, ...], module: str, source: Path) -> Layout:
    """Look at the Python package of a project.

    Args:
        folders: The folders of the project and of its crate.
        module: The extension module's full name.
        source: The folder that Python's packages are in.
    """
    top, *inner = module.split(".")
    candidate = source / top
    # Without Python in it, a folder of that name is something else: the crate, or the build's output.
    package = candidate if next(candidate.glob("*.py*"), None) else None
    place = candidate.joinpath(*inner[:-1])
    files = sorted(place.iterdir()) if place.is_dir() else []
    extension = module.rpartition(".")[2]
    if package is None:
        stubs = tuple(path for folder in dict.fromkeys(folders) for path in folder.glob(f"{top}.pyi"))
    else:
        stubs = tuple(sorted(package.rglob("*.pyi")))
    return Layout(
        module=module,
        source=source,
        package=package,
        libraries=tuple(path for path in files if _is_library(path, extension)),
        stubs=stubs,
        typed=bool(package and (package / "py.typed").is_file()),
        missing_imports=tuple(_missing_imports(package)) if package else (),
    )


def find_source(folder: Path, settings: dict[str, Any], project_name: str) -> Path:
    """Return the folder with Python's packages, as maturin finds it.

    Args:
        folder: The project's folder.
        settings: `[tool.maturin]`.
        project_name: The name in `[project]`.
    """
    if given := settings.get("python-source"):
        return folder / str(given)
    names = [project_name.replace("-", "_"), *settings.get("python-packages", [])]
    in_source = any((folder / "src" / name / "__init__.py").is_file() for name in names)
    return folder / "src" if in_source and (folder / "rust" / "Cargo.toml").is_file() else folder


def rust_files(folder: Path) -> Iterator[Path]:
    """Find the Rust files below a crate's folder that belong to it."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            nested = (path / "Cargo.toml").is_file()
            if not (nested or path.name in SKIPPED or path.name.startswith(".") or path.is_symlink()):
                yield from rust_files(path)
        elif path.suffix == ".rs":
            yield path


def _is_library(path: Path, extension: str) -> bool:
    """Tell whether a file is a build of the extension module."""
    return path.suffix in LIBRARY_SUFFIXES and path.name.partition(".")[0] == extension


def _missing_imports(package: Path) -> Iterator[Import]:
    """Find what a package imports from itself that is not there as Python."""
    for path in sorted(package.rglob("*.py")):
        if SKIPPED.isdisjoint(path.parts):
            for node in _imports(path):
                yield from _missing(node, path, package)


def _imports(path: Path) -> list[ast.stmt]:
    """Return the imports that a file runs in any case: those in a `try` or an `if` have a way out."""
    try:
        return ast.parse(path.read_bytes()).body
    except (SyntaxError, ValueError):
        return []


def _missing(node: ast.stmt, path: Path, package: Path) -> Iterator[Import]:
    """Return what an import names that is not there."""
    here = (package.name, *path.parent.relative_to(package).parts)
    names: list[tuple[str, ...]] = []
    if isinstance(node, ast.Import):
        names = [tuple(alias.name.split(".")) for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and (node.module or node.level):
        base = here[: len(here) - node.level + 1] if node.level else ()
        module = (*base, *(node.module.split(".") if node.module else ()))
        # `from . import _core` names a module or an attribute; a private name is a module's.
        names = [(*module, alias.name) for alias in node.names if alias.name.startswith("_")] if not node.module else []
        names = names or [module]
    for name in names:
        if name[0] == package.name and len(name) > 1 and not _exists(package.parent, name):
            yield Import(".".join(name), path, node.lineno)


def _exists(source: Path, name: tuple[str, ...]) -> bool:
    """Tell whether a module is there as Python, or inside one that isn't."""
    for part in itertools.accumulate(name, lambda path, part: f"{path}/{part}"):
        if (source / f"{part}.py").is_file():
            return True
        if not next((source / part).glob("**/*.py"), None):
            return False
    return True
