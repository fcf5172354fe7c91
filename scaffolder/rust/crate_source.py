"""A crate's modules, read from its files as rustc reads them, and what a path in them leads to."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from scaffolder.rust.imports import GLOB
from scaffolder.rust.items import Item, MacroCall, Module, Use, items_in
from scaffolder.rust.source import parse, syntax_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tree_sitter import Node

    from scaffolder.files import Reader
    from scaffolder.rust.imports import Import

# Modules in modules that are read, and names that lead to one another.
DEPTH = 40
# What they make is called by their second argument.
NAMING_MACROS = {"create_exception", "import_exception", "import_exception_bound"}


@dataclass(frozen=True)
class SourceFile:
    """A parsed file.

    Attributes:
        path: The file.
        data: What is in it.
        root: Its syntax tree.
    """

    path: Path
    data: bytes
    root: Node

    def node(self, item: Item) -> Node | None:
        """Return the node of an item."""
        return self.root.descendant_for_byte_range(*item.span)


@dataclass(eq=False)
class Scope:
    """A Rust module, or the body of a function, in which names are looked up.

    Attributes:
        path: Its path from the crate's root, which has none.
        file: Where its items are.
        items: Its items.
        crate: The crate that it is in.
        parent: The module around it; for a function's body the one that the function is in.
        item: The `mod` that it was made from.
        is_body: Whether it is a function's body, which also sees the names around it.
        children: The modules in it.
    """

    path: tuple[str, ...]
    file: SourceFile
    items: tuple[Item, ...]
    crate: CrateSource
    parent: Scope | None = None
    item: Module | None = None
    is_body: bool = False
    children: list[Scope] = field(default_factory=list)

    @cached_property
    def names(self) -> dict[str, list[Target]]:
        """What it defines; a function and a module may share a name."""
        names: dict[str, list[Target]] = {}
        for child in self.children:
            names.setdefault(child.path[-1], []).append(child)
        for item in self.items:
            if not isinstance(item, Module) and (name := name_of(item)):
                names.setdefault(name, []).append(Place(self, item))
        return names

    @cached_property
    def imports(self) -> list[Import]:
        """What its `use` lines bring in."""
        return [entry for item in self.items if isinstance(item, Use) for entry in item.imports]

    @property
    def module(self) -> Scope:
        """The module that it is, or that the function is in."""
        return self.parent.module if self.is_body and self.parent else self

    def is_within(self, scope: Scope) -> bool:
        """Whether it is a module or inside of it."""
        path = scope.module.path
        return self.crate is scope.crate and self.path[: len(path)] == path

    def walk(self) -> Iterator[Scope]:
        """Yield it and all modules inside."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Place:
    """An item, and the module that it is in."""

    scope: Scope
    item: Item


Target = Scope | Place
Known = dict[tuple[int, tuple[str, ...]], list[Target]]


