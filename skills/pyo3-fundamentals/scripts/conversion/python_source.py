"""Dataclasses, typed dictionaries, named tuples and enums of a Python file as Rust types."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from conversion.annotations import Annotations, last
from conversion.enums import derives, names, pascal, value_enum
from conversion.model import RustCode, RustType
from scaffolder.errors import UsageError

KEYWORDS = {
    "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum", "extern",
    "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut",
    "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "abstract",
}  # fmt: skip
# Not even `r#` makes a name of these.
FORBIDDEN = {"self", "super", "crate", "Self", "_"}


@dataclass(frozen=True)
class Field:
    """A field of a struct.

    Attributes:
        name: What Python calls it.
        kind: Its type.
        optional: Whether Python may leave it out.
    """

    name: str
    kind: RustType
    optional: bool = False


def convert_module(text: str, path: str = "input") -> RustCode:
    """Convert the classes of a Python file.

    Args:
        text: The file's text.
        path: What it is called in messages.

    Raises:
        UsageError: It can't be parsed, has no class to convert, or one without a Rust counterpart.
    """
    try:
        module = ast.parse(text)
    except SyntaxError as error:
        raise UsageError(f"`{path}` is no Python: {error.msg} in line {error.lineno}") from error
    classes = [node for node in module.body if isinstance(node, ast.ClassDef) and kind_of(node)]
    if not classes:
        raise UsageError(
            f"`{path}` has no dataclass, TypedDict, NamedTuple or Enum", "name the file with the classes to convert"
        )
    code = RustCode()
    known = Annotations(code)
    # A class may be named before it is written.
    for node in classes:
        comparable = "object" not in ast.unparse(node) and "Any" not in ast.unparse(node)
        known.classes[node.name] = RustType(
            node.name, node.name, node.name, cost="one conversion a field",
            hashable=kind_of(node) == "Enum", comparable=comparable, rank=6,
        )  # fmt: skip
    for node in classes:
        convert_class(node, known)
    return code


def kind_of(node: ast.ClassDef) -> str | None:
    """Say what sort of class it is; none if it can't be converted."""
    bases = {last(base) for base in node.bases if isinstance(base, (ast.Name, ast.Attribute))}
    for kind in ("TypedDict", "NamedTuple"):
        if kind in bases:
            return kind
    if bases & {"Enum", "StrEnum", "IntEnum"}:
        return "Enum"
    decorators = (decorator.func if isinstance(decorator, ast.Call) else decorator for decorator in node.decorator_list)
    if any(
        last(decorator) == "dataclass" for decorator in decorators if isinstance(decorator, (ast.Name, ast.Attribute))
    ):
        return "dataclass"
    return None


def convert_class(node: ast.ClassDef, known: Annotations) -> None:
    """Convert one class."""
    kind = kind_of(node)
    if kind == "Enum":
        members = dict(enum_members(node))
        variants = dict(zip(names(list(members)), members.values(), strict=True))
        known.code.use(value_enum(known.code, node.name, variants, python=node.name, member=True))
        return
    fields = [
        class_field(statement, known, node, kind) for statement in node.body if isinstance(statement, ast.AnnAssign)
    ]
    if not fields:
        raise UsageError(f"the class `{node.name}` has no fields with annotations")
    document = (ast.get_docstring(node) or f"`{node.name}` of Python.").partition("\n")[0]
    if kind == "NamedTuple":
        known.code.notes[f"`{node.name}` is taken by its attributes, and comes back as a `dict`"] = None
    elif kind == "dataclass":
        known.code.notes[
            f"`{node.name}` comes back as a `dict`: Python makes the object of it by `{node.name}(**found)`"
        ] = None
    known.code.items[node.name] = struct(node.name, fields, document, items=kind == "TypedDict")


def class_field(statement: ast.AnnAssign, known: Annotations, node: ast.ClassDef, kind: str | None) -> Field:
    """Convert one field of a class."""
    name = ast.unparse(statement.target)
    wrapper = last(statement.annotation.value) if isinstance(statement.annotation, ast.Subscript) else ""
    total = not any(word.arg == "total" and ast.unparse(word.value) == "False" for word in node.keywords)
    optional = kind == "TypedDict" and (wrapper == "NotRequired" or (not total and wrapper != "Required"))
    try:
        found = known.convert(statement.annotation, pascal(name))
    except UsageError as error:
        error.message = f"`{node.name}.{name}`: {error.message}"
        raise
    direct = re.sub(r"Option<(\w+)>", r"\1", found.owned)
    if direct == node.name:
        raise UsageError(
            f"`{node.name}.{name}` holds its own class, and PyO3 converts no `Box`",
            "hold it in a list, or use `object`",
        )
    return Field(name, found, optional)


def enum_members(node: ast.ClassDef) -> list[tuple[str, object]]:
    """Return an enum's members with their values."""
    found: list[tuple[str, object]] = []
    string = any(last(base) == "StrEnum" for base in node.bases)
    for statement in node.body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            continue
        name = statement.targets[0].id
        if isinstance(statement.value, ast.Call):
            found.append((name, name.lower() if string else len(found) + 1))
        else:
            try:
                found.append((name, ast.literal_eval(statement.value)))
            except ValueError:
                raise UsageError(f"the value of `{node.name}.{name}` is no literal") from None
    return found


def struct(name: str, fields: list[Field], document: str, *, items: bool) -> str:
    """Return the code of a struct.

    Args:
        name: Its name.
        fields: Its fields.
        document: Its documentation.
        items: Whether Python passes a dictionary, and not an object with attributes.
    """
    comparable = all(field.kind.comparable for field in fields)
    head = "#[pyo3(from_item_all)]\n" if items else ""
    # Attributes keep their names: only keys can be renamed in both directions.
    if not items and any(field.name != rust_name(field.name).removeprefix("r#") for field in fields):
        head = "#[allow(non_snake_case)]\n"
    lines = "\n".join(line for field in fields for line in field_lines(field, items=items))
    return f"/// {document}\n#[derive({derives(comparable=comparable)})]\n{head}pub struct {name} {{\n{lines}\n}}"


def field_lines(field: Field, *, items: bool) -> list[str]:
    """Return the lines of a field."""
    name = rust_name(field.name) if items else attribute_name(field.name)
    settings = [] if name.removeprefix("r#") == field.name else [f'item("{escaped(field.name)}")']
    owned = field.kind.owned
    if field.optional:
        settings.append("default")
        owned = owned if owned.startswith("Option<") else f"Option<{owned}>"
    return [*([f"    #[pyo3({', '.join(settings)})]"] if settings else []), f"    pub {name}: {owned},"]


def attribute_name(name: str) -> str:
    """Return an attribute's name in Rust."""
    if name in FORBIDDEN:
        raise UsageError(f"no field can be called `{name}` in Rust", "rename the attribute")
    return f"r#{name}" if name in KEYWORDS else name


def escaped(text: str) -> str:
    """Return a text as it stands in a Rust literal."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def rust_name(name: str) -> str:
    """Return a name for a field: `user-id` becomes `user_id`, and `type` becomes `r#type`."""
    found = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name) if not name.islower() else name
    found = re.sub(r"\W+", "_", found).strip("_").lower() or "field"
    found = f"field_{found}" if found[0].isdigit() else found
    if found in FORBIDDEN:
        return f"{found}_"
    return f"r#{found}" if found in KEYWORDS else found
