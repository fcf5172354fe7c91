"""Await calls on an event loop: what blocks it, and whether they can be cancelled."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from scaffolder import toolkit
from scaffolder.errors import ScaffolderError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.runtime.awaiting import LoopRun, Plan, ProgramRun

TOOL = "async_profiler"
TASKS, MOST_TASKS = "1,10,100,1000", 10_000
app = toolkit.program("Await calls on an event loop: what blocks it, and whether they can be cancelled.")


@app.command()
def async_profiler(  # noqa: PLR0913, PLR0917
    target: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET", show_default=False,
            help="The async function to await, `MODULE:FUNCTION`; or a script, `SCRIPT.py -- ARGUMENT...`.",
        ),
    ],
    calls: Annotated[
        list[str] | None,
        typer.Option(
            "--call", metavar="EXPRESSION", show_default=False,
            help="What to await: a call of the function `f`, or of another one in its module; repeatable."
            "  [default: f()]",
        ),
    ] = None,
    make: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=EXPRESSION", show_default=False,
            help="An object for the calls, such as a client or a server on this machine, made before them on the loop;"
            " it may `await`; repeatable.",
        ),
    ] = None,
    tasks: Annotated[
        str | None,
        typer.Option(metavar="NUMBERS", show_default=False, help=f"How many tasks call at once.  [default: {TASKS}]"),
    ] = None,
    loop: Annotated[
        Literal["all", "asyncio", "uvloop"], typer.Option(help="The event loop; `all` is all that are installed.")
    ] = "all",
    running: Annotated[
        str | None,
        typer.Option(
            metavar="EXPRESSION", show_default=False,
            help="How much work goes on, as a number, if the module says that; looked at after calls were cancelled.",
        ),
    ] = None,
    no_cancel: Annotated[bool, typer.Option("--no-cancel", help="Cancel no call.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Run the call once, as a program, and watch its loop.")] = False,
    limit: Annotated[
        float, typer.Option(min=5, max=1e5, metavar="MILLISECONDS", help="How late a turn of the loop may be.")
    ] = 20,
    seconds: Annotated[
        float, typer.Option(min=0.05, max=600, metavar="SECONDS", help="How long to await each call.")
    ] = 1.0,
    draw: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Draw how late the loop was to this file.", show_default=False),
    ] = None,
    force: toolkit.ReplaceDrawing = False,
    python: toolkit.PythonOfProject = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=1e6, metavar="SECONDS", help="How long a call, or the program, may take.")
    ] = 60,
    dry_run: toolkit.DryRun = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also print what is fine, and what an idle loop does.")
    ] = False,
    as_data: toolkit.AsData = False,
) -> None:  # fmt: skip
    """Await calls on an event loop: what blocks it, and whether they can be cancelled.

    Calls are awaited in a process of their own, one after another, and then in many tasks at once. A timer on the loop
    says how late its turns are. While one is late, another thread looks where the loop's thread is; whether that thread
    computes, waits, or waits for one that keeps the GIL follows from the processor time of each. Waiting for a
    processor is not counted, on Linux.

    Calls are also cancelled at several points, and given a timeout: whether and when they end is said, and what goes
    on afterwards, as far as it shows: tasks that the call began, threads that compute, and what `--running` counts.
    Work that only waits in Rust shows in nothing else. Last, the memory of many calls at once is weighed, and what they
    leave behind.

    A script is run as `python SCRIPT.py` does, but without input, and what it prints is not shown; the loops of its
    main thread are watched.

    \b
    Examples:
      pyo3-new tool async_profiler my_package:fetch --call 'f(1)' --draw fetch.svg
      pyo3-new tool async_profiler my_package:Client.get --make 'client=Client("127.0.0.1:80")' --call 'client.get("/")'
      pyo3-new tool async_profiler my_package:fetch --running 'running()' --tasks 1,100
      pyo3-new tool async_profiler my_package:main --once
      pyo3-new tool async_profiler serve.py -- --port 0
    """
    from scaffolder.machine.environment import find_environment

    script = target[0] if target[0].endswith(".py") else None
    if script or once:
        refuse_options(script, [make if script else None, calls if script else None, tasks, running], once=once)
    plan = read_plan(target, calls, make or [], tasks or TASKS, (loop, running), (limit / 1000, seconds, timeout),
                     cancels=not no_cancel)  # fmt: skip
    toolkit.check_drawing(draw, force=force)
    environment = find_environment(python, Path.cwd(), os.environ)
    if dry_run:
        names = " ".join(target) if script else ", ".join(f"`{text}`" for text in plan.expressions)
        action = f"would {'run' if script or once else 'await'} {names}, in {environment.python}"
        action += f" and write {draw}" if draw else ""
        return toolkit.show(toolkit.Result(TOOL, action, dry_run=True), as_data=as_data)
    arguments = target if script or once else None
    runs, program = measure(plan, arguments, environment.python, as_data=as_data)
    result = describe(runs, program, target[0], plan.limit, in_full=verbose or as_data)
    if draw:
        from scaffolder.tools.async_profiler.drawing import draw_lags

        result = toolkit.write_drawing(result, draw, draw_lags(runs, program, target[0], plan.limit))
    return toolkit.show(result, as_data=as_data, verbose=verbose)


def refuse_options(script: str | None, options: Sequence[object], *, once: bool) -> None:
    """Refuse options that a program has no use for.

    Raises:
        UsageError: There is no such script, or an option is for calls.
    """
    if script and not Path(script).is_file():
        raise UsageError(f"there is no script `{script}`", "name a file, or a function: `my_package:fetch`")
    if script and once:
        raise UsageError("`--once` is for a function", "leave it out: a script is run once")
    if any(option is not None for option in options):
        raise UsageError(
            "`--tasks` and `--running` are for calls, and so are `--call` and `--make` for a script",
            "leave them out, or name a function without `--once`",
        )  # fmt: skip


def read_plan(  # noqa: PLR0913
    target: Sequence[str], calls: list[str] | None, makes: Sequence[str], tasks: str, names: tuple[str, str | None],
    times: tuple[float, float, float], *, cancels: bool,
) -> Plan:  # fmt: skip
    """Return what to measure.

    Raises:
        UsageError: A name, an expression or a number is wrong.
    """
    from scaffolder.runtime.awaiting import Plan
    from scaffolder.runtime.calls import Target, free_names, read_function, read_make

    if target[0].endswith(".py"):
        module, name = "", ""
    else:
        module, name = read_function(target[0])
        if len(target) > 1:
            raise UsageError(f"`{target[1]}` is one argument too many", "pass further calls as `--call 'other()'`")
    expressions = tuple(dict.fromkeys(calls or ["f()"])) if module else ("None",)
    for text in expressions:
        free_names("--call", text)
    loop, running = names
    if running is not None:
        free_names("--running", running)
    made = dict(read_make(text, "client=Client()") for text in makes)
    for text in made.values():
        free_names("--make", text)
    loops = ("asyncio", "uvloop") if loop == "all" else (loop,)
    function = Target(module, name, expressions[0], None, (), in_place=False, folder=Path.cwd())
    limit, seconds, timeout = times
    counts = read_counts(tasks)
    return Plan(function, expressions, made, counts, limit, seconds, loops, running, cancels, timeout)


def read_counts(text: str) -> tuple[int, ...]:
    """Read numbers of tasks, `1,10,100`, in ascending order.

    Raises:
        UsageError: One is no such number.
    """
    from scaffolder.runtime.options import read_sizes

    counts = read_sizes(text, TASKS, "--tasks")
    if counts[-1] > MOST_TASKS:
        raise UsageError(f"`--tasks {text}`: {counts[-1]:,} tasks are too many", f"name at most {MOST_TASKS:,}")
    return counts


def measure(
    plan: Plan, arguments: Sequence[str] | None, python: Path, *, as_data: bool
) -> tuple[list[LoopRun], ProgramRun | None]:
    """Measure calls, or a program with its arguments.

    Raises:
        ScaffolderError: The program fails.
    """
    from scaffolder.machine.children import ChildError, RaisedError
    from scaffolder.runtime.awaiting import profile_calls, profile_program
    from scaffolder.terminal import progress

    if arguments is None:
        return profile_calls(plan, python, lambda text: progress(text, visible=not as_data)), None
    script = Path(arguments[0]) if not plan.target.module else None
    name = str(script) if script else plan.expressions[0]
    try:
        with progress(f"Running {name}", visible=not as_data):
            return [], profile_program(plan, script, list(arguments[1:]), python)
    except RaisedError as error:
        text = f"`{name}` raises {error.message.splitlines()[-1]}\n\n{error.evidence}"
        hint = f"run it alone: `{python} {script}`" if script else "await it alone, by `asyncio.run`"
        raise ScaffolderError(text, hint) from error
    except ChildError as error:
        raise ScaffolderError(f"`{name}` {error.message}", "raise `--timeout`, or let it do less") from error


def describe(
    runs: list[LoopRun], program: ProgramRun | None, target: str, limit: float, *, in_full: bool
) -> toolkit.Result:
    """Return what was measured, and what is to be said about it."""
    from scaffolder.runtime.units import time_of
    from scaffolder.tools.async_profiler.findings import find, largest
    from scaffolder.tools.async_profiler.tables import tables_of

    if program:
        late = f", its loop at most {time_of(largest(lag for _, lag in program.lags))} late" if program.lags else ""
        summary = f"`{target}`: ran {time_of(program.seconds)}{late}, by Python {program.facts['python']}"
    else:
        count, names = len(runs[0].calls), " and ".join(run.loop for run in runs)
        calls = f"{count} call{'s' if count != 1 else ''}"
        summary = f"`{target}`: {calls} on {names}, by Python {runs[0].facts['python']}"
    return toolkit.Result(TOOL, summary, find(runs, program, limit), tuple(tables_of(runs, program, in_full=in_full)))
