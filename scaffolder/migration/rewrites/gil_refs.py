"""References into PyO3's pool of objects become `Bound`, by where their types stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.calls import PANICKING, TAKING, TEMPORARY, method_before_panics, method_of
from scaffolder.migration.rewrites.names import names_in
from scaffolder.migration.rewrites.tree import around, part
from scaffolder.migration.rewrites.undecided import Unconcerned, Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match

CRATES = frozenset({"pyo3", "numpy"})
MODULES = CRATES | {"types", "exceptions"}
CELL = "PyCell"
BOUND = "Bound"
# The Python types of PyO3 0.20 and of the crate `numpy`.
NATIVE = {
    "PyAny", "PyBaseException", "PyBool", "PyByteArray", "PyBytes", "PyCFunction", "PyCapsule", "PyCode",
    "PyComplex", "PyDate", "PyDateTime", "PyDelta", "PyDict", "PyDictItems", "PyDictKeys", "PyDictValues",
    "PyEllipsis", "PyException", "PyFloat", "PyFrame", "PyFrozenSet", "PyFunction", "PyInt", "PyIterator",
    "PyList", "PyLong", "PyMapping", "PyModule", "PyNone", "PyNotImplemented", "PySequence", "PySet", "PySlice",
    "PyString", "PySuper", "PyTime", "PyTraceback", "PyTuple", "PyType", "PyTzInfo", "PyUnicode", "PyArray",
    "PyArray0", "PyArray1", "PyArray2", "PyArray3", "PyArray4", "PyArray5", "PyArray6", "PyArrayDescr",
    "PyArrayDyn", "PyUntypedArray",
}  # fmt: skip
# What an initial value that is borrowed ends with.
BORROWING = {"as_any", "as_ref", "bind", "bound", "downcast", "downcast_exact", "downcast_unchecked", "value_bound"}
# What a type can be a part of, and decides what becomes of it.
HOLDERS = {
    "parameter", "function_item", "function_signature_item", "closure_expression", "let_declaration",
    "field_declaration", "ordered_field_declaration_list", "type_item", "impl_item", "function_type",
    "type_cast_expression", "trait_bounds", "where_predicate", "generic_function", "call_expression", "block",
    "declaration_list", "source_file", "scoped_identifier", "const_item", "static_item",
}  # fmt: skip


def bound_type(match: Match) -> Iterator[tuple[int, int, str]]:
    """Turn a reference to a Python object into `Bound`, or into a reference to one."""
    node = match.node
    if any(child.kind() == "mutable_specifier" for child in node.children()):
        raise Unconcerned
    inner = object_type(node, match.source)
    lifetime = lifetime_of(node) or "'_"
    owned = f"{bound_name(match.source)}<{lifetime}, {inner}>"
    if taken := taken_over(node):
        yield *match.span, owned
        yield *match.region.span(taken), TAKING[taken.text()]
    else:
        yield *match.span, f"&{owned}" if stays_reference(node) else owned


def taken_over(node: SgNode) -> SgNode | None:
    """Return the name of the method that casts a temporary object to a variable's type."""
    declaration = node.parent()
    if declaration is None or declaration.kind() != "let_declaration" or declaration.field("value") is None:
        return None
    method = method_before_panics(part(declaration, "value"))
    if method is None or method[1].text() not in TAKING:
        return None
    return method[1] if method[0].kind() in TEMPORARY and not is_borrowed(method[0]) else None


def bound_impl(match: Match) -> Iterator[tuple[int, int, str]]:
    """Implement a trait for `Bound` instead of for a Python type."""
    trait = part(around(match.node), "trait").text().partition("<")[0]
    foreign = names_in(match.source).imports.get(trait) in CRATES
    if foreign or not is_native([match.node.text()], match.source):
        raise Unconcerned
    yield *match.span, f"{bound_name(match.source)}<'_, {match.node.text()}>"


def bound_path(match: Match) -> Iterator[tuple[int, int, str]]:
    """Name `Bound` where another class was named."""
    yield *match.span, bound_name(match.source)


def bound_name(source: str) -> str:
    """Return `Bound`, with its crate in a file where another type is called so, such as `std::ops::Bound`."""
    names = names_in(source)
    taken = names.imports.get(BOUND, "pyo3") != "pyo3" or BOUND in names.types
    return f"pyo3::{BOUND}" if taken else BOUND


def downcast_error(match: Match) -> Iterator[tuple[int, int, str]]:
    """Give the error of `downcast` its second lifetime."""
    lifetime = part(match.node, "type_arguments").text()[1:-1].strip()
    name = part(match.node, "type")
    yield *match.span, f"{name.text().removesuffix('PyDowncastError')}DowncastError<{lifetime}, {lifetime}>"


