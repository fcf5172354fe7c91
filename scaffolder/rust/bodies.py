"""Read the body of a function that registers something in Python modules."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaffolder.rust.calls import (
    arguments_of,
    bare_expression,
    descendants,
    enclosing_function,
    function_of,
    literal_text,
    path_in_macro,
    type_object_of,
)
from scaffolder.rust.imports import read_path
from scaffolder.rust.items import Function
from scaffolder.rust.pymodules import Export, NativeItem, NativeModuleTree, Opaque, type_path
from scaffolder.rust.source import line_of, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from scaffolder.rust.crate_source import Scope
    from scaffolder.rust.pymodules import Kind
    from scaffolder.rust.registering import Registry

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


@dataclass(eq=False)
class Body:
    """Reads a function's body.

    Attributes:
        registry: What it is read for.
        scope: Where its names are looked up.
        variables: The modules that it has at hand.
        depth: How many calls lead here.
        is_conditional: Whether a `cfg` or an `if` decides about what is read.
        values: What its other variables are.
    """

    registry: Registry
    scope: Scope
    variables: dict[str, NativeModuleTree]
    depth: int
    is_conditional: bool = False
    values: dict[str, Node] = field(default_factory=dict)

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
        self.values[name] = value
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
        self._mention(*arguments)
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
        value = self.values.get(text_of(bare_expression(value)), value)
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
        self._mention(value)
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
        self._mention(*(argument for number, argument in enumerate(arguments) if number not in modules))
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

    def _mention(self, *nodes: Node) -> None:
        """Remember the names in expressions, and in the variables that they are made of."""
        waiting = list(nodes)
        seen: set[str] = set()
        while waiting:
            words = set(WORD.findall(text_of(waiting.pop())))
            self.registry.mentions |= words
            waiting += [self.values[word] for word in words - seen if word in self.values]
            seen |= words

    def _opaque(self, tree: NativeModuleTree, node: Node) -> None:
        text = " ".join(text_of(node).split())
        # What is registered there may come from anywhere in the function, such as from a list above a loop.
        self._mention(enclosing_function(node))
        if all(opaque.line != line_of(node) or opaque.file is not self.scope.file for opaque in tree.opaque):
            tree.opaque.append(Opaque(self.scope.file, line_of(node), text))
