"""A JSON sample as Rust types: what its objects have in common becomes a struct."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from conversion.annotations import SIMPLE, collection
from conversion.enums import free, pascal, union_enum
from conversion.model import RustCode, RustType
from conversion.python_source import Field, rust_name, struct
from scaffolder.errors import UsageError

LARGEST = 2**63


def convert_sample(text: str, name: str, path: str = "input") -> RustCode:
    """Convert a JSON sample.

    Args:
        text: The sample.
        name: What the type of the whole is called.
        path: What it is called in messages.

    Raises:
        UsageError: It is no JSON, or has neither objects nor a list of them.
    """
    try:
        sample = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"`{path}` is no JSON: {error.msg} in line {error.lineno}") from error
    code = RustCode()
    found = convert_values([sample], pascal(name), code)
    if not code.items:
        raise UsageError(f"`{path}` has no object, so it needs no type: it is `{found.owned}`")
    code.notes[f"the whole is `{found.owned}`; a field that is missing or null anywhere became an `Option`"] = None
    return code


def convert_values(values: list[Any], name: str, code: RustCode) -> RustType:
    """Return one type for all the values seen in a place.

    Args:
        values: What was seen.
        name: A name for a struct or enum.
        code: Where they go.
    """
    some = [value for value in values if value is not None]
    by_kind = {kind: [value for value in some if type(value) is kind] for kind in (bool, int, float, str, list, dict)}
    kinds = [convert_kind(kind, same, name, code) for kind, same in by_kind.items() if same]
    # Whole numbers among fractions are fractions that happen to be whole.
    if any(kind.owned == "f64" for kind in kinds):
        kinds = [kind for kind in kinds if kind.owned != "i64"]
    if not kinds:
        code.notes[f"`{name}` is always null or empty, so it stays a Python object"] = None
        return code.use(SIMPLE["Any"])
    found = kinds[0] if len(kinds) == 1 else union_enum(code, kinds, f"{name}Value")
    if len(some) < len(values):
        found = replace(found, owned=f"Option<{found.owned}>", argument=f"Option<{found.argument}>",
                        python=f"{found.python} | None")  # fmt: skip
    return code.use(found)


def convert_kind(kind: type, values: list[Any], name: str, code: RustCode) -> RustType:
    """Return the type of values that are all of one kind."""
    if kind is dict:
        return convert_objects(values, name, code)
    if kind is list:
        item = convert_values([item for value in values for item in value], singular(name), code)
        return replace(collection(f"Vec<{item.owned}>", item, rank=7), python=f"list[{item.python}]")
    if kind is int and any(not -LARGEST <= value < LARGEST for value in values):
        raise UsageError(f"`{name}` has a number that no 64 bits hold", "make it a string in the sample")
    return SIMPLE[kind.__name__]


def convert_objects(objects: list[dict[str, Any]], name: str, code: RustCode) -> RustType:
    """Write the struct of some objects, and return its type."""
    keys = list(dict.fromkeys(key for found in objects for key in found))
    if not keys:
        code.notes[f"`{name}` is an empty object, so it stays a Python object"] = None
        return SIMPLE["Any"]
    # The name is taken before the fields need theirs.
    name = free(code, name, f"{name}:{keys}")
    code.items[name] = ""
    fields = []
    for key in keys:
        values = [found.get(key) for found in objects]
        kind = convert_values(values, pascal(key), code)
        fields.append(Field(key, kind, optional=any(key not in found for found in objects)))
    names = [rust_name(field.name) for field in fields]
    if len(set(names)) < len(names):
        raise UsageError(f"`{name}` has keys that are one name in Rust: {', '.join(sorted(keys))}")
    code.items[name] = struct(name, fields, "An object of the sample.", items=True)
    comparable = all(field.kind.comparable for field in fields)
    return RustType(name, name, name, cost="one conversion a field", comparable=comparable, rank=6)


def singular(name: str) -> str:
    """Return the name of an element: `Orders` holds `Order`s."""
    return name[:-1] if name.endswith("s") and not name.endswith("ss") and len(name) > 3 else f"{name}Item"
