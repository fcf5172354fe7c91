"""The command line: parse, call one verb, render, exit."""

from __future__ import annotations

import gc
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from scaffolder import __version__
from scaffolder.cli import project as commands
from scaffolder.cli import skills as skill_commands
from scaffolder.cli.project import complete_feature
from scaffolder.errors import InvalidAnswerError, UsageError
from scaffolder.terminal import leave, progress, run, stoppable

if TYPE_CHECKING:
    from collections.abc import Callable

    from scaffolder.template.catalog import Catalog
    from scaffolder.template.generate import Project

# Plain help: drawing it with rich takes as long as all the rest.
app = typer.Typer(
    name="pyo3-new", invoke_without_command=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


def main() -> NoReturn:
    """Run the command and exit."""
    # Looking for garbage takes a tenth of a run's time, and finds too little to matter.
    gc.disable()
    leave(run(app, "pyo3-new"))


def show_version(value: bool) -> None:
    """Print the version and leave."""
    if value:
        print(f"pyo3-new {__version__}")
        raise typer.Exit


@app.callback()
def pyo3_new(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Make Python packages written in Rust with PyO3."""
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command(name="list")
def list_command(
    skills: Annotated[bool, typer.Option("--skills", help="List the skills instead.")] = False,
    as_data: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the features of projects, or the skills."""
    from scaffolder.cli import text as report
    from scaffolder.template.catalog import load_catalog
    from scaffolder.template.source import questions_folder

    if skills:
        from scaffolder.skills import load_skills

        found = load_skills()
        print(report.as_json(report.skills_data(found)) if as_data else report.skills_text(found))
        return
    features = load_catalog(questions_folder()).features
    print(report.as_json(report.features_data(features)) if as_data else report.features_text(features))


@app.command()
def new(  # noqa: PLR0913, PLR0917
    destination: Annotated[
        Path | None,
        typer.Argument(help="Where to make it: a new or empty folder.  [default: ./NAME]", show_default=False),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Project name.  [default: the destination's name]", show_default=False)
    ] = None,
    features: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="FEATURE",
            help="Start with this feature; may be repeated, or name several with commas.",
            autocompletion=complete_feature,
            show_default=False,
        ),
    ] = None,
    all_features: Annotated[bool, typer.Option("--all", help="Start with every feature.")] = False,
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="Answer any other question, such as `license=MIT`; may be repeated.",
            show_default=False,
        ),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Take answers from a YAML file, such as another project's `.copier-answers.yml`.",
            show_default=False,
        ),
    ] = None,
    example: Annotated[
        str | None,
        typer.Option(
            metavar="EXAMPLE",
            help="Start from an example instead, which no template updates; `pyo3-new example list` shows them.",
            autocompletion=skill_commands.complete_example,
            show_default=False,
        ),
    ] = None,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Ask nothing: take the defaults for what is not given.")
    ] = False,
    no_git: Annotated[bool, typer.Option("--no-git", help="Do not make a git repository.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the tree that would be made, and write nothing.")
    ] = False,
    as_data: Annotated[bool, typer.Option("--json", help="Ask nothing, and print the result as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    template: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE", help="Use another Copier template: a folder or a git address.", show_default=False
        ),
    ] = None,
    vcs_ref: Annotated[
        str | None, typer.Option(metavar="REF", help="Use this release of the template.", show_default=False)
    ] = None,
) -> None:
    """Make a new project.

    In a terminal it asks what it needs to know, shows what it will make, and asks before it does. Anywhere else it
    asks nothing.

    \b
    Examples:
      pyo3-new new
      pyo3-new new price-tools --with numpy,async
      pyo3-new new price-tools --defaults --all --data license=BSD-3-Clause
      pyo3-new new price-tools --defaults --dry-run
      pyo3-new new price-tools --example 02-unit-price
    """
    from scaffolder.template.answers import collect
    from scaffolder.template.catalog import load_catalog
    from scaffolder.template.generate import check_destination, new_project
    from scaffolder.template.source import open_template

    if destination is not None:
        check_destination(destination)
    silent = as_data or quiet
    if example is not None:
        if features or all_features or data or answers or template or vcs_ref:
            options = "`--with`, `--all`, `--data`, `--answers`, `--template` or `--vcs-ref`"
            raise UsageError(f"`--example` can't be combined with {options}", "leave them out")
        with stoppable():
            project = skill_commands.start_from(example, destination, name, use_git=not no_git, dry_run=dry_run)
        show_new(project, as_data=as_data, quiet=quiet)
        return
    with stoppable(), open_template(template, vcs_ref) as source:
        catalog = load_catalog(source.folder)
        given = collect(
            catalog, file=answers, pairs=data or (), features=features or (), all_features=all_features, name=name
        )

        def make(chosen: dict[str, Any], dry_run: bool = dry_run) -> Project:
            with progress("Rendering the project", visible=not silent):
                folder = destination or folder_for(chosen)
                return new_project(source, chosen, folder, use_git=not no_git, dry_run=dry_run)

        ask = not (defaults or as_data) and sys.stdin.isatty() and sys.stdout.isatty()
        chosen = decide(catalog, given, destination, partial(make, dry_run=True) if ask else None)
        project = make(chosen)
    show_new(project, as_data=as_data, quiet=quiet)


def show_new(project: Project, *, as_data: bool, quiet: bool) -> None:
    """Print what was made."""
    from scaffolder.cli import text as report

    if as_data:
        print(report.as_json(report.project_data(project)))
    elif project.dry_run or not quiet:
        print(report.project_text(project))
    for note in () if quiet else project.notes:
        print(f"note: {note}", file=sys.stderr)


app.command()(commands.add)
app.command()(commands.remove)
app.command()(commands.update)
app.command()(commands.status)
app.command(cls=skill_commands.HandedOn)(skill_commands.doctor)
app.command(cls=skill_commands.HandedOn)(skill_commands.explain)
app.add_typer(skill_commands.examples_app, name="example")
app.command(context_settings={"allow_interspersed_args": False})(skill_commands.tool)


def decide(
    catalog: Catalog,
    given: dict[str, Any],
    destination: Path | None,
    preview: Callable[[dict[str, Any]], Project] | None,
) -> dict[str, Any]:
    """Answer what is not given: by asking where there is a preview to show, else by defaults."""
    from scaffolder.git import author
    from scaffolder.template.answers import NAME, name_from, resolve

    suggested = author(Path.cwd())
    try:
        if preview is not None:
            from scaffolder.cli.wizard import Wizard

            return Wizard(catalog, given, suggested, destination).run(preview)
        if destination is not None:
            given = {NAME: name_from(destination.resolve().name), **given}
        return resolve(catalog, given, suggested)
    except InvalidAnswerError as error:
        if error.question == NAME and error.hint:
            error.hint = error.hint.replace("try `", "try `--name ")
        raise


def folder_for(answers: dict[str, Any]) -> Path:
    """Return the folder that a project goes to if nothing else is said."""
    if "project_name" not in answers:
        raise UsageError("this template does not ask for a name, so it needs a destination")
    return Path(str(answers["project_name"]))
