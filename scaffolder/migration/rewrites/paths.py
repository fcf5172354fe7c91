"""Names of PyO3 that changed or moved: where they are imported, and where they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.imports import imports, read_uses
from scaffolder.migration.rewrites.undecided import Undecided
from scaffolder.rust.imports import GLOB, read_path
from scaffolder.rust.items import Definition, Enum, Struct, read_items

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match

Edits = list[tuple[int, int, str]]

PYO3 = "pyo3"
# Modules that bring in the alias `PyObject` with all that is in them.
WITH_ALIAS = {("pyo3",), ("pyo3", "prelude")}
SEPARATOR = "::"


def new_path(match: Match) -> Edits:
    """Write the new path of a name, which the rule's `fix` gives: `pyo3::sync::PyOnceLock`."""
    path = match.rule.fix or ""
    module, _, name = path.rpartition(SEPARATOR)
    if (use := declaration(match.node)) is not None:
        return replace_import(match, use, (path,))
    start, end = match.span
    prefix = prefix_of(match)
    if not is_pyo3(match, prefix):
        return []
    if not prefix or read_path(prefix) == read_path(module) or read_path(prefix)[0] != PYO3:
        return [(start, end, name)]
    return [(start - len(prefix), end, path)]


def new_function(match: Match) -> Edits:
    """Write a function of a type in the place of a plain one: the rule's `fix`, such as `pyo3::Python::initialize`."""
    owner, _, function = (match.rule.fix or "").rpartition(SEPARATOR)
    if (use := declaration(match.node)) is not None:
        return replace_import(match, use, (owner,))
    prefix = prefix_of(match)
    if not is_pyo3(match, prefix):
        return []
    return [(*match.span, f"{owner.rpartition(SEPARATOR)[2]}{SEPARATOR}{function}")]


def py_any(match: Match) -> Edits:
    """Write `Py<PyAny>` for the alias `PyObject`."""
    if (use := declaration(match.node)) is not None:
        return replace_import(match, use, ("pyo3::Py", "pyo3::PyAny"))
    prefix = prefix_of(match)
    if prefix and read_path(prefix) not in WITH_ALIAS:
        return []
    if not prefix and match.rule.trigger is None and not brings_alias(match.source):
        return []
    turbofish = SEPARATOR if followed_by_path(match.node) else ""
    return [(*match.span, f"Py{turbofish}<{prefix}PyAny>")]


def brings_alias(source: str) -> bool:
    """Whether `PyObject` is PyO3's alias in a file, as far as its imports show."""
    uses = read_uses(source)
    named = [use.path for use in uses if use.name == "PyObject"]
    types = (item for item in read_items(source).walk() if isinstance(item, (Struct, Enum, Definition)))
    if any(item.name == "PyObject" for item in types):
        return False
    if named:
        return all(path[:-1] in WITH_ALIAS for path in named)
    return any(use.name == GLOB and use.path in WITH_ALIAS for use in uses)


def is_pyo3(match: Match, prefix: str) -> bool:
    """Whether a name is PyO3's: the compiler says so, its path begins there, or the file imports it from there."""
    if match.rule.trigger is not None:
        return True
    if prefix:
        first = read_path(prefix)[0]
        return first == PYO3 or any(use.name == first and use.path[0] == PYO3 for use in read_uses(match.source))
    name = match.node.text()
    return any(use.name == name and use.path[0] == PYO3 for use in read_uses(match.source))


def prefix_of(match: Match) -> str:
    """Return the path before a name as it is written, such as `pyo3::`; empty if there is none."""
    node = match.node.prev()
    if node is None or node.kind() != SEPARATOR:
        return ""
    # In what a macro is given a path is a row of tokens; elsewhere it is one node.
    start = first_of_path(node).range().start.index + match.region.shift
    return match.source[start : match.span[0]]


def first_of_path(separator: SgNode) -> SgNode:
    """Return the node that a path begins with, given a separator in it."""
    node = separator
    while (before := node.prev()) is not None and (before.kind() == SEPARATOR or node.kind() == SEPARATOR):
        node = before
    return node


def followed_by_path(node: SgNode) -> bool:
    """Whether more of a path comes after a name: `PyObject::from`."""
    if (after := node.next()) is not None:
        return after.kind() == SEPARATOR
    parent = node.parent()
    if parent is None or parent.kind() != "scoped_identifier":
        return False
    after = parent.next()
    return after is not None and after.kind() == SEPARATOR


