"""Read untrusted files: only regular files of bounded size, and unreadable ones are recorded."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MEGABYTE = 1024 * 1024
FILE_LIMIT = 8 * MEGABYTE
TOTAL_LIMIT = 256 * MEGABYTE
ENTRY_LIMIT = 20_000
DEPTH_LIMIT = 64
Snapshot = dict[Path, tuple[int, int, int]]
# A FIFO opened so is read at once instead of when somebody writes; the others are missing on some systems.
FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"))


class UnreadableFileError(ScaffolderError):
    """A file that can't be read.

    Args:
        path: The file.
        reason: Why: `it is not a regular file`.
        hint: One thing to do next.
        missing: Whether there is no such file.
    """

    def __init__(self, path: Path, reason: str, hint: str | None = None, *, missing: bool = False) -> None:
        super().__init__(f"`{path}` can't be read: {reason}", hint)
        self.path = path
        self.reason = reason
        self.missing = missing


def read_regular(path: Path, limit: int = FILE_LIMIT) -> bytes:
    """Read a regular file; refuse a FIFO, a device or an endless file.

    Args:
        path: The file; it may be a link to one.
        limit: Its maximum size in bytes.

    Raises:
        UnreadableFileError: It is not there, can't be read, is not a regular file, or is larger.
    """
    try:
        # Before it is opened: opening alone does something to some devices.
        _require_regular(path, os.stat(path).st_mode)  # noqa: PTH116  (a path of somebody else's may hold a NUL)
        number = os.open(path, FLAGS)
        with os.fdopen(number, "rb") as file:
            _require_regular(path, os.fstat(number).st_mode)
            data = file.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UnreadableFileError(path, "there is no such file", missing=True) from error
    except (OSError, ValueError) as error:
        raise UnreadableFileError(path, getattr(error, "strerror", None) or str(error)) from error
    if len(data) > limit:
        raise UnreadableFileError(path, f"it is larger than {limit // 1024} KiB")
    return data


def _require_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise UnreadableFileError(path, "it is not a regular file")


def real(path: Path) -> Path:
    """Resolve a path, like `Path.resolve`, which fails at a loop of links or a NUL."""
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError):
        return Path(os.path.normpath(path))


def is_file(path: Path) -> bool:
    """Return whether there is a regular file, like `Path.is_file`, which fails in an unreadable folder."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    """Return whether there is a folder, like `Path.is_dir`, which fails in an unreadable folder."""
    return os.path.isdir(path)  # noqa: PTH112


@dataclass(frozen=True)
class Unreadable:
    """A file or folder that could not be read.

    Attributes:
        path: Where it is.
        reason: Why: `it is not a regular file`.
    """

    path: Path
    reason: str


@dataclass
class Reader:
    """Reads a project's files within bounds, and records what it could not read.

    Attributes:
        problems: What could not be read, in the order of the attempts.
        remaining: How many bytes may still be read.
    """

    problems: list[Unreadable] = field(default_factory=list)
    remaining: int = TOTAL_LIMIT

    def read(self, path: Path, limit: int = FILE_LIMIT) -> bytes | None:
        """Return a file's content, or nothing if it is missing or can't be read; the latter is recorded.

        Args:
            path: The file.
            limit: Its maximum size in bytes.
        """
        try:
            if self.remaining <= 0:
                raise UnreadableFileError(path, f"more than {TOTAL_LIMIT // MEGABYTE} MiB were read before it")
            data = read_regular(path, limit)
        except UnreadableFileError as error:
            # What is not there is no problem, and neither is a link that leads nowhere.
            if not error.missing:
                self.refuse(error.path, error.reason)
            return None
        self.remaining -= len(data)
        return data

    def refuse(self, path: Path, reason: str) -> None:
        """Record once that a file or folder could not be read."""
        if all(problem.path != path for problem in self.problems):
            self.problems.append(Unreadable(path, reason))

    def entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """Return a folder's entries by name, or nothing if it is missing or can't be read; the latter is recorded."""
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except (OSError, ValueError) as error:
            self.refuse(folder, getattr(error, "strerror", None) or str(error))
            return []

    def walk(
        self, folder: Path, suffixes: tuple[str, ...], skip: Callable[[os.DirEntry[str]], bool] = lambda _: False
    ) -> Iterator[Path]:
        """Yield the files below a folder in order, without following links to folders.

        Args:
            folder: Where to begin.
            suffixes: What their names end with.
            skip: Which folders to leave out.
        """
        waiting, seen = [(folder, 0)], 0
        while waiting:
            place, depth = waiting.pop()
            entries = self.entries(place)
            seen += len(entries)
            if seen > ENTRY_LIMIT or depth > DEPTH_LIMIT:
                what = f"more than {ENTRY_LIMIT} files" if seen > ENTRY_LIMIT else "folders nested too deeply"
                self.refuse(place, f"there are {what} below `{folder}`")
                return
            folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False) and not skip(entry)]
            waiting += [(place / entry.name, depth + 1) for entry in reversed(folders)]
            # Whether it is a regular file is seen when it is read.
            yield from (
                place / entry.name
                for entry in entries
                if entry.name.endswith(suffixes) and not is_folder(place / entry.name)
            )


def take_snapshot(places: Iterable[Path], suffixes: tuple[str, ...]) -> Snapshot:
    """Return files with time, size and number: a rebuilt library may be another file of the same size.

    Args:
        places: Files, and folders whose files count.
        suffixes: What the names of those in folders end with.
    """
    snapshot: Snapshot = {}
    for place in places:
        for path in Reader().walk(place, suffixes) if is_folder(place) else [place]:
            with suppress(OSError):
                state = path.stat()
                snapshot[path] = state.st_mtime_ns, state.st_size, state.st_ino
    return snapshot


@contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """Restore a file that a program writes or changes meanwhile."""
    before = path.read_bytes() if path.is_file() else None
    try:
        yield
    finally:
        if before is None:
            path.unlink(missing_ok=True)
        elif path.read_bytes() != before:
            path.write_bytes(before)
