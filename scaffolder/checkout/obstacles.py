"""Check what on the disk prevents a change, before anything is moved."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from scaffolder import git
from scaffolder.checkout.checkout import LOOKING, require_clean, split
from scaffolder.checkout.merge import SUBMODULE
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from scaffolder.checkout.checkout import Checkout
    from scaffolder.checkout.merge import Blob, Change, Scratch


def require_free(checkout: Checkout, scratch: Scratch, changes: Sequence[Change]) -> None:
    """Refuse a change that would lose something or could only be made in part.

    Raises:
        ScaffolderError: An untracked file or a submodule is in the way, a file on the disk is not as committed, or a
            folder can't be written.
    """
    going = {change.path for change in changes if change.after is None}
    for change in changes:
        if repository := repository_around(checkout.folder, scratch.committed, change):
            raise ScaffolderError(
                f"`{repository}` is a repository of its own, and the template has a file `{change.path}`",
                "move it elsewhere, for a submodule with `git mv`, and commit that",
            )
        if change.before is None and (obstacle := find_obstacle(checkout.folder, change.path, going)):
            raise ScaffolderError(
                f"`{obstacle}` is in the way: it is not committed, and the template has a file `{change.path}`",
                "commit it, move it or delete it",
            )
        require_writable(checkout.folder / change.path)
    require_as_committed(checkout, scratch, changes, scratch.folder / "probe")


def repository_around(folder: Path, committed: Mapping[str, Blob], change: Change) -> str | None:
    """Return the submodule or other repository that a file would be written into."""
    if SUBMODULE in {blob.mode for blob in (change.before, change.after) if blob}:
        return change.path
    parts = change.path.split("/")
    for length in range(1, len(parts)):
        name = "/".join(parts[:length])
        if (name in committed and committed[name].mode == SUBMODULE) or os.path.lexists(folder / name / ".git"):
            return name
    return None


def find_obstacle(folder: Path, path: str, going: set[str]) -> str | None:
    """Return the path that is in the way of a new file, ignoring files that will be deleted and their folders."""
    parts = path.split("/")
    for length in range(1, len(parts) + 1):
        name = "/".join(parts[:length])
        place = folder / name
        if os.path.lexists(place) and (place.is_symlink() or not place.is_dir()):
            return None if name in going else name
    if not (folder / path).is_dir():
        return None
    # A folder without files would be left, and git shows nobody an empty one.
    leaving = going.union(*(map(str, PurePosixPath(name).parents) for name in going))
    inside = (place.relative_to(folder).as_posix() for place in (folder / path, *(folder / path).rglob("*")))
    return next((name for name in inside if name not in leaving), None)


def require_writable(place: Path) -> None:
    """Refuse a path in a folder that is not writable."""
    parent = next(above for above in place.parents if above.is_dir())
    if not os.access(parent, os.W_OK | os.X_OK):
        raise ScaffolderError(
            f"`{parent}` can't be written, and `{place.name}` in it would change", "run `chmod u+w` on it"
        )


def require_as_committed(checkout: Checkout, scratch: Scratch, changes: Iterable[Change], probe: Path) -> None:
    """Refuse files with edits that `git status` hides, because of a flag, a setting or a file system monitor.

    Args:
        checkout: The project.
        scratch: Holds what is committed.
        changes: What would happen to files.
        probe: Where an index can be made that knows nothing but what is committed in these files.
    """
    blobs = {change.path: change.before for change in changes if change.before}
    variables = {**LOOKING, "GIT_INDEX_FILE": str(probe)}
    entries = "".join(f"{blob.mode} {blob.name} 0\t{checkout.prefix}{path}\0" for path, blob in blobs.items())
    data = entries.encode("utf-8", "surrogateescape")
    git.run("update-index", "-z", "--index-info", folder=checkout.root, data=data, variables=variables)
    # Unlike `git diff-files` it compares contents where times and sizes are not known, as here.
    options = ["-c", "diff.autoRefreshIndex=true", "diff", "--no-ext-diff", "--no-textconv", "-z", "--name-only"]
    output = git.run(*options, folder=checkout.root, variables=variables)
    suspects = [path.removeprefix(checkout.prefix) for path in split(output)]
    if edited := list(differing_files(checkout, scratch, {path: blobs[path] for path in suspects})):
        require_clean(checkout)
        path = edited[0]
        raise ScaffolderError(
            f"`{path}` differs from the last commit, but `git status` does not show it",
            f"run `git update-index --no-skip-worktree --no-assume-unchanged {path}`, then look at `git status`",
        )


def differing_files(checkout: Checkout, scratch: Scratch, blobs: Mapping[str, Blob]) -> Iterator[str]:
    """Yield the files that differ from their blobs; attributes may have changed since they were written."""
    contents = scratch.contents(blob.name for blob in blobs.values())
    for path, blob in blobs.items():
        place = checkout.folder / path
        if place.is_symlink() or not place.is_file() or place.read_bytes() != contents[blob.name]:
            yield path
