"""How far up from a project to search, and which paths belong to it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.files import real

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED = stat.S_ISVTX | stat.S_IWOTH  # `/tmp`: anybody may put a file there


def upwards(folder: Path) -> Iterator[Path]:
    """Yield a folder and its parents, up to the top of the repository.

    Without a repository, it ends at the home folder, and before the first folder of somebody else's, or that all
    users share: what lies there was not put there for this project.

    Args:
        folder: Where to begin; it is yielded in any case.
    """
    owners = {os.geteuid()} if hasattr(os, "geteuid") else set()
    home = Path.home()
    for place in (folder, *folder.parents):
        try:
            state = os.stat(place)  # noqa: PTH116
        except (OSError, ValueError):
            return
        if place == folder:
            owners.add(state.st_uid)
        elif state.st_uid not in owners or state.st_mode & SHARED == SHARED:
            return
        yield place
        if place == home or os.path.lexists(place / ".git"):
            return


def top_of(folder: Path) -> Path:
    """Return the repository's top folder, or the folder itself if it is in no repository."""
    # A home folder may be kept in git as well, and still is not the project.
    tops = (place for place in upwards(folder) if os.path.lexists(place / ".git") and place != Path.home())
    return next(tops, folder)


def is_inside(path: Path, folder: Path) -> bool:
    """Return whether a path is inside a folder, or links into it."""
    inside = Path(os.path.normpath(path)).is_relative_to(folder)
    return inside or real(path).is_relative_to(real(folder)) or real(path.parent).is_relative_to(real(folder))
