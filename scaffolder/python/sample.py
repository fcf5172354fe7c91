"""Turn a JSON sample into typed dictionaries: similar objects become one class."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from scaffolder.errors import UsageError
from scaffolder.python.annotations import DEPTH, NONE, Annotation, unite
from scaffolder.python.classes import Field, PythonClass, PythonModule
from scaffolder.rust.names import pascal

HINT = "name a file with a JSON object, or a list of them"


def read_sample(text: str, name: str, label: str) -> tuple[PythonModule, Annotation]:
    """Read a JSON sample, and return its classes and the type of the whole.

    Args:
        text: The sample.
        name: The name of the outermost class.
        label: The sample's name in messages.

    Raises:
        UsageError: It is not valid JSON, or has no object.
    """
    sample = _Sample()
    try:
        whole = sample.read_values([_parse(text, label)], pascal(name))
    except RecursionError:
        raise UsageError(f"`{label}` is nested too deeply", "shorten the sample") from None
    if not sample.classes:
        raise UsageError(f"`{label}` has no object, so it needs no type: it is `{whole.text}`", HINT)
    return PythonModule(classes={key: value for key, value in sample.classes.items() if value}), whole


def _parse(text: str, label: str) -> object:
    def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(pairs)
        if len(content) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise UsageError(f"`{label}` has an object with the key {twice!r} twice", "remove one of them")
        return content

    if not text.strip():
        raise UsageError(f"`{label}` is empty", HINT)
    try:
        sample: object = json.loads(text, object_pairs_hook=read_object)
    except json.JSONDecodeError as error:
        raise UsageError(f"`{label}` is not valid JSON: {error.msg} in line {error.lineno}", HINT) from error
    except ValueError as error:
        raise UsageError(f"`{label}` has a number that is too long", "make it a string in the sample") from error
    return sample


@dataclass
class _Sample:
    """The classes of a sample; none while a class's fields are being read."""

    classes: dict[str, PythonClass | None] = field(default_factory=dict)
    depth: int = 0

    def read_values(self, values: list[Any], name: str) -> Annotation:
        """Return one type for all values at a position.

        Args:
            values: The values.
            name: The name of a class for them, if they need one.
        """
        present = [value for value in values if value is not None]
        json_types = (bool, int, float, str, list, dict)
        kinds = {kind: [value for value in present if type(value) is kind] for kind in json_types}
        # Whole numbers among fractions are fractions that happen to be whole.
        if kinds[float]:
            kinds[int] = []
        self.depth += 1
        if self.depth > DEPTH:
            raise RecursionError
        types = [self._read_kind(kind, alike, name) for kind, alike in kinds.items() if alike]
        self.depth -= 1
        if not types:
            return Annotation(name, problem="is always null or empty in the sample")
        return unite([*types, *([NONE] if len(present) < len(values) else [])])

    def _read_kind(self, kind: type, values: list[Any], name: str) -> Annotation:
        """Return the type of values of one kind."""
        if kind is dict:
            return self._read_objects(values, name)
        if kind is list:
            item = self.read_values([item for value in values for item in value], _singular(name))
            return Annotation(f"list[{item.text}]", "list", arguments=(item,))
        limits = _limits(min(values), max(values)) if kind is int else ()
        return Annotation(kind.__name__, kind.__name__, values=limits)

    def _read_objects(self, objects: list[dict[str, Any]], name: str) -> Annotation:
        """Add a class for some objects, and return its type."""
        keys = list(dict.fromkeys(key for content in objects for key in content))
        if not keys:
            return Annotation(name, problem="is an empty object in the sample")
        unique, number = name, 2
        while unique in self.classes:
            unique, number = f"{name}{number}", number + 1
        # The name is taken before the fields need theirs.
        self.classes[unique] = None
        fields = tuple(self._read_key(key, objects) for key in keys)
        new_class = PythonClass(unique, "TypedDict", "An object of the sample.", fields)
        for twin, definition in self.classes.items():
            if twin.startswith(name) and definition and replace(definition, name=unique) == new_class:
                del self.classes[unique]
                return Annotation(twin, twin)
        self.classes[unique] = new_class
        return Annotation(unique, unique)

    def _read_key(self, key: str, objects: list[dict[str, Any]]) -> Field:
        present = [content[key] for content in objects if key in content]
        return Field(key, self.read_values(present, pascal(key)), required=len(present) == len(objects))


def _singular(name: str) -> str:
    """Return the name of an element: `Order` for `Orders`."""
    return name[:-1] if name.endswith("s") and not name.endswith("ss") and len(name) > 3 else f"{name}Item"


def _limits(low: int, high: int) -> tuple[int, ...]:
    """Return the limits of the smallest machine integer that holds two numbers; nothing if 64 bits suffice."""
    bits = max((~low).bit_length() if low < 0 else 0, high.bit_length() if high > 0 else 0)
    size = next((size for size in ((63, 127) if low < 0 else (63, 64, 127, 128)) if bits <= size), bits)
    return () if size == 63 else (-(2**size) if low < 0 else 0, 2**size - 1)
