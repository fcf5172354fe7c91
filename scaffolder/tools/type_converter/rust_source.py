"""Functions, structs and classes of a Rust file as a Python stub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.errors import UsageError
from scaffolder.rust.items import Item, items
from scaffolder.tools.type_converter import stub_classes
from scaffolder.tools.type_converter.rust_functions import is_token
from scaffolder.tools.type_converter.rust_types import StubTypes, content
from scaffolder.tools.type_converter.stub_data import describe_data, describe_values, literals
from scaffolder.tools.type_converter.stub_text import Class, Module, Stub

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

CLASSES = {"struct_item", "enum_item"}
FUNCTIONS = {"function_item", "function_signature_item"}


def convert_rust(source: str, path: str = "input") -> Stub:
    """Convert a Rust file, or a single signature.

    Args:
        source: The text. If items are marked for PyO3, only those are described; else all are.
        path: What it is called in messages.

    Raises:
        UsageError: It can't be parsed, or has nothing to describe.
    """
    found = list(items(parse(source, path)))
    traits = trait_code(found)
    values = {name: values for name, values in value_enums(found) if name in traits}
    marked = [item for item in found if is_marked(item)]
    chosen = marked or [item for item in found if item.node.type not in {"type_item", "const_item"}]
    stub = Stub(known_types(found, chosen))
    describe_values(values, traits, stub.types, stub.module(()))
    if marked:
        data = [item for item in chosen if is_data(item)]
        describe_data(data, traits, stub.types, stub.module(()))
    for item in chosen:
        describe(item, stub, values)
    for module in stub.modules.values():
        for each in module.classes.values():
            stub_classes.note_write_only(each, stub.types)
    if not stub.size:
        raise UsageError(f"`{path}` has no struct, enum or function to describe", "name the file that has them")
    return stub


def parse(source: str, path: str) -> Node:
    """Parse a file; a signature gets the end that it lacks.

    Raises:
        UsageError: It is no Rust.
    """
    import tree_sitter_rust
    from tree_sitter import Language, Parser

    parser = Parser(Language(tree_sitter_rust.language()))
    root = parser.parse(source.encode()).root_node
    if root.has_error:
        # A signature alone lacks the end of its item.
        again = parser.parse(f"{source.rstrip().rstrip(';')};".encode()).root_node
        if again.has_error:
            line = next(errors(root)).start_point.row + 1
            raise UsageError(f"`{path}` is no Rust: line {line} can't be parsed", "rustc says what is wrong with it")
        return again
    return root


def errors(node: Node) -> Iterator[Node]:
    """Return the places that could not be parsed."""
    if node.is_error or node.is_missing:
        yield node
    elif node.has_error:
        for child in node.children:
            yield from errors(child)


def known_types(found: Sequence[Item], chosen: Sequence[Item]) -> StubTypes:
    """Return what turns types into annotations: it knows the file's own types and functions."""
    names = {item.name: item.setting("name") or item.name for item in chosen if item.node.type in CLASSES}
    names |= {item.name: item.name for item in found if item.node.type == "enum_item" and item.name not in names}
    names |= {made[1]: made[1] for item in chosen if (made := stub_classes.created(item))}
    aliases = {item.name: item.node.child_by_field_name("type") for item in found if item.node.type == "type_item"}
    functions = {item.name: first_parameter(item) for item in found if item.node.type in FUNCTIONS}
    return StubTypes(
        names, {name: kind for name, kind in aliases.items() if kind},
        functions={name: kind for name, kind in functions.items() if kind},
    )  # fmt: skip


def first_parameter(item: Item) -> Node | None:
    """Return the type of the first parameter that Python passes."""
    nodes = item.node.child_by_field_name("parameters")
    kinds = (node.child_by_field_name("type") for node in (nodes.named_children if nodes else ()))
    return next((kind for kind in kinds if kind and not is_token(kind)), None)


def trait_code(found: Sequence[Item]) -> dict[str, str]:
    """Return the code of `FromPyObject` by the name of the type that it is for."""
    return {
        content(item.node.child_by_field_name("type")): content(item.node)
        for item in found
        if item.node.type == "impl_item" and "FromPyObject" in content(item.node.child_by_field_name("trait"))
    }


def value_enums(found: Sequence[Item]) -> Iterator[tuple[str, list[str]]]:
    """Return the enums that stand for values, with those."""
    for item in found:
        if item.node.type == "impl_item" and item.node.child_by_field_name("trait") is None:
            values = literals(item)
            if values:
                yield content(item.node.child_by_field_name("type")), values


def is_marked(item: Item) -> bool:
    """Whether PyO3 makes something of an item."""
    named = {"pyclass", "pymethods", "pyfunction", "pymodule_export"} & item.marks.keys()
    return bool(named) or stub_classes.created(item) is not None or is_data(item)


def is_data(item: Item) -> bool:
    """Whether PyO3 converts it by its fields."""
    return "pyclass" not in item.marks and (item.extracted or item.converted)


def describe(item: Item, stub: Stub, values: dict[str, list[str]]) -> None:
    """Add one item to a stub, if it is not there as a type that is converted.

    Args:
        item: The item.
        stub: The stub.
        values: The enums that stand for values.
    """
    types, module = stub.types, stub.module(item.module)
    kind = item.node.type
    name = stub_classes.python_name(item)
    if kind in FUNCTIONS and "pymodule" not in item.marks and stub_classes.writable(name, "", types):
        if name in module.functions:
            types.notes[f"`{name}` is there more than once, and the last one is described"] = None
        module.functions[name] = stub_classes.function(item, types)
    elif kind == "const_item" and stub_classes.writable(name, "", types):
        module.values[name] = f"{name}: Final[{types.result(item.node.child_by_field_name('type'))}]"
    elif kind == "impl_item" and item.node.child_by_field_name("trait") is None:
        describe_methods(item, stub, values)
    elif kind == "macro_invocation" and (made := stub_classes.exception(item, types)):
        module.classes[made.name] = made
    elif (
        kind in {"struct_item", "enum_item"} and item.name not in types.data and stub_classes.writable(name, "", types)
    ):
        made = stub_classes.struct(item, types) if kind == "struct_item" else stub_classes.enumeration(item, types)
        add_class(made, module, types)


def add_class(made: Class, module: Module, types: StubTypes) -> None:
    """Add a class to a module, with the methods that came before it."""
    before = module.classes.get(made.name)
    if before and before.described:
        types.notes[f"`{made.name}` is there more than once, and the last one is described"] = None
    for name, each in (before.body if before and not before.described else {}).items():
        made.body.setdefault(name, each)
    module.classes[made.name] = made


def describe_methods(item: Item, stub: Stub, values: dict[str, list[str]]) -> None:
    """Add the methods of an `impl` to the class that they are of."""
    owner = content(item.node.child_by_field_name("type")).partition("<")[0].rpartition("::")[2].removeprefix("r#")
    if owner in values:
        return
    name = stub.types.names.get(owner, owner)
    there = next((each for each in stub.modules.values() if name in each.classes), None)
    found = (there or stub.module(item.module)).classes.setdefault(name, Class(name, described=False))
    stub_classes.add_methods(item, found, stub.types)
