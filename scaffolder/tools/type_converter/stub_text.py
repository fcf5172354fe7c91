"""The text of a Python stub: classes with their members, modules with their imports."""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass, field
from textwrap import indent
from typing import TYPE_CHECKING

from scaffolder.errors import UsageError
from scaffolder.tools.type_converter.rust_types import IMPORTS, StubTypes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass
class Property:
    """An attribute of a class by what can be done with it.

    Attributes:
        name: Its name.
        getter: The annotation of what it returns.
        setter: The annotation of what it takes.
        deleter: Whether it can be deleted.
        document: Its documentation.
        plain: Whether it is a field, which one line describes.
    """

    name: str
    getter: str = ""
    setter: str = ""
    deleter: bool = False
    document: str = ""
    plain: bool = False

    @property
    def lines(self) -> list[str]:
        """Its lines."""
        if self.setter and not self.deleter and (not self.getter or (self.plain and self.getter == self.setter)):
            return [f"{self.name}: {self.setter}"]
        if not self.getter:
            return []
        found = ["@property", *definition(f"def {self.name}(self) -> {self.getter}", self.document)]
        if self.setter:
            found += [f"@{self.name}.setter", f"def {self.name}(self, value: {self.setter}) -> None: ..."]
        if self.deleter:
            found += [f"@{self.name}.deleter", f"def {self.name}(self) -> None: ..."]
        return found


@dataclass
class Class:
    """A class of a stub in the making.

    Attributes:
        name: Its name.
        base: Its base, if it has one.
        document: Its documentation.
        body: Its members by name.
        described: Whether more is known than its methods.
    """

    name: str
    base: str = ""
    document: str = ""
    body: dict[str, list[str] | Property] = field(default_factory=dict)
    described: bool = True

    def add(self, name: str, *lines: str) -> None:
        """Add a member; what is there already stays."""
        self.body.setdefault(name, list(lines))

    def attribute(self, name: str) -> Property:
        """Return an attribute, which is added if it is not there."""
        found = self.body.setdefault(name, Property(name))
        return found if isinstance(found, Property) else Property(name)

    @property
    def text(self) -> str:
        """Its lines."""
        head = f"class {self.name}({self.base})" if self.base else f"class {self.name}"
        parts = [each.lines if isinstance(each, Property) else each for each in self.body.values()]
        lines = [line for part in parts for line in part]
        documented = [docstring(self.document)] if self.document else []
        if not lines and not documented:
            return f"{head}: ..."
        return "\n".join([f"{head}:", *(indent(text, "    ") for text in [*documented, *lines])])


