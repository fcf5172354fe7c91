"""Python annotations as data: names with their modules, flat unions, and qualifiers kept apart."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scaffolder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Deeper than any type that a person writes, and well within Python's own limit.
DEPTH = 40
QUALIFIERS = {"Required", "NotRequired", "ReadOnly", "Annotated", "ClassVar", "InitVar", "Final"}
UNIONS = {"Optional", "Union"}


@dataclass(frozen=True)
class Annotation:
    """A type as Python writes it.

    Attributes:
        text: The source.
        name: The last part of its name: `Sequence`, `Union`, `Literal`, `None`; empty if it is not a type.
        module: The module that the file imports the name from; empty if it does not say.
        arguments: The parameters of a generic type, the alternatives of a union, or the types of the members in a
            `Literal`.
        values: The values of a `Literal`; of an `int` in a sample, the least and the greatest.
        qualifiers: What it says besides the type: `NotRequired`, `ClassVar`.
        problem: Why it is not a type, to follow its text: "is not valid Python".
    """

    text: str
    name: str = ""
    module: str = ""
    arguments: tuple[Annotation, ...] = ()
    values: tuple[object, ...] = ()
    qualifiers: frozenset[str] = frozenset()
    problem: str = ""


ANY = Annotation("Any", "Any")
NONE = Annotation("None", "None")


def parse_annotation(text: str) -> Annotation:
    """Parse an annotation given as text.

    Raises:
        UsageError: It is not valid Python, or not a type.
    """
    annotation = _parse(text, {}, 0)
    if annotation.problem:
        shown = text if len(text) < 80 else f"{text[:80]}..."
        raise UsageError(f"`{shown}` {annotation.problem}", "try `dict[str, list[float]]`")
    return annotation


def read_annotation(node: ast.expr, imports: Mapping[str, str], depth: int = 0) -> Annotation:
    """Read an annotation; one that is not a type has a `problem`.

    Args:
        node: Its code.
        imports: The full names of what the file imports, by the names it uses.
        depth: How deeply it is nested.
    """
    match node:
        case _ if depth > DEPTH:
            annotation = Annotation("...", problem="is nested too deeply")
        case ast.Constant(value=None):
            annotation = NONE
        case ast.Constant(value=str(text)):
            annotation = _parse(text, imports, depth + 1)
        case ast.BinOp(op=ast.BitOr()):
            annotation = unite([read_annotation(part, imports, depth + 1) for part in _alternatives(node)])
        case ast.Subscript():
            annotation = _read_generic(node, imports, depth + 1)
        case ast.Name() | ast.Attribute():
            annotation = _read_name(node, imports)
        case ast.Call():
            # What a call returns may be a type: `conint(gt=0)` and `conlist(str)` of pydantic.
            inner = node.args if last_part(node.func) in {"conlist", "conset"} else []
            arguments = tuple(read_annotation(argument, imports, depth + 1) for argument in inner)
            generic = read_annotation(node.func, imports, depth + 1)
            annotation = replace(generic, text=source_of(node), arguments=arguments)
        case _:
            annotation = Annotation(source_of(node), problem="is not a valid type annotation")
    return annotation


def last_part(node: ast.expr) -> str:
    """Return the last part of a dotted name, without parameters; empty if it is not a name."""
    node = node.value if isinstance(node, ast.Subscript) else node
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def full_name(node: ast.expr, imports: Mapping[str, str]) -> str:
    """Return a dotted name with its module, if the file's imports show it."""
    text = source_of(node.value if isinstance(node, ast.Subscript) else node)
    first, dot, rest = text.partition(".")
    return f"{imports.get(first, first)}{dot}{rest}"


def source_of(node: ast.AST) -> str:
    """Return a node's source; an ellipsis if it is nested too deeply."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return "..."


def arguments_of(node: ast.Subscript) -> list[ast.expr]:
    """Return the arguments of a generic type."""
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def _parse(text: str, imports: Mapping[str, str], depth: int) -> Annotation:
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        return Annotation(text, problem=f"is not a valid type annotation: {error.msg}")
    except (ValueError, RecursionError, MemoryError):
        return Annotation(text, problem="is not a valid type annotation: it is nested too deeply")
    return read_annotation(node, imports, depth)


def _alternatives(node: ast.expr) -> Iterator[ast.expr]:
    """Return the parts of `A | B | C`; there may be thousands."""
    parts = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        parts.append(node.right)
        node = node.left
    return reversed([*parts, node])


def unite(parts: Sequence[Annotation]) -> Annotation:
    """Return a flat union with each alternative once."""
    flat = [part for outer in parts for part in (outer.arguments if outer.name == "Union" else [outer])]
    flat = list(dict.fromkeys(flat))
    if len(flat) == 1:
        return flat[0]
    return Annotation(" | ".join(part.text for part in flat), "Union", arguments=tuple(flat))


def _read_name(node: ast.expr, imports: Mapping[str, str]) -> Annotation:
    text, name = source_of(node), last_part(node)
    if name in QUALIFIERS:
        return replace(ANY, qualifiers=frozenset({name}))
    # A name without an import may come from anywhere, unless it is one of several parts.
    has_module = text != name or name in imports
    return Annotation(text, name, full_name(node, imports).rpartition(".")[0] if has_module else "")


def _read_generic(node: ast.Subscript, imports: Mapping[str, str], depth: int) -> Annotation:
    name, nodes = last_part(node.value), arguments_of(node)
    if name == "Literal":
        return _read_literal(nodes, source_of(node), imports)
    if name in QUALIFIERS and nodes:
        inner = read_annotation(nodes[0], imports, depth)
        return replace(inner, qualifiers=inner.qualifiers | {name})
    arguments = tuple(read_annotation(argument, imports, depth) for argument in nodes)
    if name in UNIONS:
        if not arguments or (name == "Optional" and len(arguments) != 1):
            return Annotation(source_of(node), problem=f"gives `{name}` {len(arguments)} types")
        return unite([*arguments, *([NONE] if name == "Optional" else [])])
    return replace(read_annotation(node.value, imports, depth), text=source_of(node), arguments=arguments)


def _read_literal(nodes: Sequence[ast.expr], text: str, imports: Mapping[str, str]) -> Annotation:
    """Read the values of a `Literal`; its members of enums count by their class."""
    owners = [_read_name(node.value, imports) for node in nodes if isinstance(node, ast.Attribute)]
    try:
        values = [ast.literal_eval(node) for node in nodes if not isinstance(node, ast.Attribute)]
        values = list({(type(value), value): value for value in values}.values())
    except (ValueError, TypeError, RecursionError, MemoryError):
        return Annotation(text, problem="has a value that is not a literal")
    return Annotation(text, "Literal", arguments=tuple(dict.fromkeys(owners)), values=tuple(values))
