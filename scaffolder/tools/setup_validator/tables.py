"""The machine as tables; rows fit 80 columns unless a path is very long."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.machine.survey import SETTINGS
from scaffolder.toolkit import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.anatomy.project import Project
    from scaffolder.machine.choices import InterpreterChoice
    from scaffolder.machine.interpreters import Interpreter
    from scaffolder.machine.survey import Machine

ABSENT = "—"


def tables(machine: Machine, project: Project | None) -> Iterator[Table]:
    """Yield the tables: what each tool uses and why, what is installed, and what the environment sets."""
    choices = tuple(_row(machine, choice, project) for choice in machine.choices)
    yield Table("Python that each tool uses", ("tool", "Python", "path", "why"), choices)
    # The same Python may be there by several names.
    distinct = {python.prefix: python for python in reversed(machine.interpreters.values())}
    pythons = sorted(distinct.values(), key=lambda python: (python.version, str(python.path)))
    rows = tuple((python.name, _lacks(python), _short(python.path, project)) for python in pythons)
    yield Table("What these Pythons are", ("Python", "without", "path"), rows)
    yield Table("Rust and tools", ("tool", "version", "details"), tuple(_tools(machine)))
    if settings := machine.settings():
        rows = tuple((name, SETTINGS.get(name, ""), _short(value)) for name, value in settings.items())
        yield Table("Environment", ("variable", "what it changes", "value"), rows)


def _row(machine: Machine, choice: InterpreterChoice, project: Project | None) -> tuple[str, str, str, str]:
    if choice.tool == "uv run" and project and project.pyproject and not project.metadata:
        return choice.tool, ABSENT, ABSENT, "without `[project]` it builds nothing of this"
    python = machine.selected(choice.tool)
    missing = machine.refusals.get(str(choice.python), "not there") if choice.python else ABSENT
    return choice.tool, python.name if python else missing, _short(choice.python, project), choice.why


def _tools(machine: Machine) -> Iterator[tuple[str, ...]]:
    """Yield the tools with their versions."""
    rust = machine.rust
    targets = ", ".join(target for target in rust.targets if target != rust.host) if rust else ""
    missing = machine.refusals.get("rustc", "not installed, or does not run")
    details = f"for {rust.host}{f', and {targets}' if targets else ''}" if rust else missing
    yield "rustc", str(rust.version) if rust else ABSENT, details
    for name in ("cargo", "maturin", "uv"):
        version = machine.versions.get(name)
        yield name, str(version or ABSENT), machine.refusals.get(name, "" if version else "not installed")
    if rust and "windows" not in rust.host:
        yield "cc", "", _short(machine.linker) if machine.linker else "not installed: rustc can't link"


def _lacks(python: Interpreter) -> str:
    """Return what a Python lacks for builds, and its processor if it differs."""
    lacks = {"headers": not python.headers, "libpython": python.library is None, "GIL": python.free_threaded}
    names = [name for name, is_missing in lacks.items() if is_missing]
    foreign = python.machine.lower() not in {platform.machine().lower(), ""}
    return ", ".join(names) + (f" (for {python.machine})" if foreign else "")


def _short(path: Path | str | None, project: Project | None = None) -> str:
    """Shorten a path for display."""
    if path is None:
        return ABSENT
    if project and Path(path).is_relative_to(project.folder):
        return str(Path(path).relative_to(project.folder))
    home = str(Path.home())
    text = str(path)
    return f"~{text.removeprefix(home)}" if len(home) > 1 and text.startswith(home + "/") else text
