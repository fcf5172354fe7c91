"""Build a project's wheel for Pyodide by maturin, and make its module smaller."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.errors import ScaffolderError
from scaffolder.files import unchanged
from scaffolder.folders import temporary_folder
from scaffolder.machine.programs import run
from scaffolder.wasm.pyodide import cache_folder
from scaffolder.wasm.releases import TARGET
from scaffolder.wasm.wheels import Wheel, read_wheel, repack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.anatomy.project import Project
    from scaffolder.wasm.toolchain import ToolChain

# Optimised for size, over all crates; panics stay as the project has them.
SMALL = {"CODEGEN_UNITS": "1", "LTO": "fat", "OPT_LEVEL": "s", "STRIP": "symbols"}
# New instructions only as far as the module has them already: browsers must know them.
WASM_OPT = ("-Oz", "--strip-debug", "--strip-producers")
SHOWN = 25


@dataclass(frozen=True)
class Step:
    """A wheel on the way to the smallest.

    Attributes:
        name: What made it.
        wheel: What came of it.
    """

    name: str
    wheel: Wheel


def build_command(out: Path, features: list[str]) -> list[str]:
    """Return the official command that builds a wheel."""
    chosen = ["--features", ",".join(features)] if features else []
    return ["maturin", "build", "--release", "--target", TARGET, "--out", str(out), *chosen]


def build(project: Project, tools: ToolChain, out: Path, features: list[str], *, small: bool) -> tuple[Step, ...]:
    """Build a wheel into a folder, and return it with those that it is compared with; the project stays as it is.

    Args:
        project: The project.
        tools: What to build with.
        out: The folder.
        features: The crate's features beside those that the project says.
        small: Also build with a profile for size, and run `wasm-opt` if it is there.

    Raises:
        ScaffolderError: The build fails.
    """
    with temporary_folder() as scratch:
        steps = [Step("as the project says", _build(project, tools, scratch / "plain", features, {}))]
        if small:
            profile = {f"CARGO_PROFILE_RELEASE_{name}": value for name, value in SMALL.items()}
            steps.append(Step("profile for size", _build(project, tools, scratch / "small", features, profile)))
            if program := _wasm_opt(project, tools):
                optimised = _optimise(steps[-1].wheel, program, tools.environment, scratch / "optimised")
                steps.append(Step("wasm-opt -Oz", optimised))
        out.mkdir(parents=True, exist_ok=True)
        path = Path(shutil.copy(steps[-1].wheel.path, out))
        # What the steps are measured by is read before their files are gone.
        return (*steps[:-1], Step(steps[-1].name, read_wheel(path)))


def _build(project: Project, tools: ToolChain, out: Path, features: list[str], profile: Mapping[str, str]) -> Wheel:
    platform = {"MATURIN_PYEMSCRIPTEN_PLATFORM_VERSION": tools.abi.name, "NO_COLOR": "1", "CARGO_TERM_COLOR": "never"}
    place = {"CARGO_TARGET_DIR": str(cache_folder() / "target")}
    environment = {**tools.environment, **place, **platform, **profile}
    with unchanged(project.crate.workspace_path.parent / "Cargo.lock"):
        done = run(build_command(out, features), environment, project.folder, timeout=None, quiet=False)
    wheels = list(out.glob("*.whl"))
    if done is None or done.code or len(wheels) != 1:
        lines = (done.errors + done.output).strip().splitlines() if done else ["`maturin` can't be started"]
        first = next(
            (index for index, line in enumerate(lines) if line.startswith("error")), max(0, len(lines) - SHOWN)
        )
        raise ScaffolderError(
            "the build failed\n" + "\n".join(f"  | {line}" for line in lines[first : first + SHOWN]),
            "`pyo3-new tool wasm_builder check` says what is missing",
        )
    return read_wheel(wheels[0])


def _wasm_opt(project: Project, tools: ToolChain) -> list[str] | None:
    """Return how `wasm-opt` is started: from `PATH`, or from npm's package for the project."""
    if program := shutil.which("wasm-opt", path=tools.environment.get("PATH")):
        return [program]
    places = (project.folder / "node_modules", project.folder / "wasm/node_modules")
    scripts = (place / "binaryen/bin/wasm-opt" for place in places)
    return next((["node", str(script)] for script in scripts if script.is_file()), None)


def _optimise(wheel: Wheel, program: list[str], environment: Mapping[str, str], out: Path) -> Wheel:
    """Return a copy of a wheel whose modules `wasm-opt` has made smaller."""
    out.mkdir()
    smaller: dict[str, bytes] = {}
    for module in wheel.modules:
        source, target = out / "before.wasm", out / "after.wasm"
        source.write_bytes(module.binary.data)
        command = [*program, str(source), *WASM_OPT, "--output", str(target)]
        done = run(command, environment, out, timeout=None, quiet=False)
        if done is None or done.code:
            reason = done.errors.strip().splitlines()[-1:] if done else ["it can't be started"]
            raise ScaffolderError(f"`wasm-opt` failed: {''.join(reason)}", "leave `--small` out")
        smaller[module.path] = target.read_bytes()
    return repack(wheel, smaller, out / wheel.path.name)
