"""What a Python file defines: classes with all their fields, and type aliases."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from scaffolder.errors import UsageError
from scaffolder.python.annotations import (
    ANY,
    DEPTH,
    Annotation,
    full_name,
    last_part,
    read_annotation,
)
from scaffolder.python.members import read_members

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ENUMS = {"Enum": "Enum", "StrEnum": "Enum", "IntEnum": "Enum", "ReprEnum": "Enum", "Flag": "Flag", "IntFlag": "IntFlag"}
# What a base makes of a class, by the base's last name.
KINDS = ENUMS | {
    "TypedDict": "TypedDict", "NamedTuple": "NamedTuple", "Protocol": "Protocol", "BaseModel": "model",
    "BaseSettings": "model", "GenericModel": "model", "SQLModel": "model", "Struct": "struct",
}  # fmt: skip
ATTRS = {"define", "frozen", "mutable", "s", "attrs", "dataclass", "attributes"}
# Bases that bring no field.
PLAIN = {"object", "Generic", "ABC", "str", "int", "float", "bytes", "Exception", *KINDS}
VARIABLES = {"TypeVar", "ParamSpec", "TypeVarTuple"}
CALLS = {"TypedDict", "NamedTuple", "namedtuple", "make_dataclass", "create_model", *ENUMS}


@dataclass(frozen=True)
class Field:
    """A field as a class declares it.

    Attributes:
        name: Its attribute name.
        annotation: Its type.
        required: Whether a typed dictionary must have it.
        computed: Whether it is not a constructor argument: `field(init=False)`.
    """

    name: str
    annotation: Annotation
    required: bool = True
    computed: bool = False

    @property
    def belongs_to_class(self) -> bool:
        """Whether instances have no value of their own: `ClassVar` or `InitVar`."""
        return not self.annotation.qualifiers.isdisjoint({"ClassVar", "InitVar"})


@dataclass(frozen=True)
class PythonClass:
    """A class.

    Attributes:
        name: Its name.
        kind: `dataclass`, `attrs`, `model` of pydantic, `struct` of msgspec, `TypedDict`, `NamedTuple`, `Protocol`,
            `Enum`, `Flag`, `IntFlag`, or `class` for any other.
        document: The first line of its docstring.
        fields: Its fields, those of its bases in the file included.
        members: The members of an enum, by their names.
        duplicates: Other names of members.
        unknown_bases: The bases that are not in the file, and may have fields.
        variables: The type variables that it declares itself: `class Box[T]`.
        methods: The methods that it defines.
        problem: Why it can't be read from the file alone, to follow its name.
    """

    name: str
    kind: str = "class"
    document: str = ""
    fields: tuple[Field, ...] = ()
    members: Mapping[str, str | int] = field(default_factory=dict)
    duplicates: Mapping[str, str] = field(default_factory=dict)
    unknown_bases: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    problem: str = ""


@dataclass
class PythonModule:
    """What a file defines.

    Attributes:
        classes: Its classes by name, bases first.
        aliases: What type aliases stand for.
        variables: Type variables with their constraint or bound, if any.
        imports: The full names of what it imports, by the names it uses.
        inner: The nested classes, with the name of what they are nested in.
    """

    classes: dict[str, PythonClass] = field(default_factory=dict)
    aliases: dict[str, Annotation] = field(default_factory=dict)
    variables: dict[str, tuple[Annotation, ...]] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    inner: dict[str, str] = field(default_factory=dict)

    def alternatives(self, annotation: Annotation, names: frozenset[str] = frozenset()) -> list[Annotation]:
        """Return the alternatives of a union, each once, with type aliases of unions resolved.

        Args:
            annotation: The union.
            names: The aliases already being resolved.
        """
        parts: list[Annotation] = []
        for part in annotation.arguments:
            target, inside = part, names
            while target.name in self.aliases and target.name not in inside and len(inside) < DEPTH:
                inside |= {target.name}
                target = self.aliases[target.name]
            parts += self.alternatives(target, inside) if target.name == "Union" else [part]
        return list(dict.fromkeys(parts))


def read_module(text: str, label: str) -> PythonModule:
    """Read what a file defines.

    Args:
        text: Its source.
        label: Its name in messages.

    Raises:
        UsageError: It is not valid Python.
    """
    hint = "name a file that Python can import"
    try:
        body = ast.parse(text).body
    except SyntaxError as error:
        raise UsageError(f"`{label}` is not valid Python: {error.msg} in line {error.lineno}", hint) from error
    except (ValueError, RecursionError, MemoryError) as error:
        reason = "it is nested too deeply" if not isinstance(error, ValueError) else "it has a null byte"
        raise UsageError(f"`{label}` is not valid Python: {reason}", hint) from error
    module = PythonModule()
    for node in top_level(body):
        _read_statement(node, module)
    return module


def top_level(body: Sequence[ast.stmt], depth: int = 0) -> Iterator[ast.stmt]:
    """Return the top-level statements of a file, including those in `if` and `try`."""
    for node in body:
        if isinstance(node, (ast.If, ast.Try, ast.With)) and depth < 20:
            blocks = [node.body, getattr(node, "orelse", []), getattr(node, "finalbody", [])]
            blocks += [handler.body for handler in getattr(node, "handlers", [])]
            for block in blocks:
                yield from top_level(block, depth + 1)
        else:
            yield node


def _read_statement(node: ast.stmt, module: PythonModule) -> None:
    """Add the definitions of a statement."""
    match node:
        case ast.Import():
            for name in node.names:
                module.imports[name.asname or name.name.partition(".")[0]] = (
                    name.name if name.asname else name.name.partition(".")[0]
                )
        case ast.ImportFrom():
            source = "." * node.level + (node.module or "")
            module.imports |= {name.asname or name.name: f"{source}.{name.name}" for name in node.names}
        case ast.ClassDef():
            _note_inner(node, module)
            definition = _read_class(node, module)
            module.classes[node.name] = definition
            module.variables |= dict.fromkeys(definition.variables, ())
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            _note_inner(node, module)
        case ast.Assign(targets=[ast.Name(name)]):
            _read_name(name, node.value, module)
        case ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value) if (
            last_part(node.annotation) == "TypeAlias"
        ):
            module.aliases[name] = read_annotation(value, module.imports)
        case _ if type(node).__name__ == "TypeAlias":  # since Python 3.12
            parameters = [parameter.name for parameter in node.type_params]  # type: ignore[attr-defined]
            module.variables |= dict.fromkeys(parameters, ())
            module.aliases[node.name.id] = read_annotation(node.value, module.imports)  # type: ignore[attr-defined]


def _note_inner(node: ast.stmt, module: PythonModule) -> None:
    for inner in ast.walk(node):
        if isinstance(inner, ast.ClassDef) and inner is not node:
            module.inner.setdefault(inner.name, node.name)  # type: ignore[attr-defined]


def _read_name(name: str, value: ast.expr, module: PythonModule) -> None:
    """Add an alias, if it may be one of a type."""
    called = last_part(value.func) if isinstance(value, ast.Call) else ""
    match value:
        case ast.Call() if called in VARIABLES:
            module.variables[name] = tuple(read_annotation(node, module.imports) for node in value.args[1:])
        case ast.Call(args=[_, base]) if called == "NewType":
            module.aliases[name] = read_annotation(base, module.imports)
        case ast.Call() if called in CALLS:
            module.classes[name] = _read_call(name, called, value, module)
        case ast.Name() | ast.Attribute() | ast.Subscript() | ast.BinOp():
            alias = read_annotation(value, module.imports)
            if not alias.problem:
                module.aliases[name] = alias


def _read_call(name: str, called: str, call: ast.Call, module: PythonModule) -> PythonClass:
    """Read a class made by a call: `TypedDict("Row", {"unit price": float})`."""
    match call.args:
        case [_, ast.Dict(keys, values)] if called == "TypedDict":
            pairs: list[tuple[ast.expr | None, ast.expr]] = list(zip(keys, values, strict=True))
        case [_, ast.List(elements) | ast.Tuple(elements)] if called == "NamedTuple":
            pairs = [tuple(pair.elts) for pair in elements if isinstance(pair, ast.Tuple) and len(pair.elts) == 2]  # type: ignore[misc]
        case _:
            pairs = []
    total = not _has_word(call.keywords, "total", value=False)
    fields = tuple(
        _field(key.value, read_annotation(value, module.imports), total=total)
        for key, value in pairs
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    )
    if not fields or len(fields) < len(pairs):
        return PythonClass(name, "class", problem=f"is made by a call of `{called}`: write it as a class")
    return PythonClass(name, called, fields=fields)


def _read_class(node: ast.ClassDef, module: PythonModule) -> PythonClass:
    """Read a class, with the fields inherited from bases in the same file."""
    bases = [last_part(base) for base in node.bases]
    parents = [module.classes[base] for base in bases if base in module.classes]
    own = _own_kind(node, bases, module.imports)
    kind = own or next((parent.kind for parent in parents if parent.kind != "class"), "class")
    fields = {inherited.name: inherited for parent in reversed(parents) for inherited in parent.fields}
    # A plain child of a dataclass adds no fields; one of a model does.
    if own or kind in {"TypedDict", "model", "struct", "class"}:
        fields |= {declared.name: declared for declared in _own_fields(node, kind, module.imports)}
    unknown = [base for base in bases if base not in PLAIN and base not in module.classes]
    unknown += [base for parent in parents for base in parent.unknown_bases]
    definition = PythonClass(
        node.name,
        kind,
        (ast.get_docstring(node) or "").strip().partition("\n")[0],
        tuple(fields.values()),
        unknown_bases=tuple(dict.fromkeys(filter(None, unknown))),
        variables=tuple(parameter.name for parameter in getattr(node, "type_params", ())),
        methods=tuple(item.name for item in node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))),
    )
    if kind != "Enum":
        return definition
    members = read_members(node)
    return replace(definition, members=members.values, duplicates=members.duplicates, problem=members.problem)


def _own_kind(node: ast.ClassDef, bases: Sequence[str], imports: Mapping[str, str]) -> str | None:
    """Return a class's kind, disregarding what it inherits."""
    # `class A(Protocol, TypedDict)`: the last of several decides.
    if kinds := [KINDS[base] for base in bases if base in KINDS]:
        return kinds[-1]
    for decorator in node.decorator_list:
        name = decorator.func if isinstance(decorator, ast.Call) else decorator
        module, _, function = full_name(name, imports).rpartition(".")
        if module.partition(".")[0] in {"attr", "attrs"} and function in ATTRS:
            return "attrs"
        if function == "dataclass":
            return "dataclass"
    return None


