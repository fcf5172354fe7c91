"""Merge generated type stubs by what they define: to git two sides that add lines at one place are a conflict.

A stub is imports, `__all__` and sorted definitions, so three versions of one merge without a guess unless two sides
change the same definition. Then, and wherever a stub holds anything else, git's conflict stays.
"""

from __future__ import annotations

import ast
import sys
import warnings
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The width that a project's ruff allows.
WIDTH = 100
# In the order in which `maturin generate-stubs` writes them.
ATTRIBUTE, CLASS, FUNCTION, SUBMODULE = range(4)
Item = TypeVar("Item")


class UnmergeableError(Exception):
    """Stubs that hold what generated ones do not, or of which two sides changed the same part."""


class Import(NamedTuple):
    """One imported name."""

    level: int
    module: str
    name: str
    alias: str

    @property
    def bound(self) -> str:
        """What it is called in the stub."""
        return self.alias or self.name or self.module.partition(".")[0]


class Definition(NamedTuple):
    """A top-level definition: its lines with the comments above and the docstring below."""

    kind: int
    text: str


@dataclass(frozen=True)
class Stub:
    """What a stub holds.

    Attributes:
        docstring: The module's, with the comments above it.
        imports: The imported names.
        exports: The names in `__all__`, or none without it.
        definitions: The definitions, by name.
    """

    docstring: str
    imports: frozenset[Import]
    exports: frozenset[str] | None
    definitions: Mapping[str, Definition]


def is_generated_stub(path: str) -> bool:
    """Whether a file of the template is a stub that the project writes from its Rust code: it has no other stubs."""
    return path.endswith(".pyi")


def merge_stubs(path: str, base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Merge three versions of a stub; none if that takes a guess or a line of the user's.

    Args:
        path: The file in the extension's folder in the package, whose own imports have a place of their own.
        base: What both sides began with.
        ours: The user's version.
        theirs: The template's version.
    """
    package = PurePosixPath(path).parent.parent.name
    try:
        with warnings.catch_warnings():
            # A docstring of Rust's may hold a backslash that Python would warn of.
            warnings.simplefilter("ignore")
            merged = merge(*(read_stub(decode(content)) for content in (base, ours, theirs)))
            text = write_stub(merged, package)
            if read_stub(text) != merged:
                return None
    except (UnmergeableError, SyntaxError, TypeError, ValueError, RecursionError, MemoryError):
        return None
    return (text.replace("\n", "\r\n") if b"\r\n" in ours else text).encode()


def decode(content: bytes) -> str:
    """Return a text with plain line endings, which must all have been alike."""
    text = content.decode("utf-8")
    plain = text.replace("\r\n", "\n")
    if "\r" in plain or text.count("\r\n") not in {0, text.count("\n")}:
        raise UnmergeableError
    return plain


def read_stub(text: str) -> Stub:
    """Read a stub.

    Raises:
        UnmergeableError: It holds what no generated stub does.
        SyntaxError: It is not valid Python.
    """
    docstring, imports, exports = "", frozenset[Import](), None
    definitions: dict[str, Definition] = {}
    described = ""
    for number, (node, lines) in enumerate(read_blocks(text)):
        name, described = described, ""
        if is_docstring(node) and number == 0:
            docstring = lines
        elif is_docstring(node) and name:
            definitions[name] = Definition(ATTRIBUTE, f"{definitions[name].text}\n{lines}")
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            imports |= read_import(node, lines)
        elif isinstance(node, ast.Assign) and exports is None:
            exports = read_exports(node, lines)
        else:
            name, kind = name_and_kind(node)
            add_definition(definitions, name, Definition(kind, lines))
            described = name if kind == ATTRIBUTE else ""
    return Stub(docstring, imports, exports, definitions)


def read_blocks(text: str) -> Iterator[tuple[ast.stmt, str]]:
    """Yield each statement with its lines and the comments above it, the last one with all that is left."""
    lines = text.split("\n")
    nodes = ast.parse(text).body
    if not nodes and text.strip():
        raise UnmergeableError
    done = 0
    for node in nodes:
        end = len(lines) if node is nodes[-1] else node.end_lineno or 0
        if node.lineno <= done:
            # Two statements on one line.
            raise UnmergeableError
        yield node, "\n".join(lines[done:end]).strip("\n").rstrip()
        done = end


def is_docstring(node: ast.stmt) -> bool:
    """Whether a statement is a plain string."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def read_import(node: ast.Import | ast.ImportFrom, lines: str) -> frozenset[Import]:
    """Return the names that a statement imports."""
    refuse_comments(lines)
    if isinstance(node, ast.Import):
        return frozenset(Import(0, alias.name, "", alias.asname or "") for alias in node.names)
    module = node.module or ""
    return frozenset(Import(node.level, module, alias.name, alias.asname or "") for alias in node.names)


def read_exports(node: ast.Assign, lines: str) -> frozenset[str]:
    """Return the names in `__all__`."""
    refuse_comments(lines)
    names = ast.literal_eval(node.value)
    if (
        [ast.unparse(target) for target in node.targets] != ["__all__"]
        or not isinstance(names, list)
        or len(set(names)) < len(names)
    ):
        raise UnmergeableError
    return frozenset(names)


def refuse_comments(lines: str) -> None:
    """Refuse comments where lines are written anew."""
    if "#" in lines:
        raise UnmergeableError


def name_and_kind(node: ast.stmt) -> tuple[str, int]:
    """Return what a statement defines."""
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)):
            return name, ATTRIBUTE
        case ast.ClassDef(name=name):
            return name, CLASS
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name, FUNCTION
    raise UnmergeableError


