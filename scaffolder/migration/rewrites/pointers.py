"""Objects from the pointers of Python's C API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.gil_refs import bound_name
from scaffolder.migration.rewrites.returning import returned_values
from scaffolder.migration.rewrites.tree import part
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match
    from scaffolder.migration.rewrites.paths import Edits


def through_bound(match: Match) -> Edits:
    """Write `Bound::from_owned_ptr(…)` and its like, with the cast that `Py` made without a word."""
    function = match.node.field("function")
    owner, name = (function.field("path"), function.field("name")) if function is not None else (None, None)
    if function is None or owner is None or name is None:
        raise Undecided
    path, kind = read_owner(owner.text())
    cast = "" if kind == "PyAny" else f".cast_into_unchecked{f'::<{kind}>' if kind else ''}()"
    if name.text().endswith(("_or_err", "_or_opt")):
        unbind = f".map(|object| object{cast}.unbind())" if cast else f".map({path}Bound::unbind)"
    else:
        unbind = f"{cast}.unbind()"
    _, end = match.span
    return [(*match.region.span(owner), f"{path}Bound"), (end, end, unbind)]


def read_owner(owner: str) -> tuple[str, str]:
    """Split `pyo3::Py::<T>` into the path before `Py` and the type, which may be empty."""
    name, _, kind = owner.partition("::<")
    path = name.removesuffix("Py")
    if path == name or (path and not path.endswith("::")):
        raise Undecided
    kind = kind.removesuffix(">")
    return path, "PyAny" if kind.rpartition("::")[2] == "PyAny" else kind


def from_python(match: Match) -> Edits:
    """Write `Bound::from_owned_ptr(py, pointer)` and its like, with the cast that `Python` made without a word."""
    call, kind = match.node, ""
    function, arguments = part(call, "function"), part(call, "arguments")
    if function.kind() == "generic_function":
        kind = part(function, "type_arguments").text()[1:-1]
        function = part(function, "function")
    start, place = match.span[0], match.region.span(arguments)[0] + 1
    bound = bound_name(match.source)
    if function.kind() == "field_expression":
        name = part(function, "field").text()
        edit = (start, place, f"{bound}::{name}({part(function, 'value').text()}, ")
    elif function.kind() == "scoped_identifier" and part(function, "path").text() not in {"Py", "Bound"}:
        name, kind = part(function, "name").text(), part(function, "path").text()
        edit = (start, place, f"{bound}::{name}(")
    else:
        raise Undecided
    if kind == "PyAny" or (not kind and gives_any(call)):
        return [edit]
    cast = f".downcast_into_unchecked{f'::<{kind}>' if kind else ''}()"
    if name.endswith(("_or_err", "_or_opt")):
        cast = f".map(|object| object{cast})"
    _, end = match.span
    return [edit, (end, end, cast)]


def gives_any(call: SgNode) -> bool:
    """Whether an object of any type is wanted from a call, where that is written."""
    for outer in call.ancestors():
        kind = None
        if outer.kind() == "let_declaration":
            kind = outer.field("type")
        elif outer.kind() in {"function_item", "closure_expression"}:
            kind = outer.field("return_type") if call in returned_values(outer) else None
        elif outer.kind() not in {"block", "unsafe_block", "try_expression", "expression_statement"}:
            return False
        if outer.kind() in {"let_declaration", "function_item", "closure_expression"}:
            return kind is not None and "PyAny" in kind.text()
    return False
