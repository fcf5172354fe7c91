"""Rust types as Python annotations."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

INT = [
    "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "PyInt", "PyLong", "BigInt",
]  # fmt: skip
PLAIN = {
    **dict.fromkeys(INT, "int"),
    **dict.fromkeys(["f32", "f64", "PyFloat"], "float"),
    **dict.fromkeys(["bool", "PyBool"], "bool"),
    **dict.fromkeys(["str", "String", "char", "PyString", "PyBackedStr"], "str"),
    **dict.fromkeys(["PyBytes", "PyBackedBytes"], "bytes"),
    **dict.fromkeys(["PyNone"], "None"),
    **dict.fromkeys(["PyAny", "PyObject"], "Any"),
    "PyErr": "BaseException",
    **dict.fromkeys(["DateTime", "NaiveDateTime", "PyDateTime", "SystemTime"], "datetime.datetime"),
    **dict.fromkeys(["NaiveDate", "PyDate"], "datetime.date"),
    **dict.fromkeys(["NaiveTime", "PyTime"], "datetime.time"),
    **dict.fromkeys(["TimeDelta", "Duration", "PyDelta"], "datetime.timedelta"),
    "PyByteArray": "bytearray", "PyComplex": "complex", "Complex64": "complex", "PySlice": "slice",
    "PyList": "list[Any]", "PyDict": "dict[Any, Any]", "PyTuple": "tuple[Any, ...]", "PySet": "set[Any]",
    "PyFrozenSet": "frozenset[Any]", "PySequence": "Sequence[Any]", "PyMapping": "Mapping[Any, Any]",
    "PyIterator": "Iterator[Any]", "PyType": "type", "PyModule": "ModuleType", "PyFunction": "Callable[..., Any]",
    "PyCFunction": "Callable[..., Any]", "Decimal": "decimal.Decimal", "Uuid": "uuid.UUID", "Self": "Self",
}  # fmt: skip
# What only says who owns a value.
TRANSPARENT = {"Bound", "Borrowed", "Py", "PyRef", "PyRefMut", "Box", "Arc", "Rc", "Cow", "Result", "PyResult"}
LISTS = {"Vec", "VecDeque", "SmallVec"}
MAPS = {"HashMap", "BTreeMap", "IndexMap"}
SETS = {"HashSet", "BTreeSet", "IndexSet"}
IMPORTS = {
    "collections.abc": ["Callable", "Iterator", "Mapping", "Sequence"],
    "os": ["PathLike"],
    "pathlib": ["Path"],
    "types": ["ModuleType"],
    "typing": [
        "Any", "ClassVar", "Final", "Literal", "NotRequired", "Protocol", "Self", "TypeAlias", "TypedDict",
    ],
}  # fmt: skip
EXCEPTION = re.compile(r"Py(\w*(?:Error|Exception|Warning|Exit|Interrupt|StopIteration|StopAsyncIteration))")


@dataclass
class StubTypes:
    """Turns types into annotations, and remembers what is unknown.

    Attributes:
        names: Python's names of the file's own classes, by Rust's.
        aliases: What the file's other names stand for.
        data: What types that are converted by their fields are as an argument, and as a result.
        functions: The types of the first parameters of the file's functions, for `from_py_with`.
        unknown: Types that became `Any`.
        notes: What else a reader should know.
    """

    names: dict[str, str]
    aliases: dict[str, Node] = field(default_factory=dict)
    data: dict[str, tuple[str, str]] = field(default_factory=dict)
    functions: dict[str, Node] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def taken_by(self, name: str) -> str:
        """Return the annotation of what a function of the file takes."""
        found = self.functions.get(name.rpartition("::")[2])
        return self.argument(found) if found is not None else self._unknown(name)

    def base(self, name: str) -> str:
        """Return the base of a class, empty if it is not known."""
        name = name.rpartition("::")[2]
        if match := EXCEPTION.fullmatch(name):
            return match[1]
        found = self.names.get(name) or PLAIN.get(name, "")
        if not found or found == "Any":
            self.notes[f"`{name}` is not known here and is left out as a base"] = None
            return ""
        return found

    def argument(self, node: Node) -> str:
        """Return the annotation of an argument: what its type takes."""
        return self._convert(node, argument=True)

    def result(self, node: Node | None) -> str:
        """Return the annotation of a result or an attribute: what its type makes."""
        return "None" if node is None else self._convert(node, argument=False)

    def argument_or_result(self, nodes: Sequence[Node], *, argument: bool) -> str:
        """Return the annotation of a type without names for its fields: what the one field is, or a tuple."""
        inside = [self._convert(node, argument=argument) for node in nodes]
        return inside[0] if len(inside) == 1 else f"tuple[{', '.join(inside)}]"

    def _convert(self, node: Node, *, argument: bool) -> str:
        found = "Any"
        match node.type:
            case "primitive_type" | "type_identifier" | "scoped_type_identifier":
                found = self._named(last_name(node), argument=argument)
            case "generic_type":
                name = last_name(node.child_by_field_name("type"))
                found = self._generic(name, list(type_arguments(node)), argument=argument)
            case "unit_type":
                found = "None"
            case "tuple_type":
                inside = (self._convert(child, argument=argument) for child in node.named_children)
                found = f"tuple[{', '.join(inside)}]"
            case "array_type":
                found = self._list(node.child_by_field_name("element"), argument=argument)
            case "reference_type" if inner := node.child_by_field_name("type"):
                found = self._convert(inner, argument=argument)
            case _:
                found = self._unknown(content(node))
        return found

    def _named(self, name: str, *, argument: bool) -> str:
        if name in {"PathBuf", "Path", "OsString", "OsStr"}:
            return "str | PathLike[str]" if argument else ("Path" if name.startswith("Path") else "str")
        if name in self.data:
            return self.data[name][0 if argument else 1] or self._unknown(name)
        if name in self.aliases:
            return self._convert(self.aliases[name], argument=argument)
        return self.names.get(name) or PLAIN.get(name) or self._unknown(name)

    def _generic(self, name: str, inner: list[Node], *, argument: bool) -> str:
        """Convert a type with parameters."""
        if name == "Option" and inner:
            return optional(self._convert(inner[0], argument=argument))
        if name in TRANSPARENT and inner:
            return self._convert(inner[0], argument=argument)
        if name in LISTS and inner:
            return self._list(inner[0], argument=argument)
        if name in SETS and inner:
            return f"set[{self._convert(inner[0], argument=argument)}]"
        if name in MAPS and len(inner) > 1:
            both = ", ".join(self._convert(part, argument=argument) for part in inner[:2])
            return f"dict[{both}]"
        return self._named(name, argument=argument)

    def _list(self, inner: Node | None, *, argument: bool) -> str:
        """Convert a vector or a slice; those of bytes are `bytes`."""
        if inner is None:
            return "list[Any]"
        if content(inner) == "u8":
            return "bytes"
        return f"{'Sequence' if argument else 'list'}[{self._convert(inner, argument=argument)}]"

    def _unknown(self, name: str) -> str:
        self.unknown[name] = None
        return "Any"


def optional(annotation: str) -> str:
    """Return an annotation with `None` among what it takes, once."""
    return annotation if re.search(r"(^|\| )None$", annotation) else f"{annotation} | None"


def type_arguments(node: Node) -> Iterator[Node]:
    """Return the types among the parameters of a type, without lifetimes."""
    arguments = node.child_by_field_name("type_arguments")
    return (child for child in (arguments.named_children if arguments else ()) if child.type != "lifetime")


def last_name(node: Node | None) -> str:
    """Return the last part of a path."""
    return content(node).rpartition("::")[2].removeprefix("r#") if node else ""


def content(node: Node | None) -> str:
    """Return a node's text."""
    return node.text.decode() if node is not None and node.text is not None else ""
