"""Checks of the Python classes in Rust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from scaffolder.tools.setup_validator.check import Check, Failure, Section

if TYPE_CHECKING:
    from scaffolder.anatomy.project import Project
    from scaffolder.rust.classes import DerivedClass, PythonClass

# A project that has many of them knows one kind of field, and not many.
SHOWN = 5
# Since which Python an object of a class that extends one of these crashes when it is freed, or the import refuses the
# class. Tried with each CPython from 3.10 to 3.15, and these series of PyO3.
CRASHES = {
    **dict.fromkeys(("PyOSError", "PyIOError", "PySyntaxError", "PySystemExit", "PyMemoryError"), Version("3.11")),
    **dict.fromkeys(("PyImportError", "PyModuleNotFoundError", "PyAttributeError", "PyNameError"), Version("3.10")),
    **dict.fromkeys(("PyFileNotFoundError", "PyConnectionError", "PyTimeoutError", "PyTime"), Version("3.10")),
    **dict.fromkeys(("PyUnicodeDecodeError", "PyUnicodeEncodeError", "PyUnicodeTranslateError"), Version("3.10")),
    "PyUnboundLocalError": Version("3.10"),
}
CRASHES_TRIED = {"0.29", "0.30"}


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


class BasesSafe(Check):
    """No class extends a built-in one that PyO3 can't extend without a crash."""

    id = "bases-safe"
    see = Section("inheritance", "exceptions-with-fields", "pyo3-classes-modules")
    fix = """
    Define the class in Python, where each of them can be a base, or extend one that has no fields
    #[pyclass(extends = PyException)]
    """

    @staticmethod
    def check(extension: Project, crashing_classes: dict[DerivedClass, Version]) -> Failure | None:
        if not crashing_classes:
            return None
        (first, since), *rest = crashing_classes.items()
        return Failure(
            f"`{first.name}` extends `{first.base}`{f', and {len(rest)} more do alike' if rest else ''}: on Python "
            f"{since} and newer the process crashes when an object is freed, or the import fails",
            where=f"{extension.show(first.path)}:{first.line}",
            evidence=tuple(f"{entry.name}: {entry.base}" for entry in list(crashing_classes)[:SHOWN]),
        )
