"""What all tools share: options, a result as text or JSON, exit codes.

A tool is a file `skills/<skill>/scripts/<tool>.py` with a Typer program called `app`. Its command works out a `Result`
and hands it to `show`. `pyo3-new tool <tool>` runs it, and so does its own `main`:

    app = toolkit.program("Check the machine and a project.")


    @app.command()
    def setup_validator(as_data: toolkit.AsData = False, verbose: toolkit.Verbose = False) -> None:
        toolkit.show(validate(), as_data=as_data, verbose=verbose)


    if __name__ == "__main__":
        toolkit.main(app, "setup_validator")
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, get_args

import typer

from scaffolder import __version__
from scaffolder.errors import UsageError
from scaffolder.terminal import as_json, leave, printable, run_tool

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

AsData = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Also print the checks that passed, with their evidence.")
]
ReplaceDrawing = Annotated[bool, typer.Option("--force", help="Replace the drawing if it exists.")]
# Found by `python_for_import`, and by `find_environment`.
PythonToImport = Annotated[
    str | None,
    typer.Option(
        metavar="PATH", show_default=False,
        help="The Python, or its environment.  [default: the one that `maturin develop` builds for]",
    ),
]  # fmt: skip
PythonOfProject = Annotated[
    str | None,
    typer.Option(metavar="PYTHON", help="A Python or an environment.  [default: the project's, or the active one]"),
]
# What the inputs of a call are that is measured with many sizes.
InputTypes = Annotated[
    list[str] | None,
    typer.Option(
        "--type", metavar="TYPE", show_default=False,
        help="The type of the inputs, or of one: `float64`, `b=list[str]`; repeatable. `--list` prints all.",
    ),
]  # fmt: skip
InputMakes = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=EXPRESSION", show_default=False,
        help="How to make an input of size `n`: `a=np.ones((n, 3))`; it can use those before it; repeatable.",
    ),
]  # fmt: skip
ListInputTypes = Annotated[bool, typer.Option("--list", help="List the types, and what makes each.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be run or written, without doing it.")]

Level = Literal["error", "warning", "note", "ok"]
# The most serious comes first.
LEVELS: tuple[Level, ...] = get_args(Level)
PAGES = f"https://github.com/pyo3-new/pyo3-new/blob/v{__version__}/skills"
TABLE_WIDTH = 80
NARROWEST = 12
COLOURS: dict[Level, str] = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan", "ok": "green"}


@dataclass(frozen=True)
class Finding:
    """A finding of a tool.

    Attributes:
        id: Its name, which never changes its meaning: `library-name`.
        level: An `error` makes the tool fail; `ok` is printed only with `--verbose`.
        message: What was found and what was expected, in one line.
        where: The file, with the line if there is one, or the command that it was found in.
        evidence: The lines that prove it.
        fix: What to type or to change.
        reference: The address of the section that explains it.
        cause: Why it is so, where the message does not say it all.
    """

    id: str
    level: Level
    message: str
    where: str | None = None
    evidence: str | None = None
    fix: str | None = None
    reference: str | None = None
    cause: str | None = None


def by_level(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, the most serious first."""
    return tuple(sorted(findings, key=lambda finding: LEVELS.index(finding.level)))


