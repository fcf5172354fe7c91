"""Which plugins a host leaves out: `plugins.toml`, with a list `disabled` in a table that is named as the group."""

from __future__ import annotations

import difflib
import tomllib
from typing import TYPE_CHECKING, Any

from scaffolder.anatomy.manifests import parse_toml
from scaffolder.errors import ScaffolderError
from scaffolder.files import UnreadableFileError
from scaffolder.toolkit import replace_file

if TYPE_CHECKING:
    from pathlib import Path


def read_disabled(path: Path, group: str) -> frozenset[str]:
    """Return the names of the plugins that a file of settings leaves out; none if there is no such file.

    Raises:
        ScaffolderError: It can't be read, is not TOML, or has something else in that place.
    """
    try:
        table = parse_toml(path).get(group, {})
    except UnreadableFileError as error:
        if error.missing:
            return frozenset()
        raise
    names = table.get("disabled", []) if isinstance(table, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        message = f"`{path}` must have a list of names at `disabled` in the table `{group}`"
        raise ScaffolderError(message, f'write `["{group}"]`, and below it `disabled = ["NAME"]`')
    return frozenset(names)


def change(path: Path, group: str, name: str, *, disable: bool) -> tuple[str, str] | None:
    """Return the text of a file of settings before and after a plugin is enabled or disabled; none if it is so already.

    Args:
        path: The file, there or not.
        group: The entry-point group.
        name: The plugin's name.
        disable: Whether it is to be left out.

    Raises:
        ScaffolderError: The file can't be read or changed.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    if (name in read_disabled(path, group)) == disable:
        return None
    before = _read(path)
    try:
        document = tomlkit.parse(before)
        _edit(document, group, name, disable=disable)
        after = tomlkit.dumps(document)
        is_sound = tomllib.loads(after) == document.unwrap()
    except (TOMLKitError, tomllib.TOMLDecodeError, TypeError, AttributeError, LookupError, ValueError) as error:
        raise ScaffolderError(f"`{path}` can't be changed: {error}", "change it by hand") from error
    if not is_sound:
        raise ScaffolderError(f"`{path}` can't be changed without a change of its meaning", "change it by hand")
    return before, after


def write(path: Path, text: str) -> None:
    """Write a file of settings with one rename.

    Raises:
        ScaffolderError: It can't be written.
    """
    try:
        replace_file(path, text)
    except OSError as error:
        raise ScaffolderError(f"`{path}` can't be written: {error.strerror or error}") from error


def difference(name: str, before: str, after: str) -> str:
    """Return a change as a diff."""
    old = f"a/{name}" if before else "/dev/null"
    lines = difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), old, f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _edit(document: Any, group: str, name: str, *, disable: bool) -> None:
    """Add a name to the list, or remove it."""
    import tomlkit

    if group not in document:
        document[group] = tomlkit.table()
    names = document[group].setdefault("disabled", tomlkit.array())
    if disable:
        names.append(name)
    else:
        while name in names:
            names.remove(name)