def owned_text(match: Match) -> Iterator[tuple[int, int, str]]:
    """Own the texts in a type: of a variable, of what is asked for, or in a container."""
    node = match.node
    if asks := extraction_of(node):
        # The variable stays what it was, for `match` and `==`; the text lives as long as the variable.
        place = match.region.span(part(node, "value"))[0]
        end = match.region.span(asks)[1]
        yield place, place, "&"
        yield end, end, "::<String>"
        return
    holder = node.field("type") if node.kind() == "let_declaration" else node.field("type_arguments")
    for reference in holder.find_all({"rule": {"kind": "reference_type"}}) if holder else ():
        if reference.children()[-1].text() == "str":
            yield *match.region.span(reference), "String"


def extraction_of(node: SgNode) -> SgNode | None:
    """Return the `extract` in `let name: &str = object.extract()?`, or before `unwrap` or `expect`."""
    kind, value = node.field("type"), node.field("value")
    if kind is None or value is None or kind.text() != "&str":
        return None
    method = method_of(value)
    if method and method[1].text() in PANICKING:
        method = method_of(method[0])
    return method[1] if method and method[1].text() == "extract" else None


def borrow_parameter(match: Match) -> Iterator[tuple[int, int, str]]:
    """Borrow the object that a closure is given."""
    parameters = [child for child in part(match.node, "parameters").children() if child.kind() == "parameter"]
    kinds = [part(parameter, "type") for parameter in parameters]
    owned = [kind for kind in kinds if kind.text().removeprefix("pyo3::").startswith("Bound<")]
    if len(owned) != 1:
        raise Undecided
    start = match.region.span(owned[0])[0]
    yield start, start, "&"


def object_type(node: SgNode, source: str) -> str:
    """Return the Python type that a reference is to.

    Raises:
        Unconcerned: It is none of PyO3's, as far as the file shows.
    """
    target = node.children()[-1]
    base = next((child for child in target.children() if child.kind() != "type_arguments"), target)
    path = (base if target.kind() == "generic_type" else target).text().split("::")
    if not is_native(path, source):
        raise Unconcerned
    if path[-1] != CELL:
        return str(target.text())
    arguments = next((child for child in target.children() if child.kind() == "type_arguments"), None)
    if arguments is None:
        raise Unconcerned
    return str(arguments.text()[1:-1].strip())


def is_native(path: list[str], source: str) -> bool:
    """Whether a path leads to PyO3 or NumPy, as far as the file shows."""
    if path[-1] not in {*NATIVE, CELL}:
        return False
    return path[-2] in MODULES if len(path) > 1 else names_in(source).may_be_from(path[0], CRATES)


def lifetime_of(node: SgNode) -> str:
    """Return a reference's lifetime; empty if it is not written."""
    return next((child.text() for child in node.children() if child.kind() == "lifetime"), "")


def stays_reference(node: SgNode) -> bool:
    """Whether the new type is a reference: in parameters and bounds, and for what is borrowed from an owner."""
    path = [node, *node.ancestors()]
    depth = next((index for index, outer in enumerate(path) if outer.kind() in HOLDERS), 0)
    child, holder = path[depth - 1], path[depth]
    whole = child == node or is_option_of(child, node)
    match holder.kind():
        case "parameter":
            closure = path[depth + 1].kind() == "closure_parameters"
            # A closure with a name is called like a function; others get what an iterator yields.
            named = path[depth + 3].kind() == "let_declaration"
            return whole and (not closure or named or is_called_from_python(path[depth + 1]))
        case "let_declaration":
            return whole and is_borrowed(holder.field("value"))
        case "function_type":
            return child.kind() == "parameters"
        case "impl_item" | "type_cast_expression" | "trait_bounds" | "where_predicate":
            return True
        case _:
            return False


def is_option_of(outer: SgNode, node: SgNode) -> bool:
    """Whether a type is `Option` of a reference, and nothing else."""
    return outer.kind() == "generic_type" and outer.children()[0].text() == "Option" and outer == around(around(node))


def is_called_from_python(parameters: SgNode) -> bool:
    """Whether a closure has the parameters that a Python function is made of: a tuple and perhaps a dictionary."""
    types = [part(child, "type").text() for child in parameters.children() if child.kind() == "parameter"]
    return len(types) == 2 and "PyTuple" in types[0] and types[1].startswith("Option<") and "PyDict" in types[1]


def is_borrowed(value: SgNode | None) -> bool:
    """Whether an initial value is a reference after the migration."""
    if value is None:
        return False
    if value.kind() in {"reference_expression", "identifier"}:
        return True
    method = method_of(value)
    if method is None:
        return False
    receiver, name = method[0], method[1].text()
    return is_borrowed(receiver) if name in PANICKING else name in BORROWING
