"""Where Rust code starts Python, and what it does too late for that."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaffolder.rust.calls import arguments_of, descendants, function_of, literal_text
from scaffolder.rust.source import attributes_of, line_of, nodes_after, parse, text_of
from scaffolder.rust.threads import in_tests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tree_sitter import Node

    from scaffolder.files import Reader

STARTING = re.compile(r"(^|::)(Python::initialize|prepare_freethreaded_python|Py_Initialize(Ex|FromConfig)?)$")
ATTACHING = re.compile(r"(^|::)Python::(attach|with_gil)$")
# Any of these may start it, even where no call can be seen.
STARTS = re.compile(
    rb"\b(initialize|prepare_freethreaded_python|Py_Initialize\w*|Py_Main|Py_BytesMain|Py_RunMain"
    rb"|with_embedded_python_interpreter)\b"
)
REGISTERING = re.compile(r"(^|::)append_to_inittab$|(^|::)PyImport_(Append|Extend)Inittab$")
# What may be round a call that runs whenever its statement does.
PASSED = {"expression_statement", "let_declaration", "try_expression", "field_expression", "call_expression"}
# What Python reads once, when it starts.
READ_AT_START = {"PYTHONHOME", "PYTHONPATH"}


@dataclass(frozen=True)
class Spot:
    """A place in the source.

    Attributes:
        id: What is there: `registered-late`, `variable-late` or `home-inherited`.
        path: The file.
        line: Its line, from 1.
        name: What it names: a module, or a variable.
        start: The line that starts Python, for what is late.
    """

    id: str
    path: Path
    line: int
    name: str
    start: int = 0


@dataclass
class Starts:
    """What a crate does about the start of Python.

    Attributes:
        may_start: Whether anything in it may start Python.
        attaches: The first place that attaches to it.
        spots: What is wrong.
    """

    may_start: bool = False
    attaches: tuple[Path, int] | None = None
    spots: list[Spot] = field(default_factory=list)


def read_starts(paths: Iterable[Path], reader: Reader) -> Starts:
    """Read Rust files."""
    result = Starts()
    for path in paths:
        data = reader.read(path)
        if data is None:
            continue
        result.may_start = result.may_start or bool(STARTS.search(data))
        root = parse(data)
        calls = _calls(root)
        attaching = (call for call in calls if ATTACHING.search(text_of(function_of(call))))
        if result.attaches is None and (call := next(attaching, None)):
            result.attaches = path, line_of(call)
        result.spots += _spots(path, calls)
    return result


def late_modules(path: Path, root: Node) -> tuple[Spot, ...]:
    """Return the modules that a file registers with Python after it has started Python for certain."""
    spots = _spots(path, _calls(root))
    return tuple(spot for spot in spots if spot.id == "registered-late")


def _calls(root: Node) -> list[Node]:
    return [call for call in descendants(root, "call_expression") if not in_tests(call)]


def _spots(path: Path, calls: list[Node]) -> list[Spot]:
    # The first is what makes it late.
    spots = {(spot.line, spot.name): spot for spot in (*_inherited(path, calls), *reversed([*_late(path, calls)]))}
    return [spot for _, spot in sorted(spots.items())]


def _late(path: Path, calls: list[Node]) -> Iterator[Spot]:
    """Yield what is done after Python was started for certain: later in its block, or while attached."""
    for call in calls:
        name = text_of(function_of(call))
        if ATTACHING.search(name):
            for argument in arguments_of(call):
                yield from _too_late(path, argument, line_of(call))
        if ATTACHING.search(name) or STARTING.search(name):
            statement = _statement_of(call)
            for after in nodes_after(statement) if statement else ():
                if "Finalize" in text_of(after):
                    break
                # A function defined below is called whenever it is.
                if not after.type.endswith("_item"):
                    yield from _too_late(path, after, line_of(call))


def _statement_of(call: Node) -> Node | None:
    """Return the statement of a block that a call is all of, so that it runs before all that comes after it."""
    node = call
    while (around := node.parent) is not None:
        if around.type == "block" and around.parent is not None and around.parent.type == "unsafe_block":
            node = around.parent
        elif around.type == "block":
            return None if next(attributes_of(node), None) else node
        elif around.type in PASSED:
            node = around
        else:
            return None
    return None


def _too_late(path: Path, node: Node, start: int) -> Iterator[Spot]:
    """Yield what is in a node, and must come before the start."""
    for macro in descendants(node, "macro_invocation"):
        if REGISTERING.search(text_of(macro.child_by_field_name("macro"))):
            tree = text_of(macro.named_children[-1])[1:-1].strip()
            yield Spot("registered-late", path, line_of(macro), tree, start)
    for call in descendants(node, "call_expression"):
        name = text_of(function_of(call))
        if REGISTERING.search(name):
            yield Spot("registered-late", path, line_of(call), name.rpartition("::")[2], start)
        if variable := _variable_set(call):
            yield Spot("variable-late", path, line_of(call), variable, start)


def _inherited(path: Path, calls: list[Node]) -> Iterator[Spot]:
    yield from (
        Spot("home-inherited", path, line_of(call), "PYTHONHOME")
        for call in calls
        if _variable_set(call) == "PYTHONHOME"
    )


def _variable_set(call: Node) -> str | None:
    """Return the variable of Python's that a call sets for this process."""
    name, arguments = text_of(function_of(call)), arguments_of(call)
    variable = literal_text(arguments[0]) if re.search(r"(^|::)set_var$", name) and arguments else None
    return variable if variable in READ_AT_START else None
