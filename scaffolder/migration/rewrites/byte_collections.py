"""Collections of bytes, of which `IntoPyObject` makes `bytes`, and the traits before it made lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.returning import last_name, named
from scaffolder.migration.rewrites.tree import function_of
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from ast_grep_py import SgNode

TYPES = ("Vec<u8>", "[u8;", "SmallVec<[u8;")
# What variants of enums that hold bytes are called.
NAMES = ("byte", "binary", "blob")
REASON = "a `Vec<u8>` or an array of `u8` was a list, and would be `bytes`"


def refuse_bytes(call: SgNode, receiver: SgNode) -> None:
    """Refuse what may be a `Vec<u8>` or an array of bytes.

    Args:
        call: The call that converts.
        receiver: What is converted.

    Raises:
        Undecided: The function speaks of such a type, or the value is of a variant that holds bytes.
    """
    inner = named(receiver)[0] if receiver.kind() == "try_expression" else receiver
    function = inner.field("function") if inner.kind() == "call_expression" else None
    path = function.field("path") if function is not None else None
    # What `PyBytes::new` returns, or `Py::new`.
    if last_name(path)[:2] == "Py" and last_name(path) != "Python":
        return
    around = function_of(call)
    text = around.text() if around is not None else ""
    if any(kind in text for kind in TYPES) or holds_bytes(variant_of(receiver), receiver):
        raise Undecided(REASON)


def variant_of(receiver: SgNode) -> str:
    """Return the variant that a variable was taken out of by a pattern; empty if it was not."""
    variable = receiver if receiver.kind() == "identifier" else receiver.find({"rule": {"kind": "identifier"}})
    if variable is None:
        return ""
    for outer in receiver.ancestors():
        pattern = outer.field("pattern") if outer.kind() in {"match_arm", "let_condition"} else None
        for place in pattern.find_all({"rule": {"kind": "tuple_struct_pattern"}}) if pattern is not None else ():
            if any(child.text().split()[-1] == variable.text() for child in named(place)[1:]):
                return last_name(place.field("type"))
    return ""


def holds_bytes(variant: str, node: SgNode) -> bool:
    """Whether a variant holds bytes, as its definition or its name says."""
    if any(name in variant.lower() for name in NAMES):
        return True
    definitions = node.get_root().root().find_all({"rule": {"kind": "enum_variant"}})
    return any(
        kind in definition.text()
        for definition in definitions
        if last_name(definition.field("name")) == variant
        for kind in TYPES
    )
