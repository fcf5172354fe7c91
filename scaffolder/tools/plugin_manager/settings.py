"""Which plugins a host leaves out: `plugins.toml`, with a list `disabled` in a table that is named as the group."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from scaffolder.anatomy.manifests import parse_toml
from scaffolder.errors import ScaffolderError
from scaffolder.files import UnreadableFileError, is_file

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

    Raises:
        ScaffolderError: The file can't be read or changed.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    if (name in read_disabled(path, group)) == disable:
        return None
    before = path.read_bytes().decode() if is_file(path) else ""
    try:
        document = tomlkit.parse(before)
        _edit(document, group, name, disable=disable)
        # A comment goes with the name that it stands behind, and with nothing else.
        after = tomlkit.dumps(document)
        after = after.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in before else after
        is_sound = tomllib.loads(after) == document.unwrap()
    except (TOMLKitError, tomllib.TOMLDecodeError, TypeError, AttributeError, LookupError, ValueError) as error:
        raise ScaffolderError(f"`{path}` can't be changed: {error}", "change it by hand") from error
    if not is_sound:
        raise ScaffolderError(f"`{path}` can't be changed without a change of its meaning", "change it by hand")
    return before, after


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
