"""Merge manifests by their keys: what the template adds goes where the user's own file has a place for it.

A project that was adopted has manifests in an order of its own, so git finds none of the template's lines in them.
"""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import tomlkit
    from tomlkit.items import Array

Keys = tuple[str, ...]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# Settings of tools: who has none of a tool's does without it.
OPTIONAL = "tool"


class UnmergeableError(Exception):
    """A key that both sides changed, or a file that can't be edited without losing something."""


def merge_manifest(base: str, ours: str, theirs: str) -> str | None:
    """Merge three versions of a manifest.

    Args:
        base: The template as the project has it.
        ours: The user's.
        theirs: The template as it will be.

    Returns:
        The user's file with what the template changed, or none if both sides changed a key.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(ours.replace("\r\n", "\n"))
        before, after = tomllib.loads(base), tomllib.loads(theirs)
        merge_tables(document, before, after, ())
        complete_groups(document)
        text = part_tables(ours, tomlkit.dumps(document))
        require_kept(ours, text, before, after)
    except (TOMLKitError, UnmergeableError, LookupError, TypeError, ValueError):
        return None
    return text.replace("\n", "\r\n") if "\r\n" in ours else text


def merge_tables(table: Any, base: dict[str, Any], theirs: dict[str, Any], keys: Keys) -> None:
    """Bring what changed between two tables into the user's."""
    for key in dict.fromkeys([*base, *theirs]):
        path = (*keys, key)
        old, new = base.get(key), theirs.get(key)
        if old == new:
            continue
        if isinstance(new, dict) and isinstance(old, dict | None):
            merge_table(table, key, old or {}, new, path)
        elif isinstance(new, list) and isinstance(old, list | None):
            merge_list(table, key, old or [], new, path)
        else:
            merge_value(table, key, old, new)


def merge_table(table: Any, key: str, old: dict[str, Any], new: dict[str, Any], path: Keys) -> None:
    """Merge a table that the template has, now or before."""
    import tomlkit

    present = table.get(key)
    if present is not None:
        if hasattr(present, "keys"):
            merge_tables(present, old, new, path)
        elif old:
            raise UnmergeableError
        return
    if old and path[0] == OPTIONAL:
        return
    if path == ("project",):
        raise UnmergeableError
    # A requirement such as `{ version = "1", features = [] }` stays in one line.
    if "version" in new:
        table[key] = inline_table(new)
        return
    added = tomlkit.table(is_super_table=all(isinstance(value, dict) for value in new.values()))
    merge_tables(added, old, new, path)
    if added:
        table[key] = added


def inline_table(values: dict[str, Any]) -> Any:
    """Return a table to write in one line."""
    import tomlkit

    pairs = (f"{key} = {tomlkit.item(value).as_string()}" for key, value in values.items())
    return tomlkit.value(f"{{ {', '.join(pairs)} }}")


def merge_value(table: Any, key: str, old: Any, new: Any) -> None:
    """Merge a value; where the user has one, and the template a first one, the user's stays."""
    present = plain(table.get(key))
    if present == new or (old is None and present is not None):
        return
    if present != old:
        # What the user took out stays out.
        if present is None:
            return
        raise UnmergeableError
    if new is None:
        del table[key]
    else:
        table[key] = new


def merge_list(table: Any, key: str, old: list[Any], new: list[Any], path: Keys) -> None:
    """Add what the template adds to a list, and remove what it no longer has."""
    import tomlkit

    present = table.get(key)
    if present is None:
        if path[0] == OPTIONAL and old:
            return
        if path == ("project", "dependencies") and "dependencies" in table.get("dynamic", []):
            raise UnmergeableError
        present = tomlkit.array()
    if not isinstance(present, list):
        raise UnmergeableError
    added = [item for item in new if item not in old and not has_item(present, item)]
    removed = [item for item in old if item not in new and item in plain(present)]
    if key not in table and added:
        table[key] = present
        present = table[key]
    extend(present, added)
    for item in removed:
        present.remove(item)


def extend(array: Any, items: list[Any]) -> None:
    """Add items to a list, each in a line of its own if the list has lines."""
    import tomlkit

    for item in items:
        value = inline_table(item) if isinstance(item, dict) else tomlkit.item(item)
        if hasattr(array, "add_line") and "\n" in array.as_string():
            add_line(array, value)
        else:
            array.append(value)


def add_line(array: Array, value: Any) -> None:
    """Add an item in a line of its own, indented as the others."""
    match = re.search(r"\n([ \t]+)\S", array.as_string())
    array.add_line(value, indent=match[1] if match else "  ")
    if not array.as_string().rstrip("] \t").endswith("\n"):
        array.add_line(indent="")


def has_item(present: list[Any], item: Any) -> bool:
    """Whether a list has an item, or another requirement of the same package."""
    if not isinstance(item, str):
        return item in plain(present)
    names = {package(str(value)) for value in present if isinstance(value, str)}
    return item in present or (package(item) in names and package(item) != "")


def package(requirement: str) -> str:
    """Return the name of the package that a text requires; of other texts nothing that two would share."""
    match = NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""


def complete_groups(document: tomlkit.TOMLDocument) -> None:
    """Make the groups that other groups include."""
    groups = document.get("dependency-groups", {})
    for entries in list(groups.values()):
        for entry in entries:
            if isinstance(entry, dict) and (name := entry.get("include-group")) and name not in groups:
                groups[str(name)] = []


def require_kept(before: str, after: str, base: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Refuse a result that lost a line of the user's which the template did not change: tomlkit has its limits.

    Raises:
        UnmergeableError: It did.
    """
    import tomlkit

    ours, result = tomllib.loads(before), tomllib.loads(after)
    changed = {path for path, value in leaves(base) if dict(leaves(theirs)).get(path) != value}
    kept = dict(leaves(result))
    for path, value in leaves(ours):
        if path not in changed and not contains(kept.get(path), value):
            raise UnmergeableError
    deleted = "\n".join(deletions(tomlkit.parse(before), base, theirs))
    if comments(before) - comments(after) - comments(deleted):
        raise UnmergeableError


def deletions(table: Any, base: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    """Yield the text of what the template no longer has."""
    for key, value in base.items():
        if key in table and key not in theirs:
            yield table[key].as_string()
        elif key in table and isinstance(value, dict) and isinstance(theirs[key], dict):
            yield from deletions(table[key], value, theirs[key])


def part_tables(before: str, after: str) -> str:
    """Put an empty line before each table that has another line above it now."""
    old = before.splitlines()
    neighbours = set(pairwise(old))
    lines: list[str] = []
    for line in after.splitlines():
        above = lines[-1] if lines else ""
        if line.startswith("[") and above.strip() and above[0] != "#" and (above, line) not in neighbours:
            lines.append("")
        lines.append(line)
    return "\n".join(lines) + "\n"


def contains(result: Any, value: Any) -> bool:
    """Whether a value is still there; a list may have more items."""
    if isinstance(value, list) and isinstance(result, list):
        return all(item in result for item in value)
    return bool(result == value)


def leaves(table: dict[str, Any], keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Yield the values of a table and of the tables in it."""
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*keys, key))
        else:
            yield (*keys, key), value


def comments(text: str) -> set[str]:
    """Return the comments of a TOML text, and what follows a `#` in its values."""
    return {line.partition("#")[2].strip() for line in text.splitlines() if "#" in line}


def plain(value: Any) -> Any:
    """Return a value of tomlkit's as Python's own."""
    return value.unwrap() if hasattr(value, "unwrap") else value
