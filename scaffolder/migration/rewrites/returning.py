"""What a function or closure of Rust returns, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

OWNERS = {"function_item", "closure_expression", "async_block", "const_item", "static_item", "const_block"}
# Errors that have no conversion from `PyErr`, and aliases for `Result` with such errors.
FOREIGN_ERRORS = {"()", "String", "&str", "&'static str", "Infallible", "std::convert::Infallible", "char", "bool"}
FOREIGN_RESULTS = {"fmt::Result", "std::fmt::Result"}
PYTHON_RESULTS = {"PyResult", "pyo3::PyResult"}
PYTHON_ERRORS = {"PyErr", "pyo3::PyErr"}
FALLIBLE = {"Ok", "Err", "into_py_any", "into_pyobject", "into_bound_py_any"}
PANICS = {"panic", "unreachable", "todo", "unimplemented"}


def span(node: SgNode) -> tuple[int, int]:
    """Return where a node begins and ends in its tree, in characters."""
    place = node.range()
    return place.start.index, place.end.index


def owner_of(node: SgNode) -> SgNode | None:
    """Return the function, closure or other body that a node is in."""
    return next((around for around in node.ancestors() if around.kind() in OWNERS), None)


def last_name(path: SgNode | None) -> str:
    """Return the last name of a path or of an access to a field, without generic arguments."""
    if path is None:
        return ""
    for name in ("name", "field", "function", "type"):
        if path.kind() != "identifier" and (part := path.field(name)) is not None:
            return last_name(part)
    return path.text()


def named(node: SgNode) -> list[SgNode]:
    """Return the children of a node that are code."""
    return [child for child in node.children() if child.is_named() and "comment" not in child.kind()]


def returned_values(owner: SgNode) -> list[SgNode]:
    """Return the expressions whose value a function or closure returns."""
    body = owner.field("body")
    values = [*last_values(body)] if body is not None else []
    for place in own_nodes(owner, "return_expression"):
        values += [value for value in named(place)[:1] if value not in values]
    return [value for value in values if value.kind() != "return_expression"]


def last_values(node: SgNode) -> Iterator[SgNode]:
    """Yield the expressions that an expression takes its value from."""
    if node.kind() in {"block", "unsafe_block", "if_expression", "else_clause", "match_expression"}:
        for part in parts_with_value(node):
            yield from last_values(part)
    else:
        yield node


def parts_with_value(node: SgNode) -> list[SgNode]:
    """Return the branches, arms or last expression that a block, `if` or `match` takes its value from."""
    if node.kind() == "match_expression":
        values = [arm.field("value") for arm in named(node.field("body") or node)]
    elif node.kind() == "if_expression":
        alternative = node.field("alternative")
        values = [node.field("consequence"), alternative] if alternative is not None else []
    elif node.kind() == "block":
        values = [value_of_block(node)]
    else:
        values = [*named(node)[:1]]
    return [value for value in values if value is not None]


def value_of_block(block: SgNode) -> SgNode | None:
    """Return the expression at the end of a block, if it has no semicolon."""
    statements = named(block)
    last = statements[-1] if statements else None
    if last is not None and last.kind() == "expression_statement":
        return None if last.text().endswith(";") else named(last)[0]
    return last if last is not None and is_expression(last) else None


def is_expression(node: SgNode) -> bool:
    """Whether the last child of a block is its value."""
    kind = node.kind()
    return not kind.endswith(("_item", "_statement", "_declaration", "_definition"))


def own_nodes(owner: SgNode, kind: str) -> list[SgNode]:
    """Return the nodes of a kind in a function or closure that are in no other one inside of it."""
    return [node for node in owner.find_all({"rule": {"kind": kind}}) if owner_of(node) == owner]


def own_returns(owner: SgNode) -> list[SgNode]:
    """Return the `return` expressions of a function or closure."""
    return own_nodes(owner, "return_expression")


def result_type(kind: SgNode | None) -> SgNode | None:
    """Return a type if it is a `Result` that an error of Python can be converted to."""
    if kind is None or not last_name(kind).endswith("Result"):
        return None
    alias = kind.field("type") or kind
    arguments = named(kind.field("type_arguments") or kind) if kind.kind() == "generic_type" else []
    error = arguments[1].text() if len(arguments) > 1 else ""
    return None if alias.text() in FOREIGN_RESULTS or error in FOREIGN_ERRORS else kind


def returns_pyerr(owner: SgNode) -> bool:
    """Whether a function or closure returns `PyResult`, in one of its forms."""
    kind = owner.field("return_type")
    if kind is None or kind.kind() != "generic_type":
        return False
    arguments = named(kind.field("type_arguments") or kind)
    alias = (kind.field("type") or kind).text()
    return alias in PYTHON_RESULTS or (len(arguments) == 2 and arguments[1].text() in PYTHON_ERRORS)


def calls_any(value: SgNode, names: set[str]) -> bool:
    """Whether an expression is a call of one of some functions, or one of their names alone."""
    function = value.field("function") if value.kind() == "call_expression" else value
    return last_name(function) in names


def stops_early(closure: SgNode) -> bool:
    """Whether a closure makes the items of a `collect` that says it stops at the first error."""
    mapping = call_with(closure)
    access = mapping.parent() if mapping is not None and calls_any(mapping, {"map"}) else None
    function = access.parent() if access is not None and access.kind() == "field_expression" else None
    kinds = function.field("type_arguments") if function is not None and calls_any(function, {"collect"}) else None
    return kinds is not None and any(result_type(kind) is not None for kind in named(kinds))


def is_fallible(owner: SgNode) -> bool:
    """Whether a function or closure returns a `Result` that an error of Python can be converted to."""
    if (kind := owner.field("return_type")) is not None:
        return result_type(kind) is not None
    if owner.kind() != "closure_expression":
        return False
    values = returned_values(owner)
    if any(value.kind() == "call_expression" and calls_any(value, FALLIBLE) for value in values):
        return True
    if stops_early(owner):
        return True
    call = call_with(owner)
    around = call.parent() if call is not None else None
    if call is None or around is None or not calls_any(call, {"with_gil", "attach", "allow_threads", "detach"}):
        return False
    outer = owner_of(call)
    returned = outer is not None and any(value == call for value in returned_values(outer)) and is_fallible(outer)
    return around.kind() == "try_expression" or returned


def call_with(closure: SgNode) -> SgNode | None:
    """Return the call that a closure is an argument of."""
    arguments = closure.parent()
    call = arguments.parent() if arguments is not None and arguments.kind() == "arguments" else None
    return call if call is not None and call.kind() == "call_expression" else None
