"""Python annotations as Rust types."""

from __future__ import annotations

import ast
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from scaffolder.errors import UsageError
from scaffolder.tools.type_converter.enums import literal_enum, union_enum
from scaffolder.tools.type_converter.known_types import ALIASES, ANY, BARE, KEPT, NAIVE, SIMPLE, WRAPPERS
from scaffolder.tools.type_converter.model import ELEMENTS, RustCode, RustType, optional

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

EXAMPLE = "try `dict[str, list[float]]`"


@dataclass
class Annotations:
    """Turns annotations into Rust types, and writes the enums that they need.

    Args:
        code: Where enums, rows and notes go.
        classes: Types that the file defines, by name.
        aliases: What other names of the file stand for.
        variables: Names of the file that stand for any type.
    """

    code: RustCode
    classes: dict[str, RustType] = field(default_factory=dict)
    aliases: Mapping[str, ast.expr] = field(default_factory=dict)
    variables: frozenset[str] = frozenset()
    _open: list[str] = field(default_factory=list)

    def parse(self, text: str) -> RustType:
        """Convert an annotation given as text.

        Raises:
            UsageError: It is no annotation, or has no Rust type.
        """
        return self.convert(parsed(text))

    def convert(self, node: ast.expr, hint: str = "") -> RustType:
        """Convert an annotation.

        Args:
            node: The annotation.
            hint: A name for an enum that it may need.

        Raises:
            UsageError: It has no Rust type.
        """
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self.convert(parsed(node.value), hint)
        if isinstance(node, ast.Constant) and node.value is None:
            raise UsageError(
                "PyO3 takes no `None` alone; as a result it is `()`", "write `T | None` for what may be missing"
            )
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self.code.use(self._union(node, hint))
        if isinstance(node, ast.Subscript):
            return self.code.use(self._generic(last(node.value), arguments_of(node), node, hint))
        return self.code.use(self._named(last(node), node, hint))

    def _named(self, name: str, node: ast.expr, hint: str = "") -> RustType:
        """Convert a name."""
        if name in self.classes:
            return self.classes[name]
        if name in self.aliases:
            with self._inside(name):
                return self.convert(self.aliases[name], hint)
        if found := self._kept(name):
            return found
        plain = ALIASES.get(name, name)
        if plain in BARE:
            raise UsageError(f"`{ast.unparse(node)}` does not say what it holds", f"write `{BARE[plain]}`, say")
        if found := SIMPLE.get(plain):
            return found
        left = next((note for note in self.code.notes if note.startswith(f"`{name}` is left out: ")), None)
        raise UsageError(
            left or f"`{ast.unparse(node)}` has no Rust type that this tool knows",
            "define it in the same file, or use `object` to keep the Python object",
        )

    def _kept(self, name: str) -> RustType | None:
        """Return the type of what stays a Python object, with a note; nothing if it does not."""
        if name in self.variables:
            self.code.notes[f"`{name}` may be any type, so its values stay Python objects"] = None
        elif name in KEPT:
            self.code.notes[f"`{name}` stays a Python object: {KEPT[name]}"] = None
        else:
            return None
        return replace(ANY, python=name)

    def _generic(self, name: str, arguments: Sequence[ast.expr], node: ast.Subscript, hint: str) -> RustType:
        """Convert a type with parameters."""
        if name in WRAPPERS and arguments:
            return self.convert(arguments[0], hint)
        if name in {"Optional", "Union"}:
            return self._union(node, hint)
        if name == "Literal":
            return self._literal(arguments, node, hint)
        if name in KEPT or name in self.classes:
            return self._named(name, node)
        build: Mapping[str, Callable[[Sequence[ast.expr], str], RustType]] = {
            "list": self._list, "set": self._set, "frozenset": self._frozenset, "dict": self._dict,
            "tuple": self._tuple,
        }  # fmt: skip
        plain = ALIASES.get(name, name)
        if plain not in build:
            raise UsageError(f"`{ast.unparse(node)}` has no Rust type that this tool knows", "use `object`")
        return replace(build[plain](arguments, hint), python=ast.unparse(node))

    def _literal(self, arguments: Sequence[ast.expr], node: ast.expr, hint: str) -> RustType:
        """Convert a `Literal`; `None` among its values makes it optional."""
        try:
            values = list(dict.fromkeys(ast.literal_eval(argument) for argument in arguments))
        except (ValueError, TypeError) as error:
            raise UsageError(
                f"`{ast.unparse(node)}` has a value that is neither a text nor a number", "use `object`"
            ) from error
        some = [value for value in values if value is not None]
        if not some:
            raise UsageError(f"`{ast.unparse(node)}` has no value besides `None`", "write `Literal['a', 'b']`, say")
        found = literal_enum(self.code, some, hint)
        return found if len(some) == len(values) else optional(self.code.use(found), ast.unparse(node))

    def _list(self, arguments: Sequence[ast.expr], hint: str) -> RustType:
        [item] = self._all(arguments, 1, "list[int]", hint)
        return collection(f"Vec<{item.owned}>", item, rank=7)

    def _set(self, arguments: Sequence[ast.expr], hint: str) -> RustType:
        [item] = self._all(arguments, 1, "set[int]", hint)
        return collection(f"HashSet<{key(item).owned}>", item, rank=7)

    def _frozenset(self, arguments: Sequence[ast.expr], hint: str) -> RustType:
        self.code.notes["a `frozenset` comes back as a `set`"] = None
        return self._set(arguments, hint)

    def _dict(self, arguments: Sequence[ast.expr], hint: str) -> RustType:
        name, value = self._all(arguments, 2, "dict[str, int]", hint)
        found = collection(f"HashMap<{key(name).owned}, {value.owned}>", value, rank=7)
        return replace(found, features=name.features | value.features, crates=name.crates | value.crates)

    def _tuple(self, arguments: Sequence[ast.expr], hint: str) -> RustType:
        if len(arguments) == 2 and isinstance(arguments[1], ast.Constant) and arguments[1].value is ...:
            self.code.notes["a `tuple` of any length comes back as a `list`"] = None
            return self._list(arguments[:1], hint)
        if not 0 < len(arguments) <= 12:
            raise UsageError(f"PyO3 takes no tuple of {len(arguments)} elements, but 1 to 12", "use `object`")
        items = [self.convert(argument, hint) for argument in arguments]
        inside = ", ".join(item.owned for item in items) + ("," if len(items) == 1 else "")
        return RustType(
            "", f"({inside})", f"({inside})", cost=ELEMENTS, error="TypeError, ValueError",
            hashable=all(item.hashable for item in items), comparable=all(item.comparable for item in items), rank=6,
            holds=frozenset().union(*(item.holds for item in items)),
        )  # fmt: skip

    def _all(self, arguments: Sequence[ast.expr], count: int, example: str, hint: str) -> list[RustType]:
        """Convert the parameters of a collection."""
        if len(arguments) != count:
            name = example.partition("[")[0]
            number = f"{count} type{'s' if count > 1 else ''}"
            raise UsageError(f"`{name}` takes {number}, and got {len(arguments)}", f"write `{example}`, say")
        return [self.convert(argument, hint) for argument in arguments]

    def _union(self, node: ast.expr, hint: str) -> RustType:
        """Convert alternatives: `Option`, an enum, or both."""
        parts = list(self._members(node))
        python = " | ".join(dict.fromkeys(ast.unparse(part) for part in parts))
        some = [part for part in parts if not is_none(part)]
        if not some:
            return self.convert(parts[0] if parts else ast.Constant(None))
        kinds = self._distinguished([self.convert(part, hint) for part in some])
        missing = len(some) < len(parts) or any(kind.owned.startswith("Option<") for kind in kinds)
        kinds = [bare(kind) for kind in kinds]
        found = kinds[0] if len(kinds) == 1 else union_enum(self.code, kinds, hint)
        return optional(found, python) if missing else replace(found, python=python)

    def _distinguished(self, kinds: Sequence[RustType]) -> list[RustType]:
        """Return alternatives once each, and with what keeps their values apart."""
        found = {kind.owned: kind for kind in kinds}
        if {"i64", "f64"} <= found.keys():
            self.code.notes["an `int` outside 64 bits becomes a `float` here"] = None
        if {SIMPLE["datetime"].owned, SIMPLE["date"].owned} <= found.keys():
            found[NAIVE.owned] = NAIVE
            self.code.notes[
                "a `datetime` with another time zone than UTC is taken for a `date` here, and loses its time"
            ] = None
        return list(found.values())

    def _members(self, node: ast.expr) -> Iterator[ast.expr]:
        """Return the alternatives of a union, those of unions inside it included."""
        name = last(node.value) if isinstance(node, ast.Subscript) else node.id if isinstance(node, ast.Name) else ""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            inside = [node.left, node.right]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            inside = [parsed(node.value)]
        elif isinstance(node, ast.Subscript) and name == "Optional" and len(arguments_of(node)) != 1:
            raise UsageError(f"`Optional` takes 1 type, and got {len(arguments_of(node))}", "write `int | str | None`")
        elif isinstance(node, ast.Subscript) and name in {"Optional", "Union"}:
            inside = [*arguments_of(node), *([ast.Constant(None)] if name == "Optional" else [])]
        elif name in self.aliases and name not in self.classes and self._united(self.aliases[name]):
            with self._inside(name):
                yield from self._members(self.aliases[name])
            return
        else:
            yield node
            return
        for each in inside:
            yield from self._members(each)

    def _united(self, node: ast.expr) -> bool:
        """Whether what a name stands for is a union, or another name that may be one."""
        if isinstance(node, ast.Subscript):
            return last(node.value) in {"Optional", "Union"}
        other = isinstance(node, ast.Name) and node.id in self.aliases
        return other or isinstance(node, (ast.BinOp, ast.Constant))

    @contextmanager
    def _inside(self, name: str) -> Iterator[None]:
        """Refuse a name that stands for something with itself inside."""
        if name in self._open:
            raise UsageError(f"`{name}` stands for a type with `{name}` inside", "use `object`, or write a class")
        self._open.append(name)
        yield
        self._open.pop()


