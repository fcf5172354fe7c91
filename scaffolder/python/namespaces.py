"""The names that Python modules and stubs define, import and export, by ast."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaffolder.anatomy.extensions import parse_python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What has these is not at hand while the program runs, only for type checkers.
TYPES_ONLY = {"Protocol", "TypedDict", "NamedTuple", "TypeAlias", "TypeVar", "ParamSpec", "NewType"}
DYNAMIC = {"globals", "exec", "setattr", "vars"}


@dataclass(frozen=True)
class FromImport:
    """A `from module import name`.

    Attributes:
        module: The module, in full.
        name: The name; `*` for all; empty for `import module`.
        line: Where.
        always: Whether it runs whenever the module is imported: it is in no `if`, `try` or function.
    """

    module: str
    name: str
    line: int
    always: bool


@dataclass
class Namespace:
    """The names of a Python module or stub.

    Attributes:
        name: The module's full name.
        path: The file.
        names: What it binds, in whatever branch.
        definitions: The functions, classes and annotated names that it always defines, with their lines.
        imports: What it imports.
        exports: Its `__all__`, if that is a list of texts, with the line.
        is_dynamic: Whether names may come from code that is run.
        words: All names in it, also those in its texts.
        types_only: The classes for type checkers, which a stub may have for itself.
    """

    name: str
    path: Path
    names: set[str] = field(default_factory=set)
    definitions: dict[str, int] = field(default_factory=dict)
    imports: list[FromImport] = field(default_factory=list)
    exports: dict[str, int] | None = None
    is_dynamic: bool = False
    words: set[str] = field(default_factory=set)
    types_only: set[str] = field(default_factory=set)

    @property
    def stars(self) -> list[str]:
        """The modules that it imports all names from."""
        return [entry.module for entry in self.imports if entry.name == "*"]


def read_namespace(name: str, path: Path, source: bytes) -> Namespace | None:
    """Read a module or stub; none if it is not valid Python.

    Args:
        name: The module's full name.
        path: The file.
        source: What is in it.
    """
    tree = parse_python(source)
    if tree is None:
        return None
    space = Namespace(name, path)
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for statement in tree.body:
        _define(statement, space)
    for node, always, inside in _statements(tree.body, always=True, inside=False):
        _bind(node, space, package, always=always, inside=inside)
    for part in ast.walk(tree):
        _look_at(part, space)
    space.is_dynamic = space.is_dynamic or "__getattr__" in space.names
    return space


def _statements(body: list[ast.stmt], *, always: bool, inside: bool) -> Iterator[tuple[ast.stmt, bool, bool]]:
    """Yield the statements of a module, whether each always runs, and whether it is in a function or class."""
    for node in body:
        yield node, always, inside
        scoped = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        for name in ("body", "orelse", "finalbody"):
            if inner := getattr(node, name, None):
                yield from _statements(inner, always=False, inside=inside or scoped)
        for handler in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
            yield from _statements(handler.body, always=False, inside=inside)


def _bind(node: ast.stmt, space: Namespace, package: str, *, always: bool, inside: bool) -> None:
    """Add what a statement binds."""
    names: set[str] = set()
    match node:
        case ast.Import():
            names = {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            space.imports += [FromImport(alias.name, "", node.lineno, always) for alias in node.names]
        case ast.ImportFrom():
            names = {alias.asname or alias.name for alias in node.names} - {"*"}
            module = _absolute(node, package)
            space.imports += [FromImport(module, alias.name, node.lineno, always) for alias in node.names]
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            names = {node.name}
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.For() | ast.With():
            names = {
                part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            }
            _read_all(node, space)
    # `type Pair = ...` has a name, too; older versions of Python have no such statement.
    names |= {node.name.id} if type(node).__name__ == "TypeAlias" else set()  # type: ignore[attr-defined]
    space.names |= set() if inside else names


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """Return the module of an import in full."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _read_all(node: ast.stmt, space: Namespace) -> None:
    """Read `__all__`; what is added to it in another way is not known."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    if not any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
        return
    value = getattr(node, "value", None)
    items = value.elts if isinstance(value, (ast.List, ast.Tuple)) else None
    is_plain = items is not None and all(isinstance(item, ast.Constant) for item in items)
    if isinstance(node, ast.AugAssign) or not is_plain or items is None:
        space.exports, space.is_dynamic = None, True
        return
    space.exports = {str(item.value): item.lineno for item in items if isinstance(item, ast.Constant)}


def _define(node: ast.stmt, space: Namespace) -> None:
    """Add what a stub promises to be there while the program runs."""
    match node:
        case ast.ClassDef():
            bases = {_last(base) for base in node.bases}
            if not bases.isdisjoint(TYPES_ONLY | space.types_only):
                space.types_only.add(node.name)
                return
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            pass
        case ast.AnnAssign(target=ast.Name(id=name)):
            if _last(node.annotation) not in TYPES_ONLY:
                space.definitions.setdefault(name, node.lineno)
            return
        case _:
            return
    if all(_last(decorator) != "type_check_only" for decorator in node.decorator_list):
        space.definitions.setdefault(node.name, node.lineno)


def _last(node: ast.expr) -> str:
    """Return the last name of `typing.Protocol[T]`."""
    node = node.value if isinstance(node, ast.Subscript) else node
    return node.attr if isinstance(node, ast.Attribute) else str(getattr(node, "id", ""))


def _look_at(node: ast.AST, space: Namespace) -> None:
    """Collect the words, and the signs of names that come from code that is run."""
    match node:
        case ast.Name(id=name):
            space.words.add(name)
            space.is_dynamic = space.is_dynamic or name in DYNAMIC
        case ast.Attribute(attr=name):
            space.words.add(name)
        case ast.alias(name=name):
            space.words |= set(name.split("."))
        case ast.Constant(value=str(text)):
            space.words |= set(text.split())
