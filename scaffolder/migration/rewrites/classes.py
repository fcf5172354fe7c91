"""Options of Python classes, and how their instances are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from scaffolder.migration.rewrites.modules import item_after
from scaffolder.migration.rewrites.paths import indentation
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import Config, SgNode

    from scaffolder.migration.matching import Match
    from scaffolder.migration.rewrites.paths import Edits

OPTIONS = {"from_py_object", "skip_from_py_object"}
PAIR = ("subclass", "base")
LOCAL = PAIR[0]
VARIABLES = ("identifier", "shorthand_field_identifier", "self")
BRANCHES = {"block", "else_clause", "if_expression", "match_block", "match_arm"}
# Functions of their own inside of a function, whose `return` is another one.
INNER = {"closure_expression", "function_item", "async_block"}


def opt_in(match: Match) -> Edits:
    """Add `from_py_object` to a `#[pyclass]` of a type that can be cloned."""
    item, (word, options) = item_after(match.node), pyclass_in(match.node)
    if word is None or item is None or item.kind() not in {"struct_item", "enum_item"}:
        return []
    if options is not None and any(token.text() in OPTIONS for token in options.children()):
        return []
    # Without the compiler's word for it only a derived `Clone` is known.
    if match.rule.trigger is None and not derives_clone(item):
        return []
    if options is None:
        _, end = match.region.span(word)
        return [(end, end, "(from_py_object)")]
    tokens = options.children()[:-1]
    _, end = match.region.span(tokens[-1])
    separator = {"(": "", ",": " "}.get(tokens[-1].text(), ", ")
    return [(end, end, f"{separator}from_py_object")]


def drop_option(match: Match) -> Edits:
    """Remove `skip_from_py_object` from a `#[pyclass]`."""
    word, options = pyclass_in(match.node)
    tokens = options.children() if options is not None else []
    option = next((token for token in tokens if token.text() == "skip_from_py_object"), None)
    if word is None or options is None or option is None:
        return []
    if len(tokens) == len(["(", option, ")"]):
        return [(match.region.span(word)[1], match.region.span(options)[1], "")]
    before, after = option.prev(), option.next()
    if before is not None and before.text() == ",":
        return [(match.region.span(before)[0], match.region.span(option)[1], "")]
    if after is None or (rest := after.next()) is None:
        raise Undecided
    return [(match.region.span(option)[0], match.region.span(rest)[0], "")]


def pyclass_in(attribute: SgNode) -> tuple[SgNode | None, SgNode | None]:
    """Return the word `pyclass` in an attribute, which may be a `cfg_attr`, and its options if it has some."""
    for word in attribute.find_all({"rule": {"kind": "identifier", "regex": "^pyclass$"}}):
        parent = word.parent()
        inner = parent is not None and parent.kind() == "scoped_identifier"
        after = parent.next() if inner and parent is not None else word.next()
        if after is None or after.kind() != "token_tree" or not after.text().startswith("("):
            after = None
        return word, after
    return None, None


def derives_clone(item: SgNode) -> bool:
    """Whether an attribute of an item derives `Clone`, whatever the features."""
    node = item.prev()
    while node is not None and node.kind() in {"attribute_item", "line_comment", "block_comment"}:
        if node.text().startswith("#[derive(") and node.find({"rule": {"kind": "identifier", "regex": "^Clone$"}}):
            return True
        node = node.prev()
    return False


def initializer(match: Match) -> Edits:
    """Make `#[new]` return a `PyClassInitializer` instead of a tuple of the class and its base."""
    returned, body = match.node.field("return_type"), match.node.field("body")
    if returned is None or body is None or LOCAL in body.text():
        raise Undecided
    pair = pair_type(returned)
    edits: Edits = [(*match.region.span(pair), f"PyClassInitializer<{pair.children()[1].text()}>")]
    for value in results(body):
        edits += value_edits(match, value, fallible=pair.range() != returned.range())
    return edits


def pair_type(returned: SgNode) -> SgNode:
    """Return the tuple of two types that a function returns, alone or first in a result."""
    arguments = returned.field("type_arguments")
    kinds = [child for child in arguments.children() if child.is_named()] if arguments is not None else [returned]
    parts = [child for child in kinds[0].children() if child.is_named()] if kinds else []
    if len(parts) == len(PAIR) and kinds[0].kind() == "tuple_type":
        return kinds[0]
    raise Undecided


def value_edits(match: Match, value: SgNode, *, fallible: bool) -> Edits:
    """Return the edits of one expression that a function returns."""
    if value.kind() == "macro_invocation":
        return []
    if not fallible:
        return tuple_edits(match, value)
    function, arguments = value.field("function"), value.field("arguments")
    if function is None or arguments is None or function.text() not in {"Ok", "Err"}:
        raise Undecided
    if function.text() == "Err":
        return []
    inner = [child for child in arguments.children() if child.is_named()]
    return tuple_edits(match, inner[0]) if len(inner) == 1 else []


def tuple_edits(match: Match, pair: SgNode) -> Edits:
    """Write an initializer for a tuple of a class and its base, and evaluate the class first as before."""
    subclass, base = members(pair)
    texts = [match.source[slice(*match.region.span(member))] for member in (subclass, base)]
    span = match.region.span(pair)
    if not shared_names(subclass, base):
        return [(*span, chained(texts[0], texts[1]))]
    statement = statement_of(pair)
    if statement is None:
        return [(*span, f"{{ let {LOCAL} = {texts[0]}; {chained(LOCAL, texts[1])} }}")]
    start, _ = match.region.span(statement)
    return [
        (start, start, f"let {LOCAL} = {texts[0]};\n{indentation(match.source, start)}"),
        (*span, chained(LOCAL, texts[1])),
    ]


def new_from_pair(match: Match) -> Edits:
    """Write an initializer for the tuple that `Py::new` and `Bound::new` are given."""
    pair = match.node.get_match("PAIR")
    if pair is None:
        raise Undecided
    subclass, base = members(pair)
    # The tuple still works here.
    if shared_names(subclass, base):
        return []
    texts = [match.source[slice(*match.region.span(member))] for member in (subclass, base)]
    return [(*match.region.span(pair), chained(texts[0], texts[1]))]


def chained(subclass: str, base: str) -> str:
    """Return the expression that makes a class from its own value and that of its base."""
    return f"PyClassInitializer::from({base}).add_subclass({subclass})"


def members(pair: SgNode) -> tuple[SgNode, SgNode]:
    """Return the two values of a tuple."""
    values = [child for child in pair.children() if child.is_named()]
    if pair.kind() != "tuple_expression" or len(values) != len(PAIR):
        raise Undecided
    return values[0], values[1]


def shared_names(first: SgNode, second: SgNode) -> bool:
    """Whether two expressions use the same variable, so that their order may matter."""
    return bool(variables(first) & variables(second))


def variables(node: SgNode) -> set[str]:
    """Return the names in an expression that may be variables."""
    names = {name.text() for name in node.find_all(any=[{"kind": kind} for kind in VARIABLES])}
    return {name for name in names if not name[:1].isupper()}


def statement_of(pair: SgNode) -> SgNode | None:
    """Return the statement or last expression of a block that does nothing but return a value."""
    node = pair
    while (parent := node.parent()) is not None:
        if parent.kind() == "block":
            return node
        if parent.kind() not in {"call_expression", "arguments", "return_expression", "expression_statement"}:
            return None
        node = parent
    return None


def results(body: SgNode) -> Iterator[SgNode]:
    """Yield the expressions that a function may return."""
    yield from last_values(body)
    yield from returned_values(body)


def returned_values(node: SgNode) -> Iterator[SgNode]:
    """Yield what is after `return`, except in functions inside."""
    for child in node.children():
        if child.kind() in INNER:
            continue
        if child.kind() == "return_expression":
            yield from (value for value in child.children() if value.is_named())
        yield from returned_values(child)


def branches(node: SgNode) -> list[SgNode]:
    """Return the parts of an `if`, `else`, `match` or `unsafe` that give its value."""
    parts = [part for name in ("consequence", "alternative", "body") if (part := node.field(name)) is not None]
    return [part for part in parts or node.children() if part.kind() in BRANCHES]


def last_values(node: SgNode) -> Iterator[SgNode]:
    """Yield the expressions that a block, an `if` or a `match` may end with."""
    match node.kind():
        case "block":
            values = [child for child in node.children() if child.is_named() and "comment" not in child.kind()]
            if values:
                yield from last_values(values[-1])
        case "expression_statement":
            inner = node.children()[0]
            # An `if` at the end is a statement to the parser; one with a semicolon is no value.
            if node.children()[-1].kind() != ";":
                yield from last_values(inner)
        case "if_expression" | "else_clause" | "unsafe_block" | "match_expression" | "match_block":
            for part in branches(node):
                yield from last_values(part)
        case "match_arm":
            yield from last_values(node.field("value") or node)
        case "return_expression" | "let_declaration":
            return
        case _:
            yield node


def share_object(match: Match) -> Iterator[tuple[int, int, str]]:
    """Ask for `Sync` of what a class holds as `dyn … + Send`, wherever the file names that type."""
    # `A + B + C` is `A + B`, and `C`.
    whole = {"kind": "bounded_type", "regex": "^dyn ", "not": {"inside": {"kind": "bounded_type"}}}
    search = cast("Config", {"rule": whole})
    types = {kind.text() for kind in match.node.find_all(search)}
    for kind in match.node.get_root().root().find_all(search):
        bounds = kind.text().replace(" ", "").split("+")
        if kind.text() in types and "Send" in bounds and "Sync" not in bounds:
            end = match.region.span(kind)[1]
            yield end, end, " + Sync"
