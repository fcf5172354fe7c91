"""Calls that can fail now: `?` behind them, in functions that return an error, from now on if need be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.closures import (
    chain_results,
    chaining,
    choosing,
    collecting,
    listing,
    stop_early,
    transposing,
    wrapped,
)
from scaffolder.migration.rewrites.names import names_in
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
ATTACHING = {"with_gil", "attach"}
DESERIALIZING = {"Visitor", "DeserializeSeed"}
COLLECT = ".collect::<PyResult<Vec<_>>>()"
CUSTOM = ".map_err(serde::de::Error::custom)"
HANDLE = "handle the error there, or panic with `expect`"
NEVER_FAIL = {"__traverse__", "__clear__", "drop", "main"}


class Plan:
    """The calls of a file that can fail now, and the functions and closures that return their errors.

    Attributes:
        root: The file's tree.
        calls: The calls.
        opened: The functions and closures that did not return an error before.
        chains: The calls of `collect` whose items can fail now.
        mappings: The calls of `map` of a `Result`, whose closures can fail now.
        lists: The calls of `map` that a list or tuple is made of, whose items can fail now.
        defaults: The values that `map_or` returns instead of what can fail now.
    """

    def __init__(self, root: SgNode) -> None:
        """Begin without any calls."""
        self.root = root
        self.calls: list[SgNode] = []
        self.opened: list[SgNode] = []
        self.chains: list[SgNode] = []
        self.defaults: list[SgNode] = []
        self.mappings: list[SgNode] = []
        self.lists: list[SgNode] = []

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
            self.open(owner)

    def open(self, owner: SgNode) -> None:
        """Let a function or closure return an error."""
        self.opened.append(owner)
        if owner.kind() == "function_item":
            require_open(owner)
            for caller in callers(owner, self.root):
                self.let_fail(caller)
        elif owner.field("return_type") is not None:
            raise Undecided(f"the closure around it returns no error: {HANDLE}")
        else:
            self.open_closure(owner)

    def open_closure(self, owner: SgNode) -> None:
        """Let a closure return an error to the method that it is given to."""
        if (chain := collecting(owner) or transposing(owner)) is not None:
            require_plain(owner)
            self.chains.append(chain)
            self.let_fail(chain)
        elif (attaching := call_with(owner)) is not None and calls_any(attaching, ATTACHING):
            require_plain(owner)
            self.let_fail(attaching)
        elif (items := listing(owner)) is not None:
            require_plain(owner)
            self.lists.append(items)
            self.let_fail(items)
        elif (mapping := chaining(owner)) is not None:
            require_plain(owner)
            self.mappings.append(mapping)
        elif (choice := choosing(owner)) is not None:
            require_plain(owner)
            self.let_fail(choice)
            default = named(choice.field("arguments") or choice)[0]
            if default.kind() == "closure_expression" and default not in self.opened:
                require_plain(default)
                self.opened.append(default)
            elif default.kind() != "closure_expression":
                self.defaults.append(default)
        else:
            raise Undecided(f"the closure around it returns no error: {HANDLE}")

    def edits(self) -> list[Change]:
        """Return the edits, of those at one place the inner ones first."""
        changes = [change for call in self.calls for change in self.hand_on(call)]
        for owner in self.opened:
            changes += self.wrap(owner)
            changes += wrap_type(owner)
        changes += [change for chain in self.chains for change in stop_early(chain)]
        changes += [change for mapping in self.mappings for change in chain_results(mapping)]
        changes += [(span(items)[1], span(items)[1], COLLECT) for items in self.lists]
        changes += [change for value in self.defaults for change in wrapped(value, "Ok")]
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
        if returns_unit(owner):
            yield from wrap_unit(owner, name)
            return
        for value in returned_values(owner):
            if value in self.calls or (
                value.kind() == "macro_invocation" and last_name(value.field("macro")) in PANICS
            ):
                continue
            yield from wrapped(value, name)

    def name_of_ok(self, owner: SgNode) -> str:
        """Return `Ok`, with the type of the error where nothing else says it."""
        call = call_with(owner) if owner.kind() == "closure_expression" else None
        outer = owner_of(call) if call is not None else None
        if call is None or outer is None or not calls_any(call, ATTACHING) or call in returned_values(outer):
            return "Ok"
        return "Ok::<_, PyErr>"


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


def let_receiver_fail(match: Match) -> list[Change]:
    """Return the edits that hand on the error of the call whose result a method is called on.

    Raises:
        Undecided: It is no call, or what is around it can't return an error.
    """
    access = match.node.parent()
    receiver = access.field("value") if access is not None and access.kind() == "field_expression" else None
    if receiver is None or receiver.kind() != "call_expression":
        raise Undecided("it is no call")
    return let_fail(replace(match, node=receiver))


def let_deserializing_fail(match: Match) -> list[Change]:
    """Return the edits that make the error of a deserializer of an error of Python.

    Raises:
        Undecided: It is in no deserializer of serde's.
    """
    block = next((node for node in match.node.ancestors() if node.kind() == "impl_item"), None)
    trait = last_name(block.field("trait")) if block is not None else ""
    if trait not in DESERIALIZING or names_in(match.source).imports.get(trait) != "serde":
        raise Undecided("the function around it returns another error")
    start, end = match.span
    outer = wrapping(match.node)
    if outer is None:
        return [(end - 1, end, f"{CUSTOM}?")]
    outer_start, outer_end = match.region.span(outer)
    return [(outer_start, start, ""), (end - 1, outer_end, CUSTOM)]


def in_macro(match: Match) -> list[Change]:
    """Return the edits for a call in a macro, which has the tree of the macro's arguments alone."""
    start, end = match.span
    inner = owner_of(match.node)
    if inner is not None and inner.kind() == "closure_expression":
        if not is_fallible(inner):
            raise Undecided(f"the closure around it returns no error: {HANDLE}")
        return [(end, end, "?")]
    from ast_grep_py import SgRoot

    root = SgRoot(match.source, "rust").root()
    macros = [node for node in root.find_all({"rule": {"kind": "macro_invocation"}}) if is_around(node, start, end)]
    if not macros:
        raise Undecided("it is in a macro of the project's own")
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
        raise Undecided(f"the trait says what `{name}` returns: {HANDLE}")
    if name in NEVER_FAIL or any("extern" in child.text() for child in function.children()[:-1] if is_modifier(child)):
        raise Undecided(f"`{name}` can't return an error: handle it there")
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
    """Yield those calls in its file that are certainly of a function; of the others the compiler tells.

    Raises:
        Undecided: The function is also used without a call.
    """
    name = last_name(function.field("name"))
    block = next((node for node in function.ancestors() if node.kind() == "impl_item"), None)
    owner = last_name(block.field("type")) if block is not None else ""
    kind = "field_identifier" if owner and takes_self(function) else "identifier"
    for node in root.find_all({"rule": {"kind": kind, "regex": f"^{name}$"}}):
        callee = callee_of(node)
        call = callee.parent()
        if callee == function.field("name") or not names_function(callee, owner):
            continue
        if call is not None and call.kind() == "call_expression" and call.field("function") == callee:
            yield call
        elif call is not None and call.kind() == "arguments":
            raise Undecided(f"`{name}` is also used without a call")


