"""The names that a `use` brings in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scaffolder.rust.source import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

GLOB = "*"
# Groups inside groups; a person writes three or four.
DEPTH = 40


class Import(NamedTuple):
    """A name that a `use` brings in.

    Attributes:
        path: Where it is from: `crate`, `shapes`, `Grid`.
        name: What it is called here; `*` for all that is in there.
    """

    path: tuple[str, ...]
    name: str


def read_path(text: str) -> tuple[str, ...]:
    """Split a path without its generics: `crate::shapes::Grid`."""
    parts = (part.strip().removeprefix("r#") for part in text.partition("<")[0].split("::"))
    return tuple(part for part in parts if part)


def read_imports(node: Node | None, base: tuple[str, ...] = (), depth: int = 0) -> Iterator[Import]:
    """Read the names of a `use`, with those in its groups.

    Args:
        node: What follows the word `use`.
        base: The path before a group.
        depth: How many groups it is in.
    """
    if node is None or depth > DEPTH:
        return
    match node.type:
        case "use_list":
            for child in node.named_children:
                yield from read_imports(child, base, depth + 1)
        case "scoped_use_list":
            inner = (*base, *read_path(text_of(node.child_by_field_name("path"))))
            yield from read_imports(node.child_by_field_name("list"), inner, depth + 1)
        case "use_as_clause":
            path = read_path(text_of(node.child_by_field_name("path")))
            yield Import(_join(base, path), text_of(node.child_by_field_name("alias")).removeprefix("r#"))
        case "use_wildcard":
            yield Import((*base, *read_path(text_of(node).removesuffix("*"))), GLOB)
        case _:
            path = _join(base, read_path(text_of(node)))
            if path:
                yield Import(path, path[-1])


def _join(base: tuple[str, ...], path: tuple[str, ...]) -> tuple[str, ...]:
    """Add a path to the one before its group, where `self` stands for that."""
    return base if base and path == ("self",) else (*base, *path)
