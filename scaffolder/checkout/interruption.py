"""A marker of the change in progress, and what the next command says if that one was killed.

Nothing is ever written or deleted because of a marker, so one that came with somebody's `.git` does no harm.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from scaffolder.checkout.checkout import lock_error, split
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
    """Record the change in progress, and return the lock that shows that this process is alive."""
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
    """Flush a file, or a folder's entries, to disk."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_uninterrupted(checkout: Checkout) -> None:
    """Refuse a project with a half-made change.

    Raises:
        ScaffolderError: A killed command left its changes there, or git is running.
    """
    if interruption := find_interruption(checkout):
        raise interruption
    if os.path.lexists(checkout.lock):
        raise lock_error(checkout)


def find_interruption(checkout: Checkout) -> ScaffolderError | None:
    """Return an error that says what a killed command left and how to go on; none if it left nothing."""
    marker = checkout.git_dir / MARKER
    changes = read_marker(marker)
    if not changes or checkout.in_progress():
        return None
    if is_at_work(marker):
        return ScaffolderError(f"another `pyo3-new` is running in `{checkout.root}`", "wait for it to finish")
    committed = {path: blob.name for path, blob in read_tree(checkout.git("ls-tree", "-r", "-z", "HEAD")).items()}
    if is_in_progress(checkout, changes, committed):
        unlock = f"delete `{checkout.lock}`, then " if checkout.lock.exists() else ""
        back = "git add --all . && git stash push -- ."
        return ScaffolderError(
            f"an earlier command was killed while it changed `{checkout.folder}`",
            f"{unlock}run `{back}` there to go back to the last commit, then run the command again",
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
    """Return the blob hashes before and after, by path; empty for a file that we did not write."""
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
    """Whether the index or the disk has a part of the change that is not committed."""
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
        leftover = before is None and head is None and entry is None and content_name(checkout, place) == after
        # The index was committed, and the files that it names were never written.
        unwritten = after is not None and head == entry == after and content_name(checkout, place) == before
        if deleted or leftover or unwritten:
            return True
    return False


def read_index(checkout: Checkout) -> tuple[dict[str, str], set[str]]:
    """Return the hashes of the staged blobs by path, and the paths in conflict."""
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
    """Return the blob hash of a file, without running the repository's filters."""
    with suppress(OSError, ValueError):
        details = place.lstat()
        if stat.S_ISREG(details.st_mode) and details.st_size <= LARGEST:
            content = place.read_bytes()
            return hashlib.new(checkout.object_format, b"blob %d\0" % len(content) + content).hexdigest()
    return None
