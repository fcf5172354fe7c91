"""The places in Rust source where something may go wrong between threads."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaffolder.rust.calls import arguments_of, descendants, function_of
from scaffolder.rust.locks import (
    ATTACHING,
    DETACHING,
    MUTATING,
    body_of,
    find_guards,
    is_acquisition,
    is_now,
    lock_of,
    name_of,
    peel,
    state_at,
)
from scaffolder.rust.source import attributes_of, line_of, nodes_after, nodes_before, parse, syntax_errors, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tree_sitter import Node

    from scaffolder.files import Reader, Unreadable

CELL = re.compile(r"\b(?:Ref|Unsafe|SyncUnsafe|Once)?Cell\b")
CLASS_CELL = re.compile(r"\b(?:RefCell|UnsafeCell|Cell|Rc)\s*<")
RAYON = re.compile(r"(?:into_)?par_(?:iter|iter_mut|bridge|chunks\w*|sort\w*|windows|drain|extend|split\w*)")
RAYON_FUNCTIONS = {"rayon::join", "rayon::scope", "rayon::in_place_scope"}
WAITING = {"join": 0, "recv": 0, "recv_timeout": 1, "block_on": 1}
CALLING = {"call0": 0, "call1": 1, "call": 2, "call_method0": 1, "call_method1": 2, "call_method": 3}
RAW = re.compile(r"from_raw_parts|\bas \*(?:const|mut)\b|\*(?:const|mut) \w|\.as_(?:mut_)?ptr\(\)")
BARE = re.compile(r"\b(?:Ref|Unsafe)?Cell\s*<|\bNonNull\s*<|\*\s*(?:mut|const)\b|\bRc\s*<")
CHECKING = re.compile(r"\b(?:contains(?:_key)?|get|get_mut|is_none|is_some|is_empty|entry|len)\b\s*\(")
# What a function has in which anything can be found.
TELLING = re.compile(
    r"\b(?:lock|read|write|lock_\w+|detach|allow_threads|store|(?:into_)?par_\w+|rayon|join|recv\w*|block_on|scope)\b"
)
SAFE = re.compile(r"\bsafety:", re.IGNORECASE)
# Rust 1.95 has the last two; the second is deprecated from 1.99 on.
EXCHANGES = "compare_exchange|fetch_update|try_update|update"


@dataclass(frozen=True)
class SourcePlace:
    """A place in the source.

    Attributes:
        id: What is there.
        path: The file.
        line: Its line, from 1.
        names: What the message names.
        is_minor: Whether it is a note only.
    """

    id: str
    path: Path
    line: int
    names: tuple[str, ...] = ()
    is_minor: bool = False


@dataclass
class Scan:
    """What was read.

    Attributes:
        spots: The places to look at.
        files: How many files were read.
        lines: How many lines they have.
        places: Where functions are, and methods by class.
        unread: What could not be read, and why.
        unparsed: The places that can't be parsed.
    """

    spots: list[SourcePlace] = field(default_factory=list)
    files: int = 0
    lines: int = 0
    places: dict[tuple[str, str], str] = field(default_factory=dict)
    unread: list[Unreadable] = field(default_factory=list)
    unparsed: list[str] = field(default_factory=list)

    def place_of(self, call: str, makes: tuple[tuple[str, str], ...]) -> str | None:
        """Return where the Rust code of a call is."""
        match = re.match(r"(?:\w+\.)*?(?:(\w+)\.)?(\w+)(?:\(|$)", call)
        kinds = {name: make.partition("(")[0].rpartition(".")[2] for name, make in makes}
        if match is None:
            return None
        owner = kinds.get(match[1], "")
        return self.places.get((owner, match[2]))


@dataclass
class File:
    """A file that is read.

    Attributes:
        path: The file.
        root: What is in it.
        guards: The functions, here and in other files, that return the guard of a lock.
        attached_locks: The locks that are taken while attached, by their last names.
    """

    path: Path
    root: Node
    guards: frozenset[str] = frozenset()
    attached_locks: frozenset[str] = frozenset()

    def spot(self, name: str, node: Node, *names: str, is_minor: bool = False) -> SourcePlace:
        """Return a place."""
        return SourcePlace(name, self.path, line_of(node), names, is_minor)


def scan(paths: Iterable[Path], reader: Reader) -> Scan:
    """Read Rust files."""
    files = [File(path, parse(data)) for path in paths if (data := reader.read(path)) is not None]
    functions = [
        (file, node) for file in files for node in descendants(file.root, "function_item") if not in_tests(node)
    ]
    guards = frozenset(name_in(node) for _, node in functions if returns_guard(node))
    locks = frozenset(lock for _, node in functions for lock in attached_locks(node, guards))
    result = Scan(files=len(files), lines=sum(file.root.end_point[0] + 1 for file in files))
    for file in files:
        file.guards, file.attached_locks = guards, locks
        result.spots += find_items(file)
        result.unparsed += [f"{file.path}:{line}" for line in syntax_errors(file.root)]
    for file, function in functions:
        result.places[owner_of(function), name_in(function)] = f"{file.path}:{line_of(function)}"
        text = text_of(function)
        if TELLING.search(text) or any(f"{guard}(" in text for guard in guards):
            result.spots += [spot for check in CHECKS for spot in check(file, function)]
    result.unread = reader.problems
    result.spots = sorted(set(result.spots), key=lambda spot: (str(spot.path), spot.line))
    return result


def returns_guard(function: Node) -> bool:
    """Return whether a function returns the guard of a lock."""
    kind = text_of(function.child_by_field_name("return_type"))
    return bool(re.search(r"\b(?:Mutex|RwLock(?:Read|Write))Guard\b", kind))


def attached_locks(function: Node, guards: frozenset[str]) -> Iterator[str]:
    """Yield the last names of the locks that a function takes while attached, and does not detach to wait for."""
    for call in calls_in(function):
        if is_acquisition(call, guards) and state_at(call) == "attached" and "py_attached" not in name_of(call):
            yield lock_of(call).rpartition(".")[2]


def in_tests(node: Node) -> bool:
    """Return whether a node is compiled for tests only."""
    around: Node | None = node
    while around is not None:
        if any(re.search(r"cfg\(test\)|\btest\]", text) for text in attributes_of(around)):
            return True
        around = around.parent
    return False


def is_explained(node: Node) -> bool:
    """Return whether a comment before a node, or in it, says why it is safe."""
    for before in nodes_before(node):
        if "comment" not in before.type and before.type not in {"attribute_item", "impl_item"}:
            break
        if SAFE.search(text_of(before)):
            return True
    return bool(SAFE.search(text_of(node)))


def owner_of(function: Node) -> str:
    """Return the type whose `impl` block a function is in."""
    block = function.parent.parent if function.parent else None
    name = text_of(block.child_by_field_name("type")) if block is not None and block.type == "impl_item" else ""
    return name.partition("<")[0]


def name_in(item: Node) -> str:
    """Return the name that an item defines."""
    return text_of(item.child_by_field_name("name"))


def calls_in(node: Node) -> Iterator[Node]:
    """Yield the calls in a node."""
    return descendants(node, "call_expression")


# -- items -----------------------------------------------------------------------------------------------------------


def find_items(file: File) -> Iterator[SourcePlace]:
    """Yield the statics, classes and implementations that are dangerous."""
    kinds = ("static_item", "impl_item", "struct_item", "attribute_item", "type_identifier")
    for node in descendants(file.root, *kinds):
        if in_tests(node):
            continue
        name, text = name_in(node), text_of(node)
        match node.type:
            case "static_item" if any(child.type == "mutable_specifier" for child in node.named_children):
                yield file.spot("static-mut", node, name)
            case "static_item" if CELL.search(text_of(node.child_by_field_name("type")).replace("OnceCell", "")):
                yield file.spot("static-cell", node, name)
            case "impl_item" if re.match(r"unsafe\s+impl\b", text):
                yield from unsafe_impl(file, node)
            case "struct_item":
                yield from find_class(file, node, name)
            case "attribute_item" if re.match(
                r"#\[\s*(?:pyo3::)?(?:pymodule|pyo3)\b.*\bgil_used\s*=\s*true", text, re.DOTALL
            ):
                yield file.spot("gil-used", node, is_minor=True)
            case "type_identifier" if text == "GILProtected" and not _in_use(node):
                yield file.spot("gil-protected", node)


def _in_use(node: Node) -> bool:
    return bool(node.parent and node.parent.type in {"use_list", "scoped_identifier", "use_declaration"})


def unsafe_impl(file: File, node: Node) -> Iterator[SourcePlace]:
    """Yield a promise that the compiler can't check."""
    trait, name = text_of(node.child_by_field_name("trait")), text_of(node.child_by_field_name("type"))
    if trait.rpartition("::")[2] in {"Send", "Sync", "Ungil"}:
        plain = name.partition("<")[0]
        classes = (item for item in descendants(file.root, "struct_item") if name_in(item) == plain)
        fields = text_of(next(classes, None))
        yield file.spot("unsafe-send", node, trait, name, is_minor=is_explained(node) or not BARE.search(fields))


