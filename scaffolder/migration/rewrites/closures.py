"""Closures that can fail now, and the methods that they are given to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.returning import (
    call_with,
    calls_any,
    last_name,
    named,
    owner_of,
    returned_values,
    returns_pyerr,
    span,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from scaffolder.migration.rewrites.fallible import Change


def call_after(closure: SgNode, method: str) -> tuple[SgNode | None, SgNode | None]:
    """Return the call of a method that a closure is given to, and the method call right after it."""
    mapping = call_with(closure)
    if mapping is None or not calls_any(mapping, {method}):
        return None, None
    access = mapping.parent()
    around = access.parent() if access is not None and access.kind() == "field_expression" else None
    if around is not None and around.kind() == "generic_function":
        around = around.parent()
    return mapping, around if around is not None and around.kind() == "call_expression" else None


def collecting(closure: SgNode) -> SgNode | None:
    """Return the call of `collect` right after the `map` whose items a closure makes."""
    _, after = call_after(closure, "map")
    return after if after is not None and calls_any(after, {"collect"}) else None


def transposing(closure: SgNode) -> SgNode | None:
    """Return the call of `map`, if what comes after it or is returned shows that it is that of an `Option`."""
    mapping, after = call_after(closure, "map")
    if mapping is None:
        return None
    if after is not None:
        given = named(after.field("arguments") or after)
        is_option = calls_any(after, {"ok_or", "ok_or_else"}) or (
            calls_any(after, {"unwrap_or_else"}) and given[0].text().startswith("||")
        )
        return mapping if is_option else None
    outer = owner_of(mapping)
    kind = outer.field("return_type") if outer is not None else None
    returned = outer is not None and mapping in returned_values(outer)
    return mapping if returned and kind is not None and last_name(kind) == "Option" else None


def listing(closure: SgNode) -> SgNode | None:
    """Return the call of `map` that a closure is given to, if a list or tuple of Python is made of its items."""
    mapping, _ = call_after(closure, "map")
    arguments = mapping.parent() if mapping is not None else None
    call = arguments.parent() if arguments is not None and arguments.kind() == "arguments" else None
    function = call.field("function") if call is not None and call.kind() == "call_expression" else None
    path = function.field("path") if function is not None and calls_any(function, {"new", "new_bound"}) else None
    return mapping if last_name(path) in {"PyList", "PyTuple"} else None


def chaining(closure: SgNode) -> SgNode | None:
    """Return the call of `map` that a closure is given to, if it is that of a `Result` with an error of Python."""
    mapping, _ = call_after(closure, "map")
    outer = owner_of(mapping) if mapping is not None else None
    if mapping is None or outer is None or not returns_pyerr(outer):
        return None
    around = mapping.parent()
    handed_on = around is not None and around.kind() == "try_expression"
    return mapping if handed_on or mapping in returned_values(outer) else None


def chain_results(mapping: SgNode) -> Iterator[Change]:
    """Yield the edit that makes `and_then` of `map`."""
    function = mapping.field("function")
    name = function.field("field") if function is not None else None
    if name is not None:
        yield (*span(name), "and_then")


def choosing(closure: SgNode) -> SgNode | None:
    """Return the call of `map_or` or `map_or_else` that a closure is the last argument of."""
    call = call_with(closure)
    given = named(call.field("arguments") or call) if call is not None else []
    if call is None or len(given) != 2 or given[1] != closure:
        return None
    if calls_any(call, {"map_or"}) or (calls_any(call, {"map_or_else"}) and given[0].kind() == "closure_expression"):
        return call
    return None


def wrapped(value: SgNode, name: str) -> Iterator[Change]:
    """Yield a call round an expression."""
    start, end = span(value)
    yield start, start, f"{name}("
    yield end, end, ")"


def stop_early(chain: SgNode) -> Iterator[Change]:
    """Yield the edits that let `collect` stop at the first error, or take an error out of an `Option`."""
    if calls_any(chain, {"map"}):
        end = span(chain)[1]
        yield end, end, ".transpose()"
        return
    function = chain.field("function")
    kind = function.field("type_arguments") if function is not None else None
    if function is not None and kind is None:
        end = span(function)[1]
        yield end, end, "::<PyResult<_>>"
    elif kind is not None:
        start, end = span(kind)
        yield start + 1, start + 1, "PyResult<"
        yield end - 1, end - 1, ">"
