"""Checks of programs that run Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.tools.setup_validator.check import Check, Failure, Section

if TYPE_CHECKING:
    from scaffolder.anatomy.project import Project
    from scaffolder.rust.starting import Spot


class RegisteredInTime(Check):
    """A program registers its modules before it starts Python."""

    id = "registered-in-time"
    see = Section("host-types", None, "pyo3-async-embedded-wasm")
    fix = """
    Move it above the start of Python; where another part of the program starts it, add the module to `sys.modules`
    pyo3::append_to_inittab!($module);
    """

    @staticmethod
    def check(pyo3_project: Project, late_modules: tuple[Spot, ...]) -> Failure | None:
        if not late_modules:
            return None
        first = late_modules[0]
        return Failure(
            f"`{first.name}` is registered in line {first.line}, after Python was started in line {first.start}: the "
            "program panics there",
            where=f"{pyo3_project.show(first.path)}:{first.line}",
            words={"module": first.name},
        )
