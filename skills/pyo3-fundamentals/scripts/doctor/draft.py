"""Files as they would be: repairs are made here first, shown as a difference, and then written."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tomlkit

from scaffolder.errors import ScaffolderError
from scaffolder.toolkit import Document, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
            self._documents[path] = text, tomlkit.parse(text)
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
            if (new := tomlkit.dumps(document)) != text
        ]
        created = [Change(path, None, text) for path, text in self._new.items()]
        return (*rewritten, *created, *(Change(path, None, None) for path in self._deleted))

    def documents(self) -> tuple[Document, ...]:
        """Return the changes as differences to look at."""
        return tuple(Document("diff", "".join(self._difference(change)), None) for change in self.changes())

    def write(self) -> None:
        """Make the changes.

        Raises:
            ScaffolderError: A file can't be written.
        """
        for change in self.changes():
            try:
                _replace(change)
            except OSError as error:
                shown = change.path.relative_to(self.folder)
                raise ScaffolderError(f"`{shown}` can't be written: {error.strerror or error}") from error

    def _difference(self, change: Change) -> Iterator[str]:
        """Write a change as git does."""
        name = change.path.relative_to(self.folder).as_posix()
        before = f"a/{name}" if change.before is not None or change.after is None else "/dev/null"
        after = f"b/{name}" if change.after is not None else "/dev/null"
        if not change.before and not change.after:
            yield f"--- {before}\n+++ {after}\n"
            return
        old, new = ((text or "").splitlines(keepends=True) for text in (change.before, change.after))
        for line in difflib.unified_diff(old, new, before, after):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _replace(change: Change) -> None:
    """Make one change."""
    if change.after is None:
        change.path.unlink()
    else:
        replace_file(change.path, change.after)