def add_definition(definitions: dict[str, Definition], name: str, definition: Definition) -> None:
    """Add a definition; the overloads of a function are one."""
    if name in definitions:
        if definition.kind != FUNCTION or [*definitions][-1] != name:
            raise UnmergeableError
        definition = Definition(FUNCTION, f"{definitions[name].text}\n{definition.text}")
    definitions[name] = definition


def merge(base: Stub, ours: Stub, theirs: Stub) -> Stub:
    """Merge three stubs.

    Raises:
        UnmergeableError: Both sides changed the same definition.
    """
    names = {*base.definitions, *ours.definitions, *theirs.definitions}
    choices = {name: choose(*(side.definitions.get(name) for side in (base, ours, theirs))) for name in sorted(names)}
    definitions = {name: choice for name, choice in choices.items() if choice}
    if (ours.exports is None) != (theirs.exports is None):
        raise UnmergeableError
    exports = merge_sets(*(side.exports or frozenset() for side in (base, ours, theirs)))
    return Stub(
        docstring=choose(base.docstring, ours.docstring, theirs.docstring) or "",
        imports=merge_imports(base, ours, theirs, definitions),
        exports=None if ours.exports is None else exports,
        definitions=definitions,
    )


def merge_imports(base: Stub, ours: Stub, theirs: Stub, definitions: Mapping[str, Definition]) -> frozenset[Import]:
    """Return the imports: what the definitions use, and what no definition ever used, such as submodules."""
    used = used_names(definitions)
    idle = (used_names(ours.definitions) | used_names(theirs.definitions)) - used
    merged = merge_sets(base.imports, ours.imports, theirs.imports)
    known = {item.bound for item in merged}
    imports = frozenset(
        item for item in ours.imports | theirs.imports
        if (item in merged and item.bound not in idle) or (item.bound in used and item.bound not in known)
    )  # fmt: skip
    names = [item.bound for item in imports if item.name or item.alias]
    if len(set(names)) < len(names):
        raise UnmergeableError
    return imports


