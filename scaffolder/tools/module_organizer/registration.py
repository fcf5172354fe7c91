"""Register what is left out: edits to Rust files, made in memory, and shown before they are written."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.anatomy.bounds import upwards
from scaffolder.anatomy.draft import edit_root
from scaffolder.errors import ScaffolderError, UsageError, near
from scaffolder.files import is_file
from scaffolder.rust.crate_source import Scope
from scaffolder.rust.items import Function, Use
from scaffolder.rust.source import parse, syntax_errors, text_of
from scaffolder.toolkit import Document, Finding, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tree_sitter import Node

    from scaffolder.rust.crate_source import SourceFile
    from scaffolder.rust.pymodules import NativeItem, NativeModuleTree
    from scaffolder.tools.module_organizer.organization import Organization

NEWEST_OLD_API = 20
BOUND_ONLY_BY_NAME = (21, 22)
EXPORTS_EXCEPTIONS = 28


class NotPlacedError(Exception):
    """An item has no place that is not a guess."""


@dataclass(frozen=True)
class Insertion:
    """Text to insert into a file.

    Attributes:
        file: The file.
        offset: The byte before which it goes.
        text: The text.
        name: The Python name that it registers.
    """

    file: SourceFile
    offset: int
    text: str
    name: str


@dataclass(frozen=True)
class Plan:
    """What would be registered.

    Attributes:
        texts: The new text of each file.
        files: Those files as they are.
        names: The Python names that are registered.
        refusals: What has no place, and why.
    """

    texts: dict[Path, bytes]
    files: dict[Path, SourceFile]
    names: tuple[str, ...]
    refusals: tuple[Finding, ...]


def plan(organization: Organization, into: str | None, only: list[str]) -> Plan:
    """Work out where what is left out goes.

    Args:
        organization: The modules.
        into: The module that it goes into, if the user says so.
        only: The names to register; by default all that is meant for callers.

    Raises:
        UsageError: There is no such module, or no such name that is left out.
    """
    chosen = _chosen(organization, only)
    target = _target(organization, into) if into is not None else None
    insertions, refusals = [], []
    for item in chosen:
        try:
            insertions.append(_insertion(organization, item, target or _nearest(organization, item)))
        except NotPlacedError as error:
            refusals.append(
                Finding(
                    "not-placed", "note", f"`{item.name or item.rust_name}` is not registered: {error.args[0]}",
                    where=organization.show(item.file.path, item.line), fix=error.args[1],
                )
            )  # fmt: skip
    files = {insertion.file.path: insertion.file for insertion in insertions}
    texts = {}
    for path, file in files.items():
        own = [insertion for insertion in insertions if insertion.file.path == path]
        texts[path] = _format(organization, file, _insert(file, own))
    return Plan(texts, files, tuple(insertion.name for insertion in insertions), tuple(refusals))


def _chosen(organization: Organization, only: list[str]) -> list[NativeItem]:
    """Return what is to be registered."""
    items = organization.left_out
    if not only:
        return [item for item in items if organization.is_meant_for_callers(item)]
    for name in only:
        if all(name not in {item.name, item.rust_name} for item in items):
            names = sorted({item.name or item.rust_name for item in items})
            hint = near(name, names) if names else "leave out `--only`"
            raise UsageError(f"nothing that is called `{name}` is left out of the modules", hint)
    return [item for item in items if {item.name, item.rust_name} & set(only)]


def _target(organization: Organization, into: str) -> NativeModuleTree:
    """Return the module that the user names, in full or without the package."""
    matches = {name: tree for name, tree in organization.trees.items() if name == into or name.endswith(f".{into}")}
    if into in matches:
        return matches[into]
    if len(matches) != 1:
        what = "there is no module" if not matches else "there are several modules"
        raise UsageError(f"{what} `{into}` in the tree", near(into, organization.trees))
    return next(iter(matches.values()))


def _nearest(organization: Organization, item: NativeItem) -> NativeModuleTree:
    """Return the only module, or the only one that is in the same Rust module."""
    trees = list(organization.trees.values())
    here = [
        tree for tree in trees
        if (tree.item is not None and (tree.scope if tree.is_declarative else tree.scope.module) is item.place.scope)
        or (tree.is_declarative and tree.scope.parent is item.place.scope)
    ]  # fmt: skip
    candidates = trees if len(trees) == 1 else here
    if len(candidates) != 1:
        names = ", ".join(f"`{name}`" for name in list(organization.trees)[:6])
        raise NotPlacedError("there are several modules that it may go into", f"name one with `--into`: {names}")
    return candidates[0]


def _insertion(organization: Organization, item: NativeItem, tree: NativeModuleTree) -> Insertion:
    """Return the text that registers an item in a module.

    Raises:
        NotPlacedError: It can't be reached from there, or something would have to be guessed.
    """
    name = item.name or item.rust_name
    by_hand = f"register it by hand in {organization.show(tree.file.path, tree.line)}"
    if item.is_conditional:
        raise NotPlacedError("a `cfg` decides whether it is there", f"{by_hand}, under the same `cfg`")
    if any(export.name == name for export in tree.exports):
        raise NotPlacedError(f"`{tree.name}` has that name already", 'rename it: `#[pyo3(name = "…")]`')
    if item.place.scope.crate is not tree.scope.crate:
        raise NotPlacedError("it is in another crate", by_hand)
    if hidden := _hidden(item, tree.scope):
        raise NotPlacedError(f"`{hidden}` is private, seen from `{tree.name}`", f"make it `pub(crate)`, then {by_hand}")
    return _export_line(organization, item, tree) if tree.is_declarative else _call(organization, item, tree)


def _hidden(item: NativeItem, target: Scope) -> str | None:
    """Return the module or item that can't be reached from a scope."""
    steps: list[tuple[str, str, Scope]] = []
    # `create_exception!` makes a public type.
    visibility = "pub" if item.kind == "exception" else item.place.item.visibility
    steps.append((item.rust_name, visibility, item.place.scope))
    scope = item.place.scope
    while scope.parent is not None and scope.item is not None:
        steps.append((scope.item.name, scope.item.visibility, scope.parent))
        scope = scope.parent
    for name, seen, home in reversed(steps):
        plain = seen.replace(" ", "")
        around = home.parent if plain == "pub(super)" else home
        is_open = plain in {"pub", "pub(crate)", "pub(incrate)"} or (around is not None and target.is_within(around))
        if not is_open:
            return name
    return None


