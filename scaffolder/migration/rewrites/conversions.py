"""`IntoPy` and `ToPyObject`, which `IntoPyObject` replaces: calls, implementations, bounds and imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.byte_collections import refuse_bytes
from scaffolder.migration.rewrites.fallible import joined, let_fail, require_fallible
from scaffolder.migration.rewrites.returning import (
    PANICS,
    last_name,
    named,
    own_returns,
    owner_of,
    returned_values,
    span,
)
from scaffolder.migration.rewrites.tree import function_of
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match
    from scaffolder.migration.rewrites.fallible import Change

ANY = {"PyObject", "PyAny", "Py<PyAny>"}
# What is a value already, and is not borrowed to be converted.
VALUES = {
    "macro_invocation", "call_expression", "try_expression", "tuple_expression", "array_expression",
    "binary_expression", "type_cast_expression", "reference_expression",
}  # fmt: skip
SIMPLE = {"identifier", "self", "call_expression", "field_expression", "scoped_identifier", "index_expression"}
METHODS = {"IntoPy": "into_py", "ToPyObject": "to_object"}
PATHS = {"scoped_identifier", "use_as_clause", "scoped_use_list"}
FUNCTIONS = {"function_item", "closure_expression"}
BINDING = ("match_arm", "let_declaration", "let_condition", "for_expression")
NAMES = ("identifier", "shorthand_field_identifier")
LEAVES = ("identifier", "type_identifier", "field_identifier")
ASSOCIATED = """\
type Target = {target};
    type Output = {path}Bound<'py, Self::Target>;
    type Error = {path}PyErr;

    """


def convert_value(match: Match) -> list[Change]:
    """Make `x.into_py_any(py)` of `x.into_py(py)` and of `x.to_object(py)`, with the error handed on."""
    receiver, _, python = parts_of(match.node)
    if receiver.kind() == "unit_expression":
        # `IntoPyObject` makes an empty tuple of it.
        return [(*match.region.span(match.node), f"{python}.None()")]
    refuse_bytes(match.node, receiver)
    return convert_object(match)


def convert_object(match: Match) -> list[Change]:
    """Do the same for what is certainly no bytes of Rust, such as an object of Python."""
    receiver, name, _ = parts_of(match.node)
    edits = convert_copied(match)
    if name.text() == "to_object":
        shift = match.region.shift
        edits += [(start + shift, end + shift, text) for start, end, text in lent(receiver)]
    return joined(edits)


def convert_copied(match: Match) -> list[Change]:
    """Do the same for a number or the like, which is copied and needs no reference."""
    _, name, _ = parts_of(match.node)
    return [(*match.region.span(name), "into_py_any"), *let_fail(match)]


def parts_of(call: SgNode) -> tuple[SgNode, SgNode, str]:
    """Return the receiver of a call, the method's name, and the only argument."""
    function = call.field("function")
    receiver = function.field("value") if function is not None else None
    name = function.field("field") if function is not None else None
    arguments = named(call.field("arguments") or call)
    if receiver is None or name is None or len(arguments) != 1:
        raise Undecided
    return receiver, name, arguments[0].text()


def lent(receiver: SgNode) -> Iterator[Change]:
    """Yield the edits that borrow a receiver, which `to_object` did."""
    if is_lent(receiver):
        return
    start, end = span(receiver)
    if receiver.kind() == "parenthesized_expression":
        yield start + 1, start + 1, "&"
    else:
        yield start, start, "(&"
        yield end, end, ")"


def is_lent(receiver: SgNode) -> bool:
    """Whether a receiver of `to_object` needs no `&`: it is a reference, or a value that is used nowhere else."""
    if receiver.kind() == "parenthesized_expression":
        return is_lent(named(receiver)[0])
    if receiver.kind() == "try_expression":
        return is_lent(named(receiver)[0])
    if receiver.text() != "self":
        return receiver.kind() in VALUES or receiver.kind().endswith("_literal") or is_part_of_self(receiver)
    function = function_of(receiver)
    parameters = named(function.field("parameters") or function) if function is not None else []
    # Without `&`, an `into_py` that calls `to_object` would become a conversion that calls itself.
    return not any(parameter.text() in {"self", "mut self"} for parameter in parameters)


