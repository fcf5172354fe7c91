"""Checks of the machine, whatever the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.tools.setup_validator.check import Check, Failure, Section

if TYPE_CHECKING:
    from scaffolder.machine.choices import InterpreterChoice
    from scaffolder.machine.interpreters import Interpreter
    from scaffolder.machine.survey import Machine
    from scaffolder.machine.toolchain import Rust

# What Python calls a processor, as Rust's targets call it.
PROCESSORS = {"amd64": "x86_64", "arm64": "aarch64", "x86": "i686", "i386": "i686"}


class RustInstalled(Check):
    """Rust is installed."""

    id = "rust-installed"
    see = Section("troubleshooting", "rust-missing")
    fix = "Install Rust from https://rustup.rs and open a new shell"

    @staticmethod
    def check(machine: Machine) -> Failure | None:
        if "rustc" in machine.refusals:
            return None  # it is there, and the project's own
        if machine.rust_problem:
            evidence = tuple(machine.rust_problem.splitlines())
            fix = "Install the toolchain that the project asks for\nrustup toolchain install"
            return Failure("`rustc` does not run here", evidence=evidence, fix=fix)
        if machine.rust is None or "cargo" not in machine.versions:
            return Failure(f"there is no `{'rustc' if machine.rust is None else 'cargo'}` on `PATH`")
        return None


class LinkerInstalled(Check):
    """There is a C compiler, which rustc links with."""

    id = "linker-installed"
    see = Section("troubleshooting", "linker-missing")
    fix = """
    Install a C compiler
    apt install gcc        # Debian, Ubuntu
    dnf install gcc        # Fedora
    xcode-select --install # macOS
    """

    @staticmethod
    def check(linker_name: str, machine: Machine) -> Failure | None:
        if machine.linker is not None:
            return None
        return Failure(f"there is no `{linker_name}` on `PATH`, which rustc links with")


class PythonFound(Check):
    """Cargo finds the Python to build with."""

    id = "python-found"
    see = Section("troubleshooting", "no-interpreter")
    fix = """
    Name a Python, or make an environment and activate it
    uv venv && . .venv/bin/activate
    """

    @staticmethod
    def check(cargo_choice: InterpreterChoice, machine: Machine) -> Failure | None:
        if machine.selected(cargo_choice.tool) is not None or not cargo_choice.is_final:
            return None
        if cargo_choice.python:
            why = f"it was chosen because {cargo_choice.why}"
            return Failure(f"`{cargo_choice.python}` does not run as a Python; {why}")
        return Failure(f"no Python: {cargo_choice.why}")


class OneEnvironment(Check):
    """A virtual environment and a conda environment are not active at once."""

    id = "one-environment"
    level = "warning"
    see = Section("troubleshooting", "conda-and-venv")
    fix = """
    Deactivate one of them
    conda deactivate
    """

    @staticmethod
    def check(environments: dict[str, str]) -> Failure | None:
        if len(environments) == 1:
            return None
        stops = ", and `maturin develop` stops" if len(set(environments.values())) > 1 else ""
        evidence = tuple(f"{name}={folder}" for name, folder in environments.items())
        return Failure(f"two environments are active: PyO3 ignores both{stops}", evidence=evidence)


class VariablesThere(Check):
    """What the environment's variables name is there."""

    id = "variables-there"
    see = Section("troubleshooting", "no-virtualenv")
    fix = """
    Unset it, or set it to what is there
    unset $variable
    """

    @staticmethod
    def check(machine: Machine) -> Failure | None:
        for variable, value in machine.missing.items():
            return Failure(f"`{variable}` is `{value}`, which does not exist", words={"variable": variable})
        return None


class PythonHome(Check):
    """`PYTHONHOME` is not set."""

    id = "python-home-unset"
    level = "warning"
    see = Section("troubleshooting", "home-of-python-unknown", "pyo3-async-embedded-wasm")
    fix = """
    Unset it: another Python would not find its own library
    unset PYTHONHOME
    """

    @staticmethod
    def check(machine: Machine) -> Failure | None:
        home = machine.environment.get("PYTHONHOME")
        return Failure(f"`PYTHONHOME` is `{home}`: a Python of another version fails to start") if home else None


class OneProcessor(Check):
    """Python and Rust are built for the same processor."""

    id = "one-processor"
    see = Section("troubleshooting", "architecture-mismatch")
    fix = """
    Install a Python for `$processor`, or build for the Python that there is
    rustup target add TARGET
    """

    @staticmethod
    def check(native_python: Interpreter, rust: Rust) -> Failure | None:
        python = native_python
        processor = rust.host.partition("-")[0]
        name = python.machine.lower()
        bits = 32 if processor.startswith(("i586", "i686", "arm-", "armv7")) else 64
        # A 32-bit Python on a 64-bit system is told the system's processor, so the bits decide there.
        same = PROCESSORS.get(name, name) == processor or {name, processor} <= {"x86_64", "i686"}
        if python.bits == bits and (same or not name):
            return None
        built = f"`{python.path}` is for {python.machine} with {python.bits} bits"
        return Failure(f"{built}, and rustc builds for {rust.host}", words={"processor": processor})


class OnePython(Check):
    """The tools that are told which Python to use are told the same."""

    id = "one-python"
    level = "note"
    see = Section("troubleshooting", "pyo3-rebuilt")
    fix = """
    Name the environment's for all of them, in `.cargo/config.toml`; one that is active goes first
    [env]
    VIRTUAL_ENV = "$prefix"
    """

    @staticmethod
    def check(selected_pythons: dict[str, Interpreter], machine: Machine) -> Failure | None:
        if len({python.prefix for python in selected_pythons.values()}) == 1:
            return None
        # What uv and maturin install into is the environment; the others can be told.
        names = ("uv run", "maturin develop", *selected_pythons)
        target = next(selected_pythons[name] for name in names if name in selected_pythons)
        elsewhere = {tool for tool, python in selected_pythons.items() if python.prefix != target.prefix}
        sources = [choice.source for choice in machine.choices if choice.tool in elsewhere]
        # A variable of the shell wins over what the project's files say.
        variable = next((name for name in sources if machine.environment.get(name)), None)
        return Failure(
            "the tools use different Pythons, so each may compile PyO3 again after the other",
            evidence=tuple(f"{tool}: {python.path}" for tool, python in selected_pythons.items()),
            words={"prefix": target.prefix.as_posix(), "variable": variable},
            fix=f"Unset what leads away from it\nunset {variable}" if variable else None,
        )


class LibpythonThere(Check):
    """Rust tests find a libpython to link with."""

    id = "libpython-there"
    level = "note"
    see = Section("testing", "linking")
    fix = """
    Install the development files of that Python, or use one that has its library
    apt install python3-dev
    """

    @staticmethod
    def check(cargo_python: Interpreter) -> Failure | None:
        if cargo_python.library is not None:
            return None
        path = cargo_python.path
        return Failure(f"`{path}` has no libpython: `cargo test` can't link, and a program can't embed it")
