"""What a Python file defines: its classes with all their fields, and its other names for types."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaffolder.errors import UsageError
from scaffolder.tools.type_converter.annotations import arguments_of, last, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENUMS = {"Enum", "StrEnum", "IntEnum", "ReprEnum"}
FLAGS = {"Flag", "IntFlag"}
# Bases that bring no field.
PLAIN = {"object", "Generic", "Protocol", "ABC", "TypedDict", "NamedTuple", "str", "int", *ENUMS}
CALLS = {"TypedDict", "NamedTuple", "namedtuple", "make_dataclass", "Enum", "IntEnum", "StrEnum", *FLAGS}
VARIABLES = {"TypeVar", "ParamSpec", "TypeVarTuple"}
QUALIFIERS = {"Required", "NotRequired", "ReadOnly", "Annotated", "ClassVar", "InitVar", "Final"}


@dataclass(frozen=True)
class Declared:
    """A field as Python declares it.

    Attributes:
        annotation: Its annotation.
        qualifiers: What its annotation says besides the type: `NotRequired`.
        total: Whether its class wants all keys that say nothing else.
    """

    annotation: ast.expr
    qualifiers: frozenset[str]
    total: bool

    @property
    def optional(self) -> bool:
        """Whether a typed dictionary may leave it out."""
        return "NotRequired" in self.qualifiers or not (self.total or "Required" in self.qualifiers)


@dataclass(frozen=True)
class PythonClass:
    """A class that can be converted.

    Attributes:
        node: Its code.
        kind: `dataclass`, `TypedDict`, `NamedTuple` or `Enum`.
        fields: Its fields, those of its bases included.
    """

    node: ast.ClassDef
    kind: str
    fields: dict[str, Declared]

    @property
    def name(self) -> str:
        """Its name in Python."""
        return self.node.name


@dataclass
class Definitions:
    """What a file defines.

    Attributes:
        classes: Its classes by name, bases first.
        aliases: What other names stand for.
        variables: Names that stand for any type.
        others: The classes that are of no kind that can be converted.
        notes: What was left out.
    """

    classes: dict[str, PythonClass] = field(default_factory=dict)
    aliases: dict[str, ast.expr] = field(default_factory=dict)
    variables: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    notes: dict[str, None] = field(default_factory=dict)


def read_definitions(text: str, path: str) -> Definitions:
    """Read what a file defines.

    Raises:
        UsageError: It can't be parsed.
    """
    module = parse(text, path)
    found = Definitions()
    for node in module.body:
        define(node, found)
    for inner in ast.walk(module):
        if isinstance(inner, ast.ClassDef) and inner not in module.body:
            found.notes[f"`{inner.name}` is left out: it stands inside something else"] = None
    return found


def nothing(path: str, notes: dict[str, None]) -> UsageError:
    """Return the error for a file without a class to convert."""
    left = "".join(f"; {note}" for note in list(notes)[:1])
    return UsageError(
        f"`{path}` has no dataclass, TypedDict, NamedTuple or Enum with a field{left}",
        "name the file with the classes to convert",
    )


def parse(text: str, path: str) -> ast.Module:
    """Parse a file.

    Raises:
        UsageError: It is no Python.
    """
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise UsageError(
            f"`{path}` is no Python: {error.msg} in line {error.lineno}", "name a file that Python can import"
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"`{path}` is no Python that can be read", "name a file that Python can import") from error


def define(node: ast.stmt, found: Definitions) -> None:
    """Add what a statement defines."""
    if isinstance(node, ast.ClassDef):
        define_class(node, found)
    elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        define_name(node.targets[0].id, node.value, found)
    elif isinstance(node, ast.AnnAssign) and node.value and ast.unparse(node.annotation).endswith("TypeAlias"):
        found.aliases[ast.unparse(node.target)] = node.value
    elif type(node).__name__ == "TypeAlias":  # since Python 3.12
        define_name(ast.unparse(node.name), node.value, found)  # type: ignore[attr-defined]


def define_name(name: str, value: ast.expr, found: Definitions) -> None:
    """Add what a name stands for, if that may be a type."""
    if not isinstance(value, ast.Call):
        if isinstance(value, (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp)):
            found.aliases[name] = value
        return
    called = name_of(value.func)
    if called in VARIABLES:
        found.variables.add(name)
    elif called == "NewType" and len(value.args) == 2:
        found.aliases[name] = value.args[1]
    elif called in CALLS:
        found.notes[f"`{name}` is left out: write it as `class {name}` and not as a call of `{called}`"] = None


def define_class(node: ast.ClassDef, found: Definitions) -> None:
    """Add a class, or a note that says why it is left out."""
    bases = [name_of(base) for base in node.bases]
    if FLAGS & set(bases):
        found.notes[f"`{node.name}` is left out: its members combine, so take it as an `int`"] = None
        return
    parents = [found.classes[base] for base in bases if base in found.classes]
    kind = own_kind(node, bases) or next((parent.kind for parent in parents), None)
    if kind is None:
        found.others.add(node.name)
        found.notes[f"`{node.name}` is left out: it is no dataclass, TypedDict, NamedTuple or Enum"] = None
        return
    note_bases(node, bases, found)
    found.variables.update(parameter.name for parameter in getattr(node, "type_params", ()))
    fields = {name: each for parent in reversed(parents) for name, each in parent.fields.items()}
    if kind == "TypedDict" or own_kind(node, bases) not in {None, "Enum"}:
        fields |= dict(declared(node, found.notes))
    if not fields and kind != "Enum":
        found.notes[f"`{node.name}` is left out: it has no fields with annotations"] = None
        return
    found.classes[node.name] = PythonClass(node, kind, fields)


def note_bases(node: ast.ClassDef, bases: list[str], found: Definitions) -> None:
    """Say which bases may have fields that are not known here."""
    for base in bases:
        # Another class of the file has a note of its own already.
        if base not in PLAIN and base not in found.classes and base not in found.others:
            found.notes[f"`{node.name}` lacks the fields of its base `{base}`, which is not in this file"] = None


def own_kind(node: ast.ClassDef, bases: list[str]) -> str | None:
    """Say what sort of class it is by itself; none if it can't be converted."""
    for kind in ("TypedDict", "NamedTuple"):
        if kind in bases:
            return kind
    if ENUMS & set(bases):
        return "Enum"
    decorators = (decorator.func if isinstance(decorator, ast.Call) else decorator for decorator in node.decorator_list)
    return "dataclass" if "dataclass" in map(name_of, decorators) else None


