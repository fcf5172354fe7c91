"""The machine as tables to look at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.machine.survey import SETTINGS
from scaffolder.toolkit import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.machine.choices import InterpreterChoice
    from scaffolder.machine.interpreters import Interpreter
    from scaffolder.machine.survey import Machine

ABSENT = "—"


def tables(machine: Machine) -> Iterator[Table]:
    """Yield what is taken and why, what there is, and what the environment sets."""
    chosen = [(choice.tool, _name(machine, choice), _short(choice.python), choice.why) for choice in machine.choices]
    yield Table("Python that each tool takes", ("tool", "Python", "path", "why"), tuple(chosen))
    # The same Python may be there by several names.
    different = {each.prefix: each for each in reversed(machine.interpreters.values())}
    pythons = sorted(different.values(), key=lambda each: (each.version, str(each.path)))
    there = tuple((each.name, _short(each.path), each.machine, *_facts(each)) for each in pythons)
    yield Table("What these Pythons are", ("version", "path", "processor", "headers", "libpython", "GIL"), there)
    yield Table("Rust and tools", ("tool", "version", "details"), tuple(_tools(machine)))
    if settings := machine.settings():
        rows = tuple((name, _short(value), SETTINGS.get(name, "")) for name, value in settings.items())
        yield Table("Environment", ("variable", "value", "what it changes"), rows)


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


def _facts(python: Interpreter) -> tuple[str, str, str]:
    """Return what matters of a Python to a build."""
    return (
        "yes" if python.headers else "no",
        _kind(python.library) if python.library else "no",
        "no" if python.free_threaded else "yes",
    )


def _kind(library: Path) -> str:
    """Tell how a libpython is linked."""
    return "static" if library.suffix == ".a" else "shared"


def _name(machine: Machine, choice: InterpreterChoice) -> str:
    """Return what the Python is called that a tool takes."""
    python = machine.selected(choice.tool)
    missing = machine.refusals.get(str(choice.python), "not there") if choice.python else ABSENT
    return python.name if python else missing


def _short(path: Path | str | None) -> str:
    """Return a path as a person writes it."""
    if path is None:
        return ABSENT
    home = str(Path.home())
    text = str(path)
    return f"~{text.removeprefix(home)}" if len(home) > 1 and text.startswith(home + "/") else text
