"""Calls that can fail now: `?` behind them, in functions that return an error, from now on if need be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.returning import (
    PANICS,
    call_with,
    calls_any,
    is_fallible,
    last_name,
    named,
    own_nodes,
    own_returns,
    owner_of,
    returned_values,
    returns_pyerr,
    span,
)
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match

Change = tuple[int, int, str]
NEVER_FAIL = {"__traverse__", "__clear__", "drop", "main"}


class Plan:
    """The calls of a file that can fail now, and the functions and closures that return their errors.

    Attributes:
        root: The file's tree.
        calls: The calls.
        opened: The functions and closures that did not return an error before.
        chains: The calls of `collect` whose items can fail now.
    """

    def __init__(self, root: SgNode) -> None:
        """Begin without any calls."""
        self.root = root
        self.calls: list[SgNode] = []
        self.opened: list[SgNode] = []
        self.chains: list[SgNode] = []

    def let_fail(self, call: SgNode) -> None:
        """Hand on the error of a call.

        Raises:
            Undecided: What is around it can't return an error.
        """
        if call in self.calls:
            return
        self.calls.append(call)
        owner = owner_of(call)
        if owner is None or owner.kind() not in {"function_item", "closure_expression"}:
            raise Undecided("it is in no function that could return an error")
        if owner not in self.opened and not is_fallible(owner):
            self.open(call, owner)

    def open(self, call: SgNode, owner: SgNode) -> None:
        """Let a function or closure return an error."""
        self.opened.append(owner)
        if owner.kind() == "function_item":
            require_open(owner)
            for caller in callers(owner, self.root):
                self.let_fail(caller)
        elif owner.field("return_type") is not None:
            raise Undecided("it is in a closure that returns no error")
        elif (chain := collecting(call, owner)) is not None:
            self.chains.append(chain)
            self.let_fail(chain)
        elif (attaching := call_with(owner)) is not None and calls_any(attaching, {"with_gil", "attach"}):
            require_plain(owner)
            self.let_fail(attaching)
        else:
            raise Undecided("it is in a closure that returns no error")

    def edits(self) -> list[Change]:
        """Return the edits, of those at one place the inner ones first."""
        changes = [change for call in self.calls for change in self.hand_on(call)]
        for owner in self.opened:
            changes += self.wrap(owner)
            changes += wrap_type(owner)
        changes += [change for chain in self.chains for change in collect(chain)]
        return joined(changes)

    def hand_on(self, call: SgNode) -> Iterator[Change]:
        """Yield what follows a call: nothing where its result is returned as it is, or `?`."""
        owner, (start, end) = owner_of(call), span(call)
        values = returned_values(owner) if owner is not None else []
        if owner in self.opened and call in values:
            return
        around = wrapping(call)
        if owner is not None and around in values and returns_pyerr(owner):
            outer = span(around)
            yield outer[0], start, ""
            yield end, outer[1], ""
        else:
            yield end, end, "?"

    def wrap(self, owner: SgNode) -> Iterator[Change]:
        """Yield `Ok` round what a function or closure returns, unless that is a call that can fail."""
        name = self.name_of_ok(owner)
        if owner.kind() == "function_item" and owner.field("return_type") is None:
            yield from wrap_unit(owner)
            return
        for value in returned_values(owner):
            if value in self.calls or (
                value.kind() == "macro_invocation" and last_name(value.field("macro")) in PANICS
            ):
                continue
            start, end = span(value)
            yield start, start, f"{name}("
            yield end, end, ")"

    def name_of_ok(self, owner: SgNode) -> str:
        """Return `Ok`, with the type of the error where nothing else says it."""
        call = call_with(owner) if owner.kind() == "closure_expression" else None
        outer = owner_of(call) if call is not None else None
        returned = outer is None or any(value == call for value in returned_values(outer))
        return "Ok" if call is None or returned or call in self.chains else "Ok::<_, PyErr>"


def let_fail(match: Match) -> list[Change]:
    """Return the edits that hand on the error of a call.

    Args:
        match: A call.

    Raises:
        Undecided: What is around it can't return an error.
    """
    call, tree = match.node, match.node.get_root().root()
    if match.region.shift == 0:
        plan = Plan(tree)
        plan.let_fail(call)
        return plan.edits()
    return in_macro(match)


def require_fallible(node: SgNode) -> None:
    """Refuse a place where `?` can't stand as the code is.

    Raises:
        Undecided: It is such a place.
    """
    owner = owner_of(node)
    if owner is None or not is_fallible(owner):
        raise Undecided("the function around it returns no error")


def in_macro(match: Match) -> list[Change]:
    """Return the edits for a call in a macro, which has the tree of the macro's arguments alone."""
    start, end = match.span
    inner = owner_of(match.node)
    if inner is not None and inner.kind() == "closure_expression":
        if not is_fallible(inner):
            raise Undecided("it is in a closure that returns no error")
        return [(end, end, "?")]
    from ast_grep_py import SgRoot

    root = SgRoot(match.source, "rust").root()
    macros = [node for node in root.find_all({"rule": {"kind": "macro_invocation"}}) if is_around(node, start, end)]
    plan = Plan(root)
    plan.let_fail(macros[0])
    # The macro itself does not fail, so what it returns is wrapped.
    plan.calls.remove(macros[0])
    return joined([*plan.edits(), (end, end, "?")])


def is_around(node: SgNode, start: int, end: int) -> bool:
    """Whether a node holds a place."""
    place = span(node)
    return place[0] <= start and end <= place[1]


