"""How a `#[pymodule]` says what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.paths import indentation
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match
    from scaffolder.migration.rewrites.paths import Edits


def add_function(match: Match) -> Edits:
    """Write `#[pyfunction]` for `#[pyfn(m, …)]`, and add the function to the module `m` after it."""
    tokens = next((node for node in match.node.find_all({"rule": {"kind": "token_tree"}})), None)
    function = item_after(match.node)
    name = function.field("name") if function is not None else None
    if tokens is None or function is None or name is None or function.kind() != "function_item":
        raise Undecided
    module, _, options = tokens.text()[1:-1].partition(",")
    options = options.strip().removesuffix(",")
    attribute = f"#[pyfunction({options})]" if options else "#[pyfunction]"
    start, _ = match.region.span(function)
    _, end = match.region.span(function)
    call = f"{module.strip()}.add_function(wrap_pyfunction!({name.text()}, {module.strip()})?)?;"
    return [(*match.span, attribute), (end, end, f"\n{indentation(match.source, start)}{call}")]


def item_after(attribute: SgNode) -> SgNode | None:
    """Return the item that an attribute is about."""
    node = attribute.next()
    while node is not None and node.kind() in {"attribute_item", "line_comment", "block_comment"}:
        node = node.next()
    return node
