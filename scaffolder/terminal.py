"""What every program has in common at the terminal: exit codes, errors, signals, and a sign that something goes on."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, NoReturn

from scaffolder.errors import InterruptedRunError, ScaffolderError, UsageError
from scaffolder.signals import STOPPING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from types import FrameType

    from typer import Typer


def run(app: Typer, name: str, arguments: Sequence[str] | None = None) -> int:
    """Run a Typer program, report what goes wrong, and return the exit code.

    Args:
        app: The program.
        name: What it is called in its help and in hints.
        arguments: Those of this process by default.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return app(arguments, prog_name=name, standalone_mode=False) or 0
    except ScaffolderError as error:
        return fail(error)
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python must not try to flush the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        # Typer's own errors have no class in common across its versions.
        if not hasattr(error, "format_message"):
            raise
        context = getattr(error, "ctx", None)
        text = str(error.format_message()).rstrip(".")
        return fail(
            UsageError(text[:1].lower() + text[1:], f"see `{context.command_path if context else name} --help`")
        )


def run_tool(app: Typer, name: str, arguments: Sequence[str] | None = None) -> int:
    """Run the program of a tool, which may be stopped; otherwise as `run`."""
    try:
        with stoppable("the tool did not finish") as came:
            code = run(app, name, arguments)
            if came:
                # Typer has ended it.
                raise KeyboardInterrupt(*came)
    except InterruptedRunError as error:
        return fail(error)
    return code


def fail(error: ScaffolderError) -> int:
    """Report an error and return its exit code."""
    from scaffolder.cli.text import problem

    print(problem(error), file=sys.stderr)
    return error.exit_code


def leave(code: int) -> NoReturn:
    """End the process, at once."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        # All is done and closed by now; freeing each object would take longer than starting Python did.
        os._exit(code)


@contextmanager
def stoppable(state: str = "nothing was made") -> Iterator[list[int]]:
    """Let the signals that end a program end it tidily: everything half-made is removed on the way out.

    Args:
        state: What the user is told then.

    Yields:
        The signals that came, to look for one that something took for its own.
    """
    came: list[int] = []
    usual = {signal.SIG_DFL, signal.default_int_handler}

    def stop(number: int, _: FrameType | None) -> None:
        came.append(number)
        for other in STOPPING:
            signal.signal(other, signal.SIG_IGN)
        raise KeyboardInterrupt(number)

    # What is ignored already, as under nohup, stays so.
    before = {number: signal.signal(number, stop) for number in STOPPING if signal.getsignal(number) in usual}
    try:
        yield came
    except KeyboardInterrupt as interruption:
        raise InterruptedRunError(*interruption.args[:1], state=state) from interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def progress(text: str, *, visible: bool) -> AbstractContextManager[object]:
    """Show on a terminal that something is going on."""
    if not visible or not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(text)
