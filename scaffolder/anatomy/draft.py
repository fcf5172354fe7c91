"""Files as they would become: edits are made in memory, shown as a diff, and then written."""

from __future__ import annotations

import os
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.anatomy.manifests import MARK
from scaffolder.errors import ScaffolderError
from scaffolder.textfiles import difference
from scaffolder.toolkit import Document, is_read_only, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    import tomlkit
    from tomlkit.items import Array

AGAIN = "make it writable, then run `pyo3-new doctor --fix` again"
LINE_LENGTH = 100
Keys = tuple[str | int, ...]


class EditRefusedError(Exception):
    """An edit would lose something or leave the project."""


@dataclass(frozen=True)
class Put:
    """Set a value in a TOML file, creating the tables that it needs."""

    path: Path
    keys: Keys
    value: Any


@dataclass(frozen=True)
class Extend:
    """Add items to a list in a TOML file, creating the list if necessary."""

    path: Path
    keys: Keys
    items: tuple[Any, ...]


@dataclass(frozen=True)
class Remove:
    """Remove strings from a list in a TOML file.

    Attributes:
        path: The file.
        keys: Where the list is.
        items: The texts.
        drop_empty: Whether an empty list means nothing there and is removed.
    """

    path: Path
    keys: Keys
    items: tuple[str, ...]
    drop_empty: bool = False


@dataclass(frozen=True)
class Create:
    """Add an empty file."""

    path: Path


@dataclass(frozen=True)
class Delete:
    """Delete a file."""

    path: Path


Edit = Put | Extend | Remove | Create | Delete


@dataclass(frozen=True)
class FileChange:
    """A file to write or delete.

    Attributes:
        path: The file.
        before: Its text; none if there is no such file, or it is not text.
        after: Its new text; none if it is deleted.
    """

    path: Path
    before: str | None
    after: str | None


class Draft:
    """Edits to a project's files that have not been written yet.

    Args:
        folder: The project's folder.
        root: Nothing outside of this folder is edited; by default the project's repository, or the project.
    """

    def __init__(self, folder: Path, root: Path | None = None) -> None:
        self.folder = folder
        self.root = root or edit_root(folder)
        self._documents: dict[Path, tuple[str, tomlkit.TOMLDocument]] = {}
        self._created: list[Path] = []
        self._deleted: list[Path] = []

    def apply(self, edits: Iterable[Edit]) -> None:
        """Make edits in memory.

        Raises:
            EditRefusedError: One of them would lose something, can't be made, or leads out of the project.
        """
        from tomlkit.exceptions import TOMLKitError

        for edit in edits:
            if not self._may_edit(edit):
                raise EditRefusedError(edit.path)
            try:
                self._apply(edit)
            except (TOMLKitError, LookupError, TypeError, ValueError, AttributeError, OSError) as error:
                # There is TOML that tomlkit can't read or change.
                raise EditRefusedError(edit.path) from error
        if not self._is_sound():
            raise EditRefusedError(self.folder)

    def changes(self) -> tuple[FileChange, ...]:
        """Return the files that would change."""
        import tomlkit

        rewritten = [
            FileChange(path, text, after)
            for path, (text, document) in self._documents.items()
            if (after := _as_before(tomlkit.dumps(document), text)) != text
        ]
        created = [FileChange(path, None, "") for path in self._created]
        return (*rewritten, *created, *(FileChange(path, None, None) for path in self._deleted))

    def documents(self) -> tuple[Document, ...]:
        """Return the changes as diffs to show."""
        return tuple(Document("diff", self._difference(change)) for change in self.changes())

    def diff(self) -> str:
        """Return all changes as one diff, with as little context as possible."""
        return "".join(self._difference(change, context=0) for change in self.changes())

    def write(self) -> None:
        """Make the changes.

        Raises:
            ScaffolderError: A file can't be written.
        """
        changes = self.changes()
        for change in changes:
            # Before the first is written: half of the repairs would be none.
            if change.after is not None and is_read_only(change.path):
                raise ScaffolderError(f"`{self._show(change.path)}` can't be written: it is read-only", AGAIN)
        for change in changes:
            try:
                _write(change)
            except OSError as error:
                message = f"`{self._show(change.path)}` can't be written: {error.strerror or error}"
                raise ScaffolderError(message, AGAIN) from error

    def _apply(self, edit: Edit) -> None:
        """Make one edit."""
        match edit:
            case Put(path, keys, value):
                _table(self._toml(path), keys[:-1])[keys[-1]] = value
            case Extend(path, keys, items):
                _extend(_table(self._toml(path), keys[:-1]), keys[-1], items)
            case Remove(path, keys, items, drop_empty):
                _remove(self._toml(path), keys, items, drop_empty=drop_empty)
            case Create(path):
                self._created.append(path)
            case Delete(path):
                self._deleted.append(path)

    def _toml(self, path: Path) -> tomlkit.TOMLDocument:
        """Return a TOML file to edit, keeping its comments and layout."""
        import tomlkit

        if path not in self._documents:
            with path.open(encoding="utf-8", newline="") as file:
                text = file.read()
            self._documents[path] = text, tomlkit.parse(text.removeprefix(MARK))
        return self._documents[path][1]

    def _may_edit(self, edit: Edit) -> bool:
        """Return whether a file is inside the root with no link on the way: what a link points to is not ours."""
        # Files are made and deleted in the project itself only; what is rewritten may be the workspace's.
        root = self.folder if isinstance(edit, Create | Delete) else self.root
        path = Path(os.path.normpath(edit.path))
        if not path.is_relative_to(root):
            return False
        inside = path.relative_to(root)
        return (root / inside).resolve() == root.resolve() / inside

    def _is_sound(self) -> bool:
        """Return whether every file would say what it is meant to, with no comment lost: tomlkit has its limits."""
        import tomlkit

        texts = [(text, tomlkit.dumps(document), document) for text, document in self._documents.values()]
        return all(
            tomllib.loads(after) == document.unwrap() and not comments(text) - comments(after)
            for text, after, document in texts
        )

    def _show(self, path: Path) -> str:
        """Return a path relative to the project; a workspace's manifest is above it."""
        try:
            return Path(os.path.relpath(path, self.folder)).as_posix()
        except ValueError:  # on another drive
            return path.as_posix()

    def _difference(self, change: FileChange, context: int = 3) -> str:
        """Format a change as git does."""
        name = self._show(change.path)
        before = f"a/{name}" if change.before is not None or change.after is None else "/dev/null"
        after = f"b/{name}" if change.after is not None else "/dev/null"
        if not change.before and not change.after:
            return f"--- {before}\n+++ {after}\n"
        return difference((before, after), change.before or "", change.after or "", context)


