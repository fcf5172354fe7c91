"""Locks in Rust functions: where one is taken and how long it is held, and whether the thread is attached there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scaffolder.rust.calls import WRAPPING, arguments_of, bare_expression, descendants, function_of
from scaffolder.rust.source import attributes_of, nodes_after, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

TAKING = {"lock": 0, "read": 0, "write": 0, "lock_py_attached": 1, "read_py_attached": 1, "write_py_attached": 1}
# Methods that hand on a guard.
PASSING = frozenset({"unwrap", "expect", "unwrap_or_else", "map_err", "unwrap_unchecked", "ok", "into_inner"})
STREAM = re.compile(r"\bstd(?:out|err|in)\b")
MUTATING = (
    "insert|push|push_back|push_front|remove|pop|pop_front|pop_back|take|replace|extend|clear|retain|drain|"
    "get_or_insert_with|swap_remove|append"
)
DETACHING = {"detach", "allow_threads"}
ATTACHING = re.compile(r"\bPython::(?:attach|with_gil|try_attach|attach_unchecked)$")
ELSEWHERE = re.compile(r"(?:^|::)(?:spawn\w*|par_\w+|install)$")
# Methods that call a closure at once; others keep it for later.
IMMEDIATE = {
    "map", "for_each", "try_for_each", "and_then", "map_err", "unwrap_or_else", "filter", "filter_map", "flat_map",
    "map_or", "map_or_else", "ok_or_else", "or_else", "fold", "try_fold", "any", "all", "inspect", "then", "with",
    "find", "get_or_init", "get_or_try_init", "or_insert_with", "is_some_and", "is_ok_and", "position", "retain",
    "sort_by_key", "with_critical_section",
}  # fmt: skip
# What takes a guard, and drops it.
CONSUMING = {"map", "map_or", "map_or_else", "and_then"}
PARALLEL = re.compile(r"\bpar_(?:iter|bridge|chunks|windows)|into_par_iter|rayon::")
PYTHON_TYPE = re.compile(r"\bPython<|\bBound<|\bPyRef(?:Mut)?<|\bBorrowed<")


def name_of(call: Node) -> str:
    """Return the name of a method, or the path of a function."""
    function = function_of(call)
    if function.type == "generic_function":
        function = function.child_by_field_name("function") or function
    if function.type == "field_expression":
        return text_of(function.child_by_field_name("field"))
    return re.sub(r"<.*?>|\s", "", text_of(function))


def peel(node: Node) -> Node:
    """Return an expression without what hands on a guard: `?`, `unwrap` and their like."""
    return bare_expression(node, WRAPPING | {"unary_expression"}, PASSING)


def is_acquisition(call: Node, guards: frozenset[str]) -> bool:
    """Return whether a call takes a lock: by a method, or by a function that returns a guard."""
    function, count = function_of(call), len(arguments_of(call))
    name = name_of(call)
    if function.type != "field_expression":
        return name.rpartition("::")[2] in guards and count == 1
    if call.parent is not None and call.parent.type == "await_expression":
        return False
    return TAKING.get(name) == count and not STREAM.search(text_of(function))


def lock_of(acquisition: Node) -> str:
    """Return the lock that is taken."""
    function = function_of(acquisition)
    node = function.child_by_field_name("value") if function.type == "field_expression" else None
    text = text_of(node or arguments_of(acquisition)[0])
    return re.sub(r"\s|^&(?:mut\b)?", "", text)


def state_at(node: Node) -> str:
    """Return whether a thread is `attached` at a node, or `detached`; `other` in other threads, `unknown` elsewhere."""
    child, around = node, node.parent
    while around is not None and around.type not in {"function_item", "async_block"}:
        if child.type == "closure_expression" and (state := _state_in(around)):
            return state
        child, around = around, around.parent
    return _state_of(around) if around is not None and around.type == "function_item" else "unknown"


def _state_in(arguments: Node) -> str | None:
    """Return what a closure among these arguments is run as; nothing if it is run at once, where it is written."""
    call = arguments.parent
    if arguments.type != "arguments" or call is None:
        return "unknown"
    name = name_of(call)
    if name in DETACHING:
        return "detached"
    if ATTACHING.search(name):
        return "attached"
    if ELSEWHERE.search(name) or PARALLEL.search(text_of(function_of(call))):
        return "other"
    return None if name.rpartition("::")[2] in IMMEDIATE else "unknown"


def _state_of(function: Node) -> str:
    """Return whether a function runs attached: it gets the interpreter or an object, or Python calls it."""
    if any("async" in text_of(child) for child in function.children if child.type == "function_modifiers"):
        return "unknown"
    if PYTHON_TYPE.search(text_of(function.child_by_field_name("parameters"))):
        return "attached"
    block = function.parent.parent if function.parent else None
    exported = [function, block] if block is not None and block.type == "impl_item" else [function]
    return "attached" if any(_is_exported(node) for node in exported) else "unknown"


def _is_exported(node: Node) -> bool:
    return any(re.match(r"#\[\s*(?:pyo3::)?(?:pyfunction|pymethods)\b", text) for text in attributes_of(node))


def find_guards(function: Node, guards: frozenset[str]) -> Iterator[tuple[Node, list[Node]]]:
    """Yield where a lock is taken, with the nodes that run while it is held."""
    for node in descendants(function, "let_declaration"):
        value, pattern = node.child_by_field_name("value"), node.child_by_field_name("pattern")
        if value is None or pattern is None or pattern.type != "identifier" or value.type == "unary_expression":
            continue
        call = peel(value)
        if call.type == "call_expression" and is_acquisition(call, guards):
            yield call, list(_until_dropped(node, text_of(pattern)))
    for node in descendants(function, "match_expression", "if_expression", "while_expression", "for_expression"):
        head = _head_of(node)
        body = node.child_by_field_name("body") or node.child_by_field_name("consequence")
        calls = descendants(head, "call_expression") if head is not None else ()
        for call in calls:
            is_held = is_acquisition(call, guards) and not _in_closure(call, node) and not _is_consumed(call)
            if is_held and body is not None:
                yield call, [body]


def _is_consumed(acquisition: Node) -> bool:
    """Return whether a method takes the guard, and drops it."""
    around = acquisition.parent
    return (
        around is not None
        and around.type == "field_expression"
        and text_of(around.child_by_field_name("field")) in CONSUMING
    )


def is_now(node: Node, within: Node) -> bool:
    """Return whether a node runs when what is around it does, and not in a closure that is kept for later."""
    child, around = node, node.parent
    while around is not None and child != within:
        if child.type == "closure_expression":
            name = name_of(around.parent) if around.type == "arguments" and around.parent is not None else ""
            if name.rpartition("::")[2] not in IMMEDIATE | DETACHING and not ATTACHING.search(name):
                return False
        if around.type == "async_block":
            return False
        child, around = around, around.parent
    return True


def _head_of(node: Node) -> Node | None:
    """Return the expression whose temporaries live as long as the body: not a plain condition's."""
    if node.type in {"match_expression", "for_expression"}:
        return node.child_by_field_name("value")
    condition = node.child_by_field_name("condition")
    return (
        condition.child_by_field_name("value") if condition is not None and condition.type == "let_condition" else None
    )


def _in_closure(node: Node, within: Node) -> bool:
    around = node.parent
    while around is not None and around != within:
        if around.type in {"closure_expression", "block"}:
            return True
        around = around.parent
    return False


def _until_dropped(declaration: Node, name: str) -> Iterator[Node]:
    """Yield the statements after a guard's declaration until it is dropped, or the block ends."""
    for statement in nodes_after(declaration):
        if re.match(rf"(?:\w+::)*drop\(\s*{re.escape(name)}\s*\)", text_of(statement)):
            return
        yield statement


def body_of(branch: Node) -> Iterator[Node]:
    """Yield what follows from a condition: the branches, and the rest of the block if a branch leaves it."""
    consequence = branch.child_by_field_name("consequence")
    for node in (consequence, branch.child_by_field_name("alternative")):
        if node is not None:
            yield node
    if consequence is None or not re.search(r"\b(?:return|continue|break)\b|\?\s*;?\s*\}$", text_of(consequence)):
        return
    statement = branch.parent if branch.parent is not None and branch.parent.type == "expression_statement" else branch
    yield from nodes_after(statement)
