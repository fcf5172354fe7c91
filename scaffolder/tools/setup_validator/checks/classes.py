"""Checks of the Python classes in Rust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.tools.setup_validator.check import Check, Failure, Section

if TYPE_CHECKING:
    from scaffolder.anatomy.project import Project
    from scaffolder.rust.classes import PythonClass

# A project that has many of them knows one kind of field, and not many.
SHOWN = 5


class CyclesCollected(Check):
    """Classes that hold Python objects show them to the garbage collector."""

    id = "cycles-collected"
    level = "note"
    see = Section("garbage-collection", None, "pyo3-classes-modules")
    fix = """
    If such an object can lead back to the one that holds it, write `visit.call(object)?` for each of `$field` in
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError>
    """

    @staticmethod
    def check(extension: Project, holding_classes: tuple[PythonClass, ...]) -> Failure | None:
        if not holding_classes:
            return None
        first, *rest = holding_classes
        return Failure(
            f"`{first.name}`{f' and {len(rest)} more' if rest else ''} {'hold' if rest else 'holds'} Python objects "
            f"without a `__traverse__`: a reference cycle through {'one of them' if rest else 'it'} is never freed",
            where=f"{extension.show(first.path)}:{first.line}",
            evidence=tuple(f"{entry.name}: {entry.holders[0]}" for entry in holding_classes[:SHOWN]),
            words={"field": first.holders[0].partition(":")[0]},
        )