def callee_of(name: SgNode) -> SgNode:
    """Return the whole path, or access to a field, that a name ends."""
    callee, around = name, name.parent()
    while around is not None and around.kind() in {"scoped_identifier", "generic_function", "field_expression"}:
        callee, around = around, around.parent()
    return callee


def names_function(callee: SgNode, owner: str) -> bool:
    """Whether a path is that of a function of a type, or of no type if the owner is empty."""
    if callee.kind() == "field_expression":
        return (callee.field("value") or callee).text() == "self"
    path = callee.field("path") if callee.kind() == "scoped_identifier" else None
    if path is None:
        return not owner
    name = last_name(path)
    return name in {"Self", owner} if owner else not name[:1].isupper()


def takes_self(function: SgNode) -> bool:
    """Whether a function is a method."""
    parameters = function.field("parameters")
    return parameters is not None and any(child.kind() == "self_parameter" for child in parameters.children())


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


def returns_unit(owner: SgNode) -> bool:
    """Whether a function or closure returns nothing."""
    if owner.kind() == "function_item":
        return owner.field("return_type") is None
    body = owner.field("body")
    return body is not None and body.kind() == "block" and not returned_values(owner)


def wrap_unit(owner: SgNode, name: str) -> Iterator[Change]:
    """Yield `Ok(())` for every end of a function that returns nothing."""
    for place in own_returns(owner):
        end = span(place)[1]
        yield end, end, f" {name}(())"
    body = owner.field("body")
    if body is not None:
        for value in returned_values(owner):
            end = span(value)[1]
            yield end, end, ";"
        end, lines = span(body)[1] - 1, body.text().splitlines()
        indentation = lines[-1][: -len("}")]
        yield end, end, f"    {name}(())\n{indentation}" if len(lines) > 1 else f"{name}(()) "


def joined(changes: list[Change]) -> list[Change]:
    """Return edits with one for each place: what is inserted at the same one is put together, the inner parts first."""
    texts: dict[tuple[int, int], list[str]] = {}
    for start, end, text in dict.fromkeys(changes):
        texts.setdefault((start, end), []).append(text)
    return [(start, end, "".join(sorted(parts, key=rank))) for (start, end), parts in sorted(texts.items())]


def rank(text: str) -> int:
    """Return where a text belongs among those that are inserted at one place."""
    return [COLLECT, ".transpose()", "?", ")"].index(text) if text in {COLLECT, ".transpose()", "?", ")"} else 2
