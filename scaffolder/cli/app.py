"""The command line: parse, call one verb, render, exit."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from scaffolder import __version__, speed
from scaffolder.cli import project as commands
from scaffolder.cli import skills as skill_commands
from scaffolder.cli.migration import migrate
from scaffolder.cli.project import complete_feature
from scaffolder.errors import UsageError, near
from scaffolder.terminal import as_json, echo, leave, progress, run, stoppable

if TYPE_CHECKING:
    from collections.abc import Callable

    from scaffolder.template.generate import NewProject

# Plain help: drawing it with rich takes as long as all the rest.
app = typer.Typer(
    name="pyo3-new", invoke_without_command=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


def main() -> NoReturn:
    """Run the command and exit."""
    speed.collect_no_garbage()
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
        bool, typer.Option("--version", "-V", callback=show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Make Python packages written in Rust with PyO3."""
    if context.invoked_subcommand is None:
        print(context.get_help())


LISTS = {
    "features": "what a project can start with or add later",
    "skills": "the guides, each with its tools and examples",
    "tools": "the programs that come with the skills",
    "examples": "small projects to read, copy or start from",
    "problems": "what `pyo3-new explain` recognizes; with NAME, one in detail",
}


def complete_list(incomplete: str) -> list[tuple[str, str]]:
    """Complete what can be listed."""
    return [(name, help_text) for name, help_text in LISTS.items() if name.startswith(incomplete)]


