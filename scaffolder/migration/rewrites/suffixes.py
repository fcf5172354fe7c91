"""Functions that lost the suffix `_bound`, some of which can fail now or take C strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.fallible import let_fail, require_fallible
from scaffolder.migration.rewrites.returning import last_name, named
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match
    from scaffolder.migration.rewrites.fallible import Change

STRINGS = {"string_literal", "raw_string_literal"}
# Macros that a literal comes from.
LITERAL_MACROS = {"concat", "include_str", "stringify", "env"}
# Which arguments are C strings now.
C_STRINGS = {
    "eval_bound": (0,),
    "run_bound": (0,),
    "from_code_bound": (1, 2, 3),
    "warn_bound": (2,),
    "new_type_bound": (1, 2),
}

CALLING = {"call", "call1", "call_bound", "call_method", "call_method1", "call_method_bound"}
# Longer tuples of Rust have no conversion.
MOST_ARGUMENTS = 12


def drop_bound(match: Match) -> list[Change]:
    """Leave `_bound` out of a name: `new_bound_with` is `new_with`."""
    return [renamed(match, match.node)]


def renamed(match: Match, name: SgNode) -> Change:
    """Return the edit of a name that has `_bound` in it."""
    text = name.text()
    short = text.replace("_bound", "", 1) if "_bound" in text else text.replace("bound_", "", 1)
    return (*match.region.span(name), short)


def drop_bound_and_fail(match: Match) -> list[Change]:
    """Leave `_bound` out of a call's name, and hand on the error that it can return now."""
    return arguments_of_rust(match) or [renamed(match, name_of(match.node)), *let_fail(match)]


def arguments_of_rust(match: Match) -> list[Change]:
    """Make a tuple of Rust of a `PyTuple` that is only the arguments of a call, which itself reports the error."""
    function, given = match.node.field("function"), named(match.node.field("arguments") or match.node)
    path = function.field("path") if function is not None else None
    if last_name(path) != "PyTuple" or len(given) != 2 or given[1].kind() != "array_expression":
        return []
    signs = [child.text() for child in given[1].children() if not child.is_named()]
    items = named(given[1])
    if ";" in signs or not 0 < len(items) <= MOST_ARGUMENTS or not is_passed(match.node):
        return []
    (start, end), (first, last) = match.region.span(match.node), match.region.span(given[1])
    comma = "," if len(items) == 1 and "," not in signs else ""
    return [(start, first + 1, "("), (last - 1, end, f"{comma})")]


def is_passed(value: SgNode) -> bool:
    """Whether a value is an argument of a call of Python, or in a variable that is one and is used nowhere else."""
    around = value.parent()
    if around is not None and around.kind() == "let_declaration":
        name, block = around.field("pattern"), around.parent()
        if name is None or name.kind() != "identifier" or block is None or around.field("type") is not None:
            return False
        uses = [node for node in block.find_all({"rule": {"kind": "identifier"}}) if node.text() == name.text()]
        uses = [node for node in uses if node != name]
        return len(uses) == 1 and uses[0].parent() != around and is_passed(uses[0])
    call = around.parent() if around is not None and around.kind() == "arguments" else None
    function = call.field("function") if call is not None and call.kind() == "call_expression" else None
    return function is not None and function.kind() == "field_expression" and last_name(function) in CALLING


def drop_bound_and_take_c_strings(match: Match) -> list[Change]:
    """Leave `_bound` out of a call's name, and make C strings of its strings."""
    name = name_of(match.node)
    arguments = match.node.field("arguments")
    given = named(arguments) if arguments is not None else []
    places = C_STRINGS.get(name.text())
    if places is None or len(given) <= max(places):
        raise Undecided("it takes C strings")
    edits, made = [renamed(match, name)], False
    for place in places:
        if given[place].text() == "None":
            continue
        if (literal := literal_in(given[place])) is not None:
            start, end = match.region.span(literal)
            edits += [(start, start, "pyo3::ffi::c_str!("), (end, end, ")")]
        else:
            edits.append(made_at_run_time(match, given[place]))
            made = True
    if made:
        require_fallible(match.node)
    return edits


def literal_in(argument: SgNode) -> SgNode | None:
    """Return the literal that an argument is, alone, in `Some`, or by a macro."""
    if argument.kind() in STRINGS:
        return argument
    if argument.kind() == "macro_invocation" and last_name(argument.field("macro")) in LITERAL_MACROS:
        return argument
    if argument.kind() == "call_expression" and (argument.field("function") or argument).text() == "Some":
        inner = named(argument.field("arguments") or argument)
        return literal_in(inner[0]) if len(inner) == 1 else None
    return None


def made_at_run_time(match: Match, argument: SgNode) -> Change:
    """Return the edit that makes a C string of a `&str` when the code runs."""
    start, end = match.region.span(argument)
    value = argument.field("value") if argument.kind() == "reference_expression" else argument
    if value is None or argument.text().startswith("Some"):
        raise Undecided("it takes a C string")
    if value.kind() == "macro_invocation":
        return start, end, f"&std::ffi::CString::new({value.text()})?"
    if value.kind() not in {"identifier", "field_expression", "call_expression", "scoped_identifier", "self"}:
        raise Undecided("it takes a C string")
    return start, end, f"&std::ffi::CString::new({value.text()}.as_bytes())?"


def name_of(call: SgNode) -> SgNode:
    """Return the name of the function that is called."""
    function = call.field("function") or call
    if function.kind() == "generic_function":
        function = function.field("function") or function
    return function.field("name") or function.field("field") or function
