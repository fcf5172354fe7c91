"""Imports that a step has made superfluous, such as `PyTuple` where tuples of Rust are handed over now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.checking import UNUSED
from scaffolder.migration.matching import line_at
from scaffolder.migration.results import RuleEdit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ast_grep_py import SgNode

    from scaffolder.migration.checking import Check
    from scaffolder.migration.matching import Edit
    from scaffolder.migration.work import Work

NAME = "unused-import"
KINDS = ("identifier", "type_identifier", "field_identifier", "shorthand_field_identifier")
# Code that is not compiled here may need an import without naming it, as it needs that of a trait.
CONDITION = "^(cfg|cfg_attr)$"


def drop_unused(work: Work) -> Iterator[RuleEdit]:
    """Leave out the imports that the compiler calls unused, if it did not before the migration; then ask it again.

    Nothing of that stays if the project no longer compiles.
    """
    if work.last is None or not work.last.ran or any(error.code != UNUSED for error in work.last.errors):
        return
    before, edits = dict(work.sources.texts), []
    for path, suggestions in work.last.unused.items():
        text = work.sources.texts[path]
        dropped = [edit for edit in superfluous(text, suggestions) if (path, said(text, edit)) not in work.unused]
        edits += [RuleEdit(NAME, path, line_at(text, edit.start), said(text, edit), "") for edit in dropped]
        work.sources.texts[path] = without(text, dropped)
    if edits and not work.check().passed:
        work.sources.texts.update({path: text for path, text in before.items() if path.endswith(".rs")})
        work.check()
        return
    yield from edits


def unused_imports(check: Check, texts: dict[str, str]) -> frozenset[tuple[str, str]]:
    """Return what the compiler calls unused, by file."""
    return frozenset(
        (path, said(texts[path], edit))
        for path, suggestions in check.unused.items()
        for edits in suggestions
        for edit in edits
    )


def said(text: str, edit: Edit) -> str:
    """Return what an edit leaves out, without the punctuation round it."""
    return text[edit.start : edit.end].strip("{}, \n")


def superfluous(text: str, suggestions: Sequence[Sequence[Edit]]) -> Iterator[Edit]:
    """Yield those edits of a file that leave out what it nowhere names.

    Args:
        text: The file.
        suggestions: The edits that the compiler suggests, by its message.
    """
    from ast_grep_py import SgRoot

    root = SgRoot(text, "rust").root()
    if root.find(kind="identifier", regex=CONDITION) is not None:
        return
    leaves = list(root.find_all({"rule": {"any": [{"kind": kind} for kind in KINDS]}}))
    for edits in suggestions:
        inside = [leaf for leaf in leaves if any(holds(edit, leaf) for edit in edits)]
        names = {leaf.text() for leaf in inside if not text[leaf.range().end.index :].lstrip().startswith("::")}
        if not any(leaf.text() in names for leaf in leaves if leaf not in inside):
            yield from edits


def holds(edit: Edit, leaf: SgNode) -> bool:
    """Whether an edit is about a name."""
    place = leaf.range()
    return edit.start <= place.start.index and place.end.index <= edit.end


def without(text: str, edits: Sequence[Edit]) -> str:
    """Return a file without what edits leave out, and without the lines that would be empty."""
    for edit in sorted(edits, reverse=True):
        line_start = text.rfind("\n", 0, edit.start) + 1
        end = edit.end
        rest = text[end:].removeprefix("\r")
        is_line = not text[line_start : edit.start].strip() and not text[edit.start : end].endswith("\n")
        if is_line and rest.startswith("\n"):
            text = text[:line_start] + rest[1:]
        else:
            text = text[: edit.start] + edit.text + text[end:]
    return text
