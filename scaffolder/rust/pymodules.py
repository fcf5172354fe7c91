"""The Python modules of a crate as a tree: what each exports, and what is left out of all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from scaffolder.rust.crate_source import NAMING_MACROS, Place, Scope, is_test
from scaffolder.rust.imports import read_path
from scaffolder.rust.items import Enum, Function, Impl, MacroCall, Module, Struct
from scaffolder.rust.names import escape_keyword

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.rust.crate_source import CrateSource, SourceFile, Target
    from scaffolder.rust.items import Item

Kind = Literal["function", "class", "exception", "module", "value"]
PICKLING = {"__getnewargs__", "__getnewargs_ex__", "__getstate__"}
# They decide themselves what is pickled by name.
REDUCING = {"__reduce__", "__reduce_ex__"}
KINDS: dict[str, Kind] = {"pyfunction": "function", "pyclass": "class", "pymodule": "module"}


@dataclass(frozen=True)
class NativeItem:
    """What PyO3 makes a Python object of.

    Attributes:
        kind: A function, a class, an exception or a module.
        name: Its Python name; none if that is not written as a text.
        module: The module that it says to be in; none if it says nothing.
        place: The Rust item.
        is_conditional: Whether a `cfg` decides that it is there.
    """

    kind: Kind
    name: str | None
    module: str | None
    place: Place
    is_conditional: bool

    @property
    def rust_name(self) -> str:
        """Its Rust name."""
        item = self.place.item
        return item.arguments.split(",")[1].strip() if isinstance(item, MacroCall) else item.name

    @property
    def file(self) -> SourceFile:
        """The file that it is in."""
        return self.place.scope.file

    @property
    def line(self) -> int:
        """Where it is."""
        return self.place.item.line


@dataclass(frozen=True, kw_only=True)
class Export:
    """A name in a Python module.

    Attributes:
        name: The name; none if it is not known.
        kind: What it is.
        file: Where it is registered.
        line: The line of that.
        span: The bytes of the statement.
        item: What is registered, as far as its source is known.
        module: The module that is registered, as far as its source is known.
        is_conditional: Whether a `cfg` or an `if` decides about it.
        is_inside: Whether it is written inside of its declarative module, and so gets its `module` from that.
        variable: What the module is called where it is registered by a call.
    """

    name: str | None
    kind: Kind
    file: SourceFile
    line: int
    span: tuple[int, int]
    item: NativeItem | None = None
    module: NativeModuleTree | None = None
    is_conditional: bool = False
    is_inside: bool = False
    variable: str = ""


@dataclass(frozen=True)
class Opaque:
    """What a module is handed to, and which can't be read: a macro, or code of another crate."""

    file: SourceFile
    line: int
    text: str


@dataclass(eq=False)
class NativeModuleTree:
    """A Python module in Rust, with its exports.

    Attributes:
        name: Its Python name, without a package.
        rust_module: What PyO3 says is the `__module__` of the classes inside a declarative module.
        file: Where it is.
        line: The line of that.
        item: The `mod` or function that it is made from; none for one made by `PyModule::new`.
        scope: The scope of the code in it.
        exports: What it has, in order.
        opaque: What can't be read of it.
    """

    name: str
    rust_module: str
    file: SourceFile
    line: int
    item: Item | None
    scope: Scope
    exports: list[Export] = field(default_factory=list)
    opaque: list[Opaque] = field(default_factory=list)

    @property
    def is_declarative(self) -> bool:
        """Whether it is a `mod`."""
        return isinstance(self.item, Module)

    @property
    def is_known(self) -> bool:
        """Whether all its names are known."""
        return not self.opaque and all(export.name for export in self.exports)

    def walk(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], NativeModuleTree]]:
        """Yield it and the modules in it, each with its path."""
        path = (*path, self.name)
        yield path, self
        for export in self.exports:
            if export.module and len(path) < 20:
                yield from export.module.walk(path)


def native_item(target: Target | None) -> NativeItem | None:
    """Return what PyO3 makes of a Rust item; none if it makes nothing."""
    if isinstance(target, Scope):
        place = Place(target.parent, target.item) if target.parent and target.item else None
    else:
        place = target
    if place is None:
        return None
    item = place.item
    if isinstance(item, MacroCall) and item.name.rpartition("::")[2] == "create_exception":
        parts = [part.strip() for part in item.arguments.split(",")]
        if len(parts) < 2:
            return None
        return NativeItem("exception", parts[1], parts[0].replace(" ", ""), place, _is_conditional(place))
    attribute = item.attribute(*KINDS)
    kind = KINDS[attribute.name] if attribute else None
    allowed = {"function": (Function,), "class": (Struct, Enum), "module": (Function, Module)}
    if kind is None or not isinstance(item, allowed[kind]):
        return None
    return NativeItem(kind, _name(item), _setting(item, "module"), place, _is_conditional(place))


