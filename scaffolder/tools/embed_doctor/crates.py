"""A crate whose programs run Python: its features, its Python and libpython, and the order at the start."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.anatomy.host_crates import sources_around, sources_of
from scaffolder.files import Reader, is_file, is_folder, real
from scaffolder.machine.binaries import system_folders
from scaffolder.machine.cargo_config import read_config
from scaffolder.machine.choices import cargo_choice
from scaffolder.machine.interpreters import probe
from scaffolder.machine.programs import programs_for
from scaffolder.rust.starting import read_starts
from scaffolder.toolkit import Table
from scaffolder.tools.embed_doctor.findings import finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.anatomy.host_crates import HostCrate
    from scaffolder.machine.cargo_config import CargoConfig
    from scaffolder.machine.choices import InterpreterChoice
    from scaffolder.machine.interpreters import Interpreter
    from scaffolder.rust.starting import Starts
    from scaffolder.toolkit import Finding


@dataclass(frozen=True)
class CrateFacts:
    """What is known of a crate and of the Python that it is built for.

    Attributes:
        host: The crate.
        config: Cargo's configuration files.
        environment: The environment's variables.
        choice: Which Python PyO3 builds for.
        python: That Python, if it could be asked.
        starts: What its source does about the start of Python.
        may_start_around: Whether a crate that it depends on by path may start Python.
    """

    host: HostCrate
    config: CargoConfig
    environment: Mapping[str, str]
    choice: InterpreterChoice
    python: Interpreter | None
    starts: Starts
    may_start_around: bool

    @property
    def is_cross(self) -> bool:
        """Whether it is built for another system, whose Python is elsewhere."""
        named = any("target" in data.get("build", {}) for _, _, data in self.config.files)
        return named or "CARGO_BUILD_TARGET" in self.environment or "PYO3_CROSS_LIB_DIR" in self.environment

    @property
    def sets_rpath(self) -> bool:
        """Whether anything may set an rpath, or tell the loader in another way."""
        script = self.host.build_script
        text = (Reader().read(script) or b"").decode("utf-8", "replace") if script else ""
        flags = [flag for words in self.config.rustflags().values() for flag in words]
        flags += [self.environment.get(name, "") for name in ("RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS")]
        library = self.python.library.parent if self.python and self.python.library else None
        variable = self.config.variable("LD_LIBRARY_PATH", self.environment)
        folders = [Path(part) for part in (variable.value if variable else "").split(os.pathsep)]
        return "rpath" in text or "link-arg" in text or any("rpath" in flag for flag in flags) or library in folders

    @property
    def exports_symbols(self) -> bool:
        """Whether anything may make the program offer Python's functions."""
        script = self.host.build_script
        text = (Reader().read(script) or b"").decode("utf-8", "replace") if script else ""
        flags = [flag for words in self.config.rustflags().values() for flag in words]
        flags.append(self.environment.get("RUSTFLAGS", ""))
        return any("dynamic" in words or "link-arg" in words for words in (text, *flags))


def read_facts(host: HostCrate, environment: Mapping[str, str]) -> CrateFacts:
    """Read a crate's source, and ask the Python that it would be built for; nothing of the crate's is run."""
    folder, reader = host.crate.folder, Reader()
    choice = cargo_choice(folder, environment)
    python = probe(choice.python, programs_for(folder, environment)) if choice.python else None
    starts = read_starts(sources_of(host, reader), reader)
    around = read_starts(sources_around(host, reader), reader)
    return CrateFacts(host, read_config(folder, environment), environment, choice, python, starts, around.may_start)


def check_crate(facts: CrateFacts) -> Iterator[Finding]:
    """Yield what is wrong with a crate."""
    yield from _check_features(facts)
    yield from _check_start(facts)
    if facts.host.is_certain and not facts.is_cross:
        yield from _check_python(facts)


