"""The parameters of Rust functions as a stub writes them."""

from __future__ import annotations

import ast
import keyword
import re
from typing import TYPE_CHECKING

from scaffolder.errors import UsageError
from scaffolder.rust.items import Item, parts, tail, unquoted
from scaffolder.tools.type_converter.rust_types import content, last_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tree_sitter import Node

    from scaffolder.tools.type_converter.rust_types import StubTypes

POWER = re.compile(r"__[ri]?pow__")
AGREE = "let both have the same names"


def stub_parameters(item: Item, types: StubTypes, *, method: bool = False) -> str:
    """Return the parameters of a function as a stub writes them, without its receiver.

    Args:
        item: The function.
        types: What turns types into annotations.
        method: Whether the first parameter may be the object, the class or the module.

    Raises:
        UsageError: Signature and parameters don't agree.
    """
    annotated = dict(rust_parameters(item, types, method=method))
    if method and item.name in {"__eq__", "__ne__"}:
        annotated = dict.fromkeys(annotated, "object")
    if method and POWER.fullmatch(item.name) and len(annotated) == 2:
        # `a ** b` passes no modulo.
        annotated = {
            name: kind if place == 0 else f"{kind} = None" for place, (name, kind) in enumerate(annotated.items())
        }
    return by_signature(item, "signature", annotated, types)


def by_signature(item: Item, setting: str, annotated: Mapping[str, str], types: StubTypes) -> str:
    """Return parameters in the form that a setting of PyO3 gives them.

    Args:
        item: What they belong to.
        setting: The setting's name.
        annotated: Their names and annotations.
        types: Where notes go.
    """
    part = item.part(setting)
    if part is None:
        return ", ".join(f"{python_name(name, item, types)}: {kind}" for name, kind in annotated.items())
    listed = next(node for node in part if node.type == "token_tree")
    return ", ".join(written(each, annotated, item, types) for each in parts(listed))


def given_result(item: Item) -> str:
    """Return the annotation of a result that a signature gives itself, as in `() -> "str"`."""
    texts = [content(node) for node in item.part("signature") or ()]
    return unquoted(texts[texts.index("->") + 1]) if "->" in texts else ""


def written(part: list[Node], annotated: Mapping[str, str], item: Item, types: StubTypes) -> str:
    """Return one part of a signature with its annotation."""
    texts = [content(node) for node in part]
    stars = "".join(text for text in texts[:2] if set(text) == {"*"})
    names = [text for text in texts if re.fullmatch(r"(r#)?[^\W\d]\w*", text)]
    if texts == ["/"] or not names:
        return "".join(texts)
    name = names[0].removeprefix("r#")
    if name not in annotated:
        raise UsageError(f"the signature of `{item.name}` names `{name}`, which is no parameter", AGREE)
    shown = python_name(name, item, types)
    kind = unquoted(texts[texts.index(":") + 1]) if ":" in texts else "Any" if stars else annotated[name]
    default = tail(part, texts.index("=") + 1) if "=" in texts else ""
    return f"{stars}{shown}: {kind} = {python_default(default)}" if default else f"{stars}{shown}: {kind}"


def python_name(name: str, item: Item, types: StubTypes) -> str:
    """Return a parameter's name; a keyword of Python gets a line after it, and a note."""
    if not keyword.iskeyword(name):
        return name
    types.notes[
        f"the parameter `{name}` of `{item.name}` is a keyword of Python: the stub calls it `{name}_`, "
        "and it is passed by its place"
    ] = None
    return f"{name}_"


def python_default(text: str) -> str:
    """Return a default as Python writes it, or `...` if it is no literal."""
    text = {"true": "True", "false": "False"}.get(text, text)
    text = re.sub(r"^(-?[\d_]+(?:\.\d+)?)(?:[iu](?:8|16|32|64|128|size)|f32|f64)$", r"\1", text)
    try:
        return repr(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return "..."


def rust_parameters(item: Item, types: StubTypes, *, method: bool) -> Iterator[tuple[str, str]]:
    """Return the names of the parameters that Python passes, with their annotations."""
    nodes = item.node.child_by_field_name("parameters")
    marks: list[Node] = []
    number = -1
    for node in nodes.named_children if nodes else ():
        if node.type == "attribute_item":
            marks.append(node)
            continue
        number += "comment" not in node.type
        kind = node.child_by_field_name("type")
        if (
            node.type == "parameter"
            and kind is not None
            and not is_token(kind)
            and not received(item, number, kind, method=method)
        ):
            yield parameter_name(node, number, item, types), annotation(kind, marks, types)
        marks = []


def received(item: Item, number: int, kind: Node, *, method: bool) -> bool:
    """Whether a parameter is the object, the class or the module, and nothing that is passed."""
    passed = method or item.setting("pass_module") is not None
    return number == 0 and passed and re.search(r"\b(Self|PyType|PyModule)\b", content(kind)) is not None


def parameter_name(node: Node, number: int, item: Item, types: StubTypes) -> str:
    """Return the name of a parameter; one without a name gets one, and a note."""
    name = content(node.child_by_field_name("pattern")).removeprefix("mut ").removeprefix("r#")
    if re.fullmatch(r"[^\W\d]\w*", name) and name != "_":
        return name
    types.notes[f"PyO3 takes no pattern as a parameter, and `{item.name}` has `{name or '_'}`"] = None
    return f"argument_{number}"


def annotation(kind: Node, marks: list[Node], types: StubTypes) -> str:
    """Return the annotation of a parameter, or of what a function of its own makes it from."""
    by = re.search(r'from_py_with\s*=\s*"?([\w:]+)', " ".join(map(content, marks)))
    return types.taken_by(by[1]) if by else types.argument(kind)


def is_token(kind: Node) -> bool:
    """Whether it is the type `Python`, which stands for being attached and is no argument of Python's."""
    named = kind.child_by_field_name("type") if kind.type == "generic_type" else kind
    return last_name(named) == "Python"
