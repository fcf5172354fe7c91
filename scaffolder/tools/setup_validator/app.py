"""Check this machine and a PyO3 project, and repair what can be repaired safely."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import UsageError
from scaffolder.files import real
from scaffolder.terminal import progress

if TYPE_CHECKING:
    from scaffolder.anatomy.draft import Draft
    from scaffolder.anatomy.manifests import Manifests
    from scaffolder.tools.setup_validator.inspection import Inspection

app = toolkit.program("Check this machine and a PyO3 project: which Python is taken and why, names, versions, wheels.")


@app.command()
def setup_validator(
    project: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The project's folder.  [default: the one around]")
    ] = None,
    build: Annotated[
        bool, typer.Option("--build", help="Also build it, apart from the project, and import it.")
    ] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Make the repairs that are safe, and show them.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With `--fix` or `--build`: show what would be done, and do nothing.")
    ] = False,
    as_data: toolkit.AsData = False,
    verbose: toolkit.Verbose = False,
) -> None:
    """Check this machine and a PyO3 project.

    Without a project around, only the machine is checked. Nothing is changed but by `--fix`. `--verbose` also names
    the Pythons that no tool takes.
    """
    from scaffolder.tools.setup_validator.building import build as make
    from scaffolder.tools.setup_validator.building import show_plan
    from scaffolder.tools.setup_validator.inspection import inspect, result

    if dry_run and not (fix or build):
        raise UsageError("`--dry-run` alone has nothing to show", "add `--fix` or `--build`")
    manifests = _manifests(project)
    if manifests is None and (build or fix):
        raise UsageError("there is no project here", "name its folder: `--project DIR`")
    folder = manifests.folder if manifests else Path.cwd()
    found = inspect(folder, os.environ, manifests=manifests, whole=verbose)
    documents: tuple[toolkit.Document, ...] = ()
    repaired = 0
    if fix:
        draft = found.draft()
        documents = draft.documents()
        if documents and not dry_run:
            found, repaired = _repair(found, draft, () if as_data else documents, whole=verbose)
            documents = documents if as_data else ()
    more: tuple[toolkit.Finding, ...] = ()
    if build and dry_run:
        documents = (*documents, *show_plan(found))
    elif build:
        with progress("Building", visible=not as_data):
            more = make(found, os.environ)
    outcome = result(found, more=more, documents=documents, repaired=repaired, dry_run=dry_run)
    toolkit.show(outcome, as_data=as_data, verbose=verbose)


def _repair(
    before: Inspection, draft: Draft, shown: tuple[toolkit.Document, ...], *, whole: bool
) -> tuple[Inspection, int]:
    """Make the changes, show them, and look again."""
    from scaffolder.anatomy.manifests import read_manifests
    from scaffolder.tools.setup_validator.inspection import inspect

    draft.write()
    if shown:
        toolkit.show(toolkit.Result("setup_validator", "These changes were made.", documents=shown))
    after = inspect(draft.folder, os.environ, manifests=read_manifests(draft.folder), whole=whole)
    return after, len(before.wrong - after.wrong)


def _manifests(given: Path | None) -> Manifests | None:
    """Read the manifests of the project that was named, or of the nearest one upwards."""
    from scaffolder.anatomy.manifests import find_manifests, read_manifests

    if given is None:
        return find_manifests(Path.cwd())
    if not given.is_dir():
        raise UsageError(f"`{given}` is not a folder", "name the folder that holds `pyproject.toml`")
    manifests = read_manifests(real(given))
    if manifests.cargo_path is None:
        hint = "name the folder that holds `pyproject.toml` and `Cargo.toml`"
        raise UsageError(f"there is no Rust crate in `{given}`", hint)
    return manifests
