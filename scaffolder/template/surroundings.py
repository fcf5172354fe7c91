"""What a new project meets in the folders above it, and what to do about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

WORKFLOWS = ".github/workflows/"


def find_repository(target: Path) -> Path | None:
    """Return the git repository that a folder is inside of, if any."""
    return next((parent for parent in target.parents if (parent / ".git").exists()), None)


def notes_on(target: Path, files: Collection[str]) -> Iterator[str]:
    """Yield what the user has to change above a new project.

    Args:
        target: The project's folder, absolute.
        files: The files in it.
    """
    if "Cargo.toml" in files:
        yield from workspace_notes(target)
    outer = find_repository(target)
    if outer is not None and any(name.startswith(WORKFLOWS) for name in files):
        place = target.relative_to(outer).as_posix()
        yield (
            f"GitHub reads workflows only from the root of the repository; move `{place}/.github` to `{outer}`, and "
            f"set `working-directory: {place}` in the workflows"
        )


def workspace_notes(target: Path) -> Iterator[str]:
    """Yield what makes a project build inside a Cargo workspace, which has to list it, as a member or as none."""
    for folder in target.parents:
        excluded = read_excluded(folder / "Cargo.toml")
        place = target.relative_to(folder).as_posix()
        if excluded is not None and not any(f"{place}/".startswith(f"{name.rstrip('/')}/") for name in excluded):
            yield (
                f"`{folder / 'Cargo.toml'}` is a Cargo workspace; before you build, set "
                f"`exclude = {json.dumps([*excluded, place])}` in its `[workspace]`, or add `{place}` to `members` "
                "and move the project's `[profile]` tables there"
            )
            return


def read_excluded(manifest: Path) -> list[str] | None:
    """Return what a Cargo workspace excludes; none if the manifest is not one of a workspace or can't be read."""
    if not manifest.is_file():
        return None
    from scaffolder.anatomy.manifests import read_toml, table_of

    try:
        data = read_toml(manifest)
    except ScaffolderError:
        return None
    excluded = table_of(data, "workspace").get("exclude", [])
    names = [name for name in excluded if isinstance(name, str)] if isinstance(excluded, list) else []
    return names if "workspace" in data else None