def declaration(node: SgNode) -> SgNode | None:
    """Return the `use` that a name is in."""
    return next((above for above in node.ancestors() if above.kind() == "use_declaration"), None)


def replace_import(match: Match, use: SgNode, paths: Iterable[str]) -> Edits:
    """Import other names in the place of one, as far as the file does not import them already.

    Args:
        match: The name in the `use`.
        use: The `use`.
        paths: What to import instead.

    Raises:
        Undecided: What is imported is passed on, or has another name here.
    """
    entry = entry_of(match.node)
    path = full_path(entry)
    if path[0] != PYO3 or path[1:2] == ("ffi",) or any(read_path(new) == path for new in paths):
        return []
    if any(child.kind() == "visibility_modifier" for child in use.children()):
        raise Undecided
    if entry.kind() == "use_as_clause" or ((after := match.node.next()) is not None and after.kind() == SEPARATOR):
        raise Undecided
    # The import that is replaced has the name of what only moved.
    missing = [new for new in paths if read_path(new)[-1] == path[-1] or not imports(match.source, new)]
    entries = entry.parent()
    if entries is None or entries.kind() != "use_list":
        return [alone(match, use, entry, missing)]
    base = SEPARATOR.join((*full_path(entries), ""))
    same = [new.removeprefix(base) for new in missing if new.startswith(base)]
    separate = [new for new in missing if not new.startswith(base)]
    edits = [in_list(match, entries, entry, same)]
    if separate:
        start, end = match.region.span(use)
        edits.append((end, end, "".join(f"\n{indentation(match.source, start)}use {new};" for new in separate)))
    return edits


def alone(match: Match, use: SgNode, entry: SgNode, paths: list[str]) -> tuple[int, int, str]:
    """Return the edit of a `use` that has one name only."""
    if paths:
        modules = {new.rpartition(SEPARATOR)[0] for new in paths}
        names = ", ".join(new.rpartition(SEPARATOR)[2] for new in paths)
        if len(paths) > 1 and len(modules) == 1:
            return (*match.region.span(entry), f"{modules.pop()}::{{{names}}}")
        return (*match.region.span(entry), f";\n{indentation(match.source, match.region.span(use)[0])}use ".join(paths))
    start, end = match.region.span(use)
    before = use.prev()
    if before is not None and before.kind() == "attribute_item":
        raise Undecided
    start -= len(indentation(match.source, start))
    return (start, end + match.source.startswith("\n", end), "")


def in_list(match: Match, entries: SgNode, entry: SgNode, names: list[str]) -> tuple[int, int, str]:
    """Return the edit of a list in a `use`."""
    others = [child for child in entries.children() if child.is_named() and child.range() != entry.range()]
    if names or not others:
        return (*match.region.span(entry), ", ".join(names))
    if len(others) == 1 and others[0].kind() not in {"self", "line_comment", "block_comment"}:
        return (*match.region.span(entries), others[0].text())
    start, end = match.region.span(entry)
    rest = match.source[end:]
    if rest.lstrip().startswith(","):
        end += rest.index(",") + 1
        rest = match.source[end:]
        return (start, end + len(rest) - len(rest.lstrip()), "")
    start = match.source.rindex(",", 0, start)
    return (start, end, "")


def entry_of(node: SgNode) -> SgNode:
    """Return the whole entry of a name in a `use`: the path or the clause with `as` that it ends."""
    entry = node
    while (parent := entry.parent()) is not None and parent.kind() in {"scoped_identifier", "use_as_clause"}:
        entry = parent
    return entry


def full_path(entry: SgNode) -> tuple[str, ...]:
    """Return the path of an entry or list in a `use`, with that of the lists around it."""
    parts = () if entry.kind() == "use_list" else read_path(entry.text().partition(" as ")[0])
    for above in entry.ancestors():
        if above.kind() == "scoped_use_list" and (path := above.field("path")) is not None:
            parts = (*read_path(path.text()), *parts)
    return parts


def indentation(source: str, start: int) -> str:
    """Return the white space before the first word of a line."""
    line = source[source.rfind("\n", 0, start) + 1 : start]
    return line[: len(line) - len(line.lstrip())]
