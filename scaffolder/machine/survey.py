"""A survey of the machine: its Pythons, its Rust, its tools and environment variables."""

from __future__ import annotations

import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from scaffolder.files import is_file, is_folder, real
from scaffolder.machine.cargo_config import CargoConfig, read_config
from scaffolder.machine.choices import InterpreterChoice, choose_interpreters
from scaffolder.machine.interpreters import Interpreter, environment_of, installed_pythons, probe, read_environment
from scaffolder.machine.programs import programs_for
from scaffolder.machine.toolchain import Rust, choose_toolchain, read_rust

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import Future

    from scaffolder.anatomy.manifests import Manifests
    from scaffolder.machine.programs import Programs
    from scaffolder.machine.toolchain import Toolchain

TOOLS = ("cargo", "maturin", "uv")
VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?")
# What each changes.
SETTINGS = {
    "PYTHONHOME": "where Python looks for its own library",
    "PYTHONPATH": "where Python looks for modules first",
    "VIRTUAL_ENV": "the active environment",
    "CONDA_PREFIX": "the active conda environment",
    "RUSTFLAGS": "how rustc compiles; a change compiles everything again",
    "CARGO_TARGET_DIR": "where cargo builds",
    "CARGO_BUILD_TARGET": "what cargo builds for",
    "UV_PYTHON": "the Python that uv uses",
    "UV_PROJECT_ENVIRONMENT": "the environment that uv uses",
}


@dataclass(frozen=True)
class Machine:
    """The build machine.

    Attributes:
        environment: The environment's variables.
        interpreters: The Pythons, by the paths that were asked for.
        choices: Which of them each tool uses.
        rust: The compiler, if there is one.
        rust_problem: The error, if rustc does not run.
        linker: The linker that rustc uses, if it exists; always none on Windows.
        versions: The versions of cargo, maturin and uv, by name; those that are there.
        missing: The variables that name what isn't there, with their values.
        linker_name: What rustc links with is called; cargo may be told.
        build_env: The variables for PyO3's build script, as cargo hands them down.
        refusals: The tools by name, and the Pythons by path, that are there and were not started, with the reason.
    """

    environment: Mapping[str, str]
    interpreters: dict[Path, Interpreter]
    choices: tuple[InterpreterChoice, ...]
    rust: Rust | None
    rust_problem: str | None
    linker: Path | None
    versions: dict[str, Version]
    missing: dict[str, str]
    linker_name: str = "cc"
    build_env: Mapping[str, str] = field(default_factory=dict)
    refusals: Mapping[str, str] = field(default_factory=dict)

    def choice(self, tool: str) -> InterpreterChoice | None:
        """Return a tool's choice."""
        return next((choice for choice in self.choices if choice.tool == tool), None)

    def selected(self, tool: str) -> Interpreter | None:
        """Return the Python that a tool uses."""
        choice = self.choice(tool)
        return self.interpreters.get(choice.python) if choice and choice.python else None

    @property
    def in_use(self) -> dict[str, Interpreter]:
        """The Pythons that extensions are built with, by tool."""
        selections = ((tool, self.selected(tool)) for tool in ("cargo", "maturin develop", "uv run"))
        return {tool: interpreter for tool, interpreter in selections if interpreter}

    def settings(self) -> dict[str, str]:
        """Return the variables that change a build."""
        wanted = (name for name in self.environment if name in SETTINGS or name.startswith(("PYO3_", "MATURIN_")))
        return {name: self.environment[name] for name in sorted(wanted)}