def _rust_path(item: NativeItem, target: Scope) -> str:
    """Return the shortest sure path to an item."""
    home, name = item.place.scope, item.rust_name
    if target.module is home:
        return name
    if target.module.parent is home:
        return f"super::{name}"
    return "::".join(["crate", *home.path, name])


# -- declarative modules -------------------------------------------------------------------------------------------


def _export_line(organization: Organization, item: NativeItem, tree: NativeModuleTree) -> Insertion:
    """Return a `#[pymodule_export] use`."""
    scope, name = tree.scope, item.rust_name
    place = organization.show(tree.file.path, tree.line)
    if item.place.scope is scope:
        raise NotPlacedError("it is made inside of the module", f"move it out of the `mod` at {place}")
    line = next((entry.line for entry in scope.items if isinstance(entry, Use) and _brings(entry, name)), None)
    if line is not None:
        where = organization.show(tree.file.path, line)
        raise NotPlacedError("the module has a `use` of it", f"put `#[pymodule_export]` above {where}")
    if name in scope.names:
        raise NotPlacedError(f"the `mod` has another `{name}`", f"register it by hand in {place}")
    if item.kind == "exception" and (_series(organization) or 0) < EXPORTS_EXCEPTIONS:
        raise NotPlacedError("PyO3 before 0.28 exports exceptions in `#[pymodule_init]` only", f"add it in {place}")
    node = tree.file.node(tree.item) if tree.item else None
    body = node.child_by_field_name("body") if node else None
    if body is None:
        raise NotPlacedError("the module has no body", f"register it by hand in {place}")
    uses = [child for child in body.named_children if child.type == "use_declaration"]
    exports = [
        entry.span[1] for entry in scope.items if isinstance(entry, Use) and entry.attribute("pymodule_export")
    ]  # fmt: skip
    indent = _indent(tree.file, body.start_byte) + "    "
    text = f"\n{indent}#[pymodule_export]\n{indent}use {_rust_path(item, scope)};"
    if exports:
        return Insertion(tree.file, exports[-1], text, item.name or name)
    if uses:
        return Insertion(tree.file, uses[-1].end_byte, f"\n{text}", item.name or name)
    is_empty = not body.named_children
    text += f"\n{indent[:-4]}" if is_empty and "\n" not in text_of(body) else "" if is_empty else "\n"
    return Insertion(tree.file, body.start_byte + 1, text, item.name or name)


