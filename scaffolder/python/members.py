"""The members of an enum, with the values that the source shows."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaffolder.python.annotations import last_part

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Members:
    """The members of an enum.

    Attributes:
        values: Their values by their names, which are all `str` or all `int` unless there is a problem.
        duplicates: Other names of a member, with the name that it has first.
        problem: Why the values are unknown, to follow the class's name.
    """

    values: dict[str, str | int] = field(default_factory=dict)
    duplicates: dict[str, str] = field(default_factory=dict)
    problem: str = ""


class UnknownValueError(Exception):
    """A value that the source does not show."""


def read_members(node: ast.ClassDef) -> Members:
    """Read the members of an enum.

    Args:
        node: The class.
    """
    members = Members()
    values: dict[str, object] = {}
    try:
        for name, value in _assignments(node):
            values[name] = _value(node, name, value, values)
    except UnknownValueError as error:
        members.problem = str(error)
        return members
    if {type(value) for value in values.values()} not in ({str}, {int}, set()):
        members.problem = "has values that are neither all `str` nor all `int`"
        return members
    first: dict[object, str] = {}
    for name, constant in values.items():
        if first.setdefault(constant, name) != name:
            members.duplicates[name] = first[constant]
        elif isinstance(constant, (str, int)):
            members.values[name] = constant
    return members


def _assignments(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Return the names that an enum assigns, except those special to `enum`."""
    for statement in node.body:
        match statement:
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                pairs: list[tuple[ast.expr, ast.expr]] = [(target, value)]
            case ast.Assign():
                pairs = [pair for target in statement.targets for pair in _unpack(target, statement.value)]
            case _:
                continue
        for left, right in pairs:
            if isinstance(left, ast.Name) and not left.id.startswith("_"):
                yield left.id, right


def _unpack(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Yield the names and values of `A, B = 1, 2`."""
    if isinstance(target, ast.Tuple) and isinstance(value, (ast.Tuple, ast.List)):
        return list(zip(target.elts, value.elts, strict=False))
    return [(target, value)]


def _value(node: ast.ClassDef, name: str, value: ast.expr, before: dict[str, object]) -> object:
    if isinstance(value, ast.Name) and value.id in before:
        return before[value.id]
    if isinstance(value, ast.Call) and last_part(value.func) == "auto":
        return _automatic(node, name, list(before.values()))
    try:
        literal: object = ast.literal_eval(value)
    except (ValueError, TypeError, RecursionError, MemoryError):
        raise UnknownValueError(f"has a member `{name}` whose value is not a literal") from None
    bases = {last_part(base) for base in node.bases}
    if "str" in bases and not isinstance(literal, str):
        raise UnknownValueError(f"is a `str`, but the value of `{name}` is not")
    if bases & {"int", "IntEnum"} and not isinstance(literal, int):
        raise UnknownValueError(f"is an `int`, but the value of `{name}` is not")
    return literal


def _automatic(node: ast.ClassDef, name: str, before: list[object]) -> object:
    """Return the value of `auto()`."""
    bases = {last_part(base) for base in node.bases}
    own = any(isinstance(item, ast.FunctionDef) and item.name == "_generate_next_value_" for item in node.body)
    if "StrEnum" in bases and not own:
        return name.lower()
    numbers = [value for value in before if isinstance(value, int)]
    if own or not bases & {"Enum", "IntEnum"} or "str" in bases or len(numbers) < len(before):
        raise UnknownValueError(f"has a member `{name}` whose `auto()` value the source does not show")
    # Where the last value is not the largest, Python's versions count on from different ones.
    if numbers and numbers[-1] != max(numbers):
        raise UnknownValueError(f"has a member `{name}` whose `auto()` depends on the version of Python")
    return numbers[-1] + 1 if numbers else 1