def edit_root(folder: Path) -> Path:
    """Return the folder that edits must stay in: the project's repository, or the project itself."""
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)


def comments(text: str) -> Counter[str]:
    """Count the comments in a TOML text."""
    # In a text, a `#` begins no comment.
    plain = re.sub(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', "", text)
    return Counter(line.partition("#")[2].strip() for line in plain.splitlines() if "#" in line)


def _table(document: Any, keys: Keys) -> Any:
    """Return a table, creating it if it is missing."""
    for key in keys:
        document = document[key] if isinstance(key, int) else document.setdefault(key, {})
    return document


def _extend(table: Any, key: str | int, items: tuple[Any, ...]) -> None:
    """Add items to a list; a long list gets one item a line."""
    import tomlkit

    is_new = key not in table
    if is_new:
        table[key] = tomlkit.array()
    array: Array = table[key]
    text = array.as_string()
    in_lines = "\n" in text or (is_new and sum(len(_item_text(item)) + 2 for item in items) > LINE_LENGTH)
    for item in items:
        value = tomlkit.value(_item_text(item))
        if in_lines:
            array.add_line(value, indent=_indent(array.as_string()))
        else:
            array.append(value)
    if is_new and in_lines:
        array.add_line(indent="")


def _item_text(item: Any) -> str:
    """Write an item as TOML."""
    import tomlkit

    if isinstance(item, dict):
        return f"{{ {', '.join(f'{key} = {_item_text(value)}' for key, value in item.items())} }}"
    text: str = tomlkit.item(item).as_string()
    return text


def _indent(text: str) -> str:
    """Return how far the lines of an array are indented."""
    match = re.search(r"\n([ \t]+)\S", text)
    return match[1] if match else "  "


def _remove(document: Any, keys: Keys, items: tuple[str, ...], *, drop_empty: bool) -> None:
    """Remove strings from a list, and the list from its table if it is empty and has no comment."""
    table = document
    for key in keys[:-1]:
        table = table[key]
    array: Array = table[keys[-1]]
    if comments(array.as_string()):
        raise EditRefusedError(keys)  # one may be about what goes
    for text in items:
        while text in array:
            array.remove(text)
    if not array and drop_empty and not array.trivia.comment:
        del table[keys[-1]]
        _tidy(document, keys[:-1])


def _tidy(document: Any, keys: Keys) -> None:
    """Write an inline table again: where an entry was, tomlkit leaves two spaces."""
    import tomlkit
    from tomlkit.items import InlineTable

    *above, name = keys
    parent = document
    for key in above:
        parent = parent[key]
    before = parent.get(name)
    if isinstance(before, InlineTable):
        after = tomlkit.value(re.sub(r"(?<=\S)  +(?=[^\s#])", " ", before.as_string()))
        after.trivia.comment_ws, after.trivia.comment = before.trivia.comment_ws, before.trivia.comment
        if after.unwrap() == before.unwrap():
            parent[name] = after


def _as_before(text: str, before: str) -> str:
    """Give a text the file's line endings and its byte order mark."""
    if "\r\n" in before:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    return f"{MARK}{text}" if before.startswith(MARK) else text


def _write(change: FileChange) -> None:
    """Make one change."""
    if change.after is None:
        change.path.unlink()
    elif change.before is None:
        # The umask decides on the mode, and nothing that has come there meanwhile is written through.
        os.close(os.open(change.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    else:
        replace_file(change.path, change.after)