@dataclass(frozen=True)
class Table:
    """Rows of facts under a title."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Document:
    """A text that a tool produced: code, a configuration, a diff.

    Attributes:
        language: `rust`, `python`, `json`, `diff`, `text`.
        text: All of it.
        path: Where it was written, or would be.
    """

    language: str
    text: str
    path: str | None = None


@dataclass(frozen=True)
class Result:
    """The result of a tool.

    Attributes:
        tool: The tool's name.
        summary: The outcome in one line.
        findings: What it found, the most serious first.
        tables: Tables of facts.
        documents: Texts that it produced.
        dry_run: Whether this was a dry run.
    """

    tool: str
    summary: str
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()
    documents: tuple[Document, ...] = ()
    dry_run: bool = False

    @property
    def exit_code(self) -> int:
        """1 if there is an error among the findings, else 0."""
        return int(any(finding.level == "error" for finding in self.findings))


def program(help_text: str) -> typer.Typer:
    """Create the Typer program of a tool.

    Args:
        help_text: What the tool does, in a line.
    """
    settings = {"help_option_names": ["-h", "--help"]}
    return typer.Typer(
        help=help_text, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False,
        context_settings=settings,
    )  # fmt: skip


def main(app: typer.Typer, name: str) -> NoReturn:
    """Run a tool as a program, and exit."""
    leave(run_tool(app, name))


def reference(skill: str, chapter: str, section: str | None = None) -> str:
    """Return the URL of a chapter of a skill's reference in this release.

    Args:
        skill: The skill's name.
        chapter: The file in `references/` without its `.md`.
        section: A heading's anchor.
    """
    page = f"{PAGES}/{skill}/references/{chapter}.md"
    return f"{page}#{section}" if section else page


def guide_command(address: str) -> str | None:
    """Return the command that shows a URL of `reference` in the terminal; empty for any other URL."""
    match = re.fullmatch(rf"{re.escape(PAGES)}/([\w-]+)/references/([\w-]+)\.md(#.+)?", address)
    return f"pyo3-new guide {match[1]} {match[2]}{match[3] or ''}" if match else None


def replace_file(path: Path, text: str, within: Path | None = None) -> None:
    """Replace a file atomically.

    Args:
        path: The file; if there is one, it keeps its mode, and a link keeps leading to it. A new one gets the mode that
            the user's umask gives.
        text: All of it, with the line ends that it is to have.
        within: The folder that it must be in after following links.

    Raises:
        OSError: It can't be written, is read-only, elsewhere or no regular file; what was there is as it was.
    """
    import secrets
    import shutil

    path = Path(os.path.realpath(path))
    if within is not None and not path.is_relative_to(os.path.realpath(within)):
        raise PermissionError(errno.EPERM, f"a link points out of `{within}`", str(path))
    if path.exists() and not path.is_file():
        # A device would be gone for everybody.
        raise PermissionError(errno.EPERM, "it is not a regular file", str(path))
    if is_read_only(path):
        raise PermissionError(errno.EACCES, "it is read-only", str(path))
    temporary = path.parent / f".{path.name[:40]}.{secrets.token_hex(4)}"
    try:
        with temporary.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def check_output(
    path: Path | None, suffix: str, hint: str, *, force: bool = False, taken: str = "pass `--force` to replace it"
) -> None:
    """Refuse a file that can't be written, before anything runs.

    Args:
        path: The file, if there is to be one.
        suffix: What its name must end in.
        hint: What to do if it does not.
        force: Whether it may be there.
        taken: What to do if it is there.

    Raises:
        UsageError: Its name ends in something else, its folder does not exist, or it exists and is not to be replaced.
    """
    if path is None:
        return
    if path.suffix != suffix:
        raise UsageError(f"`{path}` does not end in `{suffix}`", hint)
    if path.exists() and not force:
        raise UsageError(f"`{path}` already exists", taken)
    if not path.parent.is_dir():
        raise UsageError(f"`{path}` can't be written: its folder does not exist", "name another file")
    if path.exists() and not path.is_file():
        raise UsageError(f"`{path}` can't be written: it is not a regular file", "name another file")
    if is_read_only(path) or not os.access(path.parent, os.W_OK):
        what = "it" if is_read_only(path) else "its folder"
        raise UsageError(f"`{path}` can't be written: {what} is read-only", "name another file")


def check_drawing(path: Path | None, *, force: bool) -> None:
    """Refuse a drawing that can't be written, before anything runs.

    Raises:
        UsageError: It is not SVG, its folder does not exist, or it exists and is not to be replaced.
    """
    check_output(path, ".svg", f"the drawing is SVG: `--draw {path.stem}.svg`" if path else "", force=force)


def write_output(path: Path, text: str) -> None:
    """Write a file that the user named.

    Raises:
        UsageError: It can't be written.
    """
    try:
        replace_file(path, text)
    except OSError as error:
        raise UsageError(f"`{path}` can't be written: {error.strerror}", "name another file") from error


def write_drawing(result: Result, path: Path, text: str) -> Result:
    """Write a drawing, and return the result that says so.

    Raises:
        UsageError: It can't be written.
    """
    write_output(path, text)
    return replace(result, summary=f"{result.summary}, drawn in {path}")


def is_read_only(path: Path) -> bool:
    """Return whether a file is read-only by its mode too, since root may write everything."""
    return path.exists() and not (os.access(path, os.W_OK) and path.stat().st_mode & stat.S_IWUSR)


def result_data(result: Result) -> dict[str, Any]:
    """Return a result as `tool-result.schema.json` describes it."""
    return {**asdict(result), "exit_code": result.exit_code}


def show(result: Result, *, as_data: bool = False, verbose: bool = False) -> None:
    """Print a result on stdout.

    Args:
        result: What to print.
        as_data: Print JSON.
        verbose: Also print findings that are `ok`.

    Raises:
        typer.Exit: The result's exit code is not 0.
    """
    if as_data:
        print(as_json(result_data(result)))
    else:
        from rich.console import Console

        # What is read by a program, or by `less`, is not cut to the width of nothing.
        width = None if sys.stdout.isatty() else 10_000
        _print(_printable(result), Console(highlight=False, soft_wrap=True, width=width), verbose=verbose)
    if result.exit_code:
        raise typer.Exit(result.exit_code)


def _printable(value: Any) -> Any:
    """Escape control characters in the texts of a result."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, tuple):
        return tuple(map(_printable, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _printable(getattr(value, field.name)) for field in fields(value)})
    return value


