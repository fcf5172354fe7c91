"""The command `migrate` and its output, as text and as data."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaffolder.cli.project import AsData, DryRun, ProjectFolder, in_colour, show_notes
from scaffolder.terminal import as_json, echo, progress, stoppable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scaffolder.migration.checking import Problem
    from scaffolder.migration.manifests import ManifestEdit
    from scaffolder.migration.results import Left, Migration, Step

UNFINISHED = 3
# More of one kind than a reader takes in; `--json` has all.
MOST_LINES = 40


def migrate(
    project: ProjectFolder = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="RELEASE", help="The release of PyO3 to end with.  [default: the newest]", show_default=False
        ),
    ] = None,
    declarative: Annotated[
        bool,
        typer.Option("--declarative", help="At the end, also write `#[pymodule]` functions as declarative modules."),
    ] = False,
    no_check: Annotated[
        bool,
        typer.Option("--no-check", help="Do not run `cargo check`, which builds dependencies and runs build scripts."),
    ] = False,
    dry_run: DryRun = False,
    as_data: AsData = False,
) -> None:
    """Move a project's Rust code and manifests to a newer PyO3.

    It takes any repository with PyO3 0.19 or newer from release to release, and runs `cargo check` after each step. The
    result is staged for you to review and commit. The exit code is 3 if it stops where the code no longer compiles.

    \b
    Examples:
      pyo3-new migrate --dry-run
      pyo3-new migrate
      pyo3-new migrate --to 0.28
    """
    from scaffolder.migration.migrate import migrate as verb

    with stoppable("nothing was changed"), progress("Reading the project", visible=not as_data) as status:

        def report(text: str) -> None:
            if status is not None:
                status.update(f"Working on PyO3 {text}")

        result = verb(
            project or Path(),
            to,
            declarative=declarative,
            check=not no_check,
            dry_run=dry_run,
            colour=not as_data and in_colour(),
            report=report,
        )
    echo(as_json(migration_data(result)) if as_data else migration_text(result), colour=in_colour())
    show_notes(result.notes)
    stopped = not no_check and any(not step.passed for step in result.steps)
    if result.errors or stopped or result.after != result.wanted:
        raise typer.Exit(UNFINISHED)


def migration_data(result: Migration) -> dict[str, Any]:
    """Return a migration as data."""
    from scaffolder.cli.summary import files_data

    data = asdict(result)
    data.pop("difference")
    return {
        **data,
        "path": str(result.path),
        "steps": [asdict(step) for step in result.steps],
        "changes": files_data(result.changes),
        "diff": result.difference,
    }


def migration_text(result: Migration) -> str:
    """Return a migration as text."""
    from scaffolder.cli.summary import files_text

    if not result.changes and not result.left and not result.errors:
        return f"PyO3 {result.after}: nothing to do"
    parts = [result.difference.rstrip("\n")] if result.difference else []
    parts.append("\n".join([headline(result), *files_text(result.changes)]))
    parts += ["\n".join(step_text(step)) for step in result.steps]
    if result.errors:
        parts.append("\n".join([f"Does not compile with PyO3 {result.after}:", *problems_text(result.errors)]))
    if result.left:
        parts.append("\n".join(["Look at:", *left_text(result.left)]))
    if result.changes and not result.dry_run:
        parts.append(next_text(result))
    return "\n\n".join(parts)


def next_text(result: Migration) -> str:
    """Return how to go on, and how to go back."""
    from scaffolder.cli.summary import git_in, go_back

    program = git_in(result.path)
    first, add = ("mend what does not compile, then ", f"{program} add --update && ") if result.errors else ("", "")
    commit = f'{program} commit -m "Move from PyO3 {result.before} to {result.after}"'
    again = ", then `pyo3-new migrate` again" if result.after != result.wanted else ""
    return f"To go on: {first}`{add}{commit}`{again}\nTo go back: `{go_back(result.path, conflicts=False)}`"


def headline(result: Migration) -> str:
    """Return one line that says what was done."""
    from scaffolder.cli.text import number_of_files

    if not result.changes:
        return f"PyO3 {result.after}: nothing was changed"
    would = "would be " if result.dry_run else ""
    return f"PyO3 {result.before} {would}raised to {result.after}: {number_of_files(len(result.changes))} changed"


def step_text(step: Step) -> Iterator[str]:
    """Yield what was done for one release."""
    outcome = "compiles" if step.passed else "does not compile" if step.checked else f"not checked: {step.reason}"
    yield f"PyO3 {step.release}: {outcome}"
    # A crate may be a dependency twice, for its tests too.
    yield from dict.fromkeys(f"  {edit.path}: {manifest_text(edit)}" for edit in step.manifests)
    counts = Counter(edit.rule for edit in step.edits)
    width = max(map(len, counts), default=0)
    for rule, count in counts.items():
        files = len({edit.path for edit in step.edits if edit.rule == rule})
        edits = "1 edit" if count == 1 else f"{count} edits"
        yield f"  {rule:<{width}}  {edits} in {files} file{'s' if files > 1 else ''}"


def manifest_text(edit: ManifestEdit) -> str:
    """Return what became of an entry in a manifest."""
    if not edit.before or not edit.after:
        return f"{edit.name} {'added' if edit.after else 'left out'}"
    return f"{edit.name} {edit.before} → {edit.after}"


def problems_text(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield the compiler's errors, one a line."""
    lines = [f"  {problem.path}:{problem.line}: {problem.message.splitlines()[0]}" for problem in problems]
    yield from shorten(lines)


def left_text(left: Iterable[Left]) -> Iterator[str]:
    """Yield what a person has to look at, with what to read."""
    lines, sections = [], {}
    for place in left:
        lines.append(f"  {place.path}:{place.line}: {place.why}")
        if place.section:
            sections[place.section] = place.url
    yield from shorten(lines)
    yield from (f"  read “{section}” in {url}" for section, url in sections.items())


def shorten(lines: list[str]) -> Iterator[str]:
    """Yield lines, and of very many how many more there are."""
    yield from lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        yield f"  … and {len(lines) - MOST_LINES} more, which `--json` lists"
