"""A machine, asked once: its Pythons, its Rust, its tools and what the environment sets."""

from __future__ import annotations

import os
import platform
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from scaffolder.machine.cargo_config import CargoConfig, read_config
from scaffolder.machine.choices import Choice, choices
from scaffolder.machine.interpreters import Interpreter, installed, probe
from scaffolder.machine.programs import Done, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import Future

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
    "UV_PYTHON": "the Python that uv takes",
    "UV_PROJECT_ENVIRONMENT": "the environment that uv uses",
}


@dataclass(frozen=True)
class Rust:
    """A Rust compiler.

    Attributes:
        version: Its version, without a suffix such as `-nightly`.
        host: What it is built for, and builds for by default.
        targets: What it can build for.
    """

    version: Version
    host: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Machine:
    """What there is to build with.

    Attributes:
        environment: The environment's variables.
        processor: The processor, as the system calls it.
        interpreters: The Pythons, by the paths that were asked for.
        choices: Which of them each tool takes.
        rust: The compiler, if there is one.
        rust_problem: What rustc said instead, if there is one that doesn't run.
        linker: What rustc links with, if it is there; always none on Windows.
        versions: The versions of cargo, maturin and uv, by name; those that are there.
        missing: The variables that name what isn't there, with their values.
        linker_name: What rustc links with is called; cargo may be told.
        told: The variables for PyO3's build script, as cargo hands them down.
    """

    environment: Mapping[str, str]
    processor: str
    interpreters: dict[Path, Interpreter]
    choices: tuple[Choice, ...]
    rust: Rust | None
    rust_problem: str | None
    linker: Path | None
    versions: dict[str, Version]
    missing: dict[str, str]
    linker_name: str = "cc"
    told: Mapping[str, str] = field(default_factory=dict)

    def choice(self, tool: str) -> Choice | None:
        """Return what a tool takes."""
        return next((choice for choice in self.choices if choice.tool == tool), None)

    def taken(self, tool: str) -> Interpreter | None:
        """Return the Python that a tool takes."""
        choice = self.choice(tool)
        return self.interpreters.get(choice.python) if choice and choice.python else None

    @property
    def in_use(self) -> dict[str, Interpreter]:
        """The Pythons that extensions are built with, by tool."""
        found = ((tool, self.taken(tool)) for tool in ("cargo", "maturin develop", "uv run"))
        return {tool: interpreter for tool, interpreter in found if interpreter}

    def settings(self) -> dict[str, str]:
        """Return the variables that change a build."""
        wanted = (name for name in self.environment if name in SETTINGS or name.startswith(("PYO3_", "MATURIN_")))
        return {name: self.environment[name] for name in sorted(wanted)}


def survey(folder: Path, environment: Mapping[str, str], *, whole: bool = True) -> Machine:
    """Look at the machine.

    Args:
        folder: Where the tools are started: a toolchain or an environment may be chosen there.
        environment: What they find in their environment.
        whole: Whether to ask the Pythons that no tool takes, too.
    """
    with ThreadPoolExecutor(max_workers=8) as pool:
        versions = {name: pool.submit(run, [name, "--version"], environment, folder) for name in TOOLS}
        rust = pool.submit(_rust, environment, folder)
        chosen = pool.submit(choices, folder, environment)
        pythons = _distinct(installed(environment)) if whole else []
        probes = {path: pool.submit(probe, path, environment) for path in pythons}
        for choice in chosen.result():
            if choice.python and choice.python not in probes:
                probes[choice.python] = pool.submit(probe, choice.python, environment)
    answers = {path: interpreter for path, future in probes.items() if (interpreter := future.result())}
    compiler, problem = rust.result()
    config = read_config(folder, environment)
    linker = _linker_name(config, compiler, environment)
    return Machine(
        environment=environment,
        processor=platform.machine(),
        interpreters=answers,
        choices=chosen.result(),
        rust=compiler,
        rust_problem=problem,
        linker=_linker(linker, environment),
        linker_name=linker,
        told=config.variables("PYO3_", environment),
        versions={name: version for name, future in versions.items() if (version := _version(future))},
        missing=dict(_missing(environment)),
    )


def _missing(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables that name what isn't there."""
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if (value := environment.get(name)) and not Path(value).is_dir():
            yield name, value
    program = environment.get("PYO3_PYTHON")
    if program and not shutil.which(program, path=environment.get("PATH", "")):
        yield "PYO3_PYTHON", program


def _distinct(paths: Iterable[Path]) -> list[Path]:
    """Leave out the programs that are there, by a link, under another name."""
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_file():
            # An environment's Python is a link, too, and not the same Python.
            key = path if (path.parent.parent / "pyvenv.cfg").is_file() else path.resolve()
            found.setdefault(key, path)
    return list(found.values())


def _version(future: Future[Done | None]) -> Version | None:
    """Read the version that a program printed."""
    done = future.result()
    match = VERSION.search(done.output) if done and done.code == 0 else None
    return Version(match[0]) if match else None


def _rust(environment: Mapping[str, str], folder: Path) -> tuple[Rust | None, str | None]:
    """Ask rustc what it is and what it can build for, or why it doesn't run."""
    done = run(["rustc", "-vV"], environment, folder)
    root = run(["rustc", "--print", "sysroot"], environment, folder)
    if done is None or done.code != 0:
        return None, "\n".join(done.errors.splitlines()[:2]) if done else None
    said = dict(line.split(": ", 1) for line in done.output.splitlines() if ": " in line)
    try:
        version = Version(said.get("release", "").partition("-")[0])
    except InvalidVersion:
        return None, done.output.strip()
    libraries = Path(root.output.strip()).glob("lib/rustlib/*/lib") if root and root.code == 0 else []
    return Rust(version, said.get("host", ""), tuple(sorted(path.parent.name for path in libraries))), None


def _linker_name(config: CargoConfig, rust: Rust | None, environment: Mapping[str, str]) -> str:
    """Return what rustc links with: a C compiler, or what cargo is told."""
    return (config.linker(rust.host, environment) if rust else None) or "cc"


def _linker(name: str, environment: Mapping[str, str]) -> Path | None:
    """Find what rustc links with; on Windows it knows that by itself."""
    if os.name == "nt":
        return None
    found = shutil.which(name, path=environment.get("PATH", ""))
    return Path(found) if found else None