def find_class(file: File, node: Node, name: str) -> Iterator[SourcePlace]:
    """Yield a Python class that belongs to one thread, or whose fields are not for several."""
    attributes = [
        text for text in attributes_of(node) if re.match(r"#\[\s*(?:pyo3::)?(?:pyclass|pyo3|cfg_attr)\b", text)
    ]
    if not any("pyclass" in text for text in attributes):
        return
    if any(re.search(r"\bunsendable\b", text) for text in attributes):
        yield file.spot("unsendable", node, name, is_minor=True)
        return
    for part in descendants(node.child_by_field_name("body") or node, "field_declaration"):
        if CLASS_CELL.search(text_of(part.child_by_field_name("type"))):
            yield file.spot("cell-in-class", part, name, name_in(part))


# -- functions -------------------------------------------------------------------------------------------------------


def find_held_locks(file: File, function: Node) -> Iterator[SourcePlace]:
    """Yield a lock that is held while the thread detaches, attaches, or runs Python code."""
    for acquisition, nodes in find_guards(function, file.guards):
        lock, is_fair = lock_of(acquisition), "py_attached" in name_of(acquisition)
        # To attach again is no wait.
        attached = {lock.rpartition(".")[2]} if state_at(acquisition) == "attached" else set()
        for call in (call for node in nodes for call in calls_in(node) if is_now(call, node)):
            name, count = name_of(call), len(arguments_of(call))
            state = state_at(call)
            if name in DETACHING and count == 1 and state == "attached" and not is_fair:
                yield file.spot("lock-across-detach", acquisition, lock, str(line_of(call)))
            elif CALLING.get(name) == count and state == "attached" and function_of(call).type != "identifier":
                yield file.spot("lock-across-call", acquisition, lock, str(line_of(call)), is_minor=is_fair)
            elif ATTACHING.search(name) and lock.rpartition(".")[2] in file.attached_locks - attached:
                yield file.spot("lock-across-attach", acquisition, lock, str(line_of(call)))