def is_part_of_self(receiver: SgNode) -> bool:
    """Whether a name is bound by an arm of `match self`, where that is a reference: so is what it binds."""
    arm = next((node for node in receiver.ancestors() if node.kind() in {"match_arm", *FUNCTIONS}), None)
    function = function_of(receiver)
    if arm is None or arm.kind() != "match_arm" or function is None or not binds(arm, receiver.text()):
        return False
    around = next(node for node in arm.ancestors() if node.kind() == "match_expression")
    given = named(function.field("parameters") or function)
    borrows = bool(given) and given[0].kind() == "self_parameter" and given[0].text().startswith("&")
    copied = arm.find({"rule": {"any": [{"kind": "reference_pattern"}, {"kind": "ref_pattern"}]}})
    again = arm.find_all({"rule": {"any": [{"kind": kind} for kind in BINDING]}})
    return (
        borrows
        and (around.field("value") or around).text() == "self"
        and copied is None
        and not any(binds(node, receiver.text()) for node in again if node != arm)
    )


def binds(node: SgNode, name: str) -> bool:
    """Whether the pattern of an arm, `let` or loop has a name."""
    pattern = node.field("pattern")
    names = pattern.find_all({"rule": {"any": [{"kind": kind} for kind in NAMES]}}) if pattern is not None else []
    return any(leaf.text() == name for leaf in names)


def implement(match: Match) -> list[Change]:
    """Make `impl IntoPyObject` of `impl IntoPy` and of `impl ToPyObject`."""
    block = match.node
    trait, kind, body = block.field("trait"), block.field("type"), block.field("body")
    functions = [child for child in named(body or block) if child.kind() == "function_item"]
    if trait is None or kind is None or body is None or len(functions) != 1 or len(named(body)) != 1:
        raise Undecided
    borrows = last_name(trait) == "ToPyObject"
    target = target_of(trait)
    refuse_generics(block, borrows=borrows)
    if is_converted(block):
        raise Undecided("the type has that already, and is left without the old trait in 0.25")
    # A trait by its path shows a file, or a condition, that imports nothing.
    path = "pyo3::" if trait.text().startswith("pyo3::") else ""
    edits = [*lifetime_of(block), (*span(trait), f"{path}IntoPyObject<'py>")]
    edits += borrow_type(kind, functions[0]) if borrows else []
    types = ASSOCIATED.format(target=target if "::" in target else f"{path}{target}", path=path)
    edits.append((span(functions[0])[0], span(functions[0])[0], types))
    edits += import_in(functions[0]) if path else []
    edits += change_function(functions[0], borrows=borrows)
    shift = match.region.shift
    return joined([(start + shift, end + shift, text) for start, end, text in edits])


def import_in(function: SgNode) -> Iterator[Change]:
    """Yield the import of the methods that a function calls now, in its body."""
    body = function.field("body")
    if body is not None and body.find({"rule": {"kind": "field_identifier", "regex": "^(into_py|to_object)$"}}):
        start = span(body)[0] + 1
        yield start, start, f"\n{' ' * (function.range().start.column + 4)}use pyo3::IntoPyObjectExt;"


def is_converted(block: SgNode) -> bool:
    """Whether the type of an old implementation has `IntoPyObject` too, in the same file."""
    name, borrows = last_name(block.field("type")), last_name(block.field("trait")) == "ToPyObject"
    root = block.get_root().root()
    for other in root.find_all({"rule": {"kind": "impl_item", "has": {"field": "trait", "regex": "IntoPyObject\\b"}}}):
        kind = other.field("type")
        if kind is not None and (kind.kind() == "reference_type") == borrows and last_name(kind) == name:
            return True
    derive = "IntoPyObjectRef" if borrows else "IntoPyObject"
    items = root.find_all({"rule": {"any": [{"kind": "struct_item"}, {"kind": "enum_item"}]}})
    return any(
        leaf.text() == derive
        for item in items
        if last_name(item.field("name")) == name
        for attribute in attributes_of(item)
        for leaf in attribute.find_all({"rule": {"kind": "identifier"}})
    )


def attributes_of(item: SgNode) -> Iterator[SgNode]:
    """Yield the attributes and comments right before an item, from the last one on."""
    for node in item.prev_all():
        if node.kind() not in {"attribute_item", "line_comment", "block_comment"}:
            return
        yield node