def _own_fields(node: ast.ClassDef, kind: str, imports: Mapping[str, str]) -> Iterator[Field]:
    """Yield the fields that a class declares itself."""
    total = not _has_word(node.keywords, "total", value=False)
    for statement in node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        name = statement.target.id
        # To pydantic these are private attributes.
        if last_part(statement.annotation) == "KW_ONLY" or (kind == "model" and name.startswith("_")):
            continue
        value = statement.value
        computed = isinstance(value, ast.Call) and _has_word(value.keywords, "init", value=False)
        # An object has `__value` of a class `A` as `_A__value`.
        mangled = name.startswith("__") and not name.endswith("__")
        annotation = read_annotation(statement.annotation, imports)
        yield _field(f"_{node.name.lstrip('_')}{name}" if mangled else name, annotation, total=total, computed=computed)


def _field(name: str, annotation: Annotation, *, total: bool, computed: bool = False) -> Field:
    qualifiers = annotation.qualifiers
    annotation = annotation if annotation.text else ANY
    return Field(name, annotation, "NotRequired" not in qualifiers and (total or "Required" in qualifiers), computed)


def _has_word(words: Sequence[ast.keyword], name: str, *, value: object) -> bool:
    return any(word.arg == name and getattr(word.value, "value", ...) is value for word in words)
