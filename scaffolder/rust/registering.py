"""Read what a crate's code registers in its Python modules, from `#[pymodule]` on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from scaffolder.rust.calls import (
    arguments_of,
    bare_expression,
    descendants,
    function_of,
    literal_text,
    path_in_macro,
    type_object_of,
)
from scaffolder.rust.crate_source import Place, Scope, body_scope
from scaffolder.rust.imports import read_path
from scaffolder.rust.items import Definition, Function, Module, Use
from scaffolder.rust.pymodules import (
    Export,
    NativeItem,
    NativeModuleTree,
    Opaque,
    native_item,
    root_modules,
    type_path,
)
from scaffolder.rust.source import line_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from scaffolder.rust.crate_source import CrateSource, Target
    from scaffolder.rust.pymodules import Kind

WORD = re.compile(r"\b[A-Za-z_]\w*\b")
NEW_MODULE = re.compile(r"\bPyModule::(new|new_bound)$")
# Methods of a module that add no name.
HARMLESS = {
    "py", "name", "filename", "index", "getattr", "hasattr", "gil_used", "as_any", "is_none", "repr", "str", "as_ptr",
    "clone", "unbind", "bind", "as_borrowed", "to_owned", "into_any", "to_object", "into_py",
}  # fmt: skip
BRANCHES = {"if_expression", "match_expression", "for_expression", "while_expression", "loop_expression",
            "closure_expression"}  # fmt: skip
# Macros that neither define nor register anything.
PLAIN_MACROS = {
    "format", "println", "eprintln", "print", "write", "writeln", "vec", "assert", "assert_eq", "assert_ne", "panic",
    "debug_assert", "debug_assert_eq", "matches", "todo", "unimplemented", "unreachable", "env", "concat", "intern",
    "include_str", "dbg", "debug", "info", "warn", "error", "trace", "log", "stringify", "thread_local", "cfg",
    "create_exception", "import_exception", "import_exception_bound", "wrap_pymodule", "bail", "ensure", "anyhow",
}  # fmt: skip
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
        _Body(self, scope, variables, depth, is_conditional=is_conditional).read(body)
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


@dataclass(eq=False)
class _Body:
    """Reads a function's body.

    Attributes:
        registry: What it is read for.
        scope: Where its names are looked up.
        variables: The modules that it has at hand.
        depth: How many calls lead here.
        is_conditional: Whether a `cfg` or an `if` decides about what is read.
    """

    registry: Registry
    scope: Scope
    variables: dict[str, NativeModuleTree]
    depth: int
    is_conditional: bool = False

    def read(self, node: Node) -> None:
        """Read a node and what is in it, in order."""
        match node.type:
            case "let_declaration":
                self._let(node)
                return
            case "call_expression" if self._call(node):
                return
            case "macro_invocation":
                self._macro(node)
                return
            case "function_item":
                return
        before = self.is_conditional
        branch = before or node.type in BRANCHES
        attributes: list[str] = []
        for child in node.named_children:
            if child.type == "attribute_item":
                attributes.append(text_of(child))
                continue
            self.is_conditional = branch or any(re.match(r"#\[\s*cfg\b", text) for text in attributes)
            if child.type == "function_item":
                self._pyfn(child, attributes)
            self.read(child)
            attributes = [] if "comment" not in child.type else attributes
        self.is_conditional = before

    # -- statements ----------------------------------------------------------------------------------------------

    def _let(self, node: Node) -> None:
        """Remember a new module; anything else is read on."""
        value = node.child_by_field_name("value")
        name = text_of(node.child_by_field_name("pattern")).removeprefix("mut ").strip()
        if value is None:
            return
        if tree := self._module(value):
            self.variables[name] = tree
            return
        self.variables.pop(name, None)
        self.read(value)

    def _module(self, value: Node) -> NativeModuleTree | None:
        """Return the module that an expression is: a known one, a new one, or one that a function makes."""
        node = bare_expression(value)
        if node.type == "identifier":
            return self.variables.get(text_of(node))
        if node.type == "macro_invocation":
            return self._wrapped_module(node)
        if node.type != "call_expression":
            return None
        function = function_of(node)
        return self._wrapped_module(function) if function.type == "macro_invocation" else self._made(node, function)

    def _made(self, node: Node, function: Node) -> NativeModuleTree | None:
        """Return the module that a call makes: a new one, or that of a function that is read."""
        path = text_of(function).replace(" ", "")
        arguments = arguments_of(node)
        if NEW_MODULE.search(path) and len(arguments) == 2:
            name = literal_text(arguments[1])
            if name is None:
                return None
            tree = NativeModuleTree(name, name, self.scope.file, line_of(node), None, self.scope)
            self.registry.trees[id(tree)] = tree
            return tree
        place = self.registry.called(self.scope, read_path(path)) if "." not in path else None
        if place is None or not isinstance(place.item, Function) or "PyModule" not in place.item.result:
            return None
        self._mention_arguments(arguments)
        made = self.registry.read_function(place, {}, is_conditional=self.is_conditional, depth=self.depth + 1)
        return next(iter(made.values())) if len(made) == 1 else None

    def _pyfn(self, node: Node, attributes: list[str]) -> None:
        """Read a function with `#[pyfn(m)]`."""
        for text in attributes:
            match = re.match(r"#\[\s*pyfn\(\s*(\w+)", text)
            tree = self.variables.get(match[1]) if match else None
            if tree:
                name = re.search(r'name\s*=\s*"([^"]+)"', " ".join(attributes))
                rust = text_of(node.child_by_field_name("name")).removeprefix("r#")
                self._export(tree, node, name[1] if name else rust, "function", None)

    def _macro(self, node: Node) -> None:
        """Read a macro call: with a module in it, nobody knows what it adds."""
        name = text_of(node.child_by_field_name("macro")).rpartition("::")[2]
        words = set(WORD.findall(text_of(node)))
        if name in PLAIN_MACROS | {"wrap_pyfunction", "wrap_pyfunction_bound", "py_run"}:
            return
        self.registry.mentions |= words
        for variable in words & set(self.variables):
            self._opaque(self.variables[variable], node)

    # -- calls ---------------------------------------------------------------------------------------------------

    def _call(self, node: Node) -> bool:
        """Read a call; return whether nothing in it is left to read."""
        function = function_of(node)
        types = None
        if function.type == "generic_function":
            types = function.child_by_field_name("type_arguments")
            function = function.child_by_field_name("function") or function
        arguments = arguments_of(node)
        if function.type == "field_expression":
            receiver = bare_expression(function.child_by_field_name("value") or function)
            method = text_of(function.child_by_field_name("field"))
            tree = self.variables.get(text_of(receiver))
            if tree is None:
                return self._foreign_method(node, method, arguments)
            return self._method(tree, node, method, types, arguments)
        return self._function_call(node, function, arguments)

    def _method(
        self, tree: NativeModuleTree, node: Node, method: str, types: Node | None, arguments: list[Node]
    ) -> bool:
        """Read a method call on a module."""
        match method:
            case "add_class" if types is not None:
                path = type_path(text_of(types).strip("<>"))
                native = self.registry.native(self.scope, path, "class")
                self._native(tree, node, native, "class", path)
            case "add_function" | "add_wrapped" | "add_submodule" if len(arguments) == 1:
                self._value(tree, node, None, arguments[0])
            case "add" | "setattr" if len(arguments) == 2:
                name = literal_text(arguments[0])
                if name is None:
                    self._opaque(tree, node)
                self._value(tree, node, name, arguments[1])
            case _ if method in HARMLESS:
                return False
            case _:
                self._opaque(tree, node)
        return True

    def _value(self, tree: NativeModuleTree, node: Node, name: str | None, value: Node) -> None:
        """Add what is handed to a module."""
        is_named = text_of(function_of(node)).endswith(("add", "setattr"))
        if module := self._module(value):
            self._export(tree, node, name or module.name, "module", None, module=module)
            return
        for macro in descendants(value, "macro_invocation"):
            macro_name = text_of(macro.child_by_field_name("macro")).rpartition("::")[2]
            if macro_name in {"wrap_pyfunction", "wrap_pyfunction_bound"}:
                path = path_in_macro(macro)
                native = self.registry.native(self.scope, path, "function")
                self._native(tree, node, native, "function", path, name=name)
                return
        for call in descendants(value, "call_expression"):
            if path := type_object_of(call):
                native = self.registry.native(self.scope, path, "class", "exception")
                kind = native.kind if native else "class"
                self._export(tree, node, name, kind, native)
                self.registry.mentions |= set() if native else {path[-1]}
                return
        if not is_named:
            self._opaque(tree, node)
            return
        self.registry.mentions |= set(WORD.findall(text_of(value)))
        if name is not None:
            self._export(tree, node, name, "value", None)

    def _foreign_method(self, node: Node, method: str, arguments: list[Node]) -> bool:
        """Read a method call on something else: handed a module, it may do anything."""
        if method in {"set_item", "is", "append", "push"}:
            return False
        for argument in arguments:
            if tree := self.variables.get(text_of(bare_expression(argument))):
                self._opaque(tree, node)
        return False

    def _function_call(self, node: Node, function: Node, arguments: list[Node]) -> bool:
        """Follow a call with a module among its arguments."""
        modules = {
            number: tree
            for number, argument in enumerate(arguments)
            if (tree := self.variables.get(text_of(bare_expression(argument))))
        }
        if not modules or text_of(function) in {"Ok", "Some"}:
            return False
        place = self.registry.called(self.scope, read_path(text_of(function)))
        item = place.item if place else None
        if place is None or not isinstance(item, Function) or len(item.parameters) != len(arguments):
            for tree in modules.values():
                self._opaque(tree, node)
            return True
        self._mention_arguments([argument for number, argument in enumerate(arguments) if number not in modules])
        inner = {item.parameters[number].name.removeprefix("mut "): tree for number, tree in modules.items()}
        self.registry.read_function(place, inner, is_conditional=self.is_conditional, depth=self.depth + 1)
        return True

    # -- results -------------------------------------------------------------------------------------------------

    def _native(
        self, tree: NativeModuleTree, node: Node, native: NativeItem | None, kind: Kind, path: tuple[str, ...], *,
        name: str | None = None,
    ) -> None:  # fmt: skip
        """Add a class or a function, under its own name."""
        if native is None and path:
            self.registry.mentions.add(path[-1])
        own = native.name if native else None
        self._export(tree, node, name or own, kind, native)

    def _export(
        self, tree: NativeModuleTree, node: Node, name: str | None, kind: Kind, native: NativeItem | None, *,
        module: NativeModuleTree | None = None,
    ) -> None:  # fmt: skip
        variable = next((name for name, known in self.variables.items() if known is tree), "")
        span = (node.start_byte, node.end_byte)
        tree.exports.append(
            Export(
                name=name, kind=kind, file=self.scope.file, line=line_of(node), span=span, item=native, module=module,
                is_conditional=self.is_conditional or bool(native and native.is_conditional), variable=variable,
            )
        )  # fmt: skip

    def _wrapped_module(self, macro: Node) -> NativeModuleTree | None:
        if text_of(macro.child_by_field_name("macro")).rpartition("::")[2] != "wrap_pymodule":
            return None
        native = self.registry.native(self.scope, path_in_macro(macro), "module")
        return self.registry.tree(native) if native else None

    def _mention_arguments(self, arguments: list[Node]) -> None:
        for argument in arguments:
            self.registry.mentions |= set(WORD.findall(text_of(argument)))

    def _opaque(self, tree: NativeModuleTree, node: Node) -> None:
        text = " ".join(text_of(node).split())
        self.registry.mentions |= set(WORD.findall(text))
        if all(opaque.line != line_of(node) or opaque.file is not self.scope.file for opaque in tree.opaque):
            tree.opaque.append(Opaque(self.scope.file, line_of(node), text))


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
