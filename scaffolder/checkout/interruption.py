"""Word of a change for as long as it takes, and what the next command makes of it if that one was killed.

Nothing is ever written or deleted because of what is found here, so it does no harm if it came with somebody's `.git`.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from scaffolder.checkout.checkout import locked, split
from scaffolder.checkout.merge import read_tree
from scaffolder.errors import ScaffolderError
from scaffolder.folders import is_locked, try_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from scaffolder.checkout.checkout import Checkout
    from scaffolder.checkout.merge import Change

MARKER = "pyo3-new-change.json"
LARGEST = 10_000_000
# Seconds after which a change is not going on any more; it takes milliseconds.
LONGEST = 60


def write_marker(checkout: Checkout, staging: Path, changes: Iterable[Change]) -> int | None:
    """Write down which change is being made, and return the lock that says by a process that is alive."""
    waiting = staging / MARKER
    names = {
        change.path: [change.before and change.before.name, change.after and change.after.name] for change in changes
    }
    waiting.write_text(json.dumps(names), encoding="utf-8")
    flush(waiting)
    lock = try_lock(waiting)
    waiting.replace(checkout.git_dir / MARKER)
    return lock


def flush(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_uninterrupted(checkout: Checkout) -> None:
    """Refuse a project with half of a change in it.

    Raises:
        ScaffolderError: A command was killed there and what it left is still there, or git is at work.
    """
    if interruption := find_interruption(checkout):
        raise interruption
    if os.path.lexists(checkout.lock):
        raise locked(checkout)


def find_interruption(checkout: Checkout) -> ScaffolderError | None:
    """Return what a killed command left and how to go on, or none if nothing is left of it."""
    marker = checkout.git_dir / MARKER
    changes = read_marker(marker)
    if not changes or checkout.in_progress():
        return None
    if is_at_work(marker):
        return ScaffolderError(f"another `pyo3-new` is at work in `{checkout.root}`", "wait until it is done")
    committed = {path: blob.name for path, blob in read_tree(checkout.git("ls-tree", "-r", "-z", "HEAD")).items()}
    if is_in_progress(checkout, changes, committed):
        unlock = f"delete `{checkout.lock}`, then " if checkout.lock.exists() else ""
        back = "git add --all . && git stash push -- ."
        return ScaffolderError(
            f"an earlier command was killed while it changed `{checkout.folder}`",
            f"{unlock}run `{back}` there to go back to the last commit, and the command again",
        )
    sides = {
        committed.get(path) == after
        for path, (before, after) in changes.items()
        if committed.get(path) in {before, after}
    }
    if len(sides) == 2:
        return ScaffolderError(
            f"half of a change by a command that was killed is committed in `{checkout.folder}`",
            f"run `git revert` on that commit, or delete `{marker}` to keep it",
        )
    return None


def read_marker(marker: Path) -> Mapping[str, tuple[str | None, str | None]]:
    """Return the names of the blobs before and after, by path; of what was not written by us there are none."""
    with suppress(OSError, AttributeError, RecursionError, TypeError, ValueError):
        details = marker.lstat()
        if stat.S_ISREG(details.st_mode) and details.st_size <= LARGEST:
            content: dict[str, Any] = json.loads(marker.read_text(encoding="utf-8"))
            changes = {path: (before, after) for path, (before, after) in content.items()}
            if all(isinstance(name, str | None) for names in changes.values() for name in names):
                return changes
    return {}


def is_at_work(marker: Path) -> bool:
    """Whether the process that wrote a marker is still running."""
    if os.name == "nt":
        return time.time() - marker.stat().st_mtime < LONGEST
    return is_locked(marker)


def is_in_progress(
    checkout: Checkout, changes: Mapping[str, tuple[str | None, str | None]], committed: Mapping[str, str]
) -> bool:
    """Whether the index or the disk hold something of a change that is not committed."""
    staged, unmerged = read_index(checkout)
    for path, (before, after) in changes.items():
        head, entry = committed.get(path), staged.get(path)
        place = checkout.folder / path
        if path in unmerged:
            return True
        if before == after:
            continue
        if entry == after and head == before:
            return True
        deleted = after is None and head == entry == before and not os.path.lexists(place)
        left = before is None and head is None and entry is None and content_name(checkout, place) == after
        if deleted or left:
            return True
    return False


def read_index(checkout: Checkout) -> tuple[dict[str, str], set[str]]:
    """Return the names of the staged blobs by path, and the paths in conflict."""
    staged, unmerged = {}, set()
    for entry in split(checkout.git("ls-files", "-z", "--stage", "--", ".")):
        details, _, path = entry.partition("\t")
        _, name, stage = details.split()
        if stage == "0":
            staged[path] = name
        else:
            unmerged.add(path)
    return staged, unmerged


def content_name(checkout: Checkout, place: Path) -> str | None:
    """Return what git would call a file's content, without running the filters that the repository names."""
    with suppress(OSError, ValueError):
        details = place.lstat()
        if stat.S_ISREG(details.st_mode) and details.st_size <= LARGEST:
            content = place.read_bytes()
            return hashlib.new(checkout.object_format, b"blob %d\0" % len(content) + content).hexdigest()
    return None
