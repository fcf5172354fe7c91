"""Python annotations as Rust types."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from scaffolder.python.annotations import ANY, DEPTH, NONE, Annotation, unite
from scaffolder.python.classes import PythonModule
from scaffolder.rust.names import is_text, variant_names
from scaffolder.tools.type_converter import known_types as known
from scaffolder.tools.type_converter.items import UnionEnum, ValueEnum, integer_type
from scaffolder.tools.type_converter.known_types import python_object, simple_type
from scaffolder.tools.type_converter.model import ELEMENTS, Needs, RustCode, RustType, all_needs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass
class Annotations:
    """Converts annotations to Rust types, and adds the enums that they need.

    Args:
        code: Where enums, rows and notes go.
        module: What the file defines.
        classes: The types of its classes, by name.
        problems: Why other classes have none.
    """

    code: RustCode
    module: PythonModule = field(default_factory=PythonModule)
    classes: dict[str, RustType] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def convert(self, annotation: Annotation, hint: str = "") -> RustType:
        """Convert an annotation; one without a Rust type stays a Python object, and the hint names enums."""
        return self.code.use(self._convert(annotation, hint))

    def _convert(self, annotation: Annotation, hint: str) -> RustType:
        name = annotation.name
        if annotation.problem or annotation == NONE:
            return python_object(annotation.text, annotation.problem or "alone has no type; a result of `()` is `None`")
        if name == "Union":
            return self._union(annotation, hint)
        if name == "Literal":
            return self._literal(annotation, hint)
        return self._convert_own(annotation, hint) or self._convert_known(annotation, hint)

    def _convert_own(self, annotation: Annotation, hint: str) -> RustType | None:
        """Convert a type that the file defines."""
        name, module = annotation.name, self.module
        if annotation.module or name in self.classes:
            return None if annotation.module else self.classes[name]
        target = module.aliases.get(name) or unite(module.variables.get(name, ()))
        if name in self.problems or (name in module.variables and not target.text):
            return python_object(name, self.problems.get(name, "may be any type"))
        if name in self._open or len(self._open) > DEPTH:
            return python_object(name, "is a type that contains itself")
        if not target.text:
            return None
        self._open.append(name)
        rust_type = self.convert(target, hint)
        self._open.pop()
        return rust_type

    def _convert_known(self, annotation: Annotation, hint: str) -> RustType:
        """Convert a built-in type, or one of another module."""
        if annotation.name == "int" and annotation.values:
            rust = integer_type(list(annotation.values))  # type: ignore[arg-type]
            return replace(known.INT, rust=rust) if rust else python_object("int", "does not fit in 128 bits here")
        if rust_type := simple_type(annotation):
            return rust_type
        if annotation.name in known.OBJECTS:
            return python_object(annotation.text, f"has no counterpart in Rust: {known.OBJECTS[annotation.name]}")
        build: Mapping[str, Callable[[Annotation, str], RustType]]
        build = {"list": self._list, "set": self._set, "frozenset": self._set, "dict": self._dict, "tuple": self._tuple}
        name = known.ALIASES.get(annotation.name, annotation.name)
        if name not in build or annotation.module not in known.TYPING:
            return python_object(annotation.text, "has no Rust type that this tool knows")
        return replace(build[name](annotation, hint), python=annotation.text)

    def _literal(self, annotation: Annotation, hint: str) -> RustType:
        """Convert a `Literal`; `None` among its values makes it optional."""
        values: list[Any] = [value for value in annotation.values if value is not None]
        rust_type = self._values(annotation, values, hint)
        if len(values) == len(annotation.values):
            return rust_type
        return replace(self.code.use(rust_type), optional=True, python=annotation.text)

    def _values(self, annotation: Annotation, values: list[Any], hint: str) -> RustType:
        """Return the type of some values: an enum, if they are all strings or all integers."""
        kinds = {type(value) for value in values}
        if not values and len(annotation.arguments) == 1:
            return self.convert(annotation.arguments[0], hint)
        if kinds == {bool} and not annotation.arguments:
            return known.SIMPLE["bool"]
        if kinds not in ({str}, {int}) or annotation.arguments:
            return python_object(annotation.text, "has values that are neither all `str` nor all `int`")
        if kinds == {int} and not integer_type(values):
            return python_object(annotation.text, "has a number that does not fit in 128 bits")
        if kinds == {str} and not all(map(is_text, values)):
            return python_object(ascii(annotation.text)[1:-1], "has a lone surrogate, which no Rust string can hold")
        python = f"Literal[{', '.join(map(repr, values))}]"
        return add_values(self.code, hint, {str(value): value for value in values}, python=python)

    def _list(self, annotation: Annotation, hint: str) -> RustType:
        if len(annotation.arguments) > 1:
            return python_object(annotation.text, f"has {len(annotation.arguments)} types, and a list takes one")
        item = self.convert((annotation.arguments or (ANY,))[0], hint)
        return collection(f"Vec<{item.owned}>", [item])

    def _set(self, annotation: Annotation, hint: str) -> RustType:
        if len(annotation.arguments) != 1:
            return python_object(annotation.text, "does not say what it holds")
        item = self.convert(annotation.arguments[0], hint)
        if not item.hashable:
            return python_object(annotation.text, unhashable(item))
        if annotation.name.lower() == "frozenset":
            self.code.note("a `frozenset` comes back as a `set`")
        return collection(f"HashSet<{item.owned}>", [item], "std::collections::HashSet")

    def _dict(self, annotation: Annotation, hint: str) -> RustType:
        if len(annotation.arguments) != 2:
            return python_object(annotation.text, "does not say what it holds: cast it to `PyDict`")
        key, value = (self.convert(argument, hint) for argument in annotation.arguments)
        if not key.hashable:
            return python_object(annotation.text, f"{unhashable(key)}: cast it to `PyDict`")
        if annotation.name.endswith("Mapping"):
            self.code.note("a mapping other than a `dict` is refused: the caller writes `dict(mapping)`")
        self.code.note(
            "a `dict` comes back sorted by its keys; a `HashMap` would change their order at each call, and "
            "`IndexMap` of the crate `indexmap` keeps the order of the argument"
        )
        path = "std::collections::BTreeMap"
        return collection(f"BTreeMap<{key.owned}, {value.owned}>", [value, key], path)

    def _tuple(self, annotation: Annotation, hint: str) -> RustType:
        arguments = annotation.arguments
        if len(arguments) == 2 and arguments[1].text in {"...", "Ellipsis"}:
            self.code.note("a `tuple` of any length comes back as a `list`")
            return self._list(replace(annotation, arguments=arguments[:1]), hint)
        if not 0 < len(arguments) <= 12:
            return python_object(annotation.text, "has no length from 1 to 12: cast it to `PyTuple`")
        items = [self.convert(argument, hint) for argument in arguments]
        inside = ", ".join(item.owned for item in items) + ("," if len(items) == 1 else "")
        return replace(
            collection(f"({inside})", items), raises="TypeError, ValueError", rank=6,
            hashable=all(item.hashable for item in items), holds=frozenset().union(*(item.holds for item in items)),
        )  # fmt: skip

    def _union(self, annotation: Annotation, hint: str) -> RustType:
        """Convert alternatives: `Option`, an enum, or both."""
        parts = self.module.alternatives(annotation)
        python = " | ".join(part.text for part in parts)
        types = [self.convert(part, hint) for part in parts if part != NONE]
        if not types:
            return self._convert(NONE, hint)
        missing = NONE in parts or any(rust_type.optional for rust_type in types)
        types = self._tell_apart([replace(rust_type, optional=False) for rust_type in types])
        if reason := ambiguity(types):
            return python_object(python, reason)
        rust_type = types[0] if len(types) == 1 else add_union(self.code, types, hint)
        return replace(rust_type, python=python, optional=missing)

    def _tell_apart(self, types: Sequence[RustType]) -> list[RustType]:
        """Return each alternative once, checked to be distinguishable."""
        by_rust = {rust_type.rust: rust_type for rust_type in types}
        objects = [rust_type for rust_type in types if rust_type.rust == known.PYTHON_OBJECT.rust]
        if objects:
            by_rust[known.PYTHON_OBJECT.rust] = replace(objects[0], needs=all_needs(objects))
        if {known.INT.rust, known.FLOAT.rust} <= by_rust.keys():
            self.code.note("an `int` outside 64 bits becomes a `float` here")
        if {known.SIMPLE["datetime"].rust, known.SIMPLE["date"].rust} <= by_rust.keys():
            by_rust[known.NAIVE.rust] = known.NAIVE
            self.code.note("a `datetime` in a time zone other than UTC becomes a `date` here, and loses its time")
        return list(by_rust.values())


def add_values(
    code: RustCode, hint: str, values: Mapping[str, str | int], *, python: str, is_member: bool = False
) -> RustType:
    """Add an enum of values by their Python names, and return its type; a class has reserved its name."""
    name = hint if is_member else code.unique_name(hint or "Choice", python)
    variants = dict(zip(variant_names(list(values)), values.values(), strict=True))
    code.items[name] = ValueEnum(name, variants, python, is_member)
    needs = Needs(items=frozenset({name}))
    return RustType(python, name, raises="TypeError, ValueError", hashable=True, rank=1, needs=needs)


def add_union(code: RustCode, alternatives: Sequence[RustType], hint: str) -> RustType:
    """Add an enum of distinct types, and return its type."""
    # Of two structs the one with more fields is tried first: it refuses objects of the other.
    ordered = sorted(alternatives, key=lambda kind: (kind.rank, -len(kind.shape or ())))
    variants = variant_names(
        [known.VARIANTS.get(kind.rust) or re.sub(r"<.*|.*::|\W", "", kind.rust) for kind in ordered]
    )
    python = " | ".join(kind.python for kind in ordered)
    name = code.unique_name(hint or "Or".join(variants), " | ".join(kind.owned for kind in ordered))
    code.items[name] = UnionEnum(name, dict(zip(variants, ordered, strict=True)), python)
    code.note(f"`{name}` tries its variants in this order: {', '.join(variants)}")
    needs = all_needs(ordered)
    return RustType(
        python, name, cost="up to one attempt a variant", rank=8,
        holds=frozenset().union(*(kind.holds for kind in ordered)),
        needs=replace(needs, items=needs.items | {name}, imports=frozenset()),
    )  # fmt: skip


def ambiguity(types: Sequence[RustType]) -> str:
    """Return why Rust can't distinguish some types; empty if it can."""
    names = {rust_type.rust for rust_type in types}
    shapes: dict[frozenset[str], str] = {}
    for rust_type in types:
        if clashes := rust_type.takes & names:
            return f"can't be told apart: `{rust_type.rust}` also takes what is meant for `{min(clashes)}`"
        if (
            rust_type.shape is not None
            and (twin := shapes.setdefault(rust_type.shape, rust_type.rust)) != rust_type.rust
        ):
            return f"can't be told apart: `{twin}` and `{rust_type.rust}` have the same fields"
    if known.BYTES.rust in names and any(name.startswith("Vec<") and name != known.BYTES.rust for name in names):
        return f"can't be told apart: `{known.BYTES.rust}` also takes lists of numbers"
    return ""


def collection(rust: str, items: Sequence[RustType], path: str = "") -> RustType:
    """Return the type of a collection, which raises what its first item raises, with the path of its `use`."""
    needs = all_needs(items)
    needs = replace(needs, imports=needs.imports | {path}) if path else needs
    return RustType(
        "", rust, cost=ELEMENTS, raises=items[0].raises if items[0].raises != "-" else "TypeError",
        comparable=all(item.comparable for item in items), rank=7, needs=needs,
    )  # fmt: skip


def unhashable(key: RustType) -> str:
    """Return why a type can't be a key."""
    return f"needs keys with a hash and an order, which `{key.rust}` does not have in Rust or in Python"