def find_waits(file: File, function: Node) -> Iterator[SourcePlace]:
    """Yield where a function waits for other threads while it is attached."""
    attaches = [call for call in calls_in(function) if ATTACHING.search(name_of(call))]
    for call in calls_in(function):
        name, count = name_of(call), len(arguments_of(call))
        is_method = function_of(call).type in {"field_expression", "generic_function"}
        is_rayon = name in RAYON_FUNCTIONS or (is_method and bool(RAYON.fullmatch(name)))
        is_wait = (is_method and WAITING.get(name) == count) or name.endswith("thread::scope")
        if (is_rayon or is_wait) and state_at(call) == "attached" and "await" not in text_of(call.parent)[-8:]:
            inside = [attach for attach in attaches if state_at(attach.parent or attach) == "other"]
            yield file.spot("waits-attached", call, name, is_minor=not inside)


def find_lost_updates(file: File, function: Node) -> Iterator[SourcePlace]:
    """Yield an atomic that is stored by what was loaded from it before."""
    loads = {text: node for node, text in receivers(function, "load")}
    names = {text_of(peel(node)).partition(".load(")[0]: variable for variable, node in variables(function)}
    text = text_of(function)
    for node, receiver in receivers(function, "store"):
        if receiver not in loads or re.search(rf"{re.escape(receiver)}\s*\.\s*(?:{EXCHANGES})", text):
            continue
        value = text_of(arguments_of(node)[0]) if arguments_of(node) else ""
        variable = names.get(receiver)
        if f"{receiver}.load(" in re.sub(r"\s", "", value) or (variable and re.search(rf"\b{variable}\b", value)):
            yield file.spot("lost-update", node, receiver)


