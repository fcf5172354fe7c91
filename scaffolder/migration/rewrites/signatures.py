"""The signatures that Python sees of functions and methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.paths import indentation
from scaffolder.migration.rewrites.tree import part
from scaffolder.migration.rewrites.undecided import Unconcerned, Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match

COMMENTS = {"line_comment", "block_comment"}
# What has no arguments by name, or a signature of its own.
UNSIGNED = {"getter", "setter", "classattr"}
# Methods whose signature Python gives.
SLOT_NAMES = """
    abs add aiter and anext await bool clear concat contains delattr delete delitem divmod eq float floordiv ge
    get getattr getattribute getbuffer getitem gt hash iadd iand ifloordiv ilshift imatmul imod imul index
    inplace_concat inplace_repeat int invert ior ipow irshift isub iter itruediv ixor le len lshift lt matmul mod
    mul ne neg next or pos pow radd rand rdivmod releasebuffer repeat repr rfloordiv richcmp rlshift rmatmul rmod
    rmul ror rpow rrshift rshift rsub rtruediv rxor set setattr setitem str sub traverse truediv xor
"""
SLOTS = {f"__{name}__" for name in SLOT_NAMES.split()}


@dataclass(frozen=True)
class Attribute:
    """An attribute of a function.

    Attributes:
        name: The last part of its path: `pyo3`.
        arguments: What is in its brackets, without these.
        condition: When it is there, if `cfg_attr` says so: `feature = "python"`.
        last: What it ends with: its brackets, or its name.
    """

    name: str
    arguments: str
    condition: str
    last: SgNode


@dataclass(frozen=True)
class Argument:
    """An argument that Python passes."""

    name: str
    optional: bool


def add_signature(match: Match) -> Iterator[tuple[int, int, str]]:
    """Write down the signature that a function has by its optional arguments at the end."""
    function = match.node
    exporting = exporting_attribute(function)
    arguments = list(python_arguments(function, exporting))
    required = max((index + 1 for index, argument in enumerate(arguments) if not argument.optional), default=0)
    if not any(argument.optional for argument in arguments):
        raise Unconcerned
    words = [argument.name + ("=None" if index >= required else "") for index, argument in enumerate(arguments)]
    yield insert_attribute(match, exporting, f"pyo3(signature = ({', '.join(words)}))")


def order_signature(match: Match) -> Iterator[tuple[int, int, str]]:
    """Write down the signature of a function that has an argument without a default after an optional one."""
    arguments = list(python_arguments(match.node, exporting_attribute(match.node)))
    optional = [argument.optional for argument in arguments]
    if True not in optional or all(optional[optional.index(True) :]):
        raise Unconcerned
    yield from add_signature(match)


def insert_attribute(match: Match, exporting: Attribute, text: str) -> tuple[int, int, str]:
    """Put an attribute before a function, under the condition that it is exported under."""
    start = match.region.span(match.node)[0]
    attribute = f"cfg_attr({exporting.condition}, {text})" if exporting.condition else text
    return start, start, f"#[{attribute}]\n{indentation(match.source, start)}"


def exporting_attribute(function: SgNode, *, args: bool = False) -> Attribute:
    """Return the attribute that shows a function to Python, if it takes arguments and has no signature yet.

    Args:
        function: A function or method.
        args: Whether it may have an old signature.

    Raises:
        Undecided: It is no such function.
    """
    attributes = list(attributes_of(function))
    names = {attribute.name for attribute in attributes}
    if names & UNSIGNED or ("args" in names and not args) or any(has_signature(attribute) for attribute in attributes):
        raise Unconcerned
    exporting = next((attribute for attribute in attributes if attribute.name == "pyfunction"), None)
    if exporting is not None:
        return exporting
    block = methods_block(function)
    exporting = next((item for item in attributes_of(block) if item.name == "pymethods"), None) if block else None
    if exporting is None or part(function, "name").text() in SLOTS:
        raise Unconcerned
    return exporting


def has_signature(attribute: Attribute) -> bool:
    """Whether an attribute gives a signature."""
    words = attribute.arguments.replace("=", " ").split()
    return attribute.name in {"pyo3", "pyfunction"} and any(word.removeprefix("(") == "signature" for word in words)


def methods_block(function: SgNode) -> SgNode | None:
    """Return the `impl` that a function is a part of."""
    body = function.parent()
    block = body.parent() if body is not None else None
    return block if block is not None and block.kind() == "impl_item" else None


def attributes_of(item: SgNode) -> Iterator[Attribute]:
    """Yield the attributes before an item."""
    node = item.prev()
    while node is not None and (node.kind() == "attribute_item" or node.kind() in COMMENTS):
        if node.kind() == "attribute_item":
            yield from read_attribute(node)
        node = node.prev()


def read_attribute(node: SgNode) -> Iterator[Attribute]:
    """Read an attribute, or those that `cfg_attr` adds."""
    attribute = next(child for child in node.children() if child.kind() == "attribute")
    name = attribute.children()[0].text().rpartition("::")[2]
    tree = next((child for child in attribute.children() if child.kind() == "token_tree"), None)
    if name != "cfg_attr":
        yield Attribute(name, tree.text()[1:-1] if tree else "", "", tree or attribute)
        return
    parts = split_tokens(tree) if tree else []
    for words in parts[1:]:
        inner = words[-1].text()[1:-1] if words[-1].kind() == "token_tree" else ""
        names = [token.text() for token in words if token.kind() == "identifier"]
        yield Attribute(names[-1] if names else "", inner, source_of(parts[0]), words[-1])


def split_tokens(tree: SgNode) -> list[list[SgNode]]:
    """Split what is in brackets at its commas."""
    parts: list[list[SgNode]] = [[]]
    for token in tree.children()[1:-1]:
        if token.text() == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return [tokens for tokens in parts if tokens]


def source_of(tokens: list[SgNode]) -> str:
    """Return the text from the first token to the last."""
    root = tokens[0].get_root().root()
    start = root.range().start.index
    return str(root.text()[tokens[0].range().start.index - start : tokens[-1].range().end.index - start])


def python_arguments(function: SgNode, exporting: Attribute) -> Iterator[Argument]:
    """Yield the arguments that Python passes to a function: not the object, class or module, and no `Python`.

    Raises:
        Undecided: An argument has no name, or is not what it seems.
    """
    children = part(function, "parameters").children()
    if any(child.kind() == "attribute_item" and "cancel_handle" in child.text() for child in children):
        raise Undecided
    skip = int(has_receiver(function, exporting))
    for node in [child for child in children if child.kind() in {"self_parameter", "parameter"}][skip:]:
        rust_type = part(node, "type").text()
        if rust_type.partition("<")[0].rpartition("::")[2].strip() == "Python":
            continue
        pattern = part(node, "pattern")
        if pattern.kind() != "identifier":
            raise Undecided
        yield Argument(pattern.text(), rust_type.partition("<")[0].rpartition("::")[2].strip() == "Option")


def has_receiver(function: SgNode, exporting: Attribute) -> bool:
    """Whether a function's first parameter is the object, class or module that it belongs to."""
    attributes = list(attributes_of(function))
    names = {attribute.name for attribute in attributes}
    if exporting.name == "pyfunction":
        return any("pass_module" in attribute.arguments for attribute in attributes)
    if names & {"staticmethod"}:
        return False
    return "classmethod" in names or not names & {"new", "__new__"}
