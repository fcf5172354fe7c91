"""The commands on an existing project: parse, call one verb, render, exit."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.terminal import as_json, echo, progress, stoppable

if TYPE_CHECKING:
    from collections.abc import Callable

    from scaffolder.checkout.checkout import Checkout
    from scaffolder.checkout.update import Outcome

CONFLICTS = 3
NEWER, CHECK_FAILED = 1, 2
UNTOUCHED = "nothing was changed"


def complete_feature(incomplete: str) -> list[tuple[str, str]]:
    """Complete features."""
    from scaffolder.template.catalog import load_catalog
    from scaffolder.template.source import questions_folder

    features = load_catalog(questions_folder()).features
    before, comma, name = incomplete.rpartition(",")
    return [
        (f"{before}{comma}{feature.name}", feature.purpose)
        for feature in features
        if feature.name.startswith(name) and feature.name not in before.split(",")
    ]


def complete_question(incomplete: str) -> list[tuple[str, str]]:
    """Offer to the shell what `--data` answers."""
    from scaffolder.template.catalog import load_catalog
    from scaffolder.template.source import questions_folder

    questions = (question for question in load_catalog(questions_folder()).asked if "when" not in question.details)
    return [(f"{question.name}=", question.help) for question in questions if question.name.startswith(incomplete)]


def complete_answer(incomplete: str) -> list[tuple[str, str]]:
    """Offer to the shell what `update --data` changes."""
    from scaffolder.template.answers import NAME

    return [item for item in complete_question(incomplete) if item[0] not in {"features=", f"{NAME}="}]


Features = Annotated[
    list[str],
    typer.Argument(metavar="FEATURE", help="`pyo3-new list` shows them.", autocompletion=complete_feature),
]
ProjectFolder = Annotated[
    Path | None,
    typer.Option(
        "--project", metavar="DIR", help="The project, or a folder in it.  [default: the current folder]",
        show_default=False,
    ),
]  # fmt: skip
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would change, and write nothing.")]
AsData = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Offline = Annotated[bool, typer.Option("--offline", help="Do not use the network.")]


def add(features: Features, project: ProjectFolder = None, dry_run: DryRun = False, as_data: AsData = False) -> None:
    """Add features to a project.

    The result is staged for you to review and commit. The exit code is 3 if there are conflicts to resolve.

    \b
    Examples:
      pyo3-new add numpy
      pyo3-new add async plugins --dry-run
    """
    from scaffolder.checkout.update import add as verb

    change(
        lambda checkout, colour: verb(checkout, features, dry_run=dry_run, colour=colour),
        project, f"add {' '.join(features)}", as_data=as_data,
    )  # fmt: skip


def adopt(  # noqa: PLR0913, PLR0917
    project: ProjectFolder = None,
    features: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="FEATURE",
            help="A feature to add; may be repeated.",
            autocompletion=complete_feature,
            show_default=False,
        ),
    ] = None,
    maturin: Annotated[bool, typer.Option("--maturin", help="Build with maturin what setuptools-rust builds.")] = False,
    checks: Annotated[
        bool, typer.Option("--checks", help="Take what checks a project: noxfile.py, deny.toml and workflows.")
    ] = False,
    take: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            help="A file or folder of the template to take that is left out otherwise; may be repeated.",
            show_default=False,
        ),
    ] = None,
    dry_run: DryRun = False,
    as_data: AsData = False,
) -> None:
    """Put an existing project under the template, for `add` and `update`.

    Your files stay as they are, but for what features need: a few keys in the manifests, and two places in `lib.rs` for
    what they export. A Python package without Rust gets a crate. The result is staged for you to review and commit.
    `--checks` and `--take` also work later.

    \b
    Examples:
      pyo3-new adopt --dry-run
      pyo3-new adopt --with numpy
      pyo3-new adopt --take .editorconfig --take .vscode
      pyo3-new adopt --project crates/prices-python
    """
    from scaffolder.adoption.verb import adopt as verb
    from scaffolder.cli import adoption

    with stoppable(UNTOUCHED):
        with progress("Reading the project", visible=not as_data):
            result = verb(
                project or Path(), features or (), maturin=maturin, names=take or (), checks=checks,
                dry_run=dry_run, colour=not as_data and in_colour(),
            )  # fmt: skip
        echo(as_json(adoption.data(result)) if as_data else adoption.text(result), colour=in_colour())
        show_notes(result.notes)
    if result.conflicts:
        raise typer.Exit(CONFLICTS)


def remove(
    features: Features,
    project: ProjectFolder = None,
    force: Annotated[bool, typer.Option("--force", help="Also remove files that you edited.")] = False,
    dry_run: DryRun = False,
    as_data: AsData = False,
) -> None:
    """Remove features from a project.

    The result is staged for you to review and commit. The exit code is 3 if there are conflicts to resolve.

    \b
    Examples:
      pyo3-new remove numpy
      pyo3-new remove numpy --force
    """
    from scaffolder.checkout.update import remove as verb

    change(
        lambda checkout, colour: verb(checkout, features, force=force, dry_run=dry_run, colour=colour),
        project, f"remove {' '.join(features)}", as_data=as_data,
    )  # fmt: skip


def update(  # noqa: PLR0913, PLR0917
    project: ProjectFolder = None,
    to: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="The release to update to.  [default: the newest]", show_default=False),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Only check; exits with 0 if the project is up to date, 1 if not, 2 on failure.",
        ),
    ] = False,
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="Change an answer, such as `license=MIT`; may be repeated.",
            autocompletion=complete_answer,
            show_default=False,
        ),
    ] = None,
    dry_run: DryRun = False,
    offline: Offline = False,
    as_data: AsData = False,
) -> None:
    """Update a project to a newer release of the template, or to other answers.

    The result is staged for you to review and commit. The exit code is 3 if there are conflicts to resolve.

    \b
    Examples:
      pyo3-new update
      pyo3-new update --check
      pyo3-new update --to 0.2.0 --dry-run
      pyo3-new update --data license=Apache-2.0
    """
    if check and data:
        raise UsageError("`--check` can't be combined with `--data`", "drop one of them")
    if check:
        look(project, to, offline=offline, as_data=as_data)
        return
    from scaffolder.checkout.update import update as verb

    change(
        lambda checkout, colour: verb(checkout, to, data=data or (), offline=offline, dry_run=dry_run, colour=colour),
        project, "update", as_data=as_data,
    )  # fmt: skip


def status(project: ProjectFolder = None, offline: Offline = False, as_data: AsData = False) -> None:
    """Show a project's release, features and your changes."""
    from scaffolder.checkout.status import status as verb
    from scaffolder.cli import summary

    with stoppable(UNTOUCHED):
        checkout = open_project(project)
        with progress("Reading the project", visible=not as_data):
            result = verb(checkout, offline=offline)
    echo(as_json(summary.status_data(result)) if as_data else summary.status_text(result))
    show_notes(result.notes)