def parsed(text: str) -> ast.expr:
    """Parse an annotation.

    Raises:
        UsageError: It is none.
    """
    shown = text if len(text) < 80 else f"{text[:80]}..."
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise UsageError(f"`{shown}` is no annotation: {error.msg}", EXAMPLE) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"`{shown}` is no annotation that can be read", EXAMPLE) from error


def arguments_of(node: ast.Subscript) -> list[ast.expr]:
    """Return the parameters of a type."""
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def is_none(node: ast.expr) -> bool:
    """Whether it is `None`."""
    return isinstance(node, ast.Constant) and node.value is None


def bare(found: RustType) -> RustType:
    """Return a type without the `Option` around it."""
    if not found.owned.startswith("Option<"):
        return found
    return replace(found, owned=found.owned[7:-1], argument=found.argument[7:-1])


def collection(owned: str, item: RustType, *, rank: int) -> RustType:
    """Make the entry of a collection."""
    return RustType(
        "", owned, owned, cost=ELEMENTS, error=item.error, comparable=item.comparable, features=item.features,
        crates=item.crates, rank=rank,
    )  # fmt: skip


def key(found: RustType) -> RustType:
    """Refuse what can't be a key."""
    if not found.hashable:
        raise UsageError(
            f"`{found.python}` can't be a key or an element of a set: "
            f"`{found.owned}` has no hash in Rust, or none once it is back in Python",
            "use a list of tuples instead",
        )
    return found


def last(node: ast.expr) -> str:
    """Return the last part of a dotted name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    raise UsageError(f"`{ast.unparse(node)}` is no annotation", EXAMPLE)
