"""The commands on skills: guides, tools and examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
import typer.core

from scaffolder.cli import project as commands  # noqa: TC001  (Typer reads the annotations)
from scaffolder.terminal import as_json, echo, run_tool, stoppable

if TYPE_CHECKING:
    from scaffolder.skills import Skill
    from scaffolder.template.generate import NewProject

examples_app = typer.Typer(help="List, show and copy the examples of the skills.", rich_markup_mode=None)
# What were commands of `explain` once.
DEBUGGING = {"backtrace", "configs"}


def complete_skill(incomplete: str) -> list[tuple[str, str]]:
    """Complete skills."""
    from scaffolder.skills import load_skills

    return [(skill.name, skill.purpose) for skill in load_skills() if skill.name.startswith(incomplete)]


def complete_chapter(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete the chapters of a skill."""
    from scaffolder.guides import chapter_names
    from scaffolder.skills import load_skills

    skills = [skill for skill in load_skills() if skill.name == ctx.params.get("skill")]
    return [name for skill in skills for name in chapter_names(skill) if name.startswith(incomplete)]


def complete_tool(incomplete: str) -> list[tuple[str, str]]:
    """Complete tools."""
    from scaffolder.skills import load_skills

    tools = (tool for skill in load_skills() for tool in skill.tools)
    return [(tool.name, tool.purpose) for tool in tools if tool.name.startswith(incomplete)]


def complete_example(incomplete: str) -> list[tuple[str, str]]:
    """Complete examples, by folder or full name."""
    from scaffolder.skills import load_skills

    examples = [example for skill in load_skills() for example in skill.examples]
    names = [(example.path.name, example) for example in examples] + [(example.name, example) for example in examples]
    return [(name, example.purpose) for name, example in names if name.startswith(incomplete)]


def complete_problem(incomplete: str) -> list[tuple[str, str]]:
    """Complete the problems that `explain` recognizes."""
    from scaffolder.tools.debugger.catalogue import load_problems

    return [(problem.id, problem.title) for problem in load_problems() if problem.id.startswith(incomplete)]


def complete_debugging(args: list[str], incomplete: str) -> list[str]:
    """Complete the commands of `debug`."""
    return [] if DEBUGGING & set(args) else sorted(name for name in DEBUGGING if name.startswith(incomplete))


ExampleName = Annotated[
    str, typer.Argument(metavar="EXAMPLE", help="Such as `01-word-count`.", autocompletion=complete_example)
]
Arguments = Annotated[list[str] | None, typer.Argument(metavar="ARGUMENT", show_default=False)]


class PassThrough(typer.core.TyperCommand):
    """A command that passes its arguments to a tool, `--help` and `--` included."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Leave the arguments alone."""
        ctx.params["arguments"] = args
        return []


def guide(
    skill: Annotated[
        str | None,
        typer.Argument(
            metavar="SKILL", help="Such as `pyo3-fundamentals`.", autocompletion=complete_skill, show_default=False
        ),
    ] = None,
    chapter: Annotated[
        str | None,
        typer.Argument(
            metavar="CHAPTER",
            help="Such as `errors`, or `errors#raising` for a section.",
            autocompletion=complete_chapter,
            show_default=False,
        ),
    ] = None,
    as_data: commands.AsData = False,
) -> None:
    """Show a guide or a chapter, or list the guides.

    \b
    Examples:
      pyo3-new guide
      pyo3-new guide pyo3-fundamentals
      pyo3-new guide pyo3-fundamentals errors
    """
    from scaffolder.cli import text as report
    from scaffolder.guides import read_page

    if skill is None:
        list_skills(as_data=as_data)
        return
    page = read_page(skill, chapter)
    if as_data:
        echo(as_json(page))
    else:
        report.print_markdown(page.text if page.chapter else f"{page.text}\n{report.chapters_markdown(page)}".rstrip())


