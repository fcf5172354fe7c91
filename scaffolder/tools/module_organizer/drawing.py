"""The lines of the drawing of a tree of modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.drawing import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.rust.pymodules import Export, NativeModuleTree
    from scaffolder.tools.module_organizer.organization import Organization


def rows(organization: Organization) -> list[Row]:
    """Return the lines of the tree."""
    tree = organization.tree
    first = Row(organization.module, "module", _remark_of(tree), organization.show(tree.file.path, tree.line), ())
    return [first, *_rows(organization, tree, organization.module, ())]


def _rows(organization: Organization, tree: NativeModuleTree, name: str, branches: tuple[bool, ...]) -> Iterator[Row]:
    for number, export in enumerate(tree.exports, 1):
        inner = (*branches, number < len(tree.exports))
        item = export.item or export.module
        place = (
            organization.show(item.file.path, item.line) if item else organization.show(export.file.path, export.line)
        )
        yield Row(export.name or "?", export.kind, _remark(organization, export), place, inner)
        if export.module and len(inner) < 20:
            yield from _rows(organization, export.module, f"{name}.{export.name}", inner)


def _remark_of(tree: NativeModuleTree) -> str:
    return "" if tree.is_known else "not all is known"


def _remark(organization: Organization, export: Export) -> str:
    remarks = []
    if export.name is None:
        remarks.append(" ".join(export.file.data[slice(*export.span)].decode("utf-8", "replace").split())[:60])
    if export.is_conditional:
        remarks.append("conditional")
    if export.module:
        names = organization.names_in_sys_modules(export.module)
        remarks += [] if names else ["not in sys.modules" if names == set() else "perhaps in sys.modules"]
        remarks += filter(None, [_remark_of(export.module)])
    return ", ".join(remarks)
