"""The facts about a machine that checks ask for by name; a fact that does not apply is `None`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version

    from scaffolder.machine.choices import InterpreterChoice
    from scaffolder.machine.interpreters import Interpreter
    from scaffolder.machine.survey import Machine
    from scaffolder.machine.toolchain import Rust

ENVIRONMENTS = ("VIRTUAL_ENV", "CONDA_PREFIX")


@dataclass(frozen=True)
class MachineFacts:
    """Facts about a machine."""

    machine: Machine

    @property
    def rust(self) -> Rust | None:
        """The compiler."""
        return self.machine.rust

    @property
    def linker_name(self) -> str | None:
        """The linker that rustc uses, where it needs one."""
        rust = self.machine.rust
        return self.machine.linker_name if rust and "windows" not in rust.host else None

    @property
    def maturin(self) -> Version | None:
        """The maturin on `PATH`."""
        return self.machine.versions.get("maturin")

    @property
    def cargo_choice(self) -> InterpreterChoice | None:
        """Cargo's choice of Python, unless a variable with a missing path decided: another check reports that."""
        choice, machine = self.machine.choice("cargo"), self.machine
        if choice is None or not choice.needed or choice.source in machine.missing:
            return None
        return None if str(choice.python) in machine.refusals else choice  # it is there, and the project's own

    @property
    def cargo_python(self) -> Interpreter | None:
        """The Python that cargo uses."""
        return self.machine.selected("cargo")

    @property
    def native_python(self) -> Interpreter | None:
        """The Python that cargo uses, if it builds for this machine."""
        return None if self.machine.environment.get("CARGO_BUILD_TARGET") else self.cargo_python

    @property
    def environments(self) -> dict[str, str] | None:
        """The active environments, by variable."""
        variables = self.machine.environment
        return {name: variables[name] for name in ENVIRONMENTS if variables.get(name)} or None

    @property
    def selected_pythons(self) -> dict[str, Interpreter] | None:
        """The Pythons that tools were told to use, not merely the first on `PATH`."""
        choices = [choice for choice in self.machine.choices if choice.is_final and choice.source]
        pythons = {choice.tool: self.machine.selected(choice.tool) for choice in choices}
        used = {tool: python for tool, python in pythons.items() if python}
        return used if len(used) > 1 else None

    @property
    def pythons(self) -> dict[str, Interpreter] | None:
        """The Pythons that extensions are built with, by tool."""
        return self.machine.in_use or None

    @property
    def cpythons(self) -> dict[str, Interpreter] | None:
        """The CPythons among them, which `versions.toml` covers."""
        in_use = self.machine.in_use.items()
        return {tool: python for tool, python in in_use if python.implementation == "CPython"} or None

    @property
    def free_threaded(self) -> dict[str, Interpreter] | None:
        """The free-threaded ones among them."""
        return {tool: python for tool, python in (self.cpythons or {}).items() if python.free_threaded} or None