def native_items(crate: CrateSource) -> Iterator[NativeItem]:
    """Yield the functions, classes, exceptions and modules of a crate."""
    for scope in crate.scopes():
        for item in scope.items:
            native = None if is_test(item) else native_item(Place(scope, item))
            if native:
                yield native


def methods(crate: CrateSource) -> dict[str, set[str]]:
    """Return the names of the Python methods by Rust type; a constructor is `__new__`."""
    methods: dict[str, set[str]] = {}
    for scope in crate.scopes():
        for block in scope.items:
            if isinstance(block, Impl) and block.attribute("pymethods"):
                functions = [item for item in block.items if isinstance(item, Function)]
                names = {_setting(item, "name") or item.name for item in functions}
                names |= {"__new__" for item in functions if item.attribute("new")}
                methods.setdefault(block.name, set()).update(names)
    return methods


def can_be_made(item: NativeItem, methods: dict[str, set[str]]) -> bool:
    """Whether a class has a constructor."""
    return "__new__" in methods.get(item.rust_name, ()) or _setting(item.place.item, "new") is not None


def is_pickled(item: NativeItem, methods: dict[str, set[str]]) -> bool:
    """Whether a class is pickled by its name: it has a method for that, and none that replaces it."""
    own = methods.get(item.rust_name, set())
    return not PICKLING.isdisjoint(own) and REDUCING.isdisjoint(own)


def _is_conditional(place: Place) -> bool:
    """Whether a `cfg` decides about an item or a module around it."""
    scope: Scope | None = place.scope
    attributes = [place.item.attribute("cfg")]
    while scope is not None:
        attributes.append(scope.item.attribute("cfg") if scope.item else None)
        scope = scope.parent
    return any(attributes)


def _name(item: Item) -> str | None:
    """Return the Python name of an item; none if it is not a text."""
    setting = _setting(item, "name")
    return setting if setting is not None else None if _has(item, "name") else item.name


def _has(item: Item, name: str) -> bool:
    return any(
        attribute.setting(name) is not None for attribute in item.attributes if attribute.name in {*KINDS, "pyo3"}
    )


def _setting(item: Item, name: str) -> str | None:
    """Return the text of a setting in any of PyO3's attributes of an item."""
    for attribute in item.attributes:
        if attribute.name in {*KINDS, "pyo3"} and (value := attribute.setting(name)) is not None:
            match = re.fullmatch(r'"([^"\\]*)"', value)
            return match[1] if match else None
    return None


def root_modules(crate: CrateSource) -> list[NativeItem]:
    """Return the Python modules of a crate that are not written inside of another."""
    items = [item for item in native_items(crate) if item.kind == "module"]
    declared = {id(item.place.item) for item in items}
    return [item for item in items if item.place.scope.item is None or id(item.place.scope.item) not in declared]


def exception_name(item: MacroCall) -> bool:
    """Whether a macro call names an exception."""
    return item.name.rpartition("::")[2] in NAMING_MACROS


def type_path(text: str) -> tuple[str, ...]:
    """Return the path of a type without references and generics."""
    return read_path(re.sub(r"^(&|mut |dyn |'\w+ )+", "", text.strip()))


def hidden_part(item: NativeItem, target: Scope) -> str | None:
    """Return the module or item that can't be reached from a scope."""
    steps: list[tuple[str, str, Scope]] = []
    # `create_exception!` makes a public type.
    visibility = "pub" if item.kind == "exception" else item.place.item.visibility
    steps.append((item.rust_name, visibility, item.place.scope))
    scope = item.place.scope
    while scope.parent is not None and scope.item is not None:
        steps.append((scope.item.name, scope.item.visibility, scope.parent))
        scope = scope.parent
    for name, seen, home in reversed(steps):
        plain = seen.replace(" ", "")
        around = home.parent if plain == "pub(super)" else home
        is_open = plain in {"pub", "pub(crate)", "pub(incrate)"} or (around is not None and target.is_within(around))
        if not is_open:
            return name
    return None


def path_to(item: NativeItem, target: Scope) -> str:
    """Return the shortest sure path to an item."""
    home, name = item.place.scope, escape_keyword(item.rust_name)
    if target.module is home:
        return name
    if target.module.parent is home:
        return f"super::{name}"
    return "::".join(["crate", *map(escape_keyword, home.path), name])
