"""What a new project meets in the folders above it, and what to do about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

WORKFLOWS = ".github/workflows/"


def find_repository(target: Path) -> Path | None:
    """Return the git repository that a folder is inside of, if any."""
    return next((parent for parent in target.parents if (parent / ".git").exists()), None)


def notes_on(target: Path, files: Collection[str], rendered: Path) -> Iterator[str]:
    """Yield what the user has to change above a new project.

    Args:
        target: The project's folder, absolute.
        files: The files in it.
        rendered: Where they are now.
    """
    if "Cargo.toml" in files:
        is_workspace = read_workspace(rendered / "Cargo.toml") is not None
        yield from member_notes(target) if is_workspace else workspace_notes(target)
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
        workspace = read_workspace(folder / "Cargo.toml")
        if workspace is None:
            continue
        excluded = list_excluded(workspace)
        place = target.relative_to(folder).as_posix()
        if not any(f"{place}/".startswith(f"{name.rstrip('/')}/") for name in excluded):
            yield (
                f"`{folder / 'Cargo.toml'}` is a Cargo workspace; before you build, set "
                f"`exclude = {json.dumps([*excluded, place])}` in its `[workspace]`, or add `{place}` to `members` "
                "and move the project's `[profile]` tables there"
            )
            return


def member_notes(target: Path) -> Iterator[str]:
    """Yield what keeps a project that is a Cargo workspace out of another one, which may not have it as a member."""
    from scaffolder.anatomy.patterns import has_member

    for folder in target.parents:
        workspace = read_workspace(folder / "Cargo.toml")
        if workspace is not None and has_member(folder, workspace, target):
            excluded = [*list_excluded(workspace), target.relative_to(folder).as_posix()]
            yield (
                f"`{folder / 'Cargo.toml'}` is a Cargo workspace that lists the project as a member, and the project "
                f"is one, too; before you build, set `exclude = {json.dumps(excluded)}` in its `[workspace]`"
            )


def read_workspace(manifest: Path) -> dict[str, Any] | None:
    """Return what a manifest says of its Cargo workspace; none if it has none or can't be read."""
    if not manifest.is_file():
        return None
    from scaffolder.anatomy.manifests import read_toml, table_of

    try:
        data = read_toml(manifest)
    except ScaffolderError:
        return None
    return table_of(data, "workspace") if "workspace" in data else None


def list_excluded(workspace: dict[str, Any]) -> list[str]:
    """Return what a Cargo workspace excludes."""
    excluded = workspace.get("exclude", [])
    return [name for name in excluded if isinstance(name, str)] if isinstance(excluded, list) else []