def drop_superseded(match: Match) -> list[Change]:
    """Leave out the implementation of an old trait, where the type has `IntoPyObject`.

    Raises:
        Undecided: It has not.
    """
    if not is_converted(match.node):
        raise Undecided
    start, end = match.span
    for node in attributes_of(match.node):
        if node.kind() == "attribute_item" or node.text().startswith("///"):
            start = match.region.span(node)[0]
    rest = match.source[end:]
    return [(start, end + len(rest) - len(rest.lstrip()), "")]


def target_of(trait: SgNode) -> str:
    """Return the type that `IntoPy<Py<T>>` makes: `T`."""
    arguments = named(trait.field("type_arguments") or trait) if trait.kind() == "generic_type" else []
    text = arguments[0].text() if arguments else "PyObject"
    if text in ANY or last_name(trait) == "ToPyObject":
        return "PyAny"
    if text.startswith("Py<") and text.endswith(">"):
        return text[3:-1]
    raise Undecided(f"`IntoPy<{text}>` makes no object of Python")


def refuse_generics(block: SgNode, *, borrows: bool) -> None:
    """Refuse what depends on how a generic type is converted itself."""
    text = "".join((block.field(name) or block).text() for name in ("type_parameters",) if block.field(name))
    text += "".join(child.text() for child in named(block) if child.kind() == "where_clause")
    if any(name in text for name in ("IntoPy", "ToPyObject")) and (borrows or "Vec" in text):
        raise Undecided("it depends on how a generic type is converted")


def lifetime_of(block: SgNode) -> Iterator[Change]:
    """Yield the lifetime `'py`, unless the implementation has it."""
    parameters = block.field("type_parameters")
    if parameters is None:
        start = span(block)[0] + len("impl")
        yield start, start, "<'py>"
    elif "'py" not in parameters.text():
        start = span(parameters)[0] + 1
        yield start, start, "'py, "


def borrow_type(kind: SgNode, function: SgNode) -> Iterator[Change]:
    """Yield `&` before the type, and its name where `Self` is meant in the function."""
    start, _ = span(kind)
    yield start, start, "&"
    for node in function.find_all({"rule": {"regex": "^Self$", "kind": "type_identifier"}}):
        yield (*span(node), kind.text())
    for node in function.find_all({"rule": {"regex": "^Self$", "kind": "identifier"}}):
        if kind.kind() == "generic_type":
            raise Undecided("`Self` is a reference now")
        yield (*span(node), kind.text())


def change_function(function: SgNode, *, borrows: bool) -> Iterator[Change]:
    """Yield the edits of `into_py` or `to_object` themselves."""
    name, parameters, result = (function.field(part) for part in ("name", "parameters", "return_type"))
    if name is None or parameters is None or result is None:
        raise Undecided
    yield (*span(name), "into_pyobject")
    yield (*span(result), "Result<Self::Output, Self::Error>")
    given = named(parameters)
    if borrows:
        yield (*span(given[0]), "self")
    python = given[-1]
    kind = python.field("type")
    if kind is None or len(given) != 2 or last_name(kind) != "Python":
        raise Undecided
    path = "".join(kind.text().partition("<")[0].rpartition("::")[:2])
    yield (*span(kind), f"{path}Python<'py>")
    for value in returned_values(function):
        yield from bound_value(value, (python.field("pattern") or python).text())
    if any(not named(place) for place in own_returns(function)):
        raise Undecided


def bound_value(value: SgNode, python: str) -> Iterator[Change]:
    """Yield the edits that make `PyResult<Bound<…>>` of a `Py<…>` that is returned."""
    start, end = span(value)
    function = value.field("function") if value.kind() == "call_expression" else None
    method = last_name(function) if function is not None and function.kind() == "field_expression" else ""
    receiver = function.field("value") if function is not None and method else None
    if value.kind() == "macro_invocation" and last_name(value.field("macro")) in PANICS:
        return
    if receiver is not None and method in {"into_py", "to_object"} and receiver.kind() != "unit_expression":
        yield from converted(receiver, function, method)
    elif receiver is not None and method == "into":
        yield start, start, "Ok(PyObject::from("
        yield span(receiver)[1], end, f").into_bound({python}))"
    elif value.kind() in SIMPLE:
        yield start, start, "Ok("
        yield end, end, f".into_bound({python}))"
    else:
        yield start, start, "Ok(("
        yield end, end, f").into_bound({python}))"


