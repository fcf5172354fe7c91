"""Draw a project's modules, find what they leave out, and register it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path  # noqa: TC003  (Typer reads the annotations)
from typing import TYPE_CHECKING, Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import UsageError
from scaffolder.terminal import progress

if TYPE_CHECKING:
    from scaffolder.tools.module_organizer.organization import Organization
    from scaffolder.tools.module_organizer.registration import Plan

app = toolkit.program("Draw a project's modules, find what they leave out, and register it.")
SKILL = "pyo3-classes-modules"


@app.command()
def module_organizer(  # noqa: PLR0913, PLR0917
    project: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The project's folder.  [default: the enclosing project]")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Register this name only; may be repeated.", show_default=False),
    ] = None,
    into: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE", help="Register in this module.  [default: the only one, or the one beside the item]",
            show_default=False,
        ),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write the diff that is shown.")] = False,
    draw: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the tree as SVG into this file.", show_default=False)
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Change files with uncommitted changes, and replace the drawing.")
    ] = False,
    dry_run: toolkit.DryRun = False,
    verbose: toolkit.Verbose = False,
    as_data: toolkit.AsData = False,
) -> None:  # fmt: skip
    """Draw a project's modules, find what they leave out, and register it.

    Reads the `#[pymodule]` tree, the Python package around it and the stubs, and runs nothing of the project. What is
    defined and in no module is shown registered, as a diff; classes without a constructor only with `--only`. Nothing
    is changed unless you pass `--write`. Nothing is said of what macros and other crates register.

    \b
    Examples:
      pyo3-new tool module_organizer
      pyo3-new tool module_organizer --draw modules.svg
      pyo3-new tool module_organizer --only parse --into _core.text --write
    """
    from scaffolder.anatomy.places import locate_project
    from scaffolder.tools.module_organizer import registration
    from scaffolder.tools.module_organizer.organization import read_organization

    if dry_run and not (write or draw):
        raise UsageError("`--dry-run` alone has nothing to show", "add `--write` or `--draw FILE`")
    if draw is not None and draw.suffix != ".svg":
        raise UsageError(f"`{draw}` is not the name of an SVG file", "end it with `.svg`")
    manifests = locate_project(project)
    if manifests is None:
        raise UsageError("there is no project here", "name its folder: `--project DIR`")
    with progress("Reading", visible=not as_data):
        organization = read_organization(manifests)
        plan = registration.plan(organization, into, only or [])
    drawings = [draw_tree(organization, draw, force=force, dry_run=dry_run)] if draw else []
    documents = plan.draft.documents()
    is_written = write and not dry_run and bool(plan.names)
    if is_written:
        plan.draft.write(force=force)
        organization = read_organization(manifests)
    outcome = result(organization, plan, is_written=is_written)
    documents = (*outcome.documents, *documents, *(drawings if as_data or dry_run else []))
    toolkit.show(replace(outcome, documents=documents, dry_run=dry_run), as_data=as_data, verbose=verbose)


def draw_tree(organization: Organization, output: Path, *, force: bool, dry_run: bool) -> toolkit.Document:
    """Write the drawing."""
    from scaffolder.drawing import as_svg
    from scaffolder.textfiles import write_document
    from scaffolder.tools.module_organizer.drawing import rows

    drawing = toolkit.Document("svg", as_svg(rows(organization), f"The modules of {organization.module}"))
    drawn = toolkit.Result("module_organizer", "drawn", documents=(drawing,))
    return write_document(drawn, output, force=force, dry_run=dry_run).documents[0]


def result(organization: Organization, plan: Plan, *, is_written: bool) -> toolkit.Result:
    """Turn what was read into a result."""
    from scaffolder.drawing import as_text
    from scaffolder.tools.module_organizer.checks import run_checks
    from scaffolder.tools.module_organizer.drawing import rows

    findings = toolkit.by_level((*run_checks(organization), *plan.refusals))
    tree = toolkit.Document("text", as_text(rows(organization)))
    return toolkit.Result(
        "module_organizer",
        summary(organization, plan, findings, is_written=is_written),
        findings=findings,
        documents=(tree,),
    )


def summary(
    organization: Organization, plan: Plan, findings: tuple[toolkit.Finding, ...], *, is_written: bool
) -> str:  # fmt: skip
    """Return the summary line."""
    trees = list(organization.trees.values())
    names = sum(len(tree.exports) for tree in trees)
    counts = {level: sum(finding.level == level for finding in findings) for level in ("error", "warning", "note")}
    problems = [f"{count} {level}{'s' * (count != 1)}" for level, count in counts.items() if count]
    parts = [f"{len(trees)} module{'s' * (len(trees) != 1)} with {names} name{'s' * (names != 1)}"]
    parts.append(", ".join(problems) or "everything is in order")
    if plan.names:
        count = len(plan.names)
        parts.append(f"{count} registered" if is_written else f"`--write` registers {count}")
    return f"{organization.module}: {'; '.join(parts)}"
