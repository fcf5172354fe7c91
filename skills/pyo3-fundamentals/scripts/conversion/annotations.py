"""Python annotations as Rust types."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from conversion.enums import literal_enum, union_enum
from conversion.model import ELEMENTS, OVERFLOW, RustCode, RustType
from scaffolder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ANY = RustType("Any", "Py<PyAny>", "&Bound<'_, PyAny>", "kept", "constant", "-", comparable=False, rank=9)


def simple(python: str, owned: str, argument: str = "", **more: Any) -> RustType:
    """Make the entry of a type without parameters."""
    return RustType(python, owned, argument or owned, **more)


def by_crate(python: str, owned: str, feature: str, crate: str, **more: Any) -> RustType:
    """Make the entry of a type that a feature of pyo3 converts to one of a crate."""
    return simple(python, owned, features=frozenset({feature}), crates=frozenset({crate}), **more)


CHRONO = 'chrono = "0.4"'
# By the name at the end of the annotation; see the chapter "types" for what each takes besides.
SIMPLE: Mapping[str, RustType] = {
    entry.python.rpartition(".")[2]: entry
    for entry in (
        simple("bool", "bool", hashable=True, rank=0),
        simple("int", "i64", error=f"TypeError, {OVERFLOW}", hashable=True, rank=2),
        simple("float", "f64", rank=3),
        simple("str", "String", "&str", transfer="borrowed", hashable=True,
               error="TypeError, UnicodeEncodeError for lone surrogates"),
        simple("bytes", "Vec<u8>", "&[u8]", transfer="borrowed", hashable=True, rank=4),
        simple("pathlib.Path", "PathBuf", cost="linear", hashable=True, rank=6),
        by_crate("complex", "num_complex::Complex64", "num-complex", 'num-complex = "0.4"', rank=4),
        by_crate("decimal.Decimal", "rust_decimal::Decimal", "rust_decimal", 'rust_decimal = "1"', hashable=True,
                 error="ValueError", cost="linear", rank=8),
        by_crate("uuid.UUID", "uuid::Uuid", "uuid", 'uuid = "1"', hashable=True, rank=1),
        by_crate("datetime.datetime", "chrono::DateTime<chrono::Utc>", "chrono", CHRONO, hashable=True, rank=0,
                 error="TypeError, ValueError for another time zone than UTC"),
        by_crate("datetime.date", "chrono::NaiveDate", "chrono", CHRONO, hashable=True, rank=1),
        by_crate("datetime.time", "chrono::NaiveTime", "chrono", CHRONO, hashable=True, rank=1),
        by_crate("datetime.timedelta", "chrono::TimeDelta", "chrono", CHRONO, hashable=True, rank=1),
        ANY,
        replace(ANY, python="object"),
    )
}  # fmt: skip
ALIASES = {
    "List": "list", "Sequence": "list", "Dict": "dict", "Mapping": "dict", "Set": "set", "AbstractSet": "set",
    "FrozenSet": "frozenset", "Tuple": "tuple", "PurePath": "Path", "MutableSequence": "list",
    "MutableMapping": "dict", "Collection": "list", "MutableSet": "set",
}  # fmt: skip
KEPT = {"Callable": "a callable: call it by `call1`", "Iterable": "iterate over it by `try_iter`",
        "Iterator": "iterate over it by `try_iter`", "Generator": "iterate over it by `try_iter`",
        "type": "a class", "ndarray": "an array: see the crate `numpy` for borrowed access",
        "NDArray": "an array: see the crate `numpy` for borrowed access"}  # fmt: skip
WRAPPERS = {"Annotated", "Required", "NotRequired", "ReadOnly", "Final", "ClassVar"}


@dataclass
class Annotations:
    """Turns annotations into Rust types, and writes the enums that they need.

    Args:
        code: Where enums, rows and notes go.
        classes: Types that the file defines, by name.
    """

    code: RustCode
    classes: dict[str, RustType] = field(default_factory=dict)

    def parse(self, text: str) -> RustType:
        """Convert an annotation given as text.

        Raises:
            UsageError: It is no annotation, or has no Rust type.
        """
        try:
            return self.convert(ast.parse(text.strip(), mode="eval").body)
        except SyntaxError as error:
            raise UsageError(f"`{text}` is no annotation: {error.msg}", "try `dict[str, list[float]]`") from error

    def convert(self, node: ast.expr, hint: str = "") -> RustType:
        """Convert an annotation.

        Args:
            node: The annotation.
            hint: A name for an enum that it may need.

        Raises:
            UsageError: It has no Rust type.
        """
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self.parse(node.value)
        if isinstance(node, ast.Constant) and node.value is None:
            raise UsageError(
                "PyO3 takes no `None` alone; as a result it is `()`", "write `T | None` for what may be missing"
            )
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self.code.use(self._union([*members(node)], hint))
        if isinstance(node, ast.Subscript):
            arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return self.code.use(self._generic(last(node.value), arguments, node, hint))
        return self.code.use(self._named(last(node), node))

    def _named(self, name: str, node: ast.expr) -> RustType:
        """Convert a name."""
        if name in self.classes:
            return self.classes[name]
        if name in KEPT:
            self.code.notes[f"`{name}` stays a Python object: {KEPT[name]}"] = None
            return replace(ANY, python=name)
        if name in {"list", "dict", "set", "frozenset", "tuple"} | ALIASES.keys() - {"PurePath"}:
            raise UsageError(f"`{ast.unparse(node)}` does not say what it holds", f"write `{name}[int]`, say")
        if found := SIMPLE.get(ALIASES.get(name, name)):
            return found
        raise UsageError(
            f"`{ast.unparse(node)}` has no Rust type that this tool knows",
            "define it in the same file, or use `object` to keep the Python object",
        )

    def _generic(self, name: str, arguments: Sequence[ast.expr], node: ast.expr, hint: str) -> RustType:
        """Convert a type with parameters."""
        if name in WRAPPERS:
            return self.convert(arguments[0], hint)
        if name == "Optional":
            return self._union([*arguments, ast.Constant(None)], hint)
        if name == "Union":
            return self._union(arguments, hint)
        if name == "Literal":
            return literal_enum(self.code, [ast.literal_eval(argument) for argument in arguments], hint)
        if name in KEPT:
            return self._named(name, node)
        build: Mapping[str, Callable[[Sequence[ast.expr], str], RustType]] = {
            "list": self._list, "set": self._set, "frozenset": self._set, "dict": self._dict, "tuple": self._tuple,
        }  # fmt: skip
        plain = ALIASES.get(name, name)
        if plain not in build:
            raise UsageError(f"`{ast.unparse(node)}` has no Rust type that this tool knows", "use `object`")
        return replace(build[plain](arguments, hint), python=ast.unparse(node))

    def _list(self, arguments: Sequence[ast.expr], hint: str) -> RustType:
        [item] = self._all(arguments, 1, "list", hint)
        return collection(f"Vec<{item.owned}>", item, hashable=item.hashable, rank=7)

    def _set(self, arguments: Sequence[ast.expr], hint: str) -> RustType:
        [item] = self._all(arguments, 1, "set", hint)
        return collection(f"HashSet<{key(item).owned}>", item, rank=7)

    def _dict(self, arguments: Sequence[ast.expr], hint: str) -> RustType:
        name, value = self._all(arguments, 2, "dict", hint)
        found = collection(f"HashMap<{key(name).owned}, {value.owned}>", value, rank=7)
        return replace(found, features=name.features | value.features, crates=name.crates | value.crates)

    def _tuple(self, arguments: Sequence[ast.expr], hint: str) -> RustType:
        if len(arguments) == 2 and isinstance(arguments[1], ast.Constant) and arguments[1].value is ...:
            self.code.notes["a `tuple` of any length comes back as a `list`"] = None
            return self._list(arguments[:1], hint)
        if len(arguments) > 12:
            raise UsageError("a tuple has at most 12 elements in Rust", "use a dataclass")
        items = [self.convert(argument, hint) for argument in arguments]
        inside = ", ".join(item.owned for item in items) + ("," if len(items) == 1 else "")
        return RustType(
            "", f"({inside})", f"({inside})", cost=ELEMENTS, error="TypeError, ValueError for another length",
            hashable=all(item.hashable for item in items), comparable=all(item.comparable for item in items), rank=6,
        )  # fmt: skip

    def _all(self, arguments: Sequence[ast.expr], count: int, name: str, hint: str) -> list[RustType]:
        """Convert the parameters of a collection."""
        if len(arguments) != count:
            raise UsageError(f"`{name}` takes {count} types, and got {len(arguments)}")
        return [self.convert(argument, hint) for argument in arguments]

    def _union(self, parts: Sequence[ast.expr], hint: str) -> RustType:
        """Convert alternatives: `Option`, an enum, or both."""
        python = " | ".join(ast.unparse(part) for part in parts)
        some = [part for part in parts if not (isinstance(part, ast.Constant) and part.value is None)]
        kinds = [self.convert(part, hint) for part in some]
        kinds = list({kind.owned: kind for kind in kinds}.values())
        if not kinds:
            return self.convert(parts[0])
        found = kinds[0] if len(kinds) == 1 else union_enum(self.code, kinds, hint)
        if len(some) < len(parts):
            found = replace(found, owned=f"Option<{found.owned}>", argument=f"Option<{found.argument}>")
        return replace(found, python=python)


def collection(owned: str, item: RustType, *, rank: int, hashable: bool = False) -> RustType:
    """Make the entry of a collection."""
    return RustType(
        "", owned, owned, cost=ELEMENTS, error=item.error, hashable=hashable,
        comparable=item.comparable, features=item.features, crates=item.crates, rank=rank,
    )  # fmt: skip


def key(found: RustType) -> RustType:
    """Refuse what can't be a key."""
    if not found.hashable:
        raise UsageError(
            f"`{found.python}` can't be a key or an element of a set in Rust: `{found.owned}` has no hash",
            "use a list of tuples instead",
        )
    return found


def members(node: ast.expr) -> list[ast.expr]:
    """Return the alternatives of `a | b | c`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*members(node.left), *members(node.right)]
    return [node]


def last(node: ast.expr) -> str:
    """Return the last part of a dotted name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    raise UsageError(f"`{ast.unparse(node)}` is no annotation", "try `dict[str, list[float]]`")
