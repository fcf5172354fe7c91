"""Temporary folders, removed whatever happens; after a SIGKILL, by the next run."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.signals import defer_signals

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.platform != "win32":
    import fcntl

PREFIX = "pyo3-new-"
# Seconds between tries: a program that was stopped may have written a last file meanwhile.
PATIENCE = (0.01, 0.1, 0.5)
# Where files can't be locked only age tells what a killed process left from what is in use.
ABANDONED = 24 * 60 * 60


@contextmanager
def temporary_folder(parent: Path | None = None, prefix: str = PREFIX) -> Iterator[Path]:
    """Create a folder, and remove it at the end even if a signal arrives.

    Args:
        parent: Where it is made; by default where the system has temporary files.
        prefix: What its name begins with; what follows is random.
    """
    parent = parent or Path(tempfile.gettempdir()).resolve()
    folder, lock = None, None
    try:
        with defer_signals():
            folder, lock = make_folder(parent, prefix)
        remove_leftovers(parent)
        yield folder
    finally:
        with defer_signals():
            if folder is not None:
                remove(folder)
            if lock is not None:
                os.close(lock)


def make_folder(parent: Path, prefix: str, mode: int = 0o700) -> tuple[Path, int | None]:
    """Create a locked folder, so that no other run takes it for a leftover, and return both."""
    while True:
        folder = parent / f"{prefix}{secrets.token_hex(4)}"
        try:
            folder.mkdir(mode)
        except FileExistsError:
            continue
        # Before it is locked another run may take it for a leftover: then there is no such folder any more.
        with suppress(FileNotFoundError):
            lock = try_lock(folder, wait=True)
            if folder.is_dir():
                return folder, lock


def remove_leftovers(parent: Path) -> None:
    """Remove the folders of killed runs: named by us, owned by this user and not locked."""
    with suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if re.fullmatch(rf"(\..{{1,40}}\.)?{PREFIX}[0-9a-f]{{8}}", entry.name, re.DOTALL):
                with suppress(OSError):
                    remove_if_abandoned(Path(entry.path))


def remove_if_abandoned(folder: Path) -> None:
    """Remove a folder unless it is somebody else's, a link, or in use."""
    details = folder.lstat()
    if folder.is_symlink() or not folder.is_dir():
        return
    if sys.platform == "win32":
        if time.time() - details.st_mtime > ABANDONED:
            remove(folder)
        return
    if details.st_uid == os.getuid() and (lock := try_lock(folder)) is not None:
        try:
            remove(folder)
        finally:
            os.close(lock)


def try_lock(path: Path, *, wait: bool = False) -> int | None:
    """Lock a file or folder until this process ends, however it ends.

    Args:
        path: What to lock.
        wait: Wait while another process has it locked.

    Returns:
        The lock, to be closed, or none if another process has it, or if there are no locks here.
    """
    if sys.platform == "win32":
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def is_locked(path: Path) -> bool:
    """Whether another process has locked a file or folder; not where the file system has no locks."""
    if sys.platform == "win32":
        return False
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
    return False


def remove(folder: Path) -> None:
    """Remove a folder as far as possible, including git's read-only files."""

    def retry(function: Any, path: str, _: Any) -> None:
        place = Path(path)
        with suppress(OSError):
            for writable in (place.parent, place):
                if folder in (writable, *writable.parents) and not writable.is_symlink():
                    writable.chmod(0o700)
            function(path)

    for pause in (*PATIENCE, None):
        shutil.rmtree(folder, onerror=retry)
        if pause is None or not folder.exists():
            return
        time.sleep(pause)
