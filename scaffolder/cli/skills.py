"""The commands on skills: their tools and examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
import typer.core

from scaffolder.cli import project as commands  # noqa: TC001  (Typer reads the annotations)
from scaffolder.terminal import run_tool, stoppable

if TYPE_CHECKING:
    from scaffolder.template.generate import Project

examples_app = typer.Typer(help="List, show and copy the examples of the skills.", rich_markup_mode=None)


def complete_tool(incomplete: str) -> list[tuple[str, str]]:
    """Offer tools to the shell."""
    from scaffolder.skills import load_skills

    tools = (tool for skill in load_skills() for tool in skill.tools)
    return [(tool.name, tool.purpose) for tool in tools if tool.name.startswith(incomplete)]


def complete_example(incomplete: str) -> list[tuple[str, str]]:
    """Offer examples to the shell."""
    from scaffolder.skills import load_skills

    examples = (example for skill in load_skills() for example in skill.examples)
    return [(example.name, example.purpose) for example in examples if example.name.startswith(incomplete)]


ExampleName = Annotated[
    str, typer.Argument(metavar="EXAMPLE", help="Such as `01-word-count`.", autocompletion=complete_example)
]
Arguments = Annotated[list[str] | None, typer.Argument(metavar="ARGUMENT", show_default=False)]


class HandedOn(typer.core.TyperCommand):
    """A command that takes what follows as it is: a tool reads its own options, `--help` and `--` included."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Leave the arguments alone."""
        ctx.params["arguments"] = args
        return []


def tool(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME [ARGUMENT]...]", show_default=False, autocompletion=complete_tool),
    ] = None,
    as_data: commands.AsData = False,
) -> None:
    """Run a tool of a skill; without a name, list them.

    \b
    Examples:
      pyo3-new tool
      pyo3-new tool type_converter --help
    """
    from scaffolder.cli import text as report
    from scaffolder.skills import load_skills

    if arguments:
        hand_on(arguments[0], arguments[1:], f"pyo3-new tool {arguments[0]}")
    skills = load_skills()
    print(report.as_json(report.tools_data(skills)) if as_data else report.tools_text(skills))


def doctor(arguments: Arguments = None) -> None:
    """Check this machine and a PyO3 project."""
    hand_on("setup_validator", arguments or [], "pyo3-new doctor")


def explain(arguments: Arguments = None) -> None:
    """Explain why a build, a test or an import failed."""
    hand_on("debugger", arguments or [], "pyo3-new explain")


def hand_on(name: str, arguments: list[str], title: str) -> NoReturn:
    """Run a tool, and leave with its exit code.

    Args:
        name: The tool's name.
        arguments: What it is given.
        title: What it is called in its help.
    """
    from scaffolder.skills import find_tool, load_tool

    raise typer.Exit(run_tool(load_tool(find_tool(name)), title, arguments))


@examples_app.command(name="list")
def list_examples(as_data: commands.AsData = False) -> None:
    """List the examples, in the order in which to read them."""
    from scaffolder.cli import text as report
    from scaffolder.skills import load_skills

    skills = load_skills()
    print(report.as_json(report.examples_data(skills)) if as_data else report.examples_text(skills))


@examples_app.command()
def show(name: ExampleName, as_data: commands.AsData = False) -> None:
    """Print what an example shows, and its files."""
    from scaffolder.cli import text as report
    from scaffolder.skills import find_example
    from scaffolder.template.examples import list_example

    example = find_example(name)
    files = list_example(example)
    print(report.as_json(report.example_data(example, files)) if as_data else report.example_text(example, files))


@examples_app.command()
def copy(
    name: ExampleName,
    destination: Annotated[
        Path | None, typer.Argument(help="A new or empty folder.  [default: ./NAME]", show_default=False)
    ] = None,
    dry_run: commands.DryRun = False,
    as_data: commands.AsData = False,
) -> None:
    """Copy an example, as it is, to a folder of its own.

    \b
    Examples:
      pyo3-new example copy 01-word-count
      pyo3-new example copy pyo3-fundamentals/01-word-count /tmp/try
    """
    from scaffolder.cli import text as report
    from scaffolder.skills import find_example
    from scaffolder.template.examples import copy_example

    example = find_example(name)
    with stoppable():
        project = copy_example(example, destination or Path(example.project), dry_run=dry_run)
    print(report.as_json(report.project_data(project)) if as_data else report.project_text(project))


def start_from(name: str, destination: Path | None, new_name: str | None, *, use_git: bool, dry_run: bool) -> Project:
    """Make a project from an example, with a name of its own.

    Args:
        name: The example.
        destination: As for `new`.
        new_name: As for `new`.
        use_git: As for `new`.
        dry_run: As for `new`.

    Raises:
        UsageError: The project has no name, or there is no such example.
        InvalidAnswerError: The template would refuse the name.
    """
    from scaffolder.errors import MissingAnswerError
    from scaffolder.skills import find_example
    from scaffolder.template.answers import NAME, name_from, resolve
    from scaffolder.template.catalog import load_catalog
    from scaffolder.template.examples import copy_example
    from scaffolder.template.source import questions_folder

    example = find_example(name)
    chosen = new_name or (name_from(destination.resolve().name) if destination else None)
    if chosen is None:
        raise MissingAnswerError(NAME, "name the destination, or pass `--name`")
    answers = resolve(load_catalog(questions_folder()), {NAME: chosen}, {})
    return copy_example(example, destination or Path(chosen), name=answers[NAME], use_git=use_git, dry_run=dry_run)
