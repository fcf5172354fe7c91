"""Find the Python classes in Rust source that keep Python objects alive, and those that extend another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.rust.items import Enum, Function, Impl, MacroCall, RustFile, Struct, items_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tree_sitter import Node

    from scaffolder.rust.items import Field

# Objects that may refer to any other: text, bytes and numbers can't.
ANY_OBJECT = re.compile(
    r"\bPyObject\b|\bPy\s*<\s*(?:\w+\s*::\s*)*Py(?:Any|Dict|List|Set|Tuple|Function|Iterator|Mapping|Sequence)\b"
)
# A function's arguments and results are in its type, and not in its value.
CALLABLE = re.compile(r"\b(?:fn|Fn|FnMut|FnOnce)\s*\(")


@dataclass(frozen=True)
class PythonClass:
    """A `#[pyclass]` with fields that hold Python objects.

    Attributes:
        name: Its name in Rust.
        path: The file.
        line: Where it is, from 1.
        holders: The fields that hold arbitrary objects, as they are written.
    """

    name: str
    path: Path
    line: int
    holders: tuple[str, ...]


@dataclass(frozen=True)
class DerivedClass:
    """A `#[pyclass]` with `extends`.

    Attributes:
        name: Its name in Rust.
        path: The file.
        line: Where it is, from 1.
        base: The last part of its base's path: `PyOSError`.
    """

    name: str
    path: Path
    line: int
    base: str


@dataclass(frozen=True)
class Classes:
    """What a file says about Python classes.

    Attributes:
        holding: The classes that hold arbitrary objects.
        derived: The classes that extend another.
        traversed: The types with a `__traverse__`.
        macros: The words in macro calls: what a macro writes for a class is not visible.
    """

    holding: tuple[PythonClass, ...] = ()
    derived: tuple[DerivedClass, ...] = ()
    traversed: frozenset[str] = frozenset()
    macros: frozenset[str] = frozenset()


def read_classes(path: Path, root: Node) -> Classes:
    """Read a Rust file.

    Args:
        path: The file.
        root: What is in it.
    """
    items = tuple(RustFile(items_in(root)).walk())
    calls = (item.arguments for item in items if isinstance(item, MacroCall))
    return Classes(
        holding=tuple(_holding(path, items)),
        derived=tuple(_derived(path, items)),
        traversed=frozenset(item.name for item in items if isinstance(item, Impl) and _traverses(item)),
        macros=frozenset(word for arguments in calls for word in re.findall(r"\w+", arguments)),
    )


def _holding(path: Path, items: tuple[object, ...]) -> Iterator[PythonClass]:
    for item in items:
        if isinstance(item, (Struct, Enum)) and item.attribute("pyclass"):
            fields = item.fields if isinstance(item, Struct) else _fields(item)
            if holders := tuple(f"{field.name}: {field.type}" for field in fields if _holds(field)):
                yield PythonClass(item.name, path, item.line, holders)


def _derived(path: Path, items: tuple[object, ...]) -> Iterator[DerivedClass]:
    for item in items:
        if isinstance(item, Struct) and (attribute := item.attribute("pyclass")):
            base = attribute.setting("extends")
            if base:
                yield DerivedClass(item.name, path, item.line, base.rpartition("::")[2].strip())


def _fields(enum: Enum) -> Iterator[Field]:
    return (field for variant in enum.variants for field in variant.fields)


def _holds(field: Field) -> bool:
    return bool(ANY_OBJECT.search(field.type)) and not CALLABLE.search(field.type)


def _traverses(block: Impl) -> bool:
    return any(isinstance(item, Function) and item.name == "__traverse__" for item in block.items)
