"""Files as they would be: repairs are made here first, shown as a difference, and then written."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tomlkit

from scaffolder.anatomy.manifests import MARK
from scaffolder.errors import ScaffolderError
from scaffolder.toolkit import Document, is_read_only, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterator

AGAIN = "make it writable, then run `doctor --fix` again"


@dataclass(frozen=True)
class Change:
    """A file that is to be written or deleted.

    Attributes:
        path: The file.
        before: Its text; none if there is no file, or no text in it.
        after: Its text then; none if it is deleted.
    """

    path: Path
    before: str | None
    after: str | None


class Draft:
    """Changes to a project's files that are not written yet.

    Args:
        folder: The project's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._documents: dict[Path, tuple[str, tomlkit.TOMLDocument]] = {}
        self._new: dict[Path, str] = {}
        self._deleted: list[Path] = []

    def toml(self, path: Path) -> tomlkit.TOMLDocument:
        """Return a TOML file to change: its comments and layout stay."""
        if path not in self._documents:
            with path.open(encoding="utf-8", newline="") as file:
                text = file.read()
            self._documents[path] = text, tomlkit.parse(text.removeprefix(MARK))
        return self._documents[path][1]

    def create(self, path: Path, text: str = "") -> None:
        """Add a file that isn't there."""
        self._new[path] = text

    def delete(self, path: Path) -> None:
        """Delete a file."""
        self._deleted.append(path)

    def changes(self) -> tuple[Change, ...]:
        """Return what would be changed."""
        rewritten = [
            Change(path, text, new)
            for path, (text, document) in self._documents.items()
            if (new := _as_before(tomlkit.dumps(document), text)) != text
        ]
        created = [Change(path, None, text) for path, text in self._new.items()]
        return (*rewritten, *created, *(Change(path, None, None) for path in self._deleted))

    def is_sound(self) -> bool:
        """Tell whether each file would say what it is meant to, and no comment is lost: tomlkit has its limits."""
        return all(
            tomllib.loads(tomlkit.dumps(document)) == document.unwrap()
            and not comments(text) - comments(tomlkit.dumps(document))
            for text, document in self._documents.values()
        )

    def documents(self) -> tuple[Document, ...]:
        """Return the changes as differences to look at."""
        return tuple(Document("diff", "".join(self._difference(change)), None) for change in self.changes())

    def write(self) -> None:
        """Make the changes.

        Raises:
            ScaffolderError: A file can't be written.
        """
        if not self.is_sound():
            raise ScaffolderError("the repairs can't be written all at once", "make one of them by hand, then go on")
        changes = self.changes()
        for change in changes:
            # Before the first is written: half of the repairs would be none.
            if change.after is not None and is_read_only(change.path):
                raise ScaffolderError(f"`{self._show(change.path)}` can't be written: it is read-only", AGAIN)
        for change in changes:
            try:
                _replace(change)
            except OSError as error:
                message = f"`{self._show(change.path)}` can't be written: {error.strerror or error}"
                raise ScaffolderError(message, AGAIN) from error

    def _show(self, path: Path) -> str:
        """Return a path as seen from the project; a workspace's manifest lies above it."""
        try:
            return Path(os.path.relpath(path, self.folder)).as_posix()
        except ValueError:  # on another drive
            return path.as_posix()

    def _difference(self, change: Change) -> Iterator[str]:
        """Write a change as git does."""
        name = self._show(change.path)
        before = f"a/{name}" if change.before is not None or change.after is None else "/dev/null"
        after = f"b/{name}" if change.after is not None else "/dev/null"
        if not change.before and not change.after:
            yield f"--- {before}\n+++ {after}\n"
            return
        old, new = ((text or "").splitlines(keepends=True) for text in (change.before, change.after))
        for line in difflib.unified_diff(old, new, before, after):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def comments(text: str) -> Counter[str]:
    """Return the comments in a TOML text, each with how often it is there."""
    # In a text, a `#` begins no comment.
    plain = re.sub(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', "", text)
    return Counter(line.partition("#")[2].strip() for line in plain.splitlines() if "#" in line)


def _as_before(text: str, before: str) -> str:
    """Give a text the line ends that the file has, and its byte order mark."""
    if "\r\n" in before:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    return f"{MARK}{text}" if before.startswith(MARK) else text


def _replace(change: Change) -> None:
    """Make one change."""
    if change.after is None:
        change.path.unlink()
    else:
        replace_file(change.path, change.after)
