"""What in a project does not work in Pyodide, as far as its manifests say so for certain."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from scaffolder.machine.cargo import list_crates
from scaffolder.machine.cargo_config import read_config
from scaffolder.toolkit import Finding, reference
from scaffolder.tools.wasm_builder.tools import PAGE, SKILL
from scaffolder.wasm.releases import TARGET, refused_features

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.anatomy.project import Project
    from scaffolder.machine.cargo import BuiltCrate
    from scaffolder.wasm.releases import Abi
    from scaffolder.wasm.toolchain import ToolChain

MISSING = reference(SKILL, "missing-parts")
ABORTS = re.compile(r"panic=abort")
THREADED = re.compile(r"-pthread|\+atomics")
VARIABLE = "CARGO_PROFILE_RELEASE_PANIC"


def find_hazards(project: Project, tools: ToolChain) -> Iterator[Finding]:
    """Yield what does not work there; nothing of the project is run."""
    if project.builder != "maturin":
        name = project.builder or "another program"
        message = f"the project is built by {name}, and `build` runs maturin"
        yield Finding("builder", "note", message, fix="pyodide build", reference=PAGE)
    yield from _check_panics(project, tools.environment)
    yield from _check_flags(project, tools.environment)
    yield from _check_python(project, tools.abi)
    features = project.maturin.get("features", [])
    crates = list_crates(project.crate.path, tools.environment, TARGET, map(str, features))
    if crates is None:
        manifest = project.show(project.crate.path)
        message = "the crates that are built for Pyodide can't be listed: they are not locked or not downloaded"
        yield Finding("crates", "note", message, manifest, fix=f"cargo fetch --manifest-path {manifest}")
    else:
        yield from _check_crates(crates)


def _check_panics(project: Project, environment: Mapping[str, str]) -> Iterator[Finding]:
    override = read_config(project.folder, environment).profile_setting("panic", environment)
    manifest = project.crate.workspace_path
    where, setting = override or (str(manifest), project.crate.profiles.get("release", {}).get("panic"))
    if setting == "abort":
        yield Finding(
            "panic-abort", "error", 'a panic ends the interpreter: `panic = "abort"` in the profile `release`',
            project.show(Path(where)), fix=f'Leave `panic` at "unwind", or set it for this build\n{VARIABLE}=unwind',
            reference=PAGE, cause="PyO3 turns a panic into a Python exception only if it unwinds",
        )  # fmt: skip


def _check_flags(project: Project, environment: Mapping[str, str]) -> Iterator[Finding]:
    where, text = read_config(project.folder, environment).flags_for(TARGET, environment)
    fix, place = "Leave these flags out for this target", project.show(Path(where))
    if THREADED.search(text):
        message = "modules with threads can't be loaded: Pyodide's memory is not shared"
        yield Finding("pthread", "error", message, place, text, fix, MISSING)
    if ABORTS.search(text):
        message = "a panic ends the interpreter: `panic=abort` among the flags for rustc"
        yield Finding("panic-abort", "error", message, place, text, fix, PAGE)


def _check_python(project: Project, abi: Abi) -> Iterator[Finding]:
    requires, series = project.requires_python, project.series
    if requires is not None and not requires.contains(abi.python):
        message = f"`requires-python` is `{requires}`, and this ABI has Python {abi.python}"
        yield Finding("requires-python", "error", message, project.show(project.pyproject_path), reference=PAGE)
    is_newer = series is not None and series.limit < Version(abi.python_series)
    if series and is_newer and series.refuses_newer and not project.may_be_abi3:
        message = f"PyO3 {series.name} can't be built for Python {abi.python_series}, only up to {series.limit}"
        yield Finding("pyo3", "error", message, project.show(project.crate.path), reference=PAGE)


def _check_crates(crates: tuple[BuiltCrate, ...]) -> Iterator[Finding]:
    for crate in crates:
        if crate.name == "tokio" and (refused := crate.features & refused_features(Version(crate.version))):
            yield _tokio_finding(f"{crate.name} {crate.version}", refused)
    names = {crate.name: crate.version for crate in crates}
    if "rayon-core" in names:
        where = f"rayon-core {names['rayon-core']}"
        message = "rayon runs everything in the calling thread, and own pools of threads can't be made"
        cause = "there are no threads; `ThreadPoolBuilder::build` returns an error"
        yield Finding("rayon", "note", message, where, reference=MISSING, cause=cause)


def _tokio_finding(where: str, refused: frozenset[str]) -> Finding:
    names = ", ".join(f"`{name}`" for name in sorted(refused))
    message = f"tokio does not compile for Pyodide with its features {names}"
    advice = "Ask for them under `[target.'cfg(not(target_family = \"wasm\"))'.dependencies]` only"
    fix = f"{advice}\ncargo tree --target {TARGET} --edges features --invert tokio"
    return Finding("tokio-features", "error", message, where, fix=fix, reference=MISSING)
