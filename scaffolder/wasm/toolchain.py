"""The tool chain for Pyodide: what is installed, and what its ABI asks for."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.version import Version

from scaffolder.machine.programs import programs_for
from scaffolder.machine.toolchain import Rust, choose_toolchain, read_rust
from scaffolder.wasm.releases import Abi, abi_named, abis

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scaffolder.machine.programs import Programs

ANSWERS = ("pyodide_abi_version", "python_version", "emscripten_version", "rust_toolchain", "emscripten_dir")


@dataclass(frozen=True)
class ToolChain:
    """What is installed.

    Attributes:
        abi: What is to be built for.
        environment: The environment's variables, with the SDK's programs first.
        answers: What `pyodide config get` says; empty without pyodide-build or without its build environment.
        has_pyodide_build: Whether pyodide-build is installed.
        rust: The compiler.
        rust_problem: Why it does not run.
        rustup: Whether rustup manages it.
        versions: The versions of maturin, emcc and node; those that run.
        broken: Which of these three are there, and do not say their version.
    """

    abi: Abi
    environment: Mapping[str, str]
    answers: Mapping[str, str]
    has_pyodide_build: bool
    rust: Rust | None
    rust_problem: str | None
    rustup: bool
    versions: Mapping[str, Version]
    broken: frozenset[str]

    @property
    def builds_for_other(self) -> bool:
        """Whether pyodide-build is set up for another ABI."""
        return bool(self.answers) and self.answers["pyodide_abi_version"] != self.abi.name


def read_tool_chain(folder: Path, abi_name: str | None, sdk: Path | None) -> ToolChain:
    """Ask the programs; none of them is one that the project brings, and none downloads anything.

    Args:
        folder: Where cargo is started.
        abi_name: The ABI to build for.  By default it is the one that pyodide-build is set up for, or the newest.
        sdk: A folder of programs to use before those on `PATH`.
    """
    environment = dict(os.environ)
    if sdk:
        environment["PATH"] = os.pathsep.join([str(sdk.absolute()), environment.get("PATH", "")])
    programs = programs_for(folder, environment)
    has_pyodide_build = programs.find("pyodide") is not None
    answers = _ask_pyodide(programs) if has_pyodide_build else {}
    if abi_name is None and answers.get("pyodide_abi_version") in abis():
        abi_name = answers["pyodide_abi_version"]
    if emscripten := answers.get("emscripten_dir"):
        environment["PATH"] = os.pathsep.join([emscripten, environment["PATH"]])
        programs = replace(programs, environment=environment)
    rustup = programs.find("rustup") is not None and not sdk
    # As pyodide-build does it; who has chosen a toolchain keeps it.
    if rustup and "rust_toolchain" in answers and "RUSTUP_TOOLCHAIN" not in environment:
        environment["RUSTUP_TOOLCHAIN"] = answers["rust_toolchain"]
        programs = replace(programs, environment=environment)
    rust, problem = read_rust(programs, choose_toolchain(folder, programs))
    names = {"maturin": "--version", "emcc": "--version", "node": "--version"}
    versions = {name: version for name, option in names.items() if (version := _version(programs, name, option))}
    broken = frozenset(name for name in names if name not in versions and programs.find(name))
    abi = abi_named(abi_name)
    return ToolChain(abi, environment, answers, has_pyodide_build, rust, problem, rustup, versions, broken)


def _ask_pyodide(programs: Programs) -> dict[str, str]:
    """Return what pyodide-build says; it would download its build environment, so it is asked only if there is one."""
    done = programs.run("pyodide", "xbuildenv", "version")
    if done is None or done.code:
        return {}
    results = {name: programs.run("pyodide", "config", "get", name) for name in ANSWERS}
    answers = {name: done.output.strip() for name, done in results.items() if done and done.code == 0}
    return answers if "pyodide_abi_version" in answers else {}


def _version(programs: Programs, name: str, option: str) -> Version | None:
    done = programs.run(name, option)
    match = re.search(r"\d+\.\d+\.\d+", done.output) if done and done.code == 0 else None
    return Version(match[0]) if match else None
