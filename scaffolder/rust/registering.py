"""Read what a crate's code registers in its Python modules, from `#[pymodule]` on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from scaffolder.rust.bodies import PLAIN_MACROS, WORD, Body
from scaffolder.rust.calls import (
    descendants,
    function_of,
)
from scaffolder.rust.crate_source import Place, Scope, body_scope
from scaffolder.rust.items import Definition, Function, Module, Use
from scaffolder.rust.pymodules import (
    Export,
    NativeItem,
    NativeModuleTree,
    native_item,
    root_modules,
    type_path,
)
from scaffolder.rust.source import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from scaffolder.rust.crate_source import CrateSource, Target
    from scaffolder.rust.pymodules import Kind

DEPTH = 12


@dataclass(eq=False)
class Registry:
    """What a crate registers.

    Attributes:
        crate: The crate.
        roots: Its Python modules that are not registered in another.
        mentions: The names that macros and unread code mention, so that nobody knows what becomes of them.
        trees: All its modules, by the identity of what they are made from.
        walked: The functions that were read, by their identity.
    """

    crate: CrateSource
    roots: list[NativeModuleTree] = field(default_factory=list)
    mentions: set[str] = field(default_factory=set)
    trees: dict[int, NativeModuleTree] = field(default_factory=dict)
    walked: set[int] = field(default_factory=set)

    def is_exported(self, item: NativeItem) -> bool:
        """Whether a module has this item."""
        return any(
            export.item and export.item.place.item is item.place.item
            for tree in self.trees.values()
            for export in tree.exports
        )

    # -- modules -------------------------------------------------------------------------------------------------

    def tree(self, native: NativeItem, parent: NativeModuleTree | None = None) -> NativeModuleTree:
        """Read a `#[pymodule]`.

        Args:
            native: The module.
            parent: The declarative module that it is written in.
        """
        item, scope = native.place.item, native.place.scope
        if id(item) in self.trees:
            return self.trees[id(item)]
        name = native.name or item.name
        above = native.module if native.module is not None else parent.rust_module if parent else ""
        rust_module = f"{above}.{name}" if above else name
        tree = NativeModuleTree(name, rust_module, scope.file, item.line, item, scope)
        self.trees[id(item)] = tree
        if isinstance(item, Module):
            tree.scope = next(child for child in scope.children if child.item is item)
            self._read_declarative(tree)
        elif isinstance(item, Function) and item.parameters:
            self.read_function(native.place, {item.parameters[-1].name: tree}, is_conditional=False, depth=0)
        return tree

    def _read_declarative(self, tree: NativeModuleTree) -> None:
        """Read the items of a `mod`."""
        scope = tree.scope
        for item in scope.items:
            is_conditional = item.attribute("cfg") is not None
            place = Place(scope, item)
            if isinstance(item, Use) and item.attribute("pymodule_export"):
                for entry in item.imports:
                    target = scope.crate.find(scope, entry.path, lambda target: native_item(target) is not None)
                    name = entry.path[-1]
                    self._add(tree, native_item(target), place, name=name, is_conditional=is_conditional)
            elif isinstance(item, Definition) and item.attribute("pymodule_export"):
                tree.exports.append(_export(place, item.name, "value", is_conditional=is_conditional))
            elif isinstance(item, Function) and item.attribute("pymodule_init"):
                if item.parameters and "PyModule" in item.parameters[-1].type:
                    variables = {item.parameters[-1].name: tree}
                    self.read_function(place, variables, is_conditional=is_conditional, depth=0)
            elif (native := native_item(place)) and native.kind != "exception":
                self._add(tree, native, place, name=None, is_conditional=is_conditional, is_inside=True)

    def _add(
        self, tree: NativeModuleTree, native: NativeItem | None, place: Place, *, name: str | None,
        is_conditional: bool, is_inside: bool = False,
    ) -> None:  # fmt: skip
        """Add what a declarative module exports."""
        module = None
        if native and native.kind == "module":
            module = self.tree(native, tree if is_inside else None)
        if native is None and name:
            self.mentions.add(name)
        export = _export(
            place,
            native.name if native else None,
            native.kind if native else "value",
            is_conditional=is_conditional or bool(native and native.is_conditional),
        )
        tree.exports.append(replace(export, item=native, module=module, is_inside=is_inside))

    # -- functions -----------------------------------------------------------------------------------------------

    def read_function(
        self, place: Place, variables: dict[str, NativeModuleTree], *, is_conditional: bool, depth: int
    ) -> dict[str, NativeModuleTree]:
        """Read what a function adds to the modules that it is handed, and return the modules by variable."""
        node = place.scope.file.node(place.item)
        body = node.child_by_field_name("body") if node else None
        self.walked.add(id(place.item))
        if body is None or depth > DEPTH:
            return variables
        scope = body_scope(place, body)
        for tree in variables.values():
            if tree.item is place.item:
                tree.scope = scope
        Body(self, scope, variables, depth, is_conditional=is_conditional).read(body)
        return variables

    def called(self, scope: Scope, path: tuple[str, ...]) -> Place | None:
        """Return the function that a path leads to."""
        target = scope.crate.find(
            scope, path, lambda target: isinstance(target, Place) and isinstance(target.item, Function)
        )
        return target if isinstance(target, Place) else None

    def native(self, scope: Scope, path: tuple[str, ...], *kinds: str) -> NativeItem | None:
        """Return the native item that a path leads to, through type aliases."""

        def is_wanted(target: Target) -> bool:
            native = native_item(target)
            return bool(native and native.kind in kinds)

        def is_alias(target: Target) -> bool:
            return isinstance(target, Place) and isinstance(target.item, Definition)

        for _ in range(DEPTH):
            if (target := scope.crate.find(scope, path, is_wanted)) is not None:
                return native_item(target)
            alias = scope.crate.find(scope, path, is_alias)
            if not isinstance(alias, Place) or not isinstance(alias.item, Definition) or "fn" in alias.item.type:
                return None
            scope, path = alias.scope, type_path(alias.item.type)
        return None


def read_registry(crate: CrateSource) -> Registry:
    """Read the Python modules of a crate."""
    registry = Registry(crate)
    trees = [registry.tree(item) for item in root_modules(crate)]
    inner = {
        id(export.module) for tree in registry.trees.values() for export in tree.exports if export.module
    }  # fmt: skip
    registry.roots = [tree for tree in trees if id(tree) not in inner]
    registry.mentions |= set(_unread_mentions(crate, registry.walked))
    return registry


def _unread_mentions(crate: CrateSource, walked: set[int]) -> Iterator[str]:
    """Yield the names in macros, and in functions that take a module and that nothing read calls."""
    for file in crate.files.values():
        for node in descendants(file.root, "macro_invocation", "macro_definition"):
            name = text_of(node.child_by_field_name("macro")).rpartition("::")[2]
            if name not in PLAIN_MACROS and not (name == "wrap_pyfunction" and _is_argument(node)):
                yield from WORD.findall(text_of(node))
    for scope in crate.scopes():
        for item in scope.items:
            if isinstance(item, Function) and id(item) not in walked and _takes_module(item):
                yield from WORD.findall(scope.file.data[slice(*item.span)].decode("utf-8", "replace"))


def _is_argument(node: Node) -> bool:
    """Whether a `wrap_pyfunction!` is handed to a method of a module, where it has been read."""
    around = node.parent
    while around is not None and around.type not in {"call_expression", "block"}:
        around = around.parent
    return around is not None and text_of(function_of(around)).endswith(("add_function", "add_wrapped"))


def _takes_module(function: Function) -> bool:
    return any("PyModule" in parameter.type for parameter in function.parameters)


def _export(place: Place, name: str | None, kind: Kind, *, is_conditional: bool) -> Export:
    return Export(
        name=name, kind=kind, file=place.scope.file, line=place.item.line, span=place.item.span,
        is_conditional=is_conditional,
    )  # fmt: skip
