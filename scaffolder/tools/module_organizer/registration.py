"""Register what is left out: edits to Rust files, made in memory, and shown before they are written."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.anatomy.rust_draft import Insertion, draft, indent_at
from scaffolder.errors import UsageError, listing, near
from scaffolder.rust.calls import ends_statement, registering_statements
from scaffolder.rust.crate_source import Scope
from scaffolder.rust.items import Function, Use
from scaffolder.rust.names import escape_keyword
from scaffolder.rust.pymodules import NativeItem, hidden_part, path_to
from scaffolder.rust.source import text_of
from scaffolder.toolkit import Finding

if TYPE_CHECKING:
    from tree_sitter import Node

    from scaffolder.anatomy.rust_draft import RustDraft
    from scaffolder.rust.crate_source import SourceFile
    from scaffolder.rust.pymodules import NativeModuleTree
    from scaffolder.tools.module_organizer.organization import Organization

NEWEST_OLD_API = 20
BOUND_ONLY_BY_NAME = (21, 22)
EXPORTS_EXCEPTIONS = 28


class NotPlacedError(Exception):
    """An item has no place that is not a guess."""


@dataclass(frozen=True)
class Plan:
    """What would be registered.

    Attributes:
        draft: The changes.
        names: The Python names that are registered.
        refusals: What has no place, and why.
    """

    draft: RustDraft
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
    insertions, names, refusals = [], [], defaultdict[tuple[str, str], list[NativeItem]](list)
    for item in chosen:
        try:
            insertions.append(_insertion(organization, item, target or _nearest(organization, item)))
            names.append(item.name or item.rust_name)
        except NotPlacedError as error:
            refusals[error.args].append(item)
    findings = (_refusal(organization, items, *reason) for reason, items in refusals.items())
    return Plan(draft(organization.project, insertions), tuple(names), tuple(findings))


def _refusal(organization: Organization, items: list[NativeItem], reason: str, fix: str) -> Finding:
    names = listing([item.name or item.rust_name for item in items], "and")
    message = f"{names} {'is' if len(items) == 1 else 'are'} not registered: {reason}"
    return Finding("not-placed", "note", message, organization.show(items[0].file.path, items[0].line), fix=fix)


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
        raise NotPlacedError("several modules are possible", f"name one with `--into`: {names}")
    return candidates[0]


def _insertion(organization: Organization, item: NativeItem, tree: NativeModuleTree) -> Insertion:
    """Return the text that registers an item in a module.

    Raises:
        NotPlacedError: It can't be reached from there, or something would have to be guessed.
    """
    name = item.name or item.rust_name
    by_hand = f"register it by hand in {organization.show(tree.file.path, tree.line)}"
    if item.is_conditional:
        raise NotPlacedError("defined under a `cfg`", f"{by_hand}, under the same `cfg`")
    if any(export.name == name for export in tree.exports):
        raise NotPlacedError(f"`{tree.name}` has that name already", 'rename it: `#[pyo3(name = "…")]`')
    if item.place.scope.crate is not tree.scope.crate:
        raise NotPlacedError("defined in another crate", by_hand)
    if hidden := hidden_part(item, tree.scope):
        raise NotPlacedError(f"`{hidden}` is private, seen from `{tree.name}`", f"make it `pub(crate)`, then {by_hand}")
    return _export_line(organization, item, tree) if tree.is_declarative else _call(organization, item, tree)


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
    indent = indent_at(tree.file, body.start_byte) + "    "
    text = f"\n{indent}#[pymodule_export]\n{indent}use {path_to(item, scope)};"
    if exports:
        return Insertion(tree.file, exports[-1], text)
    if uses:
        return Insertion(tree.file, uses[-1].end_byte, f"\n{text}")
    is_empty = not body.named_children
    text += f"\n{indent[:-4]}" if is_empty and "\n" not in text_of(body) else "" if is_empty else "\n"
    return Insertion(tree.file, body.start_byte + 1, text)


def _brings(use: Use, name: str) -> bool:
    return not use.attribute("pymodule_export") and any(entry.name == name for entry in use.imports)


def _call(organization: Organization, item: NativeItem, tree: NativeModuleTree) -> Insertion:
    """Return a statement for a module that is made by a function."""
    place = organization.show(tree.file.path, tree.line)
    function, variable, argument = _function_of(organization, tree)
    block = function.child_by_field_name("body") if function else None
    if function is None or block is None or not variable or not argument:
        places = [organization.show(export.file.path, export.line) for export in tree.exports]
        reason = "another function fills that module" if places else "nothing is registered there yet"
        raise NotPlacedError(reason, f"register it by hand in {next(iter(places), place)}")
    if "Result" not in text_of(function.child_by_field_name("return_type")):
        raise NotPlacedError("the function returns no `Result`", f"register it by hand in {place}")
    path = escape_keyword(item.rust_name) if _is_in_scope(item, tree) else path_to(item, tree.scope)
    statement = _statement(organization, item, tree.file, path, variable, argument)
    last = [statement for statement in registering_statements(block, variable) if ends_statement(statement)]
    tail = block.named_children[-1] if block.named_children else None
    if last:
        indent = indent_at(tree.file, last[-1].start_byte)
        return Insertion(tree.file, last[-1].end_byte, f"\n{indent}{statement}")
    if tail is None or ends_statement(tail) or "comment" in tail.type:
        raise NotPlacedError("the function ends in no value", f"register it by hand in {place}")
    text = f"{statement}\n{indent_at(tree.file, tail.start_byte)}"
    return Insertion(tree.file, tail.start_byte, text)


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