def _brings(use: Use, name: str) -> bool:
    return not use.attribute("pymodule_export") and any(entry.name == name for entry in use.imports)


# -- functions -----------------------------------------------------------------------------------------------------


def _call(organization: Organization, item: NativeItem, tree: NativeModuleTree) -> Insertion:
    """Return a statement for a module that is made by a function."""
    place = organization.show(tree.file.path, tree.line)
    function, variable, argument = _function_of(organization, tree)
    block = function.child_by_field_name("body") if function else None
    if function is None or block is None or not variable or not argument:
        raise NotPlacedError("no statement registers anything there yet", f"register it by hand in {place}")
    if "Result" not in text_of(function.child_by_field_name("return_type")):
        raise NotPlacedError("the function returns no `Result`", f"register it by hand in {place}")
    path = item.rust_name if _is_in_scope(item, tree) else _rust_path(item, tree.scope)
    statement = _statement(organization, item, tree.file, path, variable, argument)
    last = [statement for statement in _registering(block, variable) if _ends_statement(statement)]
    tail = block.named_children[-1] if block.named_children else None
    if last:
        indent = _indent(tree.file, last[-1].start_byte)
        return Insertion(tree.file, last[-1].end_byte, f"\n{indent}{statement}", item.name or item.rust_name)
    if tail is None or _ends_statement(tail) or "comment" in tail.type:
        raise NotPlacedError("the function ends in no value", f"register it by hand in {place}")
    text = f"{statement}\n{_indent(tree.file, tail.start_byte)}"
    return Insertion(tree.file, tail.start_byte, text, item.name or item.rust_name)


def _function_of(organization: Organization, tree: NativeModuleTree) -> tuple[Node | None, str, str]:
    """Return the function that makes a module, its variable, and what it is passed on as."""
    if isinstance(tree.item, Function):
        parameter = tree.item.parameters[-1] if tree.item.parameters else None
        name = parameter.name.removeprefix("mut ") if parameter else ""
        argument = name if parameter and parameter.type.startswith("&") else f"&{name}"
        return tree.file.node(tree.item), "" if name == "_" else name, argument
    first = next((export for export in tree.exports if export.file is tree.file), None)
    node = tree.file.root.descendant_for_byte_range(*first.span) if first else None
    while node is not None and node.type not in {"function_item", "closure_expression"}:
        node = node.parent
    if first is None or node is None or node.type != "function_item":
        return None, "", ""
    made = re.search(rf"\blet\s+(mut\s+)?{re.escape(first.variable)}\b", text_of(node))
    borrowed = not made or (_series(organization) or 0) <= NEWEST_OLD_API
    return node, first.variable, first.variable if borrowed else f"&{first.variable}"


def _registering(block: Node, variable: str) -> Iterator[Node]:
    """Yield the statements of a block that register something in a module."""
    pattern = re.compile(rf"{re.escape(variable)}\s*\.\s*(add|add_\w+)\s*(::|\()")
    before: Node | None = None
    for child in block.named_children:
        has_cfg = before is not None and before.type == "attribute_item"
        if pattern.match(text_of(child)) and not has_cfg:
            yield child
        before = child


def _ends_statement(node: Node) -> bool:
    return text_of(node).endswith(";")


def _is_in_scope(item: NativeItem, tree: NativeModuleTree) -> bool:
    """Whether the plain name leads to the item."""
    target = tree.scope.crate.find(tree.scope, (item.rust_name,), lambda target: not isinstance(target, Scope))
    return not isinstance(target, Scope) and target is not None and target.item is item.place.item


