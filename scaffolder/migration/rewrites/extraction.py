"""Implementations and bounds of PyO3's conversion traits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.paths import indentation
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match
    from scaffolder.migration.rewrites.paths import Edits


def two_lifetimes(match: Match) -> Edits:
    """Bring `impl FromPyObject<'py>` to the trait of 0.27, with a second lifetime and an error type."""
    block, trait = match.node, match.node.field("trait")
    arguments = single_lifetime(trait) if trait is not None else None
    body = block.field("body")
    if arguments is None or body is None:
        return []
    method = next((item for item in children(body, "function_item") if name_of(item) == "extract_bound"), None)
    if method is None or any(name_of(item) == "Error" for item in children(body, "type_item")):
        raise Undecided
    lifetime, _ = match.region.span(arguments)
    name, parameter = method.field("name"), parameter_type(method)
    if name is None or parameter is None:
        raise Undecided
    first = next(child for child in body.children() if child.is_named())
    start, _ = match.region.span(first)
    return [
        (lifetime, lifetime, "'_, "),
        (start, start, f"type Error = PyErr;\n\n{indentation(match.source, start)}"),
        (*match.region.span(name), "extract"),
        (*match.region.span(parameter), borrowed(parameter)),
    ]


def borrowed(reference: SgNode) -> str:
    """Return the type `Borrowed<'a, 'py, T>` for a type `&'a Bound<'py, T>`."""
    bound = reference.field("type")
    arguments = bound.field("type_arguments") if bound is not None else None
    owner = bound.field("type") if bound is not None else None
    if arguments is None or owner is None or owner.text().rpartition("::")[2] != "Bound":
        raise Undecided
    lifetime = next((child.text() for child in children(reference, "lifetime")), "'_")
    parts = [child.text() for child in arguments.children() if child.is_named()]
    if not parts[0].startswith("'"):
        parts.insert(0, "'_")
    return f"{owner.text().removesuffix('Bound')}Borrowed<{', '.join([lifetime, *parts])}>"


def owned_bound(match: Match) -> Edits:
    """Write `FromPyObjectOwned<'py>` for a bound `FromPyObject<'py>`."""
    trait = match.node.field("type")
    if trait is None or single_lifetime(match.node) is None:
        return []
    _, end = match.region.span(trait)
    return [(end, end, "Owned")]


def single_lifetime(trait: SgNode) -> SgNode | None:
    """Return the lifetime of `FromPyObject<'py>`; nothing if it is another trait or has other arguments."""
    name, arguments = trait.field("type"), trait.field("type_arguments")
    if name is None or arguments is None or name.text().rpartition("::")[2] != "FromPyObject":
        return None
    parts = [child for child in arguments.children() if child.is_named()]
    return parts[0] if len(parts) == 1 and parts[0].kind() == "lifetime" else None


def parameter_type(method: SgNode) -> SgNode | None:
    """Return the type of a function's only parameter, if it is a reference."""
    parameters = method.field("parameters")
    entries = list(children(parameters, "parameter")) if parameters is not None else []
    kind = entries[0].field("type") if len(entries) == 1 else None
    return kind if kind is not None and kind.kind() == "reference_type" else None


def name_of(item: SgNode) -> str:
    """Return the name of an item; empty if it has none."""
    name = item.field("name")
    return name.text() if name is not None else ""


def children(node: SgNode, kind: str) -> Iterator[SgNode]:
    """Yield the children of a kind."""
    yield from (child for child in node.children() if child.kind() == kind)


def cast_name(match: Match) -> Edits:
    """Write `cast` for `downcast` in a name, and `Cast` for `Downcast`."""
    name = match.node.text()
    return [(*match.span, name.replace("downcast", "cast", 1).replace("Downcast", "Cast", 1))]


def convert_error(match: Match) -> Edits:
    """Convert the error of a call to the one that is wanted."""
    _, end = match.span
    return [(end, end, ".map_err(Into::into)")]
