"""Code that the compiler does not see here: items whose `cfg` is off on this machine, with these features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.machine.programs import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ast_grep_py import Rule, SgNode

BETWEEN = {"attribute_item", "line_comment", "block_comment"}
PUNCTUATION = {"(", ")", ","}
# What only some targets of a crate have, or what build scripts decide, is not known.
KNOWN = {
    "feature", "target_arch", "target_endian", "target_env", "target_family", "target_os", "target_pointer_width",
    "unix", "windows",
}  # fmt: skip
Settings = dict[str, set[str]]


def read_settings(folder: Path, environment: Mapping[str, str]) -> Settings:
    """Ask the compiler what holds for this machine, such as `target_os = "linux"`; empty if it can't be asked.

    Args:
        folder: Where the compiler is started.
        environment: The variables that it runs with.
    """
    done = run(["rustc", "--print", "cfg"], environment, folder)
    settings: Settings = {}
    for line in done.output.splitlines() if done is not None and done.code == 0 else ():
        name, _, value = line.partition("=")
        settings.setdefault(name, set()).add(value.strip('"'))
    return settings


def places_off(root: SgNode, settings: Settings) -> Iterator[tuple[SgNode, str]]:
    """Yield the items that are not compiled and have to do with Python, with their conditions.

    Args:
        root: A file's syntax tree.
        settings: What holds, the features of the crate included.
    """
    for attribute in root.find_all(
        {"rule": {"kind": "attribute_item", "has": {"kind": "attribute", "regex": r"^cfg\("}}}
    ):
        tree = attribute.find({"rule": {"kind": "token_tree"}})
        if tree is None or holds(tokens_of(tree), settings) is not False:
            continue
        item = next(
            (node for node in attribute.next_all() if node.kind() not in {"attribute_item", "line_comment"}), None
        )
        if item is not None and is_about_python(item):
            yield item, f"cfg{tree.text()}"


def is_about_python(item: SgNode) -> bool:
    """Whether an item mentions what PyO3 names, or is a file that can't be seen from here."""
    if item.kind() == "mod_item" and item.field("body") is None:
        return True
    names: list[Rule] = [
        {"kind": "identifier", "regex": "^(py|pyo3|Py.*)$"},
        {"kind": "type_identifier", "regex": "^Py"},
    ]
    return item.find({"rule": {"any": names}}) is not None


def tokens_of(tree: SgNode) -> list[SgNode]:
    """Return what is in a pair of brackets, without commas."""
    return [node for node in tree.children() if node.kind() not in PUNCTUATION]


def holds(tokens: Sequence[SgNode], settings: Settings) -> bool | None:
    """Whether one condition holds; none if that is not known."""
    name = tokens[0].text() if tokens else ""
    if len(tokens) > 1 and tokens[1].kind() == "token_tree":
        parts = [holds(part, settings) for part in split(tokens_of(tokens[1]))]
        return combine(name, parts)
    if name not in KNOWN or (name not in settings and name == "feature"):
        return None
    if len(tokens) == 3:
        return tokens[2].text().strip('"') in settings.get(name, set())
    return name in settings


def split(tokens: Sequence[SgNode]) -> Iterator[Sequence[SgNode]]:
    """Yield conditions one by one: a name, a name with a value, or a name with conditions in brackets."""
    position = 0
    while position < len(tokens):
        follows = tokens[position + 1].kind() if position + 1 < len(tokens) else ""
        length = {"=": 3, "token_tree": 2}.get(follows, 1)
        yield tokens[position : position + length]
        position += length


def combine(name: str, parts: Sequence[bool | None]) -> bool | None:
    """Return what `all`, `any` or `not` makes of its parts."""
    if name == "not":
        return None if not parts or parts[0] is None else not parts[0]
    if name == "all":
        return False if False in parts else None if None in parts else True
    if name == "any":
        return True if True in parts else None if None in parts else False
    return None
