"""What every program does at the terminal: exit codes, errors, signals and progress."""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NoReturn

from scaffolder import speed
from scaffolder.errors import InterruptedRunError, ScaffolderError, UsageError, listing
from scaffolder.signals import STOPPING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from types import FrameType

    from rich.status import Status as RichStatus
    from typer import Typer

# What can move the cursor, set the title or the clipboard, or change the order of letters: C0 but for newlines and
# tabs, C1, and the marks of bidirectional text.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
UNWRITABLE = {errno.EBADF, errno.EFBIG, errno.EIO, errno.ENOSPC}
COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")


def run(app: Typer, name: str, arguments: Sequence[str] | None = None) -> int:
    """Run a Typer program, report what goes wrong, and return the exit code.

    Args:
        app: The program.
        name: Its name in help and hints.
        arguments: Those of this process by default.
    """
    open_streams()
    words = sys.argv[1:] if arguments is None else list(arguments)
    as_data = "--json" in takewhile(lambda word: word != "--", words)
    try:
        return command_of(app)(words, prog_name=name, standalone_mode=False) or 0
    except (BrokenPipeError, SystemExit) as error:
        # Typer makes an exit of it. Whoever reads the output has seen enough.
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        discard_output()
        return 0
    except Exception as error:
        failure = failure_of(error, name)
        if failure is None:
            raise
        return fail(failure, as_data=as_data)


def command_of(app: Typer) -> Any:
    """Return the command of a Typer program, with help that shows only the names of arguments."""
    from typer.main import get_command

    command = get_command(app)
    name_arguments(command)
    return command


def name_arguments(command: Any) -> None:
    """Let the help of a command, and of those in it, give each argument its name and nothing else."""
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            # Typer writes `FEATURE <list[str]>` and `{FEATURE}...`, which looks like a choice.
            parameter.display_type_rich = lambda ctx: ""  # noqa: ARG005
            parameter.get_usage_pieces = partial(usage_pieces, parameter)
    for part in getattr(command, "commands", {}).values():
        name_arguments(part)


def usage_pieces(argument: Any, _: Any) -> list[str]:
    """Return an argument as a line of usage has it."""
    name = argument.metavar or argument.name.upper()
    return [f"{name if argument.required else f'[{name}]'}{'' if argument.nargs == 1 else '...'}"]


def failure_of(error: Exception, name: str) -> ScaffolderError | None:
    """Turn an exception into an error for the user, or return nothing if it is our bug."""
    if isinstance(error, ScaffolderError):
        return error
    if isinstance(error, RecursionError):
        return ScaffolderError("the input is nested too deeply")
    # `Path.resolve` says so of a loop of links.
    cause = error.__context__ if isinstance(error, RuntimeError) else error
    if isinstance(cause, OSError):
        return system_failure(cause)
    # Typer's own errors have no class in common across its versions.
    if not hasattr(error, "format_message"):
        return None
    context = getattr(error, "ctx", None)
    program = context.command_path if context else name
    if options := getattr(error, "possibilities", None):
        return UsageError(f"no such option `{getattr(error, 'option_name', '')}`", f"did you mean {listing(options)}?")
    text, _, advice = str(error.format_message()).partition(" Did you mean ")
    text = re.sub(r"\.$", "", text[:1].lower() + text[1:]).replace("'", "`")
    # Typer says `got unexpected extra argument(s) (b)`.
    text = re.sub(r"^got unexpected extra argument\S* \((.+)\)$", r"unexpected argument `\1`", text)
    hint = f"did you mean {advice.replace(chr(39), '`')}" if advice else f"see `{program} --help`"
    return UsageError(text, hint)


def system_failure(error: OSError) -> ScaffolderError:
    """Return the error for a system call that failed, where no caller knows more."""
    try:
        os.getcwd()  # noqa: PTH109  (`Path.cwd` is the same)
    except OSError:
        return ScaffolderError("the current folder no longer exists", "`cd` to a folder that exists")
    reason = error.strerror or str(error)
    if error.filename is None and error.errno in UNWRITABLE:
        return ScaffolderError(f"the output can't be written: {reason}")
    return ScaffolderError(f"`{error.filename}`: {reason}" if error.filename else reason)