def tool(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="The tool.", autocompletion=complete_tool, show_default=False),
    ] = None,
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARGUMENT", help="An argument of the tool.", show_default=False)
    ] = None,
    as_data: commands.AsData = False,
) -> None:
    """Run a tool of a skill, or list the tools.

    \b
    Examples:
      pyo3-new tool
      pyo3-new tool type_converter --help
    """
    if name is not None:
        from scaffolder.skills import find_tool

        run_program(find_tool(name).name, arguments or [], f"pyo3-new tool {name}")
    list_tools(as_data=as_data)


def doctor(arguments: Arguments = None) -> None:
    """Check this machine and a PyO3 project (tool setup_validator)."""
    run_program("setup_validator", arguments or [], "pyo3-new doctor")


def explain(arguments: Arguments = None) -> None:
    """Explain why a build, a test or an import failed (tool debugger)."""
    first, *others = arguments or [""]
    if first == "problems":
        list_problems(others)
    if first in DEBUGGING:
        debug(arguments)
    run_program("debugger", arguments or [], "pyo3-new explain", "explain_app")


def debug(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="ARGUMENT", autocompletion=complete_debugging, show_default=False),
    ] = None,
) -> None:
    """Show where a process crashes or hangs (tool debugger)."""
    run_program("debugger", arguments or [], "pyo3-new debug", "debug_app")


def run_program(name: str, arguments: list[str], title: str, program: str = "app") -> NoReturn:
    """Run a tool, and exit with its code.

    Args:
        name: The tool's name.
        arguments: The tool's arguments.
        title: What it is called in its help.
        program: Which of the tool's programs to run.
    """
    from scaffolder.skills import load_tool

    raise typer.Exit(run_tool(load_tool(name, program), title, arguments))


def list_skills(*, as_data: bool) -> None:
    """Print the skills."""
    from scaffolder.cli import text as report
    from scaffolder.skills import load_skills

    skills = load_skills()
    echo(as_json({"skills": list(map(skill_data, skills))}) if as_data else report.skills_text(skills))


def skill_data(skill: Skill) -> dict[str, Any]:
    """Return a skill as data; its properties are read on demand, so `asdict` would miss them."""
    return {
        "name": skill.name,
        "purpose": skill.purpose,
        "path": skill.path,
        "features": skill.features,
        "tools": [tool.name for tool in skill.tools],
        "examples": [example.name for example in skill.examples],
    }


def list_tools(*, as_data: bool) -> None:
    """Print the tools."""
    from scaffolder.cli import text as report
    from scaffolder.skills import load_skills

    tools = [tool for skill in load_skills() for tool in skill.tools]
    echo(as_json({"tools": tools}) if as_data else report.tools_text(tools))


def list_problems(arguments: list[str]) -> NoReturn:
    """Print the problems that `explain` recognizes, or describe one."""
    run_program("debugger", ["problems", *arguments], "pyo3-new list")


@examples_app.command(name="list")
def list_examples(as_data: commands.AsData = False) -> None:
    """List the examples in reading order."""
    from scaffolder.cli import text as report
    from scaffolder.skills import load_skills

    examples = [example for skill in load_skills() for example in skill.examples]
    echo(as_json({"examples": examples}) if as_data else report.examples_text(examples))


@examples_app.command()
def show(name: ExampleName, as_data: commands.AsData = False) -> None:
    """Show an example's README and its files."""
    from dataclasses import asdict

    from scaffolder.cli import text as report
    from scaffolder.skills import find_example
    from scaffolder.template.examples import list_example

    example = find_example(name)
    files = list_example(example)
    if as_data:
        echo(as_json({**asdict(example), "files": files, "readme": example.readme}))
    else:
        echo(report.example_text(example, files))


@examples_app.command()
def copy(
    name: ExampleName,
    destination: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="A new or empty folder.  [default: the project's name]", show_default=False),
    ] = None,
    dry_run: commands.DryRun = False,
    as_data: commands.AsData = False,
) -> None:
    """Copy an example to a new folder.

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
    echo(as_json(project) if as_data else report.project_text(project))


def start_from(
    name: str, destination: Path | None, new_name: str | None, *, use_git: bool, dry_run: bool
) -> NewProject:
    """Create a project from an example, under a new name.

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