def complete_listed(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Complete what can be described."""
    return skill_commands.complete_problem(incomplete) if ctx.params.get("kind") == "problems" else []


@app.command(name="list")
def list_command(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help=f"One of {', '.join(LISTS)}.", autocompletion=complete_list)
    ] = "features",
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="A problem to describe.", autocompletion=complete_listed, show_default=False
        ),
    ] = None,
    skills: Annotated[bool, typer.Option("--skills", hidden=True)] = False,
    as_data: commands.AsData = False,
) -> None:
    """List features, skills, tools, examples or problems.

    \b
    Examples:
      pyo3-new list
      pyo3-new list examples
      pyo3-new list problems extension-not-built
    """
    kind = "skills" if skills else kind
    if kind not in LISTS:
        raise UsageError(f"`{kind}` can't be listed", near(kind, LISTS))
    if kind == "problems":
        skill_commands.list_problems([*filter(None, [name]), *(["--json"] if as_data else [])])
    if name is not None:
        raise UsageError(f"only problems have a NAME, not {kind}", f"run `pyo3-new list {kind}`")
    listings: dict[str, Callable[..., None]] = {
        "features": list_features, "skills": skill_commands.list_skills, "tools": skill_commands.list_tools,
        "examples": skill_commands.list_examples,
    }  # fmt: skip
    listings[kind](as_data=as_data)


def list_features(*, as_data: bool) -> None:
    """Print the features."""
    from scaffolder.cli import text as report
    from scaffolder.template.catalog import load_catalog
    from scaffolder.template.source import questions_folder

    features = load_catalog(questions_folder()).features
    echo(as_json({"features": features}) if as_data else report.features_text(features))


@app.command()
def new(  # noqa: PLR0913, PLR0917
    destination: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR", help="Where to create it: a new or empty folder.  [default: ./NAME]", show_default=False
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Project name.  [default: the folder's name]", show_default=False),
    ] = None,
    features: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="FEATURE",
            help="Start with this feature; repeat it, or separate several with commas.",
            autocompletion=complete_feature,
            show_default=False,
        ),
    ] = None,
    all_features: Annotated[bool, typer.Option("--all", help="Start with every feature.")] = False,
    bare: Annotated[bool, typer.Option("--bare", help="Leave out the sample function.")] = False,
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="Answer another question, such as `license=MIT`; may be repeated.",
            autocompletion=commands.complete_question,
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
            help="Start from an example, which can't be updated; `pyo3-new list examples` shows them.",
            autocompletion=skill_commands.complete_example,
            show_default=False,
        ),
    ] = None,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Ask nothing; use the default for every answer not given.")
    ] = False,
    no_git: Annotated[bool, typer.Option("--no-git", help="Do not create a git repository.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the tree that would be created, and write nothing.")
    ] = False,
    as_data: Annotated[bool, typer.Option("--json", help="Ask nothing, and print the result as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    template: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="Use another Copier template: a folder or a git URL.", show_default=False),
    ] = None,
    vcs_ref: Annotated[
        str | None, typer.Option(metavar="REF", help="Use this release of the template.", show_default=False)
    ] = None,
) -> None:
    """Create a project.

    In a terminal it asks for what it needs, and makes nothing before you confirm: the exit code is 0 if you cancel, and
    130 after Ctrl-C. Elsewhere it asks nothing.

    \b
    Examples:
      pyo3-new new
      pyo3-new new price-tools --with numpy,async
      pyo3-new new price-tools --defaults --all --data license=BSD-3-Clause
      pyo3-new new price-tools --defaults --dry-run
      pyo3-new new price-tools --example 02-unit-price
    """
    from scaffolder.cli.decision import decide
    from scaffolder.git import require_git
    from scaffolder.template.answers import collect
    from scaffolder.template.catalog import load_catalog
    from scaffolder.template.generate import check_destination, new_project
    from scaffolder.template.source import open_template, questions_folder

    if destination is not None:
        check_destination(destination)
    silent = as_data or quiet
    if example is not None:
        if features or all_features or bare or data or answers or template or vcs_ref:
            options = "`--with`, `--all`, `--bare`, `--data`, `--answers`, `--template` or `--vcs-ref`"
            raise UsageError(f"`--example` can't be combined with {options}", "drop those options")
        with stoppable():
            project = skill_commands.start_from(example, destination, name, use_git=not no_git, dry_run=dry_run)
        show_new(project, as_data=as_data, quiet=quiet)
        return
    require_git()
    with stoppable(), ExitStack() as stack:
        # What asks the newest questions needs only a copy of them, which is there at once.
        source = cache(lambda: stack.enter_context(open_template(template, vcs_ref)))
        is_newest = template is None and vcs_ref is None
        catalog = load_catalog(questions_folder() if is_newest else source().folder)
        pairs = [*(data or []), *(["bare=true"] if bare else [])]
        given = collect(
            catalog, file=answers, pairs=pairs, features=features or (), all_features=all_features, name=name
        )
        ask = not (defaults or as_data) and sys.stdin.isatty() and sys.stdout.isatty()
        official = is_newest or source().official
        decision = decide(catalog, given, destination, ask=ask, official=source if official else None)
        if decision is None:
            commands.show_notes([] if quiet else ["nothing was made"])
            return
        folder = destination or Path(decision.name)
        if decision.example is not None:
            project = skill_commands.start_from(
                decision.example, folder, decision.name, use_git=not no_git, dry_run=dry_run
            )
        else:
            with progress("Rendering the project", visible=not silent):
                project = new_project(source(), decision.answers, folder, use_git=not no_git, dry_run=dry_run)
    show_new(project, as_data=as_data, quiet=quiet)


def show_new(project: NewProject, *, as_data: bool, quiet: bool) -> None:
    """Print the new project."""
    from scaffolder.cli import text as report

    if as_data:
        echo(as_json(project))
    elif project.dry_run or not quiet:
        echo(report.project_text(project))
    if not quiet:
        commands.show_notes(project.notes)


app.command()(commands.adopt)
app.command()(commands.add)
app.command()(commands.remove)
app.command()(commands.update)
app.command()(commands.status)
app.command()(commands.diff)
app.command()(migrate)
app.command(cls=skill_commands.PassThrough)(skill_commands.doctor)
app.command(cls=skill_commands.PassThrough)(skill_commands.explain)
app.command(cls=skill_commands.PassThrough)(skill_commands.debug)
app.command()(skill_commands.guide)
app.add_typer(skill_commands.examples_app, name="example")
app.command(context_settings={"allow_interspersed_args": False})(skill_commands.tool)