def declared(node: ast.ClassDef, notes: dict[str, None]) -> Iterator[tuple[str, Declared]]:
    """Return the fields that a class declares itself."""
    total = not any(word.arg == "total" and ast.unparse(word.value) == "False" for word in node.keywords)
    for statement in node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        name = statement.target.id
        annotation, found = unqualified(statement.annotation)
        if left := found & {"ClassVar", "InitVar"}:
            why = "it belongs to the class" if "ClassVar" in left else "objects do not have it"
            notes[f"`{node.name}.{name}` is no field and is left out: {why}"] = None
        elif name_of(annotation) != "KW_ONLY":
            if is_computed(statement.value):
                notes[f"`{node.name}({name}=...)` is not possible: leave `{name}` out of what comes back"] = None
            # An object has `__value` of a class `A` as `_A__value`.
            mangled = name.startswith("__") and not name.endswith("__")
            yield f"_{node.name.lstrip('_')}{name}" if mangled else name, Declared(annotation, frozenset(found), total)


def is_computed(value: ast.expr | None) -> bool:
    """Whether a field is none that the object is made with: `field(init=False)`."""
    words = value.keywords if isinstance(value, ast.Call) and name_of(value.func) == "field" else []
    return any(word.arg == "init" and ast.unparse(word.value) == "False" for word in words)


