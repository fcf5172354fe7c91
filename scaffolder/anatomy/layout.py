"""The Python side of a project: its package, what lies in it, and what it imports."""

from __future__ import annotations

import ast
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaffolder.anatomy.manifests import table_of

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
        source: The folder that Python's packages are in.
        package: The Python package that it goes into, if there is one.
        libraries: The built extension modules that lie in the package, with the time of each build.
        stubs: The stubs of the package.
        typed: Whether the package says that it has types.
        missing_imports: What the package imports from itself that is no Python file.
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
        libraries={path: path.stat().st_mtime_ns for path in files if _is_library(path, extension)},
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


def find_setuptools_source(folder: Path, pyproject: dict[str, Any], package: str) -> Path:
    """Return the folder with Python's packages, as setuptools finds it: where it is told, in `src`, or here.

    Args:
        folder: The project's folder.
        pyproject: What its pyproject.toml says.
        package: The package that is looked for.
    """
    settings = table_of(table_of(pyproject, "tool"), "setuptools")
    where = table_of(table_of(settings, "packages"), "find").get("where")
    places = [*(where if isinstance(where, list) else []), table_of(settings, "package-dir").get("", "src"), "."]
    return next((folder / str(place) for place in places if (folder / str(place) / package).is_dir()), folder)


def rust_files(folder: Path) -> Iterator[Path]:
    """Find the Rust files below a crate's folder that belong to it."""
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return
    for path in inside:
        if path.is_dir():
            nested = (path / "Cargo.toml").is_file()
            if not (nested or path.name in SKIPPED or path.name.startswith(".") or path.is_symlink()):
                yield from rust_files(path)
        elif path.suffix == ".rs" and path.is_file():
            yield path


def _is_library(path: Path, extension: str) -> bool:
    """Tell whether a file is a build of the extension module."""
    return path.suffix in LIBRARY_SUFFIXES and path.name.partition(".")[0] == extension and path.is_file()


def _missing_imports(package: Path) -> Iterator[Import]:
    """Find what a package imports from itself that is not there as Python."""
    for path in sorted(package.rglob("*.py")):
        if SKIPPED.isdisjoint(path.parts):
            for node, always in _imports(path):
                yield from (
                    Import(name, path, node.lineno, always) for name in _missing(node, path, package)
                )  # fmt: skip


def _imports(path: Path) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Yield the imports of a file, and whether it runs each in any case."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node, node in tree.body


def _missing(node: ast.Import | ast.ImportFrom, path: Path, package: Path) -> Iterator[str]:
    """Return what an import names that is not there."""
    here = (package.name, *path.parent.relative_to(package).parts)
    names: list[tuple[str, ...]] = []
    if isinstance(node, ast.Import):
        names = [tuple(alias.name.split(".")) for alias in node.names]
    elif node.module or node.level:
        base = here[: len(here) - node.level + 1] if node.level else ()
        module = (*base, *(node.module.split(".") if node.module else ()))
        # `from . import _core` names a module or an attribute; a private name is a module's.
        names = [(*module, alias.name) for alias in node.names if alias.name.startswith("_")] if not node.module else []
        names = names or [module]
    for name in names:
        if name[0] == package.name and len(name) > 1 and not _exists(package.parent, name):
            yield ".".join(name)


def _exists(source: Path, name: tuple[str, ...]) -> bool:
    """Tell whether a module is there as Python, or inside one that isn't."""
    for part in itertools.accumulate(name, lambda path, part: f"{path}/{part}"):
        if (source / f"{part}.py").is_file():
            return True
        if not next((source / part).glob("**/*.py"), None):
            return False
    return True