@dataclass(eq=False)
class CrateSource:
    """A crate's source.

    Attributes:
        name: What other crates call it.
        files: Its files, as far as `mod` lines lead to them.
        unread: The modules whose file is not there, so that nothing is known of them: generated ones.
        externs: The crates that it names, as far as their source is at hand.
    """

    name: str
    files: dict[Path, SourceFile] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    externs: dict[str, CrateSource] = field(default_factory=dict)
    root: Scope | None = None

    @property
    def errors(self) -> Iterator[tuple[Path, int]]:
        """The lines that can't be parsed."""
        for file in self.files.values():
            yield from ((file.path, line) for line in syntax_errors(file.root))

    def scopes(self) -> Iterator[Scope]:
        """Yield its modules."""
        if self.root:
            yield from self.root.walk()

    def find(self, scope: Scope, path: tuple[str, ...], is_wanted: Callable[[Target], bool]) -> Target | None:
        """Return what a path leads to, if it is one that is wanted."""
        return next(filter(is_wanted, self._targets(scope, path, {})), None)

    def _targets(self, scope: Scope, path: tuple[str, ...], known: Known) -> list[Target]:
        """Return all that a path may lead to: types, functions and modules have names of their own.

        Args:
            scope: Where it is looked up.
            path: The path.
            known: What has been looked up; what is being looked up has nothing yet, so that no circle is endless.
        """
        key = (id(scope), path)
        if key not in known:
            known[key] = []
            known[key] = list(self._look_up(scope, path, known))
        return known[key]

    def _look_up(self, scope: Scope, path: tuple[str, ...], known: Known) -> Iterator[Target]:
        """Yield what a path leads to."""
        if len(path) < 2:
            yield from self._named(scope, path[0], known) if path else (scope,)
            return
        for target in self._targets(scope, path[:1], known):
            if isinstance(target, Scope):
                yield from self._targets(target, path[1:], known)

    def _named(self, scope: Scope, name: str, known: Known) -> Iterator[Target]:
        """Yield what a name is in a scope."""
        if name in {"crate", "$crate", "self", "super"}:
            module = scope.module
            start = module if name == "self" else module.parent if name == "super" else scope.crate.root
            yield from (start,) if start else ()
            return
        yield from scope.names.get(name, ())
        for entry in scope.imports:
            if entry.name == name and entry.path != (name,):
                yield from self._targets(scope, entry.path, known)
            elif entry.name == GLOB:
                for target in self._targets(scope, entry.path, known):
                    if isinstance(target, Scope) and target is not scope:
                        yield from self._targets(target, (name,), known)
        if scope.is_body and scope.parent:
            yield from self._targets(scope.parent, (name,), known)
        if (crate := scope.crate.externs.get(name)) and crate.root:
            yield crate.root


def name_of(item: Item) -> str:
    """Return the name that an item defines; empty if none is known."""
    if isinstance(item, MacroCall):
        macro = item.name.rpartition("::")[2]
        parts = [part.strip() for part in item.arguments.split(",")]
        return parts[1] if macro in NAMING_MACROS and len(parts) > 1 else ""
    return item.name


def is_test(item: Item) -> bool:
    """Whether an item is compiled for tests only."""
    return any(attribute.name == "cfg" and attribute.arguments == ("test",) for attribute in item.attributes)


def read_crate_source(name: str, path: Path, reader: Reader) -> CrateSource:
    """Read a crate from its first file.

    Args:
        name: What other crates call it.
        path: Its `lib.rs`.
        reader: What reads the files.
    """
    crate = CrateSource(name)
    if file := _read_file(crate, path, reader):
        crate.root = Scope((), file, items_in(file.root), crate)
        _read_modules(crate.root, path.parent, reader)
    return crate


def body_scope(place: Place, body: Node) -> Scope:
    """Return the scope of a function's body."""
    scope = place.scope
    return Scope(scope.path, scope.file, items_in(body), scope.crate, scope, is_body=True)


def _read_file(crate: CrateSource, path: Path, reader: Reader) -> SourceFile | None:
    if path not in crate.files and (data := reader.read(path)) is not None:
        crate.files[path] = SourceFile(path, data, parse(data))
    return crate.files.get(path)


def _read_modules(scope: Scope, folder: Path, reader: Reader) -> None:
    """Read the modules in a module.

    Args:
        scope: The module.
        folder: Where the files of the modules in it are.
        reader: What reads the files.
    """
    for module in scope.items:
        if not isinstance(module, Module) or is_test(module) or len(scope.path) > DEPTH:
            continue
        path = (*scope.path, module.name)
        if module.inline:
            child = Scope(path, scope.file, module.items, scope.crate, scope, module)
            scope.children.append(child)
            _read_modules(child, folder / module.name, reader)
            continue
        attribute = module.attribute("path")
        named = attribute.arguments[0].strip('"') if attribute and attribute.arguments else None
        places = [scope.file.path.parent / named] if named else [
            folder / f"{module.name}.rs", folder / module.name / "mod.rs"
        ]  # fmt: skip
        file = next((file for place in places if (file := _read_file(scope.crate, place, reader))), None)
        if file is None:
            scope.crate.unread.append("::".join(path))
            continue
        child = Scope(path, file, items_in(file.root), scope.crate, scope, module)
        scope.children.append(child)
        inside = file.path.parent if file.path.name == "mod.rs" or named else folder / module.name
        _read_modules(child, inside, reader)
