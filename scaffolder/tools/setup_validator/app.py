"""Check this machine and a PyO3 project, and repair what can be repaired safely."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import UsageError
from scaffolder.terminal import progress

app = toolkit.program("Check this machine and a PyO3 project: which Python is used and why, names, versions, wheels.")


@app.command()
def setup_validator(
    project: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The project's folder.  [default: the enclosing project]")
    ] = None,
    build: Annotated[
        bool,
        typer.Option("--build", help="Also build and import it in a temporary folder, which runs the project's code."),
    ] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Make the safe repairs, and show them.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With `--fix` or `--build`: show what would be done, without doing it.")
    ] = False,
    as_data: toolkit.AsData = False,
    verbose: toolkit.Verbose = False,
) -> None:
    """Check this machine and a PyO3 project.

    Outside of a project, only the machine is checked. Nothing is changed unless you pass `--fix`, which writes inside
    the project or its repository only. `--verbose` also lists what is in order, and the Pythons that no tool uses.
    """
    from scaffolder.anatomy.places import locate_project
    from scaffolder.tools.setup_validator.building import build as run_build
    from scaffolder.tools.setup_validator.building import show_plan
    from scaffolder.tools.setup_validator.inspection import inspect, result

    if dry_run and not (fix or build):
        raise UsageError("`--dry-run` alone has nothing to show", "add `--fix` or `--build`")
    manifests = locate_project(project)
    if manifests is None and (build or fix):
        raise UsageError("there is no project here", "name its folder: `--project DIR`")
    folder = manifests.folder if manifests else Path.cwd()
    inspection = inspect(folder, os.environ, manifests=manifests, whole=verbose)
    documents: tuple[toolkit.Document, ...] = ()
    repaired = 0
    if fix:
        draft = inspection.repair()
        documents = draft.documents()
        if documents and not dry_run:
            draft.write()
            if not as_data:
                toolkit.show(toolkit.Result("setup_validator", "These changes were made.", documents=documents))
                documents = ()
            before, inspection = inspection.wrong, inspection.reread()
            repaired = len(before - inspection.wrong)
    built: tuple[toolkit.Finding, ...] = ()
    if build and dry_run:
        documents = (*documents, *show_plan(inspection))
    elif build:
        with progress("Building", visible=not as_data):
            built = run_build(inspection, os.environ)
    outcome = result(inspection, built=built, documents=documents, repaired=repaired, dry_run=dry_run)
    if manifests and not as_data and not verbose and all(finding.level == "ok" for finding in outcome.findings):
        outcome = replace(outcome, tables=())  # all is well, and a line says so
    toolkit.show(outcome, as_data=as_data, verbose=verbose)
