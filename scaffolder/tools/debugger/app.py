"""Explain why a build, a test or an import failed, and show where a process crashes or hangs.

debugger.py explain build.log
cargo test 2>&1 | debugger.py explain -
debugger.py explain -- maturin develop
debugger.py backtrace -- python crash.py
debugger.py problems
"""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from scaffolder import toolkit
from scaffolder.errors import UsageError
from scaffolder.tools.debugger import configurations, explaining, listing, source


class WithCommand(typer.core.TyperCommand):
    """A command that takes another command after `--`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep what follows `--`.

        Raises:
            UsageError: A command was typed without it.
        """
        end = args.index("--") if "--" in args else len(args)
        own, ctx.obj = args[:end], args[end + 1 :]
        first = next((index for index, word in enumerate(own) if not word.startswith("-")), None)
        if first is not None and not ctx.obj and shutil.which(own[first]) and not Path(own[first]).exists():
            command = shlex.join(own[first:])
            raise UsageError(f"`{command}` is a command, not a file", f"run it: `{ctx.command_path} -- {command}`")
        return super().parse_args(ctx, own)


class Verbs(typer.core.TyperGroup):
    """A group whose first command needs no name: `debugger.py build.log`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert the first command's name where none is given."""
        if not args or args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [next(iter(self.commands)), *args]
        return super().parse_args(ctx, args)


# The tool as a program of its own; what `pyo3-new explain` is; what `pyo3-new debug` is.
app = toolkit.program(
    "Explain failing outputs, and show where a process crashes or hangs. Anything but the commands below is a file,"
    " `-`, or `-- COMMAND...` to explain. `explain` and `backtrace` take `--json`, `--verbose` and `--dry-run`."
)
explain_app = toolkit.program("Explain why a build, a test or an import failed.")
debug_app = toolkit.program("Show where a process crashes or hangs, and set up debuggers.")
BACKTRACE_OPTIONS = "[OPTIONS] -- COMMAND..."


@app.callback(cls=Verbs)
def tool() -> None:
    """Explain failing outputs, and show where a process crashes or hangs."""


@debug_app.callback()
def debug() -> None:
    """Show where a process crashes or hangs, and set up debuggers."""


@app.command(cls=WithCommand)
@explain_app.command(cls=WithCommand)
def explain(
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE | - | -- COMMAND...", help="What a command printed; `-` reads stdin.", show_default=False
        ),
    ] = None,
    as_data: toolkit.AsData = False,
    verbose: toolkit.Verbose = False,
    dry_run: toolkit.DryRun = False,
) -> None:
    """Explain why a build, a test or an import failed; a command after `--` is run first.

    The exit code is 0 if no failure is recognised, else 1.

    \b
    Examples:
      pyo3-new explain build.log
      pyo3-new explain -- cargo test
      cargo test 2>&1 | pyo3-new explain -
    """
    command: list[str] = context.obj
    if dry_run:
        action = f"would run `{shlex.join(command)}`" if command else f"would read `{file}`"
        return toolkit.show(toolkit.Result(explaining.TOOL, action, dry_run=True), as_data=as_data)
    output = source.run(command) if command else source.read(file)
    return toolkit.show(explaining.explain(output), as_data=as_data, verbose=verbose)


@app.command(cls=WithCommand, options_metavar=BACKTRACE_OPTIONS)
@debug_app.command(cls=WithCommand, options_metavar=BACKTRACE_OPTIONS)
def backtrace(
    context: typer.Context,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            max=1e6,
            metavar="SECONDS",
            help="Treat the command as hung after this time; Ctrl-C does so at once.",
        ),
    ] = None,
    as_data: toolkit.AsData = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also show the frames of PyO3, std and the interpreter.")
    ] = False,
    dry_run: toolkit.DryRun = False,
) -> None:
    """Show where a command crashes or hangs, in Rust and Python.

    The command runs under gdb, and the frames of both languages are merged into one backtrace.

    \b
    Example:
      pyo3-new debug backtrace --timeout 20 -- python crash.py
    """
    from scaffolder.stacks import gdb
    from scaffolder.tools.debugger import backtrace as tracing

    command: list[str] = context.obj
    if dry_run:
        action = f"would run `{shlex.join(gdb.runnable(command))}` under gdb"
        return toolkit.show(toolkit.Result(explaining.TOOL, action, dry_run=True), as_data=as_data)
    result = tracing.backtrace(command, timeout, everything=verbose)
    return toolkit.show(result, as_data=as_data, verbose=verbose)


@app.command()
@debug_app.command()
def configs(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The project.  [default: the current folder]", show_default=False)
    ] = Path(),
    replace: Annotated[bool, typer.Option("--replace", help="Replace files that exist.")] = False,
    as_data: toolkit.AsData = False,
    dry_run: toolkit.DryRun = False,
) -> None:
    """Write settings for debuggers: VS Code and rust-gdb.

    launch.json makes VS Code use debugpy for Python and CodeLLDB for Rust; debug.gdb is for rust-gdb.
    """
    toolkit.show(configurations.configure(folder, replace=replace, dry_run=dry_run), as_data=as_data)


def complete_problem(incomplete: str) -> list[tuple[str, str]]:
    """Complete problems."""
    rows = listing.list_problems().tables[0].rows
    return [(name, title) for name, _, title in rows if name.startswith(incomplete)]


Name = Annotated[
    str | None,
    typer.Argument(metavar="NAME", help="One of them.", show_default=False, autocompletion=complete_problem),
]


@app.command()
def problems(
    name: Name = None,
    as_data: toolkit.AsData = False,
) -> None:
    """List the known problems, or describe one."""
    toolkit.show(listing.describe_problem(name) if name else listing.list_problems(), as_data=as_data)
