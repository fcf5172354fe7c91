"""Check, build, inspect and run an extension for Pyodide."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import UsageError
from scaffolder.terminal import progress
from scaffolder.toolkit import AsData, Document, DryRun, Finding, ReplaceDrawing, Result, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.anatomy.project import Project
    from scaffolder.tools.wasm_builder.building import Step
    from scaffolder.wasm.pyodide import Pyodide
    from scaffolder.wasm.releases import Abi
    from scaffolder.wasm.toolchain import ToolChain
    from scaffolder.wasm.wheels import Wheel

TOOL = "wasm_builder"
app = toolkit.program(
    "Check, build, inspect and run an extension for Pyodide. `check` and `inspect` run nothing of the project; `build`"
    " runs its build, and `run` what was built. All take `--json` and `--verbose`, and all but `check` take"
    " `--dry-run`."
)

ProjectFolder = Annotated[
    Path | None,
    typer.Option("--project", metavar="DIR", help="The project's folder.  [default: the enclosing project]"),
]
AbiName = Annotated[
    str | None,
    typer.Option(
        "--abi", metavar="ABI", help="The ABI of Pyodide: `2026_0`.  [default: pyodide-build's, or the newest]",
    ),
]  # fmt: skip
Sdk = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", envvar="WASM_SDK", help="A folder with `emcc`, `cargo` and others to use before those on PATH.",
        show_default=False,
    ),
]  # fmt: skip
PyodideFolder = Annotated[
    Path | None,
    typer.Option(
        "--pyodide", metavar="DIR", help="A copy of Pyodide.  [default: in node_modules, in the cache, or from npm]"
    ),
]
WheelFile = Annotated[Path, typer.Argument(metavar="WHEEL", help="A wheel for Pyodide.", show_default=False)]
Draw = Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Draw the sizes to this file.", show_default=False)]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Also print what is in order, and all modules.")]


@app.command()
def check(
    project: ProjectFolder = None, abi: AbiName = None, sdk: Sdk = None, verbose: Verbose = False,
    as_data: AsData = False,
) -> None:  # fmt: skip
    """Compare the tools with what the ABI asks for, and look for what won't work in Pyodide.

    What is missing is said with the official commands that install it. Outside of a project only the tools are
    checked.
    """
    from scaffolder.tools.wasm_builder.hazards import find_hazards
    from scaffolder.tools.wasm_builder.tools import check_tools, tool_chain_table

    read = read_project(project)
    with progress("Asking the tools", visible=not as_data):
        tools = read_tools(read, abi, sdk)
        findings = [*check_tools(tools), *(find_hazards(read, tools) if read else ())]
    count = sum(finding.level in {"error", "warning"} for finding in findings)
    subject = f"`{read.folder.name}`" if read else "tools"
    summary = f"{subject} for Pyodide {tools.abi.pyodide}: {count or 'no'} problem{'s' if count != 1 else ''}"
    result = Result(TOOL, summary, toolkit.by_level(findings), (tool_chain_table(tools),))
    toolkit.show(result, as_data=as_data, verbose=verbose)


@app.command()
def build(  # noqa: PLR0913, PLR0917
    project: ProjectFolder = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where the wheel goes.")
    ] = Path("dist"),
    small: Annotated[
        bool, typer.Option("--small", help="Build once more with a profile for size, run `wasm-opt` if it is there.")
    ] = False,
    features: Annotated[
        list[str] | None,
        typer.Option(metavar="FEATURES", help="Features of the crate, as `pyo3/abi3-py311`; repeatable."),
    ] = None,
    abi: AbiName = None, sdk: Sdk = None, pyodide: PyodideFolder = None, draw: Draw = None,
    force: ReplaceDrawing = False, dry_run: DryRun = False, verbose: Verbose = False, as_data: AsData = False,
) -> None:  # fmt: skip
    """Build the wheel by maturin, compare what its module imports with Pyodide, and say how large it is.

    Cargo's files go to the cache, and `Cargo.lock` stays as it is. `wasm-opt` is taken from `PATH`, or from the npm
    package binaryen in the project.
    """
    from scaffolder.tools.wasm_builder import building

    read = read_project(project)
    if read is None:
        raise UsageError("there is no project here", "name its folder: `--project DIR`")
    toolkit.check_drawing(draw, force=force)
    tools = read_tools(read, abi, sdk)
    if dry_run:
        command = " ".join(building.build_command(out, features or []))
        text = f"MATURIN_PYEMSCRIPTEN_PLATFORM_VERSION={tools.abi.name} {command}\n"
        return toolkit.show(plan("would build the wheel", text), as_data=as_data)
    require_tools(tools)
    with progress("Building", visible=not as_data):
        steps = building.build(read, tools, out, features or [], small=small)
        wheel = steps[-1].wheel
        result = describe(wheel, pyodide, read.folder, tools.environment, in_full=verbose or as_data)
    result = replace(result, tables=(sizes_of(steps), *result.tables))
    return finish(result, wheel, draw, as_data=as_data, verbose=verbose)


@app.command()
def inspect(  # noqa: PLR0913, PLR0917
    wheel: WheelFile, pyodide: PyodideFolder = None, draw: Draw = None, force: ReplaceDrawing = False,
    dry_run: DryRun = False, verbose: Verbose = False, as_data: AsData = False,
) -> None:  # fmt: skip
    """Say what a wheel for Pyodide holds: tag, ABI, imports, and sizes by section, crate and function.

    Crates and functions are known where the module has names left, as it has with `strip = false`.
    """
    import os

    from scaffolder.wasm.wheels import read_wheel

    toolkit.check_drawing(draw, force=force)
    read = read_wheel(wheel)
    if dry_run:
        action = f"would inspect {wheel}{f' and write {draw}' if draw else ''}"
        return toolkit.show(Result(TOOL, action, dry_run=True), as_data=as_data)
    with progress("Comparing with Pyodide", visible=not as_data):
        result = describe(read, pyodide, None, os.environ, in_full=verbose or as_data)
    return finish(result, read, draw, as_data=as_data, verbose=verbose)


@app.command()
def run(  # noqa: PLR0913, PLR0917
    wheel: WheelFile,
    module: Annotated[
        str | None, typer.Option("--import", metavar="MODULE", help="What to import.  [default: the wheel's package]")
    ] = None,
    tests: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also run these tests by pytest.", show_default=False)
    ] = None,
    extra: Annotated[
        list[str] | None, typer.Option("--with", metavar="REQUIREMENT", help="What the tests need; repeatable.")
    ] = None,
    options: Annotated[
        list[str] | None, typer.Option("--option", metavar="OPTION", help="An option for pytest: `-q`; repeatable.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, max=1e6, metavar="SECONDS", help="Give up after this time.")] = 300,
    pyodide: PyodideFolder = None, dry_run: DryRun = False, verbose: Verbose = False, as_data: AsData = False,
) -> None:  # fmt: skip
    """Install a wheel into Pyodide under node and import it; with `--tests` run the project's tests there.

    What the wheel and the tests need is downloaded from the package index for Pyodide.
    """
    import os

    from scaffolder.tools.wasm_builder import running
    from scaffolder.wasm.wheels import read_wheel

    read = read_wheel(wheel)
    if read.abi is None:
        raise UsageError(
            f"the ABI of `{wheel.name}` is not known", "build it for Pyodide: `pyo3-new tool wasm_builder build`"
        )
    if tests and not tests.is_dir():
        raise UsageError(f"`{tests}` is not a folder", "name the folder with the tests: `--tests tests`")
    if not (name := module or read.import_name):
        raise UsageError(f"`{wheel.name}` has no extension module", "name what to import: `--import MODULE`")
    request = running.Request(read, read.abi, name, tests, tuple(extra or ()), tuple(options or ()), timeout)
    if dry_run:
        needed = running.requirements(request)
        lines = [" ".join(running.download_command(request, Path("SCRATCH")))] if needed else []
        text = "\n".join([*lines, f"node run.mjs  # imports {name}{f', runs {tests}' if tests else ''}", ""])
        return toolkit.show(plan("would run the wheel", text), as_data=as_data)
    with progress("Running in Pyodide", visible=not as_data):
        release = obtain(read.abi, pyodide, Path.cwd(), os.environ)
        result = running.execute(request, release, os.environ)
    return toolkit.show(result, as_data=as_data, verbose=verbose)


def plan(action: str, text: str) -> Result:
    """Return what a dry run says."""
    return Result(TOOL, action, documents=(Document("text", text),), dry_run=True)


def read_project(folder: Path | None) -> Project | None:
    """Read the project that was named, or the enclosing one, if there is one."""
    from scaffolder.anatomy.places import locate_project
    from scaffolder.anatomy.project import read_project as read

    manifests = locate_project(folder)
    return read(manifests.folder, manifests=manifests) if manifests else None


def read_tools(project: Project | None, abi: str | None, sdk: Path | None) -> ToolChain:
    """Ask the tools.

    Raises:
        UsageError: The SDK is no folder, or the ABI is not known.
    """
    from scaffolder.wasm.toolchain import read_tool_chain

    if sdk and not sdk.is_dir():
        raise UsageError(f"`{sdk}` is not a folder", "name one with `--sdk`, or unset `WASM_SDK`")
    return read_tool_chain(project.folder if project else Path.cwd(), abi, sdk)


def require_tools(tools: ToolChain) -> None:
    """Stop if something is missing that the build needs."""
    from scaffolder.errors import ScaffolderError
    from scaffolder.tools.wasm_builder.tools import check_tools

    problems = [finding.message for finding in check_tools(tools) if finding.level == "error"]
    if problems:
        raise ScaffolderError("; ".join(problems), "run `pyo3-new tool wasm_builder check` to see what to install")


def obtain(abi: Abi, named: Path | None, project: Path | None, environment: Mapping[str, str]) -> Pyodide:
    """Return a copy of the ABI's Pyodide, by npm if there is none."""
    from scaffolder.wasm.pyodide import fetch_pyodide, find_pyodide

    return find_pyodide(abi, named, project) or fetch_pyodide(abi, environment)