def run_tool(app: Typer, name: str, arguments: Sequence[str] | None = None) -> int:
    """Run a tool's program, which signals can stop; otherwise like `run`."""
    try:
        with stoppable("the tool did not finish") as received:
            code = run(app, name, arguments)
            if received:
                # Typer has ended it.
                raise KeyboardInterrupt(*received)
    except InterruptedRunError as error:
        return fail(error)
    return code


def fail(error: ScaffolderError, *, as_data: bool = False) -> int:
    """Report an error and return its exit code."""
    if as_data:
        echo(as_json({"message": error.message, "hint": error.hint, "exit_code": error.exit_code}))
        return error.exit_code
    text = f"error: {error.message}"
    # Nobody reads it where this fails.
    with suppress(OSError):
        echo(f"{text}\n\nhint: {error.hint}" if error.hint else text, to_stderr=True)
    return error.exit_code


def echo(text: str, *, to_stderr: bool = False, colour: bool = False) -> None:
    """Print a text that may contain untrusted characters.

    Args:
        text: What to print.
        to_stderr: Print it on stderr.
        colour: Keep its colours.
    """
    print(printable(text, colour=colour), file=sys.stderr if to_stderr else sys.stdout)


def printable(text: str, *, colour: bool = False) -> str:
    r"""Escape control characters in a text as code does, such as `\x1b`.

    Args:
        text: What to print; `\r\n` becomes `\n`.
        colour: Keep escape sequences that set colours.
    """
    text = text.replace("\r\n", "\n")
    if not colour:
        return CONTROL.sub(escape, text)
    return "".join(part if COLOUR.fullmatch(part) else CONTROL.sub(escape, part) for part in COLOUR.split(text))


def escape(match: re.Match[str]) -> str:
    """Return the escape sequence of a character."""
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def as_json(data: Any) -> str:
    """Return data as JSON: a dataclass becomes an object, a path a string."""
    import json
    from dataclasses import asdict, is_dataclass

    def plain(value: Any) -> Any:
        return asdict(value) if is_dataclass(value) and not isinstance(value, type) else os.fspath(value)

    text = json.dumps(data, indent=2, ensure_ascii=False, default=plain)
    # JSON escapes C0 itself, and what is left stands in its strings only.
    return CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def open_streams() -> None:
    """Make the standard streams accept any text, and open closed ones on the null device."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # It gets the number that is free, so no file that is opened later can take it for its own.
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123, SIM115
            os.set_inheritable(stream.fileno(), True)
            setattr(sys, name, stream)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def discard_output() -> None:
    """Discard unwritten output, so that Python does not try to flush it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def leave(code: int) -> NoReturn:
    """Flush the output and exit."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads the output has seen enough.
        pass
    except OSError as error:
        code = fail(ScaffolderError(f"the output can't be written: {error.strerror}"))
    with suppress(OSError):
        sys.stderr.flush()
    speed.exit_at_once(code)


@contextmanager
def stoppable(state: str = "nothing was made") -> Iterator[list[int]]:
    """Turn the signals that stop a program into an error, so that cleanup runs.

    Args:
        state: What the message says about the work so far.

    Yields:
        The signals received, for callers whose code may have swallowed one.
    """
    received: list[int] = []
    usual = {signal.SIG_DFL, signal.default_int_handler}

    def stop(number: int, _: FrameType | None) -> None:
        received.append(number)
        for stopping in STOPPING:
            signal.signal(stopping, signal.SIG_IGN)
        raise KeyboardInterrupt(number)

    # What is ignored already, as under nohup, stays so.
    before = {number: signal.signal(number, stop) for number in STOPPING if signal.getsignal(number) in usual}
    try:
        yield received
    except KeyboardInterrupt as interruption:
        raise InterruptedRunError(*interruption.args[:1], state=state) from interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def progress(text: str, *, visible: bool) -> AbstractContextManager[RichStatus | None]:
    """Show progress on a terminal; what the context gives can show another text."""
    if not visible or not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console
    from rich.text import Text

    return Console(stderr=True).status(Text(printable(text)))