def unqualified(annotation: ast.expr) -> tuple[ast.expr, set[str]]:
    """Return a field's type, and what its annotation says besides."""
    found: set[str] = set()
    while True:
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            annotation = parsed(annotation.value)
        elif isinstance(annotation, ast.Subscript) and name_of(annotation.value) in QUALIFIERS:
            found.add(name_of(annotation.value))
            annotation = (arguments_of(annotation) or [ast.Constant(None)])[0]
        else:
            bare = {name_of(annotation)} & {"ClassVar", "InitVar"}
            return annotation, found | bare


def name_of(node: ast.expr) -> str:
    """Return the last part of a name, with or without parameters; empty if it is none."""
    node = node.value if isinstance(node, ast.Subscript) else node
    return last(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""


def members(node: ast.ClassDef, note: Callable[[str], None]) -> dict[str, object]:
    """Return an enum's members with their values.

    Args:
        node: The class.
        note: What is told about members that are left out.

    Raises:
        UsageError: A value can't be told from the file alone.
    """
    found: dict[str, object] = {}
    kept: dict[str, object] = {}
    for name, value in assignments(node):
        found[name] = member_value(node, name, value, found)
        other = next((key for key, each in kept.items() if same(each, found[name])), None)
        if other is None:
            kept[name] = found[name]
        else:
            note(f"`{node.name}.{name}` is another name of `{node.name}.{other}` and has no variant")
    return kept


def same(one: object, other: object) -> bool:
    """Whether two values are one member."""
    return type(one) is type(other) and one == other


def assignments(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Return the names that an enum gives values, without those that mean something to `enum`."""
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and statement.value:
            pairs: list[tuple[ast.expr, ast.expr]] = [(statement.target, statement.value)]
        elif isinstance(statement, ast.Assign):
            pairs = [pair for target in statement.targets for pair in unpacked(target, statement.value)]
        else:
            continue
        for target, value in pairs:
            if isinstance(target, ast.Name) and not target.id.startswith("_"):
                yield target.id, value


def unpacked(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Return names and values of `A, B = 1, 2`."""
    if isinstance(target, ast.Tuple) and isinstance(value, (ast.Tuple, ast.List)):
        return list(zip(target.elts, value.elts, strict=False))
    return [(target, value)]


def member_value(node: ast.ClassDef, name: str, value: ast.expr, found: dict[str, object]) -> object:
    """Return the value of a member."""
    if isinstance(value, ast.Name) and value.id in found:
        return found[value.id]
    if isinstance(value, ast.Call) and name_of(value.func) == "auto":
        return automatic(node, name, list(found.values()))
    try:
        found_value: object = ast.literal_eval(value)
    except (ValueError, TypeError):
        raise UsageError(f"the value of `{node.name}.{name}` is no literal", "write the value itself") from None
    if "str" in map(name_of, node.bases) and not isinstance(found_value, str):
        raise UsageError(f"the value of `{node.name}.{name}` is no text, but its class is", "write it as a text")
    return found_value


def automatic(node: ast.ClassDef, name: str, before: list[object]) -> object:
    """Return what `auto()` stands for."""
    bases = {name_of(base) for base in node.bases}
    own = any(isinstance(each, ast.FunctionDef) and each.name == "_generate_next_value_" for each in node.body)
    if "StrEnum" in bases and not own:
        return name.lower()
    numbers = [value for value in before if isinstance(value, int)]
    # Where the last value is not the largest, Python's versions count on from different ones.
    if own or not bases & {"Enum", "IntEnum"} or "str" in bases or len(numbers) < len(before):
        raise UsageError(f"what `auto()` is for `{node.name}.{name}` can't be told", "write the value itself")
    if numbers and numbers[-1] != max(numbers):
        raise UsageError(
            f"what `auto()` is for `{node.name}.{name}` depends on Python's version", "write the value itself"
        )
    return numbers[-1] + 1 if numbers else 1