def receivers(function: Node, method: str) -> Iterator[tuple[Node, str]]:
    """Yield the calls of an atomic's method, with the atomic."""
    for call in calls_in(function):
        if name_of(call) == method and re.search(
            r"\b(?:Relaxed|SeqCst|Acquire|Release|AcqRel|ordering)\b", text_of(call)
        ):
            yield call, re.sub(r"\s", "", text_of(function_of(call).child_by_field_name("value")))


def variables(function: Node) -> Iterator[tuple[str, Node]]:
    """Yield the variables of a function with what they are."""
    for node in descendants(function, "let_declaration"):
        pattern, value = node.child_by_field_name("pattern"), node.child_by_field_name("value")
        if pattern is not None and pattern.type == "identifier" and value is not None:
            yield text_of(pattern), value


def find_late_changes(file: File, function: Node) -> Iterator[SourcePlace]:
    """Yield a check under a lock, and what follows from it under another acquisition of the lock."""
    for branch in descendants(function, "if_expression"):
        condition = branch.child_by_field_name("condition")
        checks = [call for call in calls_in(condition or branch) if is_acquisition(call, file.guards)]
        if condition is None or not checks:
            continue
        lock, places = lock_of(checks[0]), list(body_of(branch))
        second = (call for place in places for call in calls_in(place) if is_acquisition(call, file.guards))
        for call in second:
            if lock_of(call) == lock and changes(call) and not checks_again(call):
                yield file.spot("check-then-act", checks[0], lock, str(line_of(call)))
                break


def changes(acquisition: Node) -> bool:
    """Return whether what is locked is changed."""
    statement = statement_of(acquisition)
    if statement.type == "let_declaration":
        is_mutable = any(child.type == "mutable_specifier" for child in statement.named_children)
        return is_mutable and peel(statement.child_by_field_name("value") or statement) == acquisition
    return bool(re.search(rf"\.(?:{MUTATING})\s*\(|^\*[^=]*[^=!<>]=[^=]", text_of(statement), re.DOTALL))


def checks_again(acquisition: Node) -> bool:
    """Return whether the second acquisition looks again."""
    statement = statement_of(acquisition)
    following = nodes_after(statement) if statement.type == "let_declaration" else ()
    texts = [text_of(statement), *map(text_of, following)]
    return any(CHECKING.search(text) or "or_insert" in text or re.search(r"\bif\b|\bmatch\b", text) for text in texts)


def statement_of(node: Node) -> Node:
    """Return the statement that a node is in."""
    while node.parent is not None and node.parent.type not in {"block", "source_file", "match_block"}:
        node = node.parent
    return node.named_children[0] if node.type == "expression_statement" and node.named_children else node


def find_pointers(file: File, function: Node) -> Iterator[SourcePlace]:
    """Yield raw memory that is used while detached."""
    for block in descendants(function, "unsafe_block"):
        if state_at(block) == "detached" and RAW.search(text_of(block)):
            around = [block, statement_of(block), statement_of(block).parent or block]
            yield file.spot("pointer-in-detach", block, is_minor=any(map(is_explained, around)))
    if any(name_of(call) in DETACHING for call in calls_in(function)):
        for cast in descendants(function, "type_cast_expression"):
            value, kind = cast.child_by_field_name("value"), text_of(cast.child_by_field_name("type"))
            if kind == "usize" and RAW.search(text_of(value)):
                yield file.spot("pointer-in-detach", cast)


CHECKS = (find_held_locks, find_waits, find_lost_updates, find_late_changes, find_pointers)
