"""Expressions that hold or return Python objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.calls import (
    PANICKING,
    SIMPLE,
    TAKING,
    TEMPORARY,
    is_fallible,
    method_of,
    text_of,
    token_in_scope,
)
from scaffolder.migration.rewrites.gil_refs import is_native
from scaffolder.migration.rewrites.paths import indentation
from scaffolder.migration.rewrites.tree import around, function_of, part
from scaffolder.migration.rewrites.undecided import Unconcerned, Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match
# What a cast stands in, up to the variable that gets its result.
CHAIN = {"field_expression", "generic_function"}


def add_bound(match: Match) -> Iterator[tuple[int, int, str]]:
    """Call a function by its name for `Bound`."""
    yield *match.span, f"{match.node.text()}_bound"


def own_bound(match: Match) -> Iterator[tuple[int, int, str]]:
    """Make a `Bound` of its own of a reference to one: take over what nobody else has, and clone the rest."""
    node = match.node
    if (method := method_of(node)) is not None and method[1].text() in TAKING and method[0].kind() in TEMPORARY:
        yield *match.region.span(method[1]), TAKING[method[1].text()]
    elif (cast := yielding_cast(node)) is not None:
        yield *match.region.span(cast), TAKING[cast.text()]
    elif node.kind() == "reference_expression" and part(node, "value").kind() in TEMPORARY:
        yield *match.span, text_of(match, part(node, "value"))
    elif node.kind() == "reference_expression":
        value = part(node, "value")
        yield *match.span, f"{text_of(match, value)}.clone()" if value.kind() in SIMPLE else f"({value.text()}).clone()"
    else:
        yield append_call(match, "clone")


def take_from_iterator(match: Match) -> Iterator[tuple[int, int, str]]:
    """Cast what an iterator yields so that a collection of it keeps the objects."""
    function = function_of(match.node)
    casts = casts_of_yielded(function) if function is not None else []
    pushed = casts_of_pushed(function, match.node.text()) if function is not None else []
    if len(casts) != 1 and not pushed:
        raise Undecided
    for cast in pushed or casts:
        yield *match.region.span(cast), TAKING[cast.text()]


def casts_of_pushed(function: SgNode, name: str) -> list[SgNode]:
    """Return the names of the methods that cast what only a collection keeps, where it is pushed."""
    casts = []
    for call in function.find_all({"rule": {"kind": "call_expression"}}):
        push = method_of(call)
        if push is None or push[0].text() != name or push[1].text() != "push":
            continue
        value = next((child for child in part(call, "arguments").children() if child.is_named()), None)
        cast = method_of(value) if value is not None else None
        if cast is not None and cast[1].text() in TAKING and cast[0].kind() in TEMPORARY:
            casts.append(cast[1])
    return casts


def yielding_cast(node: SgNode) -> SgNode | None:
    """Return the name of the method whose result a loop's variable is, if the loop's iterator casts what it yields."""
    loop = next((outer for outer in node.ancestors() if outer.kind() == "for_expression"), None)
    if node.kind() != "identifier" or loop is None or part(loop, "pattern").text() != node.text():
        return None
    iterator = part(loop, "value")
    while (method := method_of(iterator)) is not None and not casts_of_yielded(iterator):
        iterator = method[0]
    if iterator.kind() == "identifier":
        iterator = declared_value(loop, iterator.text()) or iterator
    casts = casts_of_yielded(iterator)
    return casts[0] if len(casts) == 1 else None


def casts_of_yielded(node: SgNode) -> list[SgNode]:
    """Return the names of the methods that cast what a closure is given."""
    names = node.find_all({"rule": {"kind": "field_identifier", "regex": "^downcast(_exact)?$"}})
    return [name for name in names if is_closure_parameter(part(around(name), "value"))]


def is_closure_parameter(node: SgNode) -> bool:
    """Whether a variable is what the closure around it is given, by value as far as the closure shows."""
    closure = next((outer for outer in node.ancestors() if outer.kind() == "closure_expression"), None)
    return closure is not None and part(closure, "parameters").text() == f"|{node.text()}|"


def declared_value(place: SgNode, name: str) -> SgNode | None:
    """Return the value that a variable was declared with last, in the blocks of the function around a place."""
    start = place.range().start.index
    for block in place.ancestors():
        if block.kind() == "function_item":
            return None
        for child in reversed(block.children()):
            declares = child.kind() == "let_declaration" and child.range().end.index <= start
            if declares and part(child, "pattern").text() == name:
                return child.field("value")
    return None


def clone_argument(match: Match) -> Iterator[tuple[int, int, str]]:
    """Clone the only argument of a call, of which something owned is made."""
    arguments = [child for child in part(match.node, "arguments").children() if child.is_named()]
    if len(arguments) != 1 or arguments[0].kind() not in SIMPLE:
        raise Undecided
    end = match.region.span(arguments[0])[1]
    yield end, end, ".clone()"


def take_over(match: Match) -> Iterator[tuple[int, int, str]]:
    """Cast a temporary object so that the result keeps it."""
    method = part(around(match.node), "field")
    holder = around(method)
    while holder.kind() in {*TEMPORARY, *CHAIN}:
        holder = around(holder)
    if holder.kind() != "let_declaration":
        raise Undecided
    yield *match.region.span(method), TAKING[method.text()]


def take_cast(match: Match) -> Iterator[tuple[int, int, str]]:
    """Cast an object so that the result keeps it."""
    yield *match.span, TAKING[match.node.text()]


def take_only_cast(match: Match) -> Iterator[tuple[int, int, str]]:
    """Cast the objects that an iterator yields so that the results keep them, if only one place can be meant."""
    names = match.node.find_all({"rule": {"kind": "field_identifier", "regex": "^downcast(_exact)?$"}})
    if len(names) != 1:
        raise Undecided
    yield *match.region.span(names[0]), TAKING[names[0].text()]


def clone_out(match: Match) -> Iterator[tuple[int, int, str]]:
    """Clone an object instead of moving it out of a reference."""
    value = next(child for child in match.node.children() if child.is_named())
    if value.kind() not in SIMPLE:
        raise Undecided
    outer = around(match.node)
    span = match.region.span(outer) if outer.kind() == "parenthesized_expression" else match.span
    yield *span, f"{text_of(match, value)}.clone()"


def borrow_in_closure(match: Match) -> Iterator[tuple[int, int, str]]:
    """Call a function that borrows an object with one that is owned."""
    yield *match.span, f"|item| {match.node.text()}(&item)"


def method_in_closure(match: Match) -> Iterator[tuple[int, int, str]]:
    """Call a method of an object in a closure, where a path named one that takes a reference into the pool."""
    node = match.node
    path = part(node, "function") if node.kind() == "generic_function" else node
    if path.kind() != "scoped_identifier":
        raise Unconcerned
    owner, name = part(path, "path"), part(path, "name")
    method = match.source[match.region.span(name)[0] : match.span[1]]
    if name.text() == "extract" and not is_native(owner.text().split("::"), match.source):
        method = "extract" if owner.text() == "FromPyObject" else f"extract::<{text_of(match, owner)}>"
    elif not is_native(owner.text().split("::"), match.source):
        raise Unconcerned
    yield *match.span, f"|item| item.{method}()"


def name_temporary(match: Match) -> Iterator[tuple[int, int, str]]:
    """Keep the object that a variable borrows from, in a variable of the same name before it."""
    declaration = around(match.node)
    while declaration.kind() in {*TEMPORARY, *CHAIN}:
        declaration = around(declaration)
    if declaration.kind() != "let_declaration":
        raise Undecided
    pattern = part(declaration, "pattern")
    if pattern.kind() != "identifier":
        raise Undecided
    start = match.region.span(declaration)[0]
    name = pattern.text()
    yield start, start, f"let {name} = {text_of(match, match.node)};\n{indentation(match.source, start)}"
    yield *match.span, name


def borrow_extracted(match: Match) -> Iterator[tuple[int, int, str]]:
    """Borrow the object that `extract` returns, of which it returned a reference."""
    call = around(match.node)
    while call.kind() in CHAIN:
        call = around(call)
    value = around(call)
    if value.kind() == "field_expression" and part(value, "field").text() in PANICKING:
        value = around(value)
    elif value.kind() != "try_expression":
        raise Undecided
    start = match.region.span(value)[0]
    yield start, start, "&"


def own_start(match: Match) -> Iterator[tuple[int, int, str]]:
    """Begin with an object of its own in a variable that is assigned others later."""
    assignment, value = around(match.node), match.node
    if assignment.kind() != "assignment_expression" or part(assignment, "right") != value:
        raise Unconcerned
    start = declared_value(assignment, part(assignment, "left").text())
    if start is None or start.kind() not in {"identifier", "self", "field_expression"}:
        raise Undecided
    end = match.region.span(start)[1]
    yield end, end, ".clone()"
    kind = around(start).field("type")
    if kind is not None and kind.kind() == "reference_type":
        place = match.region.span(kind)[0]
        yield place, place + 1, ""
    # What is assigned stays, whatever the compiler suggests there.
    yield *match.region.span(value), text_of(match, value)


def take_yielded(match: Match) -> Iterator[tuple[int, int, str]]:
    """Cast what a closure is given so that the result keeps it, if only one place can be meant."""
    casts = casts_of_yielded(match.node)
    if len(casts) != 1:
        raise Undecided
    yield *match.region.span(casts[0]), TAKING[casts[0].text()]


def any_bound(match: Match) -> Iterator[tuple[int, int, str]]:
    """Forget the type of an object."""
    yield append_call(match, "into_any")


def iterate(match: Match) -> Iterator[tuple[int, int, str]]:
    """Iterate with a method."""
    yield append_call(match, "iter")


def clone_into(match: Match) -> Iterator[tuple[int, int, str]]:
    """Clone what is converted into something owned."""
    receiver = part(around(match.node), "value")
    if (method := method_of(receiver)) is not None and method[1].text() == "clone":
        raise Undecided
    start = match.span[0]
    yield start, start, "clone()."


def clone_reference(match: Match) -> Iterator[tuple[int, int, str]]:
    """Clone a `Py` with the `Python` that there is."""
    call = match.node if match.node.kind() == "call_expression" else around(around(match.node))
    arguments = part(call, "arguments")
    token = token_in_scope(match.node)
    if not token or arguments.text() != "()":
        raise Undecided
    yield *match.region.span(part(part(call, "function"), "field")), "clone_ref"
    start = match.region.span(arguments)[0] + 1
    yield start, start, token


def string_text(match: Match) -> Iterator[tuple[int, int, str]]:
    """Make a Rust string of a Python string."""
    node, (_, end) = match.node, match.span
    if node.kind() == "reference_expression" and part(node, "value").kind() in SIMPLE:
        yield end, end, ".to_string()"
    else:
        yield append_call(match, "to_string")


def python_string(match: Match) -> Iterator[tuple[int, int, str]]:
    """Make a Python string of a literal that was converted to a Rust string."""
    access = around(match.node)
    token = token_in_scope(match.node)
    if not token:
        raise Undecided
    span = match.region.span(around(access))
    yield *span, f"PyString::new_bound({token}, {text_of(match, part(access, 'value'))})"


def text_before(match: Match) -> Iterator[tuple[int, int, str]]:
    """Make a Rust string of what a method of strings is called on."""
    start = match.span[0]
    yield start, start, "to_string()."


def question(match: Match) -> Iterator[tuple[int, int, str]]:
    """Pass the error of `get_item` on, or suppress it as before in a function that returns none."""
    call = get_item_in(match.node)
    end = match.region.span(call)[1]
    yield end, end, "?" if is_fallible(call) else ".ok().flatten()"


def get_item_in(node: SgNode) -> SgNode:
    """Return the call of `get_item` that an expression begins with.

    Raises:
        Undecided: It begins with another, or its result is looked at already.
    """
    value = node if node.kind() == "call_expression" else part(node, "value")
    while (method := method_of(value)) is not None:
        if method[1].text() == "get_item" and value.kind() == "call_expression":
            return value
        value = method[0]
    raise Undecided


def unbind_value(match: Match) -> Iterator[tuple[int, int, str]]:
    """Let go of the `Python` that a `Bound` carries."""
    method = method_of(match.node)
    if method is not None and method[1].text() in {"to_owned", "clone"}:
        yield *match.region.span(method[1]), "unbind"
    else:
        yield append_call(match, "into")


def unbind_branches(match: Match) -> Iterator[tuple[int, int, str]]:
    """Keep the type of objects that branches make, where another branch has it already."""
    calls = match.node.find_all(
        {"rule": {"kind": "call_expression", "has": {"field": "function", "regex": "into_py$"}}}
    )
    edits = 0
    for call in calls:
        receiver, name = method_of(call) or (call, call)
        maker = receiver.field("function")
        if maker is not None and maker.kind() == "scoped_identifier" and maker.text().endswith("_bound"):
            edits += 1
            yield match.region.span(name)[0], match.region.span(call)[1], "unbind()"
    if not edits:
        raise Undecided


def index_item(match: Match) -> Iterator[tuple[int, int, str]]:
    """Get an item of a list or tuple with a method; an index that is too large panicked."""
    node = match.node
    container, index = (child for child in node.children() if child.is_named())
    if "range" in index.kind() or container.kind() not in SIMPLE:
        raise Undecided
    end = "?" if is_fallible(node) else ".unwrap()"
    text = f"{text_of(match, container)}.get_item({text_of(match, index)}){end}"
    outer = node.parent()
    span = match.region.span(outer) if outer is not None and outer.kind() == "reference_expression" else match.span
    yield *span, text


def append_call(match: Match, name: str) -> tuple[int, int, str]:
    """Call a method of an expression that has no arguments."""
    node, (start, end) = match.node, match.span
    if node.kind() not in SIMPLE:
        raise Undecided
    parent = node.parent()
    if parent is not None and parent.kind() == "shorthand_field_initializer":
        return start, end, f"{node.text()}: {node.text()}.{name}()"
    return end, end, f".{name}()"
