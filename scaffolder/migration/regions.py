"""The parts of a Rust file that can be searched: the file, and what macros are given and made of, which is no tree."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

# What may stand in a macro's brackets, and what makes a file of it: arguments, statements, items.
SHAPES = (("fn f(){g(", ")}"), ("fn f(){", "}"), ("fn f(){match x{", "}}"), ("", ""))
MACRO_DEPTH = 8
# Stands for the `$` of a macro's variables: with it they are names, and as long as before.
DOLLAR = "ǂ"


class Region(NamedTuple):
    """A part of a file as a syntax tree.

    Attributes:
        root: Its root.
        shift: What to add to a place in the tree to get the place in the file.
    """

    root: SgNode
    shift: int

    def span(self, node: SgNode) -> tuple[int, int]:
        """Return where a node begins and ends in the file, in characters."""
        place = node.range()
        return place.start.index + self.shift, place.end.index + self.shift


# Rules are applied to a file one after the other, and most of them leave it as it is.
@lru_cache(maxsize=32)
def regions(text: str) -> tuple[Region, ...]:
    """Return the syntax trees of a file, of what macros are given and of what its own are made of, outer ones first.

    Args:
        text: Rust code.
    """
    from ast_grep_py import SgRoot

    whole = Region(SgRoot(text, "rust").root(), 0)
    return (*_with_macros(whole, text, MACRO_DEPTH), *_in_definitions(whole, text))


def with_dollars(text: str, source: str) -> str:
    """Return new code for a file with the variables of macros as they are written.

    Args:
        text: The code, perhaps made of parts of the trees.
        source: The file.
    """
    return text if DOLLAR in source else text.replace(DOLLAR, "$")


def _in_definitions(whole: Region, text: str) -> Iterator[Region]:
    """Yield what the macros of a file are made of."""
    rules = whole.root.find_all({"rule": {"kind": "macro_rule"}})
    if not rules or DOLLAR in text:
        return
    characters = list(text)
    for variable in whole.root.find_all({"rule": {"kind": "metavariable"}}):
        characters[variable.range().start.index] = DOLLAR
    for rule in rules:
        body = rule.field("right")
        if body is not None:
            yield from _in_brackets(whole, body, "".join(characters), MACRO_DEPTH)


def _with_macros(region: Region, text: str, depth: int) -> Iterator[Region]:
    yield region
    for macro in region.root.find_all({"rule": {"kind": "macro_invocation"}}) if depth else ():
        # An outer macro that could be read as code has its inner ones in its own tree, too.
        for tokens in _groups(macro):
            yield from _in_brackets(region, tokens, text, depth)


def _in_brackets(region: Region, tokens: SgNode, text: str, depth: int) -> Iterator[Region]:
    """Yield what is in a macro's brackets, or what is in the brackets there, as in `select! { x = f() => { … } }`."""
    start, end = region.span(tokens)
    if tokens.kind() == "token_repetition":
        start, end = start + 1, text.rindex(")", start, end) + 1
    inner = _read(text[start + 1 : end - 1], start + 1)
    if inner is not None:
        yield from _with_macros(inner, text, depth - 1)
        return
    for group in _groups(tokens):
        yield from _in_brackets(region, group, text, depth)


def _groups(node: SgNode) -> Iterator[SgNode]:
    yield from (child for child in node.children() if child.kind() in {"token_tree", "token_repetition"})


def _read(content: str, start: int) -> Region | None:
    """Read what is between a macro's brackets in the first way that has no syntax error."""
    from ast_grep_py import SgRoot

    for before, after in SHAPES:
        root = SgRoot(f"{before}{content}{after}", "rust").root()
        if root.find({"rule": {"kind": "ERROR"}}) is None:
            return Region(root, start - len(before))
    return None
