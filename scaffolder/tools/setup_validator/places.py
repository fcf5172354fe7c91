"""Where the project is: the folder that is named, the nearest one upwards, or the one crate below."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.anatomy.layout import SKIPPED
from scaffolder.anatomy.manifests import read_toml
from scaffolder.anatomy.project import PYO3_CRATES, find_manifest, has_crate
from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.tools.setup_validator.check import listing

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH = 3
FOLDERS = 2_000


def find_folder(given: Path | None) -> Path | None:
    """Return the project's folder; none if no folder was named, and there is no project around.

    Args:
        given: The folder that the user names.

    Raises:
        UsageError: There is no project in the folder that was named, or there are several below it.
    """
    here = Path.cwd() if given is None else given.resolve()
    if given is None:
        return _around(here) or (_below(here, here) if (here / ".git").exists() else None)
    if not here.is_dir():
        raise UsageError(f"`{given}` is not a folder", "name the folder that holds `pyproject.toml`")
    if _has_package(here) and ((here / "pyproject.toml").is_file() or _asks_for_pyo3(here)):
        return here
    if (folder := _below(here, given)) is None and not has_crate(here):
        hint = "name the folder that holds `pyproject.toml` and `Cargo.toml`"
        raise UsageError(f"there is no Rust crate in `{given}`", hint)
    return folder or here


def _around(here: Path) -> Path | None:
    """Return the nearest project upwards; a crate without a pyproject.toml may be in a folder of it."""
    crate: Path | None = None
    for place in (here, *here.parents):
        try:
            is_project = _has_package(place)
        except ScaffolderError:
            if crate is None and (place / "Cargo.toml").is_file():
                raise
            continue  # what lies above is not this project's
        if is_project and (place / "pyproject.toml").is_file():
            return place
        crate = crate or (place if is_project else None)
    return crate


def _has_package(folder: Path) -> bool:
    """Tell whether a folder's manifest is that of a crate: a workspace's may have none."""
    return has_crate(folder) and "package" in read_toml(find_manifest(folder)[0])


def _below(here: Path, shown: Path) -> Path | None:
    """Return the folder below that holds a PyO3 project, if there is just one."""
    projects = [folder for folder in _folders(here, DEPTH) if _is_extension(folder)]
    # An example inside of a project is not the project.
    outer = [folder for folder in projects if not any(above in projects for above in folder.parents)]
    if len(outer) > 1:
        names = [str(folder.relative_to(here)) for folder in outer]
        hint = f"name one: `pyo3-new doctor --project {shown / names[0]}`"
        raise UsageError(f"there are several PyO3 projects below `{shown}`: {listing(names)}", hint)
    return outer[0] if outer else None


def _folders(here: Path, depth: int) -> Iterator[Path]:
    """Yield the folders below, through no link and not too many of them."""
    waiting, seen = [(here, 0)], 0
    while waiting and seen < FOLDERS:
        folder, level = waiting.pop(0)
        try:
            inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
        except OSError:
            continue
        for path in inside if level < depth else []:
            if path.name not in SKIPPED and not path.name.startswith("."):
                seen += 1
                waiting.append((path, level + 1))
                yield path


def _is_extension(folder: Path) -> bool:
    """Tell whether a folder holds a Python project with a crate that asks for PyO3."""
    return (folder / "pyproject.toml").is_file() and _asks_for_pyo3(folder)


def _asks_for_pyo3(folder: Path) -> bool:
    """Tell whether a folder's crate asks for PyO3."""
    try:
        if not has_crate(folder):
            return False
        data = read_toml(find_manifest(folder)[0])
    except ScaffolderError:
        return False
    tables = data.get("dependencies", {})
    names = {str(value.get("package", name)) if isinstance(value, dict) else name for name, value in tables.items()}
    return not names.isdisjoint(PYO3_CRATES)