def _print(result: Result, console: Console, *, verbose: bool) -> None:
    """Print a result as text: tables, findings, documents, and the summary last."""
    for table in result.tables:
        _print_table(table, console)
    for finding in result.findings:
        if verbose or finding.level != "ok":
            _print_finding(finding, console)
    for document in result.documents:
        _print_document(document, console)
    console.out(result.summary, highlight=False)


def _print_table(table: Table, console: Console) -> None:
    """Print a table that fits the terminal, or 80 columns without one."""
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    rows = [table.columns, *table.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = (console.width if console.is_terminal else TABLE_WIDTH) - 3 * len(widths)
    while sum(widths) > room and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    grid = Grid(title=table.title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for name, width in zip(table.columns, widths, strict=True):
        grid.add_column(name, width=width, overflow="fold")
    for row in table.rows:
        grid.add_row(*(Text(_fold(text, width)) for text, width in zip(row, widths, strict=True)))
    with console.capture() as capture:
        console.print(grid, soft_wrap=False)
    console.out("\n".join(line.rstrip() for line in capture.get().splitlines()), highlight=False)


def _fold(text: str, width: int) -> str:
    """Wrap a text, after a space or a slash where possible."""
    lines = [""]
    for part in re.findall(r"[^ /\\]*[ /\\]?", text):
        if len(lines[-1]) + len(part.rstrip()) > width and lines[-1]:
            lines.append("")
        lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def _print_finding(finding: Finding, console: Console) -> None:
    """Print a finding: message, place, cause and fix."""
    from rich.text import Text

    label = Text(f"{finding.level}:", style=COLOURS[finding.level])
    place = f"{finding.where}: " if finding.where else ""
    console.print(Text.assemble(label, f" {place}{finding.message} ", (f"[{finding.id}]", "dim")))
    if finding.evidence:
        console.print(Text("\n".join(f"  | {line}" for line in finding.evidence.splitlines()), style="dim"))
    if finding.cause:
        console.print(Text(f"  why: {finding.cause}"))
    if finding.fix:
        first, *rest = finding.fix.splitlines()
        console.print(Text("\n".join([f"  fix: {first}", *(f"       {line}" for line in rest)])))
    if finding.reference:
        command = guide_command(finding.reference)
        places = filter(None, [command, finding.reference])
        console.print(Text("  see: " + "\n       ".join(places)))
    console.print()


def _print_document(document: Document, console: Console) -> None:
    """Print a document, coloured on a terminal."""
    if document.path:
        print(f"# {document.path}", file=sys.stderr)
    if console.is_terminal and not console.no_color:
        from rich.syntax import Syntax

        console.print(Syntax(document.text, document.language, background_color="default", word_wrap=True))
    else:
        console.out(document.text, end="" if document.text.endswith("\n") else "\n", highlight=False)
