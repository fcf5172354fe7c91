"""Compare an object with a `typing.Protocol`; it runs in the object's Python, 3.10 or newer, and imports no package."""

from __future__ import annotations

import contextlib
import inspect
import types
import typing
from typing import Any


@typing.runtime_checkable
class Sample(typing.Protocol):
    """A protocol with one member of each kind."""

    field: int

    def method(self) -> None:
        """Do nothing."""


# What every protocol has, whatever its members are.
COMMON = (frozenset(vars(Sample)) | {"__init__", "__slots__"}) - {"field", "method"}


def compare_all(contract: Any, value: Any) -> dict[str, list[dict[str, str]]]:
    """Return the members of a protocol that are wrong in an object, and those that could not be verified."""
    problems, unverified = [], []
    for name in sorted(members(contract)):
        wrong, unknown = compare(contract, value, name)
        problems += [{"member": name, "reason": wrong}] if wrong else []
        unverified += [{"member": name, "reason": unknown}] if unknown else []
    return {"problems": problems, "unverified": unverified}


def members(contract: Any) -> set[str]:
    """Return the names of what a protocol requires."""
    bases = [base for base in contract.__mro__ if getattr(base, "_is_protocol", False)]
    own = [base for base in bases if base.__module__ != "typing"]
    return {name for base in own for name in (*vars(base), *hints_of(base))} - COMMON


def hints_of(contract: Any) -> dict[str, Any]:
    """Return the annotations of a class itself, evaluated where they can be."""
    try:
        return dict(inspect.get_annotations(contract, eval_str=True))
    except Exception:  # noqa: BLE001  (they are any code)
        with contextlib.suppress(Exception):
            return dict(inspect.get_annotations(contract))
    return {}


def compare(contract: Any, owner: Any, name: str) -> tuple[str | None, str | None]:
    """Return what is wrong with a member, and what could not be verified of it."""
    try:
        value = getattr(owner, name)
    except AttributeError:
        return "is missing", None
    declared = inspect.getattr_static(contract, name, None)
    if isinstance(declared, types.FunctionType | staticmethod | classmethod):
        return compare_calls(declared, value)
    expected = expected_type(contract, declared, name)
    if not isinstance(expected, type):
        return None, "its type is not verified"
    if not isinstance(value, expected):
        return f"is a `{type_name(value)}`, not `{expected.__name__}`", None
    return None, None


def expected_type(contract: Any, declared: Any, name: str) -> Any:
    """Return the type that a property or an annotation of a protocol has; anything else if it is not a plain class."""
    if isinstance(declared, property):
        try:
            return typing.get_type_hints(declared.fget).get("return")
        except Exception:  # noqa: BLE001
            return None
    return next((hints[name] for base in contract.__mro__ if name in (hints := hints_of(base))), None)


def compare_calls(declared: Any, value: Any) -> tuple[str | None, str | None]:
    """Try whether a method takes every call that the contract allows, without calling it."""
    if not callable(value):
        return f"is a `{type_name(value)}`, not a method", None
    try:
        signature = inspect.signature(value)
    except (ValueError, TypeError):
        return None, "its signature can't be read"
    for arguments, keywords in calls(declared):
        try:
            signature.bind(*arguments, **keywords)
        except TypeError as error:
            return f"does not take the calls of the contract: {error}", None
    return None, None


def calls(declared: Any) -> list[tuple[list[str], dict[str, str]]]:
    """Return the extreme calls that a method of a protocol allows: the shortest, the longest, and by keywords."""
    function = getattr(declared, "__func__", declared)
    parameters = list(inspect.signature(function).parameters.values())
    parameters = parameters if isinstance(declared, staticmethod) else parameters[1:]
    kinds = inspect.Parameter
    only = [item.name for item in parameters if item.kind is kinds.POSITIONAL_ONLY]
    either = [item for item in parameters if item.kind is kinds.POSITIONAL_OR_KEYWORD]
    required = [item.name for item in parameters if item.kind is not kinds.KEYWORD_ONLY and is_required(item)]
    keywords = {item.name: item.name for item in parameters if item.kind is kinds.KEYWORD_ONLY}
    least = {item.name: item.name for item in parameters if item.kind is kinds.KEYWORD_ONLY and is_required(item)}
    rest = ["rest"] if any(item.kind is kinds.VAR_POSITIONAL for item in parameters) else []
    further = {"further": "further"} if any(item.kind is kinds.VAR_KEYWORD for item in parameters) else {}
    longest = [*only, *(item.name for item in either), *rest]
    return [
        (required, least),
        (longest, keywords | further),
        (only, {item.name: item.name for item in either} | keywords),
    ]


def is_required(parameter: inspect.Parameter) -> bool:
    """Whether every call has this argument."""
    kinds = inspect.Parameter
    return parameter.default is kinds.empty and parameter.kind not in {kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD}


def type_name(value: Any) -> str:
    """Return the full name of the type of a value."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
