"""A JSON sample as Rust types: what its objects have in common becomes a struct."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from scaffolder.errors import UsageError
from scaffolder.tools.type_converter.annotations import collection
from scaffolder.tools.type_converter.enums import union_enum
from scaffolder.tools.type_converter.known_types import SIMPLE
from scaffolder.tools.type_converter.model import RustCode, RustType, optional
from scaffolder.tools.type_converter.rust_names import pascal
from scaffolder.tools.type_converter.structs import Field, struct

INTEGERS = {"i64": (-(2**63), 2**63), "u64": (0, 2**64), "i128": (-(2**127), 2**127)}
HINT = "name a file with a JSON object, or a list of them"


def convert_sample(text: str, name: str, path: str = "input") -> RustCode:
    """Convert a JSON sample.

    Args:
        text: The sample.
        name: What the type of the whole is called.
        path: What it is called in messages.

    Raises:
        UsageError: It is no JSON, or has neither objects nor a list of them.
    """
    code = RustCode()
    try:
        found = convert_values([parsed(text, path)], pascal(name), code)
    except RecursionError:
        raise UsageError(f"`{path}` has too many values inside each other", "cut the sample down") from None
    if not code.items:
        raise UsageError(f"`{path}` has no object, so it needs no type: it is `{found.owned}`", HINT)
    code.notes[
        f"the whole is `{found.owned}`; a field that is missing or null anywhere became an `Option`, "
        "and comes back with the value `None`"
    ] = None
    return code


def parsed(text: str, path: str) -> object:
    """Parse a sample.

    Raises:
        UsageError: It is no JSON, or a key is there twice in one object.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise UsageError(f"`{path}` has an object with two keys {twice!r}", "leave out one of them")
        return found

    if not text.strip():
        raise UsageError(f"`{path}` is empty", HINT)
    try:
        sample: object = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise UsageError(f"`{path}` is no JSON: {error.msg} in line {error.lineno}", HINT) from error
    except ValueError as error:
        raise UsageError(f"`{path}` has a number that is too long", "make it a string in the sample") from error
    return sample


def convert_values(values: list[Any], name: str, code: RustCode) -> RustType:
    """Return one type for all the values seen in a place.

    Args:
        values: What was seen.
        name: A name for a struct or enum.
        code: Where they go.
    """
    some = [value for value in values if value is not None]
    by_kind = {kind: [value for value in some if type(value) is kind] for kind in (bool, int, float, str, list, dict)}
    # Whole numbers among fractions are fractions that happen to be whole.
    if by_kind[float]:
        by_kind[int] = []
    kinds = [convert_kind(kind, same, name, code) for kind, same in by_kind.items() if same]
    if not kinds:
        code.notes[f"what would be `{name}` is always null or empty, so it stays a Python object"] = None
        return code.use(SIMPLE["Any"])
    found = kinds[0] if len(kinds) == 1 else union_enum(code, kinds, f"{name}Value")
    return code.use(optional(found) if len(some) < len(values) else found)


def convert_kind(kind: type, values: list[Any], name: str, code: RustCode) -> RustType:
    """Return the type of values that are all of one kind."""
    if kind is dict:
        return convert_objects(values, name, code)
    if kind is list:
        item = convert_values([item for value in values for item in value], singular(name), code)
        return replace(collection(f"Vec<{item.owned}>", item, rank=7), python=f"list[{item.python}]")
    return convert_integers(values, name) if kind is int else SIMPLE[kind.__name__]


def convert_integers(values: list[int], name: str) -> RustType:
    """Return the smallest type from 64 bits on that holds some whole numbers."""
    for owned, (low, high) in INTEGERS.items():
        if all(low <= value < high for value in values):
            return replace(SIMPLE["int"], owned=owned, argument=owned)
    raise UsageError(f"`{name}` has a number that no 128 bits hold", "make it a string in the sample")


def convert_objects(objects: list[dict[str, Any]], name: str, code: RustCode) -> RustType:
    """Write the struct of some objects, and return its type."""
    keys = list(dict.fromkeys(key for found in objects for key in found))
    if not keys:
        code.notes[f"`{name}` is an empty object, so it stays a Python object"] = None
        return SIMPLE["Any"]
    # The name is taken before the fields need theirs.
    taken = code.free(name, f"object {len(code.meanings)}")
    code.items[taken] = ""
    fields = [object_field(key, objects, code) for key in keys]
    meaning = f"object {name} {[(field.name, field.owned, field.optional) for field in fields]}"
    twin = next((other for other, each in code.meanings.items() if each == meaning), None)
    if twin:
        del code.items[taken], code.meanings[taken]
    else:
        code.meanings[taken] = meaning
        code.items[taken] = struct(taken, fields, "An object of the sample.", items=True)
    found = twin or taken
    comparable = all(field.kind.comparable for field in fields)
    return RustType(found, found, found, cost="one conversion a field", comparable=comparable, rank=6)


def object_field(key: str, objects: list[dict[str, Any]], code: RustCode) -> Field:
    """Convert one key of some objects."""
    kind = convert_values([found.get(key) for found in objects], pascal(key), code)
    return Field(key, kind, optional=any(key not in found for found in objects))


def singular(name: str) -> str:
    """Return the name of an element: `Orders` holds `Order`s."""
    return name[:-1] if name.endswith("s") and not name.endswith("ss") and len(name) > 3 else f"{name}Item"