def describe(
    wheel: Wheel, named: Path | None, project: Path | None, environment: Mapping[str, str], *, in_full: bool
) -> Result:
    """Return what a wheel holds, and what is wrong with it."""
    from scaffolder.errors import ScaffolderError
    from scaffolder.runtime.units import bytes_of
    from scaffolder.tools.wasm_builder.inspecting import find, tables

    release, why = None, f"the ABI of `{wheel.path.name}` is not known"
    if wheel.abi:
        try:
            release = obtain(wheel.abi, named, project, environment)
        except UsageError:
            raise
        except ScaffolderError as error:
            why = error.message
    findings = find(wheel, release)
    if release is None:
        message = "the imports were not compared with Pyodide"
        findings = (*findings, Finding("not-compared", "note", message, wheel.path.name, cause=why))
    several = "s" if len(wheel.modules) > 1 else ""
    summary = f"{wheel.path}: {bytes_of(wheel.size)}, {len(wheel.modules)} module{several}"
    return Result(TOOL, summary, toolkit.by_level(findings), tuple(tables(wheel, in_full=in_full)))


def sizes_of(steps: tuple[Step, ...]) -> Table:
    """Return the sizes of the wheels that were built."""
    from scaffolder.runtime.units import bytes_of

    rows = []
    for step in steps:
        size = sum(module.size for module in step.wheel.modules)
        wheel = sum(module.compressed for module in step.wheel.modules)
        rows.append((step.name, bytes_of(size), bytes_of(wheel)))
    return Table("Sizes of the modules", ("build", "size", "in the wheel"), tuple(rows))


def finish(result: Result, wheel: Wheel, draw: Path | None, *, as_data: bool, verbose: bool) -> None:
    """Draw if it was asked for, and print."""
    if draw:
        from scaffolder.tools.wasm_builder.drawing import draw as draw_sizes

        result = toolkit.write_drawing(result, draw, draw_sizes(wheel.modules[0]))
    toolkit.show(result, as_data=as_data, verbose=verbose)
