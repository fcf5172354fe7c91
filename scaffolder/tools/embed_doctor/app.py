"""Look at a Rust program that runs Python, and say what keeps it from starting here or elsewhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.anatomy.bundles import Bundle
    from scaffolder.anatomy.host_crates import HostCrate

TOOL = "embed_doctor"
app = toolkit.program("Look at a Rust program that runs Python, and say what keeps it from starting.")


@app.command()
def embed_doctor(  # noqa: PLR0913, PLR0917
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", show_default=False,
            help="The folder of a crate or workspace, a built program, or the folder that is shipped.  [default: .]",
        ),
    ] = Path(),
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="ARGUMENT", show_default=False, help="With `--probe`: what the program gets."),
    ] = None,
    package: Annotated[
        str | None, typer.Option(metavar="NAME", show_default=False, help="The package of a workspace.  [default: all]")
    ] = None,
    program: Annotated[
        str | None,
        typer.Option(
            "--bin", metavar="NAME", show_default=False, help="With `--probe`: the program, if there are several."
        ),
    ] = None,
    probe: Annotated[
        bool, typer.Option("--probe", help="Build the crate with cargo, run the program, and ask its Python.")
    ] = False,
    timeout: Annotated[
        float, typer.Option(min=0.5, max=1e6, metavar="SECONDS", help="When to end the program that is probed.")
    ] = 10,
    dry_run: toolkit.DryRun = False,
    verbose: toolkit.Verbose = False,
    as_data: toolkit.AsData = False,
) -> None:  # fmt: skip
    """Look at a Rust program that runs Python, and say what keeps it from starting here or elsewhere.

    Of a crate it reads manifests, cargo's configuration and Rust source: features of PyO3, which Python is built for,
    whether that has a libpython and the program will find it, and what comes in the wrong order at the start. Of a
    program or a folder it reads ELF, Mach-O and PE files: which libpython is loaded from where, the standard library,
    and what the folder lacks. None of that runs anything but the Python that PyO3 would build for.

    `--probe` builds the crate and runs the program, once: without PATH and other variables, in another folder, a
    folder that is shipped as a copy elsewhere. `PYTHONPATH` leads to a `sitecustomize` that asks its Python for its
    prefix, standard library and encodings; a Python that reads no variables says nothing.

    \b
    Examples:
      pyo3-new tool embed_doctor
      pyo3-new tool embed_doctor . --probe
      pyo3-new tool embed_doctor target/debug/prices
      pyo3-new tool embed_doctor dist/prices --probe -- rules.py --quantity 3
    """
    from scaffolder.anatomy.bundles import read_bundle
    from scaffolder.anatomy.host_crates import find_host_crates, is_crate

    if not path.exists():
        raise UsageError(f"`{path}` does not exist", "name a folder or a program")
    if (arguments or program) and not probe:
        what = "arguments are" if arguments else "`--bin` is"
        raise UsageError(f"{what} for a program that is run", "pass `--probe`, too")
    path = Path(os.path.abspath(path))  # noqa: PTH100  (a link is what the user named)
    if is_crate(path):
        hosts = find_host_crates(path, package)
        result = plan_crates(hosts, probe=probe) if dry_run else None
        result = result or examine_crates(hosts, program, arguments or [], timeout, probe=probe, visible=not as_data)
    elif package:
        raise UsageError(f"`--package` needs a crate, and `{path}` is none", "name the folder with `Cargo.toml`")
    else:
        from scaffolder.terminal import progress

        with progress(f"Reading {path}", visible=not as_data):
            bundle = read_bundle(path)
        result = plan_bundle(bundle, program, probe=probe) if dry_run else None
        result = result or examine_bundle(bundle, program, arguments or [], timeout, probe=probe, visible=not as_data)
    toolkit.show(result, as_data=as_data, verbose=verbose)


def plan_crates(hosts: Sequence[HostCrate], *, probe: bool) -> toolkit.Result:
    """Return what would be done with crates."""
    names = ", ".join(f"`{host.name}`" for host in hosts)
    then = "; build it with cargo, and run its program as on a bare machine" if probe else ""
    return toolkit.Result(TOOL, f"would read manifests and source of {names}{then}", dry_run=True)


def plan_bundle(bundle: Bundle, name: str | None, *, probe: bool) -> toolkit.Result:
    """Return what would be done with a program or a folder."""
    where = bundle.root or bundle.programs[0].binary.path
    moved = ", copied elsewhere" if bundle.root else ""
    then = f"; run `{choose_program(bundle, name)}`{moved}, as on a bare machine" if probe else ""
    return toolkit.Result(TOOL, f"would read `{where}`{then}", dry_run=True)


def examine_crates(
    hosts: Sequence[HostCrate], name: str | None, arguments: list[str], timeout: float, *, probe: bool, visible: bool
) -> toolkit.Result:
    """Return what is wrong with crates; with `probe`, also with the program that is built.

    Raises:
        UsageError: Which one is to be built is not clear.
    """
    from scaffolder.anatomy.bundles import read_bundle
    from scaffolder.terminal import progress
    from scaffolder.tools.embed_doctor.crates import check_crate, describe_crate, read_facts
    from scaffolder.tools.embed_doctor.probing import build_host

    if probe and len(hosts) > 1:
        names = ", ".join(host.name for host in hosts)
        raise UsageError(f"there are several packages: {names}", f"choose one: `--package {hosts[0].name}`")
    findings: list[toolkit.Finding] = []
    tables: list[toolkit.Table] = []
    for host in hosts:
        with progress(f"Reading {host.name}", visible=visible):
            facts = read_facts(host, os.environ)
            findings += check_crate(facts)
            tables.append(describe_crate(facts))
    if probe:
        with progress(f"Building {hosts[0].name}", visible=visible):
            built, outcome = build_host(hosts[0], name)
        findings.append(outcome)
        if built:
            bundle = read_bundle(built)
            result = examine_bundle(bundle, None, arguments, timeout, probe=True, visible=visible)
            findings += result.findings
            tables += result.tables
    return summarize(", ".join(host.name for host in hosts), findings, tables)


def examine_bundle(
    bundle: Bundle, name: str | None, arguments: list[str], timeout: float, *, probe: bool, visible: bool
) -> toolkit.Result:
    """Return what is wrong with a program or a folder; with `probe`, also when it runs."""
    from scaffolder.terminal import progress
    from scaffolder.tools.embed_doctor.bundles import check_bundle, describe_program
    from scaffolder.tools.embed_doctor.probing import describe_run, judge_run, run_program

    with progress("Looking for libraries", visible=visible):
        findings = list(check_bundle(bundle))
    tables = [describe_program(bundle, program) for program in bundle.programs]
    if probe:
        path = choose_program(bundle, name)
        with progress(f"Running {path.name}", visible=visible):
            run = run_program(path, arguments, timeout, bundle.root)
        findings += judge_run(run, str(path), timeout)
        table = describe_run(run)
        tables += [table] if table else []
    return summarize(str((bundle.root or bundle.programs[0].binary.path).name), findings, tables)


def choose_program(bundle: Bundle, name: str | None) -> Path:
    """Return the program to run.

    Raises:
        UsageError: There is none of that name, or several.
    """
    paths = [program.binary.path for program in bundle.programs if program.binary.is_program]
    fitting = [path for path in paths if name in {None, path.name, path.stem}]
    if not fitting:
        what = f"`{name}`" if name else "one that can be started"
        raise UsageError(f"there is no program {what} in `{bundle.root}`", "name the program itself")
    if len(fitting) > 1:
        names = ", ".join(path.name for path in fitting)
        raise UsageError(f"there are several programs: {names}", f"choose one: `--bin {fitting[0].name}`")
    return fitting[0]


def summarize(subject: str, findings: Sequence[toolkit.Finding], tables: Sequence[toolkit.Table]) -> toolkit.Result:
    """Return the result, with the number of findings in a line."""
    wrong = sum(finding.level in {"error", "warning"} for finding in findings)
    outcome = f"{wrong} finding{'s' if wrong != 1 else ''}" if wrong else "nothing is wrong"
    return toolkit.Result(TOOL, f"{subject}: {outcome}", toolkit.by_level(findings), tuple(tables))