def require_open(function: SgNode) -> None:
    """Refuse a function whose type is not the project's own choice, or whose `?` means something else.

    Raises:
        Undecided: The function is one of these.
    """
    name = last_name(function.field("name"))
    block = next((node for node in function.ancestors() if node.kind() in {"impl_item", "trait_item"}), None)
    if block is not None and (block.kind() == "trait_item" or block.field("trait") is not None):
        raise Undecided(f"the trait says what `{name}` returns")
    if name in NEVER_FAIL or any("extern" in child.text() for child in function.children()[:-1] if is_modifier(child)):
        raise Undecided(f"`{name}` can't return an error")
    require_plain(function)


def is_modifier(node: SgNode) -> bool:
    """Whether a node is what a function is marked with, such as `extern "C"`."""
    return bool(node.kind() == "function_modifiers")


def require_plain(owner: SgNode) -> None:
    """Refuse a body whose `?` is not about errors of Python, or whose `return` is in a macro.

    Raises:
        Undecided: The body is such a one.
    """
    if own_nodes(owner, "try_expression"):
        raise Undecided("the function around it uses `?` for something else")
    for tokens in own_nodes(owner, "token_tree"):
        if any(child.text() in {"return", "?"} for child in tokens.children()):
            raise Undecided("the function around it returns from within a macro")


def callers(function: SgNode, root: SgNode) -> Iterator[SgNode]:
    """Yield the calls of a function in its file.

    Raises:
        Undecided: Something else is done with it.
    """
    name = last_name(function.field("name"))
    block = next((node for node in function.ancestors() if node.kind() == "impl_item"), None)
    owner = last_name(block.field("type")) if block is not None else ""
    for node in root.find_all(
        {"rule": {"kind": "field_identifier" if owner and takes_self(function) else "identifier", "regex": f"^{name}$"}}
    ):
        call = node
        while (around := call.parent()) is not None and around.field("function") == call:
            call = around
        if around is None or node == function.field("name"):
            continue
        path = node.parent()
        yield from calls_at(node, path, owner, name)


def calls_at(node: SgNode, path: SgNode | None, owner: str, name: str) -> Iterator[SgNode]:
    """Yield the call that a name is the function of."""
    callee = node
    while (around := callee.parent()) is not None and around.kind() in {
        "scoped_identifier",
        "generic_function",
        "field_expression",
    }:
        callee = around
    if around is None or around.kind() != "call_expression" or around.field("function") != callee:
        if path is not None and path.kind() in {"scoped_identifier", "arguments"} and not owner:
            raise Undecided(f"`{name}` is also used without a call")
        return
    if owner and callee.kind() == "scoped_identifier" and last_name(callee.field("path")) not in {"Self", owner}:
        return
    yield around


def takes_self(function: SgNode) -> bool:
    """Whether a function is a method."""
    parameters = function.field("parameters")
    return parameters is not None and any(child.kind() == "self_parameter" for child in parameters.children())


def collecting(call: SgNode, closure: SgNode) -> SgNode | None:
    """Return the call of `collect` right after the `map` whose items a closure makes by one call."""
    mapping = call_with(closure)
    if mapping is None or not calls_any(mapping, {"map"}) or own_returns(closure) or returned_values(closure) != [call]:
        return None
    access = mapping.parent()
    around = access.parent() if access is not None and access.kind() == "field_expression" else None
    if around is not None and around.kind() == "generic_function":
        around = around.parent()
    if around is None or around.kind() != "call_expression" or not calls_any(around, {"collect"}):
        return None
    return around


def collect(chain: SgNode) -> Iterator[Change]:
    """Yield the edits that let `collect` stop at the first error."""
    function = chain.field("function")
    kind = function.field("type_arguments") if function is not None else None
    if function is not None and kind is None:
        end = span(function)[1]
        yield end, end, "::<PyResult<_>>"
    elif kind is not None:
        start, end = span(kind)
        yield start + 1, start + 1, "PyResult<"
        yield end - 1, end - 1, ">"


def wrapping(call: SgNode) -> SgNode | None:
    """Return the `Ok(…)` that a call stands in alone."""
    arguments = call.parent()
    around = arguments.parent() if arguments is not None and arguments.kind() == "arguments" else None
    if around is None or around.kind() != "call_expression" or (around.field("function") or around).text() != "Ok":
        return None
    return around if arguments is not None and named(arguments) == [call] else None


def wrap_type(owner: SgNode) -> Iterator[Change]:
    """Yield `PyResult` round the type that a function returns."""
    kind, parameters = owner.field("return_type"), owner.field("parameters")
    if kind is not None:
        start, end = span(kind)
        yield start, start, "PyResult<"
        yield end, end, ">"
    elif owner.kind() == "function_item" and parameters is not None:
        end = span(parameters)[1]
        yield end, end, " -> PyResult<()>"


def wrap_unit(function: SgNode) -> Iterator[Change]:
    """Yield `Ok(())` for every end of a function that returns nothing."""
    for place in own_returns(function):
        end = span(place)[1]
        yield end, end, " Ok(())"
    body = function.field("body")
    if body is not None:
        for value in returned_values(function):
            end = span(value)[1]
            yield end, end, ";"
        end = span(body)[1] - 1
        yield end, end, " Ok(()) "


def joined(changes: list[Change]) -> list[Change]:
    """Return edits with one for each place: what is inserted at the same one is put together in order."""
    texts: dict[tuple[int, int], str] = {}
    for start, end, text in dict.fromkeys(changes):
        if start == end and text == "?":
            texts[start, end] = text + texts.get((start, end), "")
        else:
            texts[start, end] = texts.get((start, end), "") + text
    return [(start, end, text) for (start, end), text in sorted(texts.items())]