def _check_features(facts: CrateFacts) -> Iterator[Finding]:
    if where := facts.host.features.get("extension-module"):
        yield finding("extension-module", str(where), setter="the feature `extension-module` of `pyo3`")
    elif variable := facts.config.variable("PYO3_BUILD_EXTENSION_MODULE", facts.environment):
        yield finding("extension-module", str(variable.where or "environment"), setter="`PYO3_BUILD_EXTENSION_MODULE`")


def _check_python(facts: CrateFacts) -> Iterator[Finding]:
    if variable := facts.config.variable("PYO3_CONFIG_FILE", facts.environment):
        path = Path(variable.value)
        problem = None if path.is_absolute() else "which is no absolute path"
        problem = problem or (None if is_file(path) else "which does not exist")
        if problem:
            yield finding("config-file-unusable", str(variable.where or "environment"), path=path, problem=problem)
        return
    path_of_python, python = facts.choice.python, facts.python
    if path_of_python and path_of_python.is_absolute() and not path_of_python.exists() and facts.choice.is_final:
        yield finding("python-missing", str(facts.host.crate.path), path=path_of_python, why=facts.choice.why)
    if python is None or python.implementation != "CPython" or "extension-module" in facts.host.features:
        return
    # Conda's says that it has a static library, and PyO3 knows better.
    if is_folder(python.prefix / "conda-meta") or is_folder(real(python.path).parent.parent / "conda-meta"):
        return
    version, where = python.name, str(facts.host.crate.path)
    if python.library is None:
        yield finding("libpython-not-installed", where, version=version, path=python.prefix)
    elif python.library.suffix == ".a" and not facts.exports_symbols:
        yield finding("libpython-static", where, version=version, library=python.library)
    elif sys.platform == "linux" and ".so" in python.library.name and not facts.sets_rpath:
        yield from _check_search(version, python.library, where)


def _check_search(version: str, library: Path, where: str) -> Iterator[Finding]:
    """Yield that the loader of Linux does not find a library, or finds another of the same name."""
    folder, name = library.parent, Path(os.path.realpath(library)).name
    folders = {os.path.realpath(place) for place in system_folders()}
    if os.path.realpath(folder) in folders:
        return
    other = next((place / name for place in system_folders() if is_file(place / name)), None)
    if other:
        yield finding("libpython-replaced", where, version=version, folder=folder, other=other)
    else:
        yield finding("libpython-not-searched", where, version=version, folder=folder)


def _check_start(facts: CrateFacts) -> Iterator[Finding]:
    starts, host = facts.starts, facts.host
    is_started = starts.may_start or facts.may_start_around or "auto-initialize" in host.features
    is_host_only = host.is_certain and "cdylib" not in host.crate.library_types
    if is_host_only and starts.attaches and not is_started and host.starters == ():
        path, line = starts.attaches
        yield finding("never-initialized", f"{path}:{line}")
    for spot in starts.spots:
        yield finding(spot.id, f"{spot.path}:{spot.line}", name=spot.name, start=spot.start)


def describe_crate(facts: CrateFacts) -> Table:
    """Return the facts of a crate as a table."""
    host, python = facts.host, facts.python
    locked = ", ".join(host.crate.lock.get("pyo3", ())) or next(
        (dependency.requirement for dependency in host.crate.dependencies if dependency.name == "pyo3"), ""
    )
    rows = [
        ("programs", ", ".join(host.programs)),
        ("pyo3", f"{locked}{'' if host.is_certain else ', with some features, or by another crate'}"),
        ("its features", ", ".join(sorted(host.features)) or "none"),
        ("build script", host.build_script.name if host.build_script else "none"),
        ("rpath", "set, or may be" if facts.sets_rpath else "not set"),
        ("Python", f"{facts.choice.python or 'none'}: {facts.choice.why}"),
    ]
    if python:
        library = str(python.library) if python.library else "none"
        rows += [("its version", python.name), ("its libpython", library)]
    return Table(f"Crate `{host.name}`", ("what", "is"), tuple(rows))