def _statement(
    organization: Organization, item: NativeItem, file: SourceFile, path: str, variable: str, argument: str
) -> str:
    """Return the statement that registers an item."""
    if item.kind == "function":
        is_known = re.search(rb"prelude::\*|\bwrap_pyfunction\b", file.data)
        return f"{variable}.add_function({'' if is_known else 'pyo3::'}wrap_pyfunction!({path}, {argument})?)?;"
    if item.kind == "class":
        return f"{variable}.add_class::<{path}>()?;"
    series = _series(organization)
    if series is None:
        raise NotPlacedError("the version of PyO3 is not known", f"add `{path}` by hand to `{variable}`")
    method = "get_type_bound" if series in BOUND_ONLY_BY_NAME else "get_type"
    return f'{variable}.add("{item.name}", {variable}.py().{method}::<{path}>())?;'


def _series(organization: Organization) -> int | None:
    series = organization.project.series
    return int(series.name.partition(".")[2]) if series else None


# -- files ---------------------------------------------------------------------------------------------------------


def _indent(file: SourceFile, offset: int) -> str:
    """Return the white space that the line of a byte begins with."""
    start = file.data.rfind(b"\n", 0, offset) + 1
    line = file.data[start:offset].decode("utf-8", "replace")
    return line[: len(line) - len(line.lstrip())]


def _insert(file: SourceFile, insertions: list[Insertion]) -> bytes:
    """Return a file with the insertions, in the line ends that it has."""
    data = file.data
    newline = "\r\n" if b"\r\n" in data else "\n"
    for offset in sorted({insertion.offset for insertion in insertions}, reverse=True):
        text = "".join(insertion.text for insertion in insertions if insertion.offset == offset)
        data = data[:offset] + text.replace("\n", newline).encode() + data[offset:]
    return data


def _format(organization: Organization, file: SourceFile, data: bytes) -> bytes:
    """Format a file that rustfmt would leave alone as it is.

    Raises:
        ScaffolderError: The result would not parse as the file did.
    """
    formatted = _rustfmt(organization, file.data)
    if formatted == file.data:
        data = _rustfmt(organization, data) or data
    if len(list(syntax_errors(parse(data)))) > len(list(syntax_errors(file.root))):
        raise ScaffolderError(f"`{file.path}` can't be changed safely", "register what is left out by hand")
    return data


def _rustfmt(organization: Organization, data: bytes) -> bytes | None:
    """Format Rust, if rustfmt is installed; the project's settings count."""
    from scaffolder.machine.programs import neutral_folder, programs_for

    folder = organization.project.crate.folder
    programs = programs_for(organization.project.folder, os.environ)
    program = programs.find("rustfmt")
    if program is None:
        return None
    names = (place / name for place in upwards(folder) for name in ("rustfmt.toml", ".rustfmt.toml"))
    settings = next((path for path in names if is_file(path)), None)
    edition = str(organization.project.crate.field("edition") or "2015")
    command = [str(program), "--edition", edition, *(["--config-path", str(settings)] if settings else [])]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, cwd=neutral_folder(), env=programs.variables, timeout=20,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def documents(organization: Organization, plan: Plan) -> tuple[Document, ...]:
    """Return the changes as diffs."""
    return tuple(
        Document("diff", _difference(organization.show(path), plan.files[path].data, data))
        for path, data in plan.texts.items()
    )


def _difference(name: str, before: bytes, after: bytes) -> str:
    old, new = (data.decode("utf-8", "replace").splitlines(keepends=True) for data in (before, after))
    lines = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def write(organization: Organization, plan: Plan, *, force: bool) -> None:
    """Write the files.

    Raises:
        UsageError: A file has changes that are not committed.
        ScaffolderError: A file can't be written.
    """
    root = edit_root(organization.project.folder)
    if not force:
        _require_committed(root, list(plan.texts), organization)
    for path, data in plan.texts.items():
        try:
            replace_file(path, data.decode("utf-8"), within=root)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ScaffolderError(
                f"`{organization.show(path)}` can't be written: {reason}", "make it writable, then run this again"
            ) from error


def _require_committed(root: Path, paths: list[Path], organization: Organization) -> None:
    """Fail if one of the files has changes that only the disk has."""
    from scaffolder import git

    if not (root / ".git").exists() or not paths:
        return
    output = git.run("status", "--porcelain", "-z", "--", *map(str, paths), folder=root).decode("utf-8", "replace")
    dirty = [path for path in paths if path.name in output] if output.strip("\0") else []
    if dirty:
        names = ", ".join(f"`{organization.show(path)}`" for path in dirty)
        raise UsageError(f"{names} has uncommitted changes", "commit them, or pass `--force`")