def survey(
    folder: Path,
    environment: Mapping[str, str],
    *,
    manifests: Manifests | None = None,
    rust: Future[tuple[Rust | None, str | None]] | None = None,
    whole: bool = True,
) -> Machine:
    """Survey the machine, without starting any program that the project brings.

    Args:
        folder: Where the tools are started: a toolchain or an environment may be chosen there.
        environment: The tools' environment variables.
        manifests: What says how the project there is built, if that has been read.
        rust: What rustc says, if it is being asked.
        whole: Whether to include the Pythons that no tool uses.
    """
    programs = programs_for(folder, environment)
    toolchain = choose_toolchain(folder, programs)
    with ThreadPoolExecutor(max_workers=8) as pool:
        versions = {name: pool.submit(_version, name, programs, toolchain) for name in TOOLS}
        rust = rust or pool.submit(read_rust, programs, toolchain)
        chosen = pool.submit(choose_interpreters, folder, environment, manifests)
        pythons = _distinct(installed_pythons(programs)) if whole else []
        probes = {path: pool.submit(probe, path, programs) for path in pythons}
        for choice in chosen.result():
            if choice.python and choice.python not in probes:
                probes[choice.python] = pool.submit(probe, choice.python, programs)
    interpreters = {path: interpreter for path, future in probes.items() if (interpreter := future.result())}
    rustc, problem = rust.result()
    config = read_config(folder, environment)
    linker = _linker_name(config, rustc, environment)
    return Machine(
        environment=environment,
        interpreters=interpreters,
        choices=chosen.result(),
        rust=rustc,
        rust_problem=problem,
        linker=_linker(linker, environment),
        linker_name=linker,
        build_env=config.variables("PYO3_", environment),
        versions={name: version for name, future in versions.items() if (version := future.result())},
        missing=dict(_missing_paths(environment)),
        refusals=dict(_refusals(programs, toolchain, chosen.result(), interpreters)),
    )


def _refusals(
    programs: Programs,
    toolchain: Toolchain,
    chosen: Iterable[InterpreterChoice],
    interpreters: Mapping[Path, Interpreter],
) -> Iterator[tuple[str, str]]:
    """Yield the programs that exist but were not started, with the reason."""
    if toolchain.refusal:
        yield from ((name, toolchain.refusal) for name in ("cargo", "rustc"))
    for name in TOOLS:
        program = shutil.which(name, path=programs.environment.get("PATH", ""))
        if program and not programs.allow(Path(program)):
            yield name, f"`{program}` was not started: the project brings it"
    for path in {choice.python for choice in chosen if choice.python} - set(interpreters):
        environment = environment_of(path)
        if is_file(path) and environment:
            version = read_environment(environment).get("version", "no version")
            yield str(path), f"not started; its `pyvenv.cfg` says {version}"
        elif is_file(path) and not programs.allow(path):
            yield str(path), "not started: it is neither on `PATH` nor among the user's own tools"


def _missing_paths(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables that name missing paths."""
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if (value := environment.get(name)) and not is_folder(Path(value)):
            yield name, value
    program = environment.get("PYO3_PYTHON")
    if program and not shutil.which(program, path=environment.get("PATH", "")):
        yield "PYO3_PYTHON", program


def _distinct(paths: Iterable[Path]) -> list[Path]:
    """Drop programs that are links to others in the list."""
    distinct: dict[Path, Path] = {}
    for path in paths:
        if is_file(path):
            # An environment's Python is a link, too, and not the same Python.
            distinct.setdefault(path if environment_of(path) else real(path), path)
    return list(distinct.values())


def _version(name: str, programs: Programs, toolchain: Toolchain) -> Version | None:
    """Return a tool's version; for one that the project brings, read it from its environment."""
    program = shutil.which(name, path=programs.environment.get("PATH", ""))
    if program is None or (toolchain.refusal and name == "cargo"):
        return None
    if not programs.allow(Path(program)):
        return _version_in(environment_of(Path(program)), name)
    done = programs.run(Path(program), "--version", **toolchain.variables)
    match = VERSION.search(done.output) if done and done.code == 0 else None
    return Version(match[0]) if match else None


def _version_in(environment: Path | None, name: str) -> Version | None:
    """Return the version of a package in a virtual environment, by its file names."""
    places = environment.glob(f"[Ll]ib/python*/site-packages/{name}-*.dist-info") if environment else ()
    matches = (VERSION.search(path.name) for path in places)
    return next((Version(match[0]) for match in matches if match), None)


def _linker_name(config: CargoConfig, rust: Rust | None, environment: Mapping[str, str]) -> str:
    """Return the linker that rustc uses: a C compiler, or the configured one."""
    return (config.linker(rust.host, environment) if rust else None) or "cc"


def _linker(name: str, environment: Mapping[str, str]) -> Path | None:
    """Find the linker that rustc uses; on Windows rustc finds it by itself."""
    if os.name == "nt":
        return None
    program = shutil.which(name, path=environment.get("PATH", ""))
    return Path(program) if program else None
