"""Signatures as PyO3 wrote them before 0.18: `#[args(a, b = "0", "*", kwargs = "**")]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scaffolder.migration.rewrites.signatures import attributes_of, exporting_attribute, python_arguments, split_tokens
from scaffolder.migration.rewrites.undecided import Unconcerned, Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match
    from scaffolder.migration.rewrites.signatures import Attribute

MARKERS = {"*", "/"}
STARS = {"*", "**"}


class Entry(NamedTuple):
    """A part of an old signature: an argument, with what its default or kind is, or a marker."""

    name: str
    value: str


def new_signature(match: Match) -> Iterator[tuple[int, int, str]]:
    """Write an old signature as `signature = (...)`, in the order of the function's parameters."""
    function = match.node
    attribute = old_attribute(function)
    entries = [read_entry(part) for part in split_tokens(attribute.last)]
    exporting = exporting_attribute(function, args=True)
    names = [argument.name for argument in python_arguments(function, exporting)]
    listed = [entry.name for entry in entries if entry.name not in MARKERS]
    if [name for name in names if name in listed] != listed:
        raise Undecided
    text = f"signature = ({', '.join(signature_words(names, entries))})"
    start, end = match.region.span(attribute.last)
    if attribute.name == "args":
        start -= len("args")
        yield start, end, f"pyo3({text})"
    else:
        yield start, end, f"({text})"


def old_attribute(function: SgNode) -> Attribute:
    """Return the attribute with an old signature."""
    for attribute in attributes_of(function):
        if attribute.last.kind() != "token_tree" or attribute.condition:
            continue
        parts = split_tokens(attribute.last)
        if attribute.name == "args" or (attribute.name in {"pyfunction", "pyo3"} and is_old(parts)):
            return attribute
    raise Unconcerned


def is_old(parts: list[list[SgNode]]) -> bool:
    """Whether an attribute's arguments are a signature: a literal, a bare name, or a name with a default in quotes."""
    known = {"name", "signature", "text_signature", "pass_module", "crate", "from_py_with", "get", "set"}
    return bool(parts) and all(part[0].text() not in known for part in parts)


def read_entry(part: list[SgNode]) -> Entry:
    """Read an argument with its default, or a marker."""
    words = [token.text() for token in part]
    if len(words) == 1:
        word = unquoted(words[0]) or words[0]
        if word in MARKERS or word.isidentifier():
            return Entry(word, "")
    if len(words) >= 3 and words[1] == "=":
        value = "".join(words[2:])
        return Entry(words[0], unquoted(value) or value)
    raise Undecided


def unquoted(word: str) -> str:
    """Return what a string literal holds; empty if it is none."""
    if len(word) < 2 or not word.startswith('"') or not word.endswith('"'):
        return ""
    return word[1:-1].replace('\\"', '"').replace("\\\\", "\\")


def signature_words(names: list[str], entries: list[Entry]) -> Iterator[str]:
    """Yield the parts of the new signature; markers stand before the argument that they stood before."""
    position = 0
    values = {entry.name: entry.value for entry in entries}
    for name in names:
        if name in values:
            while entries[position].name != name:
                yield entries[position].name
                position += 1
            position += 1
        value = values.get(name, "")
        yield f"{value}{name}" if value in STARS else f"{name}={value}" if value else name
    yield from (entry.name for entry in entries[position:])
