"""Locate the project: the named folder, the nearest parent, or the only project below."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.anatomy.bounds import upwards
from scaffolder.anatomy.layout import SKIPPED
from scaffolder.anatomy.manifests import read_manifests, read_toml, table_of, with_builder
from scaffolder.anatomy.project import PYO3_CRATES
from scaffolder.errors import ScaffolderError, UsageError, listing
from scaffolder.files import is_file, is_folder, real

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.anatomy.manifests import Manifests

DEPTH = 3
FOLDERS = 2_000


def locate_project(folder: Path | None) -> Manifests | None:
    """Read the manifests of a project; none if no folder was named and none encloses this one.

    Args:
        folder: The folder that the user names.

    Raises:
        UsageError: There is no project in the folder that was named, or there are several below it.
        ScaffolderError: A manifest can't be read.
    """
    if folder is None:
        here = Path.cwd()
        return _around(here) or (_below(here, Path()) if (here / ".git").exists() else None)
    if not is_folder(folder):
        raise UsageError(f"`{folder}` is not a folder", "name the folder that holds `pyproject.toml`")
    manifests = with_builder(read_manifests(real(folder)))
    crate = _crate(manifests)
    if "package" in crate and (manifests.pyproject or _asks_for_pyo3(crate)):
        return manifests
    below = _below(real(folder), folder)
    if below is None and manifests.cargo_path is None:
        hint = "name the folder that holds `pyproject.toml` and `Cargo.toml`"
        raise UsageError(f"there is no Rust crate in `{folder}`", hint)
    return below or manifests


def _around(here: Path) -> Manifests | None:
    """Return the nearest project at or above a folder; a crate without a pyproject.toml may be part of it."""
    nearest: Manifests | None = None
    for place in upwards(here):
        try:
            manifests = with_builder(read_manifests(place))
            is_crate = "package" in _crate(manifests)
        except ScaffolderError:
            if nearest is None and is_file(place / "Cargo.toml"):
                raise
            continue  # what lies above is not this project's
        if is_crate and manifests.pyproject:
            return manifests
        nearest = nearest or (manifests if is_crate else None)
    return nearest


def _crate(manifests: Manifests) -> dict[str, object]:
    """Read a Cargo.toml; a workspace's may have no crate."""
    return read_toml(manifests.cargo_path) if manifests.cargo_path else {}


def _asks_for_pyo3(crate: dict[str, object]) -> bool:
    tables = table_of(crate, "dependencies").items()
    names = {str(value.get("package", name)) if isinstance(value, dict) else name for name, value in tables}
    return not names.isdisjoint(PYO3_CRATES)


def _below(here: Path, shown: Path) -> Manifests | None:
    """Return the only Python project below whose crate depends on PyO3, if there is exactly one."""
    projects = {folder: manifests for folder in _folders(here) if (manifests := _extension(folder))}
    # An example inside of a project is not the project.
    outer = [folder for folder in projects if not any(above in projects for above in folder.parents)]
    if len(outer) > 1:
        names = [folder.relative_to(here).as_posix() for folder in outer]
        hint = f"name one: `--project {(shown / names[0]).as_posix()}`"
        raise UsageError(f"there are several PyO3 projects below `{shown}`: {listing(names, 'and')}", hint)
    return projects[outer[0]] if outer else None


def _folders(here: Path) -> Iterator[Path]:
    """Yield a bounded number of folders below, without following links."""
    waiting, seen = [(here, 0)], 0
    while waiting and seen < FOLDERS:
        folder, level = waiting.pop(0)
        try:
            inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
        except OSError:
            continue
        for path in inside if level < DEPTH else []:
            if path.name not in SKIPPED and not path.name.startswith("."):
                seen += 1
                waiting.append((path, level + 1))
                yield path


def _extension(folder: Path) -> Manifests | None:
    """Read a Python project, if its crate depends on PyO3; skip unreadable ones."""
    if not is_file(folder / "pyproject.toml"):
        return None
    try:
        manifests = read_manifests(folder)
        return manifests if _asks_for_pyo3(_crate(manifests)) else None
    except ScaffolderError:
        return None
