"""Implementations and bounds of PyO3's conversion traits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.names import names_in
from scaffolder.migration.rewrites.paths import indentation
from scaffolder.migration.rewrites.returning import calls_any, returned_values
from scaffolder.migration.rewrites.tree import function_of
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
        (*match.region.span(parameter), borrowed(parameter, match.source)),
    ]


def borrowed(reference: SgNode, source: str) -> str:
    """Return the type `Borrowed<'a, 'py, T>` for a type `&'a Bound<'py, T>`."""
    bound = reference.field("type")
    arguments = bound.field("type_arguments") if bound is not None else None
    owner = bound.field("type") if bound is not None else None
    if arguments is None or owner is None:
        raise Undecided
    # The trait wants a `Bound`, which may have been imported under another name.
    if owner.text().rpartition("::")[2] != "Bound" and names_in(source).imports.get(owner.text()) != "pyo3":
        raise Undecided
    lifetime = next((child.text() for child in children(reference, "lifetime")), "'_")
    parts = [child.text() for child in arguments.children() if child.is_named()]
    if not parts[0].startswith("'"):
        parts.insert(0, "'_")
    path = "".join(owner.text().rpartition("::")[:2])
    return f"{path}Borrowed<{', '.join([lifetime, *parts])}>"


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


def show_bound(match: Match) -> Edits:
    """Show what a `Borrowed` refers to, as the values of a macro such as `format!`: `{ob}` gets its value behind."""
    function = function_of(match.node)
    tokens = next(children(match.node, "token_tree"), None)
    if function is None or tokens is None:
        raise Undecided
    parts = list(tokens.children())
    text = next((part.text() for part in parts if part.kind() in {"string_literal", "raw_string_literal"}), "")
    _, end = match.region.span(tokens)
    edits = []
    for name in borrowed_parameters(function):
        for before, part, after in zip(parts, parts[1:], parts[2:], strict=False):
            if part.text() == name and before.text() == "," and after.text() in {",", ")"}:
                start, _ = match.region.span(part)
                edits.append((start, start, "*"))
        if f"{{{name}}}" in text or f"{{{name}:" in text:
            edits.append((end - 1, end - 1, f"{'' if parts[-2].text() == ',' else ','} {name} = *{name}"))
    if not edits:
        raise Undecided
    return edits


def borrowed_parameters(function: SgNode) -> Iterator[str]:
    """Yield the names of a function's parameters of type `Borrowed`."""
    parameters = function.field("parameters")
    for parameter in children(parameters, "parameter") if parameters is not None else ():
        name, kind = parameter.field("pattern"), parameter.field("type")
        if name is not None and kind is not None and kind.text().rpartition("::")[2].startswith("Borrowed<"):
            yield name.text()


def cast_name(match: Match) -> Edits:
    """Write `cast` for `downcast` in a name, and `Cast` for `Downcast`."""
    name = match.node.text()
    return [(*match.span, name.replace("downcast", "cast", 1).replace("Downcast", "Cast", 1))]


def convert_collected(match: Match) -> Edits:
    """Convert the errors of the items that are collected."""
    function = match.node.field("function")
    access = function.field("function") or function if function is not None else None
    mapping = access.field("value") if access is not None else None
    arguments = mapping.field("arguments") if mapping is not None and calls_any(mapping, {"map"}) else None
    closure = next(children(arguments, "closure_expression"), None) if arguments is not None else None
    values = returned_values(closure) if closure is not None else []
    if not values or any(value.kind() != "call_expression" or not calls_any(value, {"extract"}) for value in values):
        raise Undecided
    ends = [match.region.span(value)[1] for value in values]
    return [(end, end, ".map_err(Into::into)") for end in ends]


def convert_error(match: Match) -> Edits:
    """Convert the error of a call to the one that is wanted."""
    _, end = match.span
    return [(end, end, ".map_err(Into::into)")]
