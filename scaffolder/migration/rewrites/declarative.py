"""A `#[pymodule]` function as a declarative module, which says what it exports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaffolder.migration.imports import read_uses
from scaffolder.migration.rewrites.paths import indentation
from scaffolder.migration.rewrites.undecided import Undecided
from scaffolder.rust.items import Module, read_items

if TYPE_CHECKING:
    from ast_grep_py import Rule, SgNode

    from scaffolder.migration.matching import Match
    from scaffolder.migration.rewrites.paths import Edits

STEP = "    "
# Names for the function with the rest of the body; the first one that the file has no use for.
NAMES = ("init", "init_module", "fill_module")
COMMENTS = {"line_comment", "block_comment"}
STRINGS: list[Rule] = [{"kind": "string_literal"}, {"kind": "raw_string_literal"}]
PATH = {"identifier", "type_identifier", "::", "crate", "self", "super"}


@dataclass
class Part:
    """A statement with the comments and attributes that belong to it.

    Attributes:
        nodes: All of them, in order.
        export: The path of what it registers; empty if it does something else.
    """

    nodes: list[SgNode] = field(default_factory=list)
    export: str = ""

    @property
    def statement(self) -> SgNode:
        """The statement, which a comment at the end of its line may follow."""
        return next((node for node in self.nodes if node.kind() not in COMMENTS | {"attribute_item"}), self.nodes[-1])


def declarative_module(match: Match) -> Edits:
    """Write a module function as `mod`: plain registrations become exports, and the rest stays in a function.

    Exports are registered first, in their order, so that `__all__` may be in another order than before.

    Raises:
        Undecided: It is used as a function, or what it does may depend on its place.
    """
    function = match.node
    if not is_pymodule(function):
        return []
    name, body, parameters = function.field("name"), function.field("body"), function.field("parameters")
    if name is None or body is None or parameters is None:
        return []
    module = parameters_of(parameters)[-1]
    parts = split(match, body)
    for part in parts:
        part.export = exported(part, module)
    ending = parts.pop() if parts and is_ending(parts[-1]) else None
    require_plain(match, name.text(), module, parts)
    visibility = next(
        (child.text() + " " for child in function.children() if child.kind() == "visibility_modifier"), ""
    )
    start, end = match.region.span(function)
    indent = indentation(match.source, start)
    rest = [part for part in parts if not part.export]
    lines = exports(match, [part for part in parts if part.export], indent)
    if rest or (ending is not None and len(ending.nodes) > 1):
        lines = [f"{indent}{STEP}use super::*;\n", *lines]
        lines.append(initializer(match, rest, ending, indent))
    return [(start, end, f"{visibility}mod {name.text()} {{\n" + "\n".join(lines) + f"{indent}}}")]


def is_pymodule(function: SgNode) -> bool:
    """Whether an attribute of a function makes a module of it."""
    node = function.prev()
    while node is not None and node.kind() in COMMENTS | {"attribute_item"}:
        path = node.text().removeprefix("#[").partition("(")[0].removesuffix("]").strip()
        if node.kind() == "attribute_item" and path.rpartition("::")[2] == "pymodule":
            return True
        node = node.prev()
    return False


def parameters_of(parameters: SgNode) -> list[str]:
    """Return the names of the parameters of a module function: the module, and `py` before it."""
    entries = [child for child in parameters.children() if child.kind() == "parameter"]
    names = [pattern.text() for entry in entries if (pattern := entry.field("pattern")) is not None]
    kind = entries[-1].field("type") if entries else None
    if not entries or kind is None or "PyModule" not in kind.text() or kind.kind() != "reference_type":
        raise Undecided("its parameter is not a `&Bound<'_, PyModule>`")
    return names


def split(match: Match, body: SgNode) -> list[Part]:
    """Split a body into statements with what belongs to each of them."""
    parts: list[Part] = []
    waiting = Part()
    for node in body.children()[1:-1]:
        start, _ = match.region.span(node)
        if node.kind() in COMMENTS and not waiting.nodes and parts and on_line_of(match, parts[-1], start):
            parts[-1].nodes.append(node)
            continue
        waiting.nodes.append(node)
        if node.kind() not in COMMENTS | {"attribute_item"}:
            parts.append(waiting)
            waiting = Part()
    return [*parts, waiting] if waiting.nodes else parts


def on_line_of(match: Match, part: Part, start: int) -> bool:
    """Whether a place is on the line that a statement ends on."""
    _, end = match.region.span(part.nodes[-1])
    return "\n" not in match.source[end:start]


def exported(part: Part, module: str) -> str:
    """Return the path that a statement registers with a module and does nothing else; empty if it is another one."""
    attributes = [node for node in part.nodes if node.kind() == "attribute_item"]
    if any(not node.text().startswith("#[cfg(") for node in attributes):
        return ""
    node = part.statement
    if node.kind() == "expression_statement":
        node = node.children()[0]
    if node.kind() == "try_expression":
        node = node.children()[0]
    function, arguments = node.field("function"), node.field("arguments")
    if node.kind() != "call_expression" or function is None or arguments is None:
        return ""
    values = [child for child in arguments.children() if child.is_named() and child.kind() not in COMMENTS]
    target = function.field("function") or function
    if target.text() == f"{module}.add_class" and not values:
        kinds = function.field("type_arguments")
        return path_of([child for child in kinds.children() if child.is_named()]) if kinds is not None else ""
    if target.text() in {f"{module}.add_function", f"{module}.add_wrapped"} and len(values) == 1:
        return wrapped(values[0], module)
    return ""


def wrapped(value: SgNode, module: str) -> str:
    """Return the path that `wrap_pyfunction!` is given, with this module or alone."""
    macro = value.children()[0] if value.kind() == "try_expression" else value
    name = macro.field("macro")
    tokens = next((child for child in macro.children() if child.kind() == "token_tree"), None)
    if name is None or tokens is None or name.text().rpartition("::")[2] != "wrap_pyfunction":
        return ""
    inner = tokens.children()[1:-1]
    commas = [place for place, token in enumerate(inner) if token.text() == ","]
    path = inner[: commas[0]] if commas else inner
    if [token.text() for token in inner[len(path) + 1 :]] not in ([], [module]):
        return ""
    return path_of(path)


def path_of(nodes: list[SgNode]) -> str:
    """Return a path of names only, given its tokens or its one node."""
    if len(nodes) == 1 and nodes[0].kind() in {"scoped_type_identifier", "scoped_identifier"}:
        leaves = nodes[0].find_all(any=[{"kind": kind} for kind in PATH - {"::"}])
        return "::".join(leaf.text() for leaf in leaves if not leaf.children())
    return "".join(node.text() for node in nodes) if all(node.kind() in PATH for node in nodes) else ""


def is_ending(part: Part) -> bool:
    """Whether a part is the `Ok(())` at the end."""
    return part.statement.text() == "Ok(())"


def require_plain(match: Match, name: str, module: str, parts: list[Part]) -> None:
    """Refuse a body whose meaning depends on the order or the place of its statements."""
    exporting = [place for place, part in enumerate(parts) if part.export]
    names = [part.export.rpartition("::")[2] for part in parts if part.export]
    if len(names) != len(set(names)):
        raise Undecided("two exports have one name")
    for place, part in enumerate(parts):
        if part.export:
            continue
        if part.statement.find(kind="super") or part.statement.find(kind="self"):
            raise Undecided("the rest of it has a path from this module on")
        early = part.statement.find(kind="return_expression") is not None
        if early and exporting and place < exporting[-1]:
            raise Undecided("it may return before it has registered all")
        pattern = part.statement.field("pattern") if part.statement.kind() == "let_declaration" else None
        if pattern is not None and pattern.text() == module:
            raise Undecided(f"`{module}` is another module in the end")
    root = match.node.get_root().root()
    calls = root.find_all({"rule": {"kind": "call_expression", "has": {"field": "function", "regex": f"^{name}$"}}})
    if calls:
        raise Undecided("it is called as a function")


def exports(match: Match, parts: list[Part], indent: str) -> list[str]:
    """Return the lines that export what was registered."""
    lines = []
    for part in parts:
        above = [node.text() for node in part.nodes if node.kind() in COMMENTS | {"attribute_item"}]
        texts = [*above, "#[pymodule_export]", f"use {below(match, part.export)};"]
        lines.append("".join(f"{indent}{STEP}{text}\n" for text in texts))
    return lines


def below(match: Match, path: str) -> str:
    """Return a path as a module inside this one has to write it."""
    first, _, rest = path.partition("::")
    if first == "crate":
        return path
    if first == "self":
        return f"super::{rest}"
    if not rest or first == "super":
        return f"super::{path}"
    modules = {item.name for item in read_items(match.source).walk() if isinstance(item, Module)}
    if first not in modules | {use.name for use in read_uses(match.source)}:
        raise Undecided(f"`{path}` may be in another crate")
    return f"super::{path}"


def initializer(match: Match, rest: list[Part], ending: Part | None, indent: str) -> str:
    """Return the function with what is left of the body."""
    function = match.node
    parameters, returned = function.field("parameters"), function.field("return_type")
    generics = function.field("type_parameters")
    entries = [child for child in parameters.children() if child.kind() == "parameter"] if parameters else []
    names = parameters_of(parameters) if parameters else []
    name = next((name for name in NAMES if not uses_name(match, name)), None)
    if name is None or not entries:
        raise Undecided("its function has no name that is free")
    token = names[0] if len(names) > 1 and any(uses(part, names[0]) for part in rest) else ""
    lines = [f"{indent}{STEP * 2}let {token} = {names[-1]}.py();"] if token else []
    lines += [moved(match, part, indent) for part in rest]
    lines.append(moved(match, ending, indent) if ending else f"{indent}{STEP * 2}Ok(())")
    signature = f"fn {name}{generics.text() if generics else ''}({entries[-1].text()})"
    result = f" -> {returned.text()}" if returned else ""
    head = f"{indent}{STEP}#[pymodule_init]\n{indent}{STEP}{signature}{result} {{\n"
    return head + "\n".join(lines) + f"\n{indent}{STEP}}}\n"


def uses(part: Part, name: str) -> bool:
    """Whether a part has a name in it, in a macro too."""
    return any(node.find({"rule": {"kind": "identifier", "regex": f"^{name}$"}}) for node in part.nodes)


def uses_name(match: Match, name: str) -> bool:
    """Whether a file has a name anywhere."""
    return match.node.get_root().root().find({"rule": {"kind": "identifier", "regex": f"^{name}$"}}) is not None


def moved(match: Match, part: Part, indent: str) -> str:
    """Return the text of a part one level deeper, unless a string goes over several of its lines."""
    start, _ = match.region.span(part.nodes[0])
    _, end = match.region.span(part.nodes[-1])
    text = match.source[start:end]
    strings = [literal.text() for node in part.nodes for literal in node.find_all(any=STRINGS)]
    deeper = text if any("\n" in string for string in strings) else text.replace("\n", f"\n{STEP}")
    return f"{indent}{STEP * 2}{deeper}"
