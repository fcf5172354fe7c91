"""What is expected of a machine, whatever the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.tools.setup_validator.check import MachineCheck, Section

if TYPE_CHECKING:
    from scaffolder.machine.survey import Machine

# What Python calls a processor, as Rust's targets call it.
PROCESSORS = {"amd64": "x86_64", "arm64": "aarch64", "x86": "i686", "i386": "i686"}


class RustInstalled(MachineCheck):
    """Rust is installed."""

    id = "rust-installed"
    see = Section("troubleshooting", "rust-missing")

    def passes(self, machine: Machine) -> bool | None:
        """Install Rust with rustup and open a new shell; there, install what the project asks for.

        ```
        rustup toolchain install
        ```
        """
        if "rustc" in machine.refusals:
            return None  # it is there, and the project's own
        missing = "rustc" if machine.rust is None else "cargo"
        self.found = f"there is no `{missing}` on `PATH`"
        if machine.rust_problem:
            self.found = "`rustc` does not run here"
            self.evidence = machine.rust_problem
        return machine.rust is not None and "cargo" in machine.versions


class LinkerInstalled(MachineCheck):
    """There is a C compiler, which rustc links with."""

    id = "linker-installed"
    see = Section("troubleshooting", "linker-missing")

    def passes(self, machine: Machine) -> bool | None:
        """Install a C compiler.

        ```
        apt install gcc        # Debian, Ubuntu
        dnf install gcc        # Fedora
        xcode-select --install # macOS
        ```
        """
        if machine.rust is None or "windows" in machine.rust.host:
            return None
        self.found = f"there is no `{machine.linker_name}` on `PATH`, which rustc links with"
        return machine.linker is not None


class PythonFound(MachineCheck):
    """Cargo finds the Python to build with."""

    id = "python-found"
    see = Section("troubleshooting", "no-interpreter")

    def passes(self, machine: Machine) -> bool | None:
        """Name a Python, or make an environment and activate it.

        ```
        uv venv && . .venv/bin/activate
        ```
        """
        choice = machine.choice("cargo")
        if choice is None or not choice.needed:
            return None
        if choice.source in machine.missing or str(choice.python) in machine.refusals:
            return None  # that is a finding of its own; or it is there, and the project's own
        self.found = f"no Python: {choice.why}"
        if choice.python:
            self.found = f"`{choice.python}` does not run as a Python; it was taken because {choice.why}"
        return machine.selected("cargo") is not None


class OneEnvironment(MachineCheck):
    """A virtual environment and a conda environment are not active at once."""

    id = "one-environment"
    level = "warning"
    see = Section("troubleshooting", "conda-and-venv")

    def passes(self, machine: Machine) -> bool | None:
        """Leave one of them.

        ```
        conda deactivate
        ```
        """
        variables = ("VIRTUAL_ENV", "CONDA_PREFIX")
        active = [f"{name}={machine.environment[name]}" for name in variables if machine.environment.get(name)]
        if not active:
            return None
        same = len({machine.environment[name] for name in variables if machine.environment.get(name)}) == 1
        stops = "" if same else ", and `maturin develop` stops"
        self.found = f"two environments are active: PyO3 ignores both{stops}"
        self.evidence = "\n".join(active)
        return len(active) == 1


class VariablesThere(MachineCheck):
    """What the environment's variables name is there."""

    id = "variables-there"
    see = Section("troubleshooting", "no-virtualenv")

    def passes(self, machine: Machine) -> bool | None:
        """Unset it, or set it to what is there.

        ```
        unset $variable
        ```
        """
        if not machine.missing:
            return True
        variable, value = next(iter(machine.missing.items()))
        self.words = {"variable": variable}
        self.found = f"`{variable}` is `{value}`, which is not there"
        return False


class PythonHome(MachineCheck):
    """`PYTHONHOME` is not set."""

    id = "python-home-unset"
    level = "warning"
    see = Section("troubleshooting", "home-of-python-unknown")

    def passes(self, machine: Machine) -> bool | None:
        """Unset it: another Python would not find its own library.

        ```
        unset PYTHONHOME
        ```
        """
        home = machine.environment.get("PYTHONHOME")
        self.found = f"`PYTHONHOME` is `{home}`: each Python that is of another version fails to start"
        return not home


class OneProcessor(MachineCheck):
    """Python and Rust are built for the same processor."""

    id = "one-processor"
    see = Section("troubleshooting", "architecture-mismatch")

    def passes(self, machine: Machine) -> bool | None:
        """Install a Python for `$processor`, or build for the Python that there is.

        ```
        rustup target add TARGET
        ```
        """
        python, rust = machine.selected("cargo"), machine.rust
        if python is None or rust is None or machine.environment.get("CARGO_BUILD_TARGET"):
            return None
        processor = rust.host.partition("-")[0]
        named = python.machine.lower()
        self.words = {"processor": processor}
        self.found = (
            f"`{python.path}` is for {python.machine} with {python.bits} bits, and rustc builds for {rust.host}"
        )
        bits = 32 if processor.startswith(("i586", "i686", "arm-", "armv7")) else 64
        # A 32-bit Python on a 64-bit system is told the system's processor, so the bits decide there.
        same = PROCESSORS.get(named, named) == processor or {named, processor} <= {"x86_64", "i686"}
        return python.bits == bits and (same or not named)


class OnePython(MachineCheck):
    """Cargo, maturin, uv and the editor build with the same Python."""

    id = "one-python"
    level = "note"
    see = Section("troubleshooting", "pyo3-rebuilt")

    def passes(self, machine: Machine) -> bool | None:
        """Name the environment's for all of them, in `.cargo/config.toml`.

        ```toml
        [env]
        PYO3_PYTHON = "$python"
        ```
        """
        taken = {
            choice.tool: found
            for choice in machine.choices
            if choice.is_final and (found := machine.selected(choice.tool))
        }
        if len(taken) < 2:
            return None
        # What uv and maturin install into is the environment; the others can be told.
        chosen = taken.get("uv run") or taken.get("maturin develop") or next(iter(taken.values()))
        self.words = {"python": chosen.path.as_posix()}
        self.found = "the tools take different Pythons, so each may compile PyO3 again after the other"
        self.evidence = "\n".join(f"{tool}: {python.path}" for tool, python in taken.items())
        return len({python.prefix for python in taken.values()}) == 1


class LibpythonThere(MachineCheck):
    """Rust tests find a libpython to link with."""

    id = "libpython-there"
    level = "note"
    see = Section("testing", "linking")

    def passes(self, machine: Machine) -> bool | None:
        """Install the development files of that Python, or take one that has its library.

        ```
        apt install python3-dev
        ```
        """
        python = machine.selected("cargo")
        if python is None:
            return None
        self.found = f"`{python.path}` has no libpython: `cargo test` can't link, and a program can't embed it"
        return python.library is not None