def used_names(definitions: Mapping[str, Definition]) -> set[str]:
    """Return the names that definitions use."""
    nodes = (node for definition in definitions.values() for node in ast.walk(ast.parse(definition.text)))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def choose(base: Item | None, ours: Item | None, theirs: Item | None) -> Item | None:
    """Return what becomes of a part; what the user deleted stays deleted, as a file does."""
    if ours is None and base is not None:
        return None
    if ours in {base, theirs}:
        return theirs
    if theirs == base:
        return ours
    raise UnmergeableError


def merge_sets(base: frozenset[Item], ours: frozenset[Item], theirs: frozenset[Item]) -> frozenset[Item]:
    """Return what both sides have, and what each added."""
    return (ours & theirs) | (ours - base) | (theirs - base)


def write_stub(stub: Stub, package: str) -> str:
    """Return a stub as `maturin generate-stubs` and ruff write it."""
    parts = [stub.docstring, *write_imports(stub.imports, package)]
    if stub.exports is not None:
        names = sorted(stub.exports, key=lambda name: (kind_of(stub, name), name))
        parts.append(
            "\n".join(["__all__ = [", *(f'    "{name}",' for name in names), "]"]) if names else "__all__ = []"
        )
    parts.append(write_definitions(stub.definitions))
    return "\n\n".join(filter(None, parts)) + "\n"


def kind_of(stub: Stub, name: str) -> int:
    """Return what a name in `__all__` stands for."""
    return stub.definitions[name].kind if name in stub.definitions else SUBMODULE


def write_imports(imports: frozenset[Import], package: str) -> Iterator[str]:
    """Yield the sections of the imports."""

    def section(item: Import) -> int:
        top = item.module.partition(".")[0]
        if item.level:
            return 4
        return 0 if top == "__future__" else 1 if top in sys.stdlib_module_names else 3 if top == package else 2

    ordered = sorted(imports, key=lambda item: (section(item), import_order(item)))
    for _, items in groupby(ordered, section):
        yield "\n".join(write_statements(items))


def import_order(item: Import) -> tuple[Any, ...]:
    """Return what ruff sorts imports by: constants come first, then classes, then others."""
    constant, capital = item.name.isupper() and len(item.name) > 1, item.name[:1].isupper()
    kind = 0 if constant else 1 if capital else 2
    module = (bool(item.name), -item.level, item.module.lower(), item.module)
    return (*module, item.alias != "", kind, item.name.lower(), item.name, item.alias)


def write_statements(imports: Iterator[Import]) -> Iterator[str]:
    """Yield import statements: one for each module and each alias."""

    def statement(item: Import) -> tuple[str, str, str]:
        source = f"{'.' * item.level}{item.module}"
        return source, "" if item.name and not item.alias else item.name or ".", item.alias

    for (source, name, alias), items in groupby(imports, statement):
        renamed = f" as {alias}" if alias else ""
        if name:
            yield f"import {source}{renamed}" if name == "." else f"from {source} import {name}{renamed}"
            continue
        names = [item.name for item in items]
        line = f"from {source} import {', '.join(names)}"
        yield line if len(line) <= WIDTH else "\n".join([f"from {source} import (", *(f"    {n}," for n in names), ")"])


def write_definitions(definitions: Mapping[str, Definition]) -> str:
    """Return the definitions, with empty lines where ruff has them."""
    ordered = [definitions[name] for name in sorted(definitions, key=lambda name: definition_order(definitions, name))]
    texts = [definition.text for definition in ordered[:1]]
    for before, definition in pairwise(ordered):
        texts += ["\n" if is_close(before, definition) else "\n\n", definition.text]
    return "".join(texts)


def definition_order(definitions: Mapping[str, Definition], name: str) -> tuple[int, bool, str]:
    """Return what definitions are sorted by; `__getattr__` of an incomplete module is the last one."""
    return definitions[name].kind, name == "__getattr__", name


def is_close(before: Definition, after: Definition) -> bool:
    """Whether there is no empty line between two definitions."""
    if before.kind != after.kind or after.text.startswith("#"):
        return False
    if before.kind == FUNCTION:
        return before.text.endswith(": ...")
    return "\n" not in before.text + after.text