def diff(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Only these files and folders.", show_default=False),
    ] = None,
    project: ProjectFolder = None,
    stat: Annotated[bool, typer.Option("--stat", help="Print only which files differ, and by how many lines.")] = False,
    as_data: AsData = False,
) -> None:
    """Show how a project's files differ from the template.

    The files are compared as they are, committed or not, with what the template made of the project's answers. What is
    only in the project is not shown.

    \b
    Examples:
      pyo3-new diff
      pyo3-new diff src Cargo.toml
      pyo3-new diff --stat
    """
    from scaffolder.checkout.diff import diff as verb
    from scaffolder.cli import summary

    with stoppable(UNTOUCHED):
        checkout = open_project(project)
        with progress("Reading the project", visible=not as_data):
            difference = verb(checkout, paths or (), colour=not as_data and in_colour())
    if as_data:
        echo(as_json(summary.difference_data(difference)))
    elif stat:
        echo(summary.difference_stat(difference))
    elif difference.text:
        echo(difference.text.removesuffix("\n"), colour=in_colour())
    else:
        echo(f"note: no file differs from template {difference.version}", to_stderr=True)
    show_notes(difference.notes)


def change(verb: Callable[[Checkout, bool], Outcome], project: Path | None, text: str, *, as_data: bool) -> None:
    """Run a verb that changes a project, and print the outcome."""
    from scaffolder.cli import summary

    with stoppable(UNTOUCHED):
        checkout = open_project(project)
        with progress(f"Working on `{text}`", visible=not as_data):
            outcome = verb(checkout, not as_data and in_colour())
        echo(as_json(summary.outcome_data(outcome)) if as_data else summary.outcome_text(outcome), colour=in_colour())
        show_notes(outcome.notes)
    if outcome.conflicts:
        raise typer.Exit(CONFLICTS)


def look(project: Path | None, version: str | None, *, offline: bool, as_data: bool) -> None:
    """Print whether there is a newer release; errors have their own exit code."""
    from scaffolder.checkout.update import check
    from scaffolder.cli import summary

    try:
        with stoppable(UNTOUCHED):
            newer = check(open_project(project), version, offline=offline)
    except ScaffolderError as error:
        if error.exit_code == NEWER:
            error.exit_code = CHECK_FAILED
        raise
    echo(as_json(summary.newer_data(newer)) if as_data else summary.newer_text(newer))
    show_notes(newer.notes)
    if not newer.current:
        raise typer.Exit(NEWER)


def open_project(project: Path | None) -> Checkout:
    """Return the project that the user named or is in."""
    from scaffolder.checkout.checkout import find_project

    return find_project(project or Path())


def show_notes(notes: Any) -> None:
    """Print notes on stderr."""
    for note in notes:
        echo(f"note: {note}", to_stderr=True)


def in_colour() -> bool:
    """Whether to colour diffs."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
