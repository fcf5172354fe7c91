"""A project and a machine on which all is well, as text and values to change."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from scaffolder.anatomy.project import read_project
from scaffolder.machine.cargo import CargoMetadata
from scaffolder.machine.choices import InterpreterChoice
from scaffolder.machine.interpreters import Interpreter
from scaffolder.machine.survey import Machine
from scaffolder.machine.toolchain import Rust
from scaffolder.tools.setup_validator.inspection import Inspection

if TYPE_CHECKING:
    from collections.abc import Callable

    from scaffolder.toolkit import Finding

    Files = dict[str, str | None]
    Change = Callable[[Files], None]

PYPROJECT = """\
[build-system]
requires = ["maturin>=1.9.4,<2"]
build-backend = "maturin"

[project]
name = "fares"
version = "0.1.0"
requires-python = ">=3.11"

[tool.maturin]
# The Python half.
python-source = "python"
module-name = "fares._core"
editable-profile = "dev"

[tool.uv]
cache-keys = [{ file = "pyproject.toml" }, { file = "Cargo.toml" }, { file = "Cargo.lock" }, { file = "src/**/*.rs" }]
"""
CARGO = """\
[package]
name = "fares"
version = "0.1.0"
edition = "2024"
rust-version = "1.85"

[lib]
name = "fares_core"
crate-type = ["cdylib", "rlib"]  # for Python, and for Rust tests

[dependencies]
pyo3 = { version = "0.30", features = ["abi3-py311"] }
numpy = "0.30"

[profile.release]
lto = "thin"
"""
LOCK = """\
version = 4

[[package]]
name = "pyo3"
version = "0.30.1"
"""
SOURCE = """\
//! Fares between zones.

#[pyo3::pymodule]
mod _core {
    /// The price of a trip across so many zones, in cents.
    #[pyo3::pyfunction]
    fn fare(zones: u32) -> u32 {
        210 + 90 * zones
    }
}
"""
WORKFLOW = """\
name: CI
on: [push]
permissions: {}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
      - run: uv publish
"""
FILES: Files = {
    "pyproject.toml": PYPROJECT,
    "Cargo.toml": CARGO,
    "Cargo.lock": LOCK,
    "src/lib.rs": SOURCE,
    "python/fares/__init__.py": "from ._core import fare\n",
    "python/fares/_core.pyi": "def fare(zones: int) -> int: ...\n",
    "python/fares/py.typed": "",
    ".python-version": "3.11\n",
    ".github/workflows/ci.yml": WORKFLOW,
}
PYTHON = Path("/env/bin/python")
INTERPRETER = Interpreter(
    path=PYTHON,
    version=Version("3.11.7"),
    implementation="CPython",
    prefix=Path("/env"),
    machine="x86_64",
    bits=64,
    headers=True,
    library=Path("/usr/lib/libpython3.11.so"),
    free_threaded=False,
)
MACHINE = Machine(
    environment={"VIRTUAL_ENV": "/env"},
    interpreters={PYTHON: INTERPRETER},
    choices=tuple(
        InterpreterChoice(tool, PYTHON, "it is active", source="VIRTUAL_ENV")
        for tool in ("cargo", "maturin develop", "uv run")
    ),
    rust=Rust(Version("1.85.0"), "x86_64-unknown-linux-gnu", ("x86_64-unknown-linux-gnu",)),
    rust_problem=None,
    linker=Path("/usr/bin/cc"),
    versions={"cargo": Version("1.85.0"), "maturin": Version("1.16.0"), "uv": Version("0.13.9")},
    missing={},
)


def write(folder: Path, files: Files) -> Path:
    """Write a project."""
    for name, text in files.items():
        if text is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
    return folder


def replaced(name: str, old: str, new: str) -> Change:
    """Change a text in a file; it has to be there."""

    def change(files: Files) -> None:
        before = files[name]
        assert before is not None
        assert old in before
        files[name] = before.replace(old, new)

    return change


def added(name: str, text: str = "") -> Change:
    """Add a file, or lines to one."""

    def change(files: Files) -> None:
        files[name] = (files.get(name) or "") + text

    return change


def removed(name: str) -> Change:
    """Leave a file out."""

    def change(files: Files) -> None:
        del files[name]

    return change


def changed(*changes: Change) -> Files:
    """Return the project with changes."""
    files = dict(FILES)
    for change in changes:
        change(files)
    return files


def python(**fields: object) -> Machine:
    """Return the machine with another Python."""
    return dataclasses.replace(MACHINE, interpreters={PYTHON: dataclasses.replace(INTERPRETER, **fields)})  # type: ignore[arg-type]


def answers(folder: Path, machine: Machine = MACHINE, graph: CargoMetadata | None = None) -> dict[str, Finding]:
    """Ask all checks about a project and a machine."""
    return {finding.id: finding for finding in inspected(folder, machine, graph).findings}


def inspected(folder: Path, machine: Machine = MACHINE, graph: CargoMetadata | None = None) -> Inspection:
    """Inspect a project on a machine."""
    known = graph or CargoMetadata(folder, folder / "target", {"pyo3 0.30.1": Version("1.85")})
    return Inspection(machine, read_project(folder, known))