@dataclass
class Module:
    """What a stub file describes.

    Attributes:
        path: The submodule's names; none for the module itself.
        values: The lines of constants and of names for types.
        classes: The classes by name.
        functions: The functions' lines by name.
    """

    path: tuple[str, ...]
    values: dict[str, str] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    functions: dict[str, list[str]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many names there are."""
        return len(self.values) + len(self.classes) + len(self.functions)

    @property
    def body(self) -> str:
        """All but the imports."""
        blocks = ["\n".join(self.values.values()), *(found.text for found in self.classes.values())]
        texts = ["\n".join(lines) for lines in self.functions.values()]
        functions = ("\n\n" if any("\n" in text for text in texts) else "\n").join(texts)
        return "\n\n".join(block for block in [*blocks, functions] if block)

    @property
    def names(self) -> set[str]:
        """The names that it defines."""
        return self.values.keys() | self.classes.keys() | self.functions.keys()


@dataclass
class Stub:
    """A stub in the making.

    Attributes:
        types: What turns Rust types into annotations.
        modules: The module and its submodules, by path.
    """

    types: StubTypes
    modules: dict[tuple[str, ...], Module] = field(default_factory=dict)

    def module(self, path: tuple[str, ...]) -> Module:
        """Return a module, which is added if it is not there."""
        return self.modules.setdefault(path, Module(path))

    @property
    def size(self) -> int:
        """How many names there are."""
        return sum(module.size for module in self.modules.values())

    @property
    def texts(self) -> dict[tuple[str, ...], str]:
        """The text of each file."""
        return {path: self._text(module) for path, module in self.modules.items() if module.size or not path}

    @property
    def text(self) -> str:
        """The text of the module itself."""
        return self.texts.get((), "")

    def _text(self, module: Module) -> str:
        """Return the text of one file.

        Raises:
            UsageError: It is no Python, for what is written here can't be.
        """
        try:
            body = unshadowed(module.body)
        except SyntaxError as error:
            raise UsageError(
                f"the stub would be no Python: {error.text or error.msg}".strip(), "convert a smaller part of the file"
            ) from error
        imports = [*library(body, module, self.types), *self._siblings(body, module)]
        return "\n".join([*imports, *([""] if imports and body else []), *([body] if body else [])]) + "\n"

    def _siblings(self, body: str, module: Module) -> Iterator[str]:
        """Return the imports of what other modules of the stub define."""
        for path, other in self.modules.items():
            used = sorted(name for name in other.names - module.names if uses(body, name))
            if path != module.path and used:
                dots = "." * (len(module.path) + any(each[:-1] == module.path for each in self.modules if each))
                dots = dots if module.path else "."
                yield f"from {dots}{'.'.join(path)} import {', '.join(used)}"


def library(body: str, module: Module, types: StubTypes) -> Iterator[str]:
    """Return the imports from the standard library."""
    for name in ("builtins", "datetime", "decimal", "uuid"):
        if re.search(rf"(?<![\w.]){name}\.", body):
            yield f"import {name}"
    for source, names in IMPORTS.items():
        used = [name for name in names if uses(body, name)]
        for name in used:
            if name in module.names:
                types.notes[f"`{name}` is in this file, and is `{source}.{name}` as well: check its annotations"] = None
        if wanted := [name for name in used if name not in module.names]:
            yield f"from {source} import {', '.join(wanted)}"


def uses(body: str, name: str) -> bool:
    """Whether a name stands in some code."""
    nodes = ast.walk(ast.parse(body))
    return any(isinstance(node, ast.Name) and node.id == name for node in nodes)


def unshadowed(body: str) -> str:
    """Write `builtins.list` where a method or a function is called `list`."""
    lines = [line.encode() for line in body.split("\n")]
    for node in sorted(shadowed(ast.parse(body), frozenset()), key=lambda node: (node.lineno, -node.col_offset)):
        line = lines[node.lineno - 1]
        lines[node.lineno - 1] = line[: node.col_offset] + b"builtins." + line[node.col_offset :]
    return b"\n".join(lines).decode()


def shadowed(scope: ast.Module | ast.ClassDef, outer: frozenset[str]) -> Iterator[ast.Name]:
    """Return the names of builtins that mean something else where they stand."""
    bound = outer | (set(bound_names(scope)) & set(dir(builtins)))
    for statement in scope.body:
        if isinstance(statement, ast.ClassDef):
            yield from shadowed(statement, bound)
            parts: Sequence[ast.AST] = statement.bases
        else:
            parts = [statement]
        for node in (node for part in parts for node in ast.walk(part)):
            read = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in bound
            if isinstance(node, ast.Name) and read and not is_accessor(node, statement):
                yield node


def bound_names(scope: ast.Module | ast.ClassDef) -> Iterator[str]:
    """Return the names of functions and values of a module or class."""
    for statement in scope.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield statement.name
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id


def is_accessor(node: ast.Name, statement: ast.stmt) -> bool:
    """Whether it is the property in `@list.setter`."""
    marks = statement.decorator_list if isinstance(statement, ast.FunctionDef) else []
    return any(isinstance(mark, ast.Attribute) and mark.value is node for mark in marks)


def definition(head: str, document: str = "") -> list[str]:
    """Return the lines of a function, from what stands before its colon."""
    return [f"{head}:", indent(docstring(document), "    ")] if document else [f"{head}: ..."]


def docstring(text: str) -> str:
    """Return documentation as Python writes it."""
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    text = f'{text[:-1]}\\"' if text.endswith('"') else text
    return f'"""{text}\n"""' if "\n" in text else f'"""{text}"""'