def converted(receiver: SgNode, function: SgNode | None, method: str) -> Iterator[Change]:
    """Yield the edits for a value that is converted last."""
    name = function.field("field") if function is not None else None
    if name is None:
        raise Undecided
    yield (*span(name), "into_bound_py_any")
    if method == "to_object":
        yield from lent(receiver)


def bound_of(match: Match) -> list[Change]:
    """Make the bound `IntoPyObject<'py>` of the bound `IntoPy<PyObject>`."""
    target = target_of(match.node)
    arguments = "'py" if target == "PyAny" else f"'py, Target = {target}"
    around = [node for node in match.node.ancestors() if node.kind() in {"function_item", "impl_item", "trait_item"}]
    named_here = any(
        "'py" in (node.field("type_parameters") or node).text() for node in around if node.field("type_parameters")
    )
    return [(*match.span, ("" if named_here else "for<'py> ") + f"IntoPyObject<{arguments}>")]


def clone_guarded(match: Match) -> list[Change]:
    """Make `x.clone_ref(py)` of `(&x).into_py_any(py)?`."""
    access = match.node.parent()
    call = access.parent() if access is not None else None
    if access is None or call is None or call.kind() != "call_expression":
        raise Undecided
    _, name, python = parts_of(call)
    guard = named(named(match.node)[0])[0]
    handed_on = call.parent()
    if name.text() != "into_py_any" or handed_on is None or handed_on.kind() != "try_expression":
        raise Undecided
    start, end = match.region.span(name)[0], match.region.span(handed_on)[1]
    return [(*match.span, guard.text()), (start, end, f"clone_ref({python})")]


def typed_object(match: Match) -> list[Change]:
    """Make `x.into_pyobject(py)?.unbind()`, a `Py<PyTuple>`, of `x.into_py_any(py)?`."""
    inner = match.node
    call = named(inner)[0] if inner.kind() == "try_expression" else inner
    _, name, _ = parts_of(call)
    owner = owner_of(inner)
    returned = owner is not None and inner.kind() != "try_expression" and inner in returned_values(owner)
    edits = [(*match.region.span(name), "into_pyobject")]
    start, end = match.region.span(inner)
    if returned:
        return [(start, start, "Ok("), *edits, (end, end, "?.unbind())")]
    return [*edits, (end, end, ".unbind()" if inner.kind() == "try_expression" else "?.unbind()")]


def drop_import(match: Match) -> list[Change]:
    """Leave a name out of an import."""
    leaf, around = match.node, match.node.parent()
    while around is not None and (around.kind() in PATHS or len(named(around)) == 1):
        leaf, around = around, around.parent()
        if leaf.kind() == "use_declaration":
            start, end = match.region.span(leaf)
            return [(start, end + (match.source[end : end + 1] == "\n"), "")]
    if around is None or around.kind() != "use_list":
        raise Undecided
    items = named(around)
    place = items.index(leaf)
    start = match.region.span(items[place - 1])[1] if place else match.region.span(leaf)[0]
    end = match.region.span(leaf)[1] if place else match.region.span(items[1])[0]
    return [(start, end, "")]


def drop_unused_import(match: Match) -> list[Change]:
    """Leave a name out of an import when it, or the method of the trait that it names, is used no more."""
    name = match.node.text()
    used = {name, METHODS.get(name, name)}
    leaves = match.node.get_root().root().find_all({"rule": {"any": [{"kind": kind} for kind in LEAVES]}})
    if any(leaf.text() in used and leaf != match.node for leaf in leaves):
        raise Undecided
    return drop_import(match)


def utc(match: Match) -> list[Change]:
    """Make `PyTzInfo::utc(py)?.to_owned()` of `timezone_utc(py)`."""
    start, end = match.region.span(match.node.field("function") or match.node)
    require_fallible(match.node)
    after = match.span[1]
    return [(start, end, "PyTzInfo::utc"), (after, after, "?.to_owned()")]


def depythonize(match: Match) -> list[Change]:
    """Make `depythonize(&x)` of `depythonize_bound(x)`."""
    function, arguments = match.node.field("function"), named(match.node.field("arguments") or match.node)
    if function is None or len(arguments) != 1:
        raise Undecided
    name = function.field("name") or function
    start = match.region.span(arguments[0])[0]
    return [(*match.region.span(name), "depythonize"), (start, start, "&")]


def unquote(match: Match) -> list[Change]:
    """Leave out the quotes of a literal."""
    start, end = match.span
    return [(start, end, match.node.text().strip('"'))]
