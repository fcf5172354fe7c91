"""Explain why a build, a test or an import failed.

debugger.py build.log
cargo test 2>&1 | debugger.py -
debugger.py -- maturin develop
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


class Verbs(typer.core.TyperGroup):
    """Several commands, of which the first needs no name: `debugger.py build.log`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the first command's name before what names none."""
        if not args or args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [next(iter(self.commands)), *args]
        return super().parse_args(ctx, args)


class WithCommand(typer.core.TyperCommand):
    """A command that takes another one after `--`, as it is."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep what follows `--`."""
        end = args.index("--") if "--" in args else len(args)
        own, ctx.obj = args[:end], args[end + 1 :]
        words = [index for index, word in enumerate(own) if not word.startswith("-") and not Path(word).exists()]
        if words and not ctx.obj and shutil.which(own[words[0]]):
            command = shlex.join(own[words[0] :])
            raise UsageError(f"`{command}` is a command, not a file", f"run it: `{ctx.command_path} -- {command}`")
        return super().parse_args(ctx, own)


app = toolkit.program("Explain why a build, a test or an import failed.")
explain_app = toolkit.program("Explain why a build, a test or an import failed.")
debug_app = toolkit.program("Show where a process crashes or hangs, and set up debuggers.")


EXAMPLES = """
Without a command's name it is `explain`, with the options --json, --verbose and --dry-run. The exit code is 0 if
no failure is recognised, else 1.

\b
Examples:
  pyo3-new explain build.log
  pyo3-new explain -- cargo test
  pyo3-new explain backtrace --timeout 20 -- python crash.py
"""


@app.callback(cls=Verbs, subcommand_metavar="{FILE | - | -- COMMAND... | VERB ...}", epilog=EXAMPLES)
def verbs() -> None:
    """Explain why a build, a test or an import failed."""


@debug_app.callback()
def debug() -> None:
    """Show where a process crashes or hangs, and set up debuggers."""


@app.command(cls=WithCommand, options_metavar="[OPTIONS] [FILE | -] [-- COMMAND...]")
@explain_app.command(cls=WithCommand, options_metavar="[OPTIONS] [FILE | -] [-- COMMAND...]")
def explain(
    context: typer.Context,
    file: Annotated[str | None, typer.Argument(metavar="", help="What a command printed; `-` reads stdin.")] = None,
    as_data: toolkit.AsData = False,
    verbose: toolkit.Verbose = False,
    dry_run: toolkit.DryRun = False,
) -> None:
    """Say what a failing output shows; with a command, run it first."""
    command: list[str] = context.obj
    if dry_run:
        what = f"would run `{shlex.join(command)}`" if command else f"would read `{file}`"
        return toolkit.show(toolkit.Result(explaining.TOOL, what, dry_run=True), as_data=as_data)
    output = source.run(command) if command else source.read(file)
    return toolkit.show(explaining.explain(output), as_data=as_data, verbose=verbose)


@app.command(cls=WithCommand, options_metavar="[OPTIONS] -- COMMAND...")
@debug_app.command(cls=WithCommand, options_metavar="[OPTIONS] -- COMMAND...")
def backtrace(
    context: typer.Context,
    timeout: Annotated[
        float | None, typer.Option(min=0.1, metavar="SECONDS", help="Take it to hang after so long; Ctrl-C does, too.")
    ] = None,
    as_data: toolkit.AsData = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show the frames of PyO3, std and the interpreter, too.")
    ] = False,
    dry_run: toolkit.DryRun = False,
) -> None:
    """Show where a command crashes or hangs, in Rust and Python.

    It runs under gdb, and the frames of both languages are put into one backtrace.
    """
    from scaffolder.tools.debugger import backtrace as tracing

    command: list[str] = context.obj
    if dry_run:
        what = f"would run `{shlex.join(tracing.runnable(command))}` under gdb"
        return toolkit.show(toolkit.Result(explaining.TOOL, what, dry_run=True), as_data=as_data)
    result = tracing.backtrace(command, timeout, everything=verbose)
    return toolkit.show(result, as_data=as_data, verbose=verbose)


@app.command()
@debug_app.command()
def configs(
    folder: Annotated[Path, typer.Argument(help="The project.", show_default=False)] = Path(),
    replace: Annotated[bool, typer.Option("--replace", help="Replace files that are there already.")] = False,
    as_data: toolkit.AsData = False,
    dry_run: toolkit.DryRun = False,
) -> None:
    """Write settings for debuggers: VS Code and rust-gdb.

    VS Code takes debugpy for Python and CodeLLDB for Rust, in launch.json; rust-gdb takes debug.gdb.
    """
    toolkit.show(configurations.configure(folder, replace=replace, dry_run=dry_run), as_data=as_data)


@app.command()
def problems(
    name: Annotated[str | None, typer.Argument(metavar="[ID]", help="One of them.", show_default=False)] = None,
    as_data: toolkit.AsData = False,
) -> None:
    """List the problems that are recognised, or describe one."""
    toolkit.show(listing.one(name) if name else listing.listing(), as_data=as_data)
