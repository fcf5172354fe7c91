"""The Python types with a Rust type, by the last part of their names."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.tools.type_converter.model import Needs, RustType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.python.annotations import Annotation

DATA = tomllib.loads(Path(__file__).with_name("known_types.toml").read_text(encoding="utf-8"))
CRATES: Mapping[str, str] = DATA["crates"]
ALIASES: Mapping[str, str] = DATA["aliases"]
VARIANTS: Mapping[str, str] = DATA["variants"]
OBJECTS: Mapping[str, str] = DATA["objects"]
# Where all these names come from, if a file says so; another module's `Path` is another class.
TYPING = {
    "", "builtins", "typing", "typing_extensions", "collections", "collections.abc", "pydantic", "pydantic.types",
    "pydantic.networks", "types", "re", "enum", "datetime", "numpy", "numpy.typing", "abc",
}  # fmt: skip
PYTHON_OBJECT = RustType(
    "object", "Py<PyAny>", "&Bound<'_, PyAny>", transfer="kept", raises="-", rank=9, comparable=False
)


def read_types() -> tuple[dict[str, RustType], dict[str, set[str]]]:
    """Return the types by name, and the modules that they come from."""
    types, modules = {}, {}
    for entry in DATA["types"]:
        module, _, last = entry["python"].rpartition(".")
        own = {"names", "modules", "crate", "import", "takes"}
        needs = Needs(
            crates=frozenset({entry["crate"]} if "crate" in entry else ()),
            imports=frozenset({entry["import"]} if "import" in entry else ()),
        )
        settings = {key: value for key, value in entry.items() if key not in own}
        for name in (last, *entry.get("names", ())):
            types[name] = RustType(**settings, takes=frozenset(entry.get("takes", ())), needs=needs)
            modules[name] = {"", module or "builtins", *entry.get("modules", ())}
    return types, modules


SIMPLE, MODULES = read_types()
INT, FLOAT, BYTES = SIMPLE["int"], SIMPLE["float"], SIMPLE["bytes"]
# Between the other two: it takes what `DateTime<Utc>` refuses, and `NaiveDate` would take without its time.
NAIVE = replace(
    SIMPLE["datetime"], python="datetime.datetime without a time zone", rust="chrono::NaiveDateTime", rank=0.5, note=""
)


def simple_type(annotation: Annotation) -> RustType | None:
    """Return the type of a name without parameters, if the file's imports agree."""
    name = ALIASES.get(annotation.name, annotation.name)
    if name in SIMPLE and (name != annotation.name or annotation.module in MODULES[name]):
        return replace(SIMPLE[name], python=annotation.text)
    if annotation.name in {"Any", "object"}:
        return replace(PYTHON_OBJECT, python=annotation.text)
    return None


def python_object(annotation: str, reason: str) -> RustType:
    """Return the type of a value that stays a Python object, with the reason."""
    reason = f"`{annotation}` {reason}"
    return replace(PYTHON_OBJECT, python=annotation, needs=Needs(reasons=frozenset({reason})))
