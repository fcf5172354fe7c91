"""Measure how long calls, or the lines of a script, keep other Python threads waiting."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.runtime.holds import Profile, ScriptRun
    from scaffolder.runtime.timing import Plan

TOOL = "gil_profiler"
SIZE, CALL_LIMIT, SCRIPT_LIMIT = "1e6", 1.0, 5.0
# The function, the size, and the result.
TAKEN = ("f", "n", "result")
app = toolkit.program("Measure how long calls, or the lines of a script, keep other Python threads waiting.")


@app.command()
def gil_profiler(  # noqa: PLR0913, PLR0917
    target: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET", show_default=False,
            help="The function to measure, `MODULE:FUNCTION`; or a script, `SCRIPT.py -- ARGUMENT...`.",
        ),
    ],
    calls: Annotated[
        list[str] | None,
        typer.Option(
            "--call", metavar="EXPRESSION", show_default=False,
            help="A call of the function `f`, or of another one in its module; its arguments are evaluated before;"
            " repeatable.  [default: f(a)]",
        ),
    ] = None,
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type", metavar="TYPE", show_default=False,
            help="The type of the inputs, or of one: `bytes`, `b=list[str]`; repeatable."
            " `tool conversion_profiler --list` prints all.",
        ),
    ] = None,
    make: toolkit.InputMakes = None,
    size: Annotated[
        str | None,
        typer.Option(metavar="SIZE", show_default=False, help=f"The size `n` of inputs.  [default: {SIZE}]"),
    ] = None,
    limit: Annotated[
        float | None,
        typer.Option(
            min=0.5, max=1e5, metavar="MILLISECONDS", show_default=False,
            help=f"How long others may wait.  [default: {CALL_LIMIT:g}; in a script {SCRIPT_LIMIT:g}]",
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0.01, max=600, metavar="SECONDS", help="How long to measure each call.")
    ] = 1.0,
    draw: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Draw who held the GIL over time to this file.", show_default=False),
    ] = None,
    force: toolkit.ReplaceDrawing = False,
    python: toolkit.PythonOfProject = None,
    timeout: Annotated[
        float,
        typer.Option(min=0.1, max=1e6, metavar="SECONDS", help="How long a call, or the script, may take."),
    ] = 60,
    dry_run: toolkit.DryRun = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also print what is fine, and what known calls do meanwhile.")
    ] = False,
    as_data: toolkit.AsData = False,
) -> None:  # fmt: skip
    """Measure how long calls, or the lines of a script, keep other Python threads waiting.

    While a call runs, a second thread sleeps for 0.2 ms and takes the GIL, again and again. How long it has to wait is
    how long the call holds the GIL: stays attached, without letting others in. Python code lets others in when it is
    asked, here after 0.1 ms instead of Python's own 5 ms; what does not is native code. Waiting for a processor is not
    counted: on Linux the system says how often the second thread stopped to wait for something, and for how long the
    first one had no processor. Calls of less than 1 ms are repeated without any Python code between them.

    Of a call that holds the GIL for long is said what its thread does (it computes, waits, or waits for threads of its
    own), how many objects it gets and returns, and how much slower it becomes when memory for objects is traced: work
    with Python objects can't be done while detached.

    A script is run as `python SCRIPT.py` does, but without input, and what it prints is not shown. The lines are listed
    that held the GIL for long. Where several threads were busy, it is not guessed which one held it.

    \b
    Examples:
      pyo3-new tool gil_profiler my_package:smooth --call 'f(a, window=3)' --type float64
      pyo3-new tool gil_profiler hashlib:sha256 --call 'f(a)' --call 'md5(a)' --type bytes --draw hashes.svg
      pyo3-new tool gil_profiler my_package:parse --make 'a=open("data.json", "rb").read()' --limit 5
      pyo3-new tool gil_profiler train.py -- --epochs 2
    """
    from scaffolder.machine.environment import find_environment

    milliseconds = limit or (SCRIPT_LIMIT if target[0].endswith(".py") else CALL_LIMIT)
    is_script = target[0].endswith(".py")
    plan = script_plan(target[0], [calls, types, make, size]) if is_script else read_plan(
        target, tuple(calls or ["f(a)"]), types or [], make or [], size or SIZE, seconds
    )  # fmt: skip
    toolkit.check_drawing(draw, force=force)
    environment = find_environment(python, Path.cwd(), os.environ)
    if dry_run:
        names = f"{' '.join(target)}" if is_script else ", ".join(f"`{text}`" for text in plan.expressions)
        action = f"would {'run' if is_script else 'call'} {names}, in {environment.python}"
        action += f" and write {draw}" if draw else ""
        return toolkit.show(toolkit.Result(TOOL, action, dry_run=True), as_data=as_data)
    profile, run = measure(plan, target, environment.python, milliseconds / 1000, timeout, as_data=as_data)
    result = describe(profile, run, target[0], in_full=verbose or as_data)
    if draw:
        from scaffolder.tools.gil_profiler.drawing import draw_profile

        result = toolkit.write_drawing(result, draw, draw_profile(profile, run, target[0]))
    return toolkit.show(result, as_data=as_data, verbose=verbose)


def measure(
    plan: Plan, target: Sequence[str], python: Path, limit: float, timeout: float, *, as_data: bool
) -> tuple[Profile, ScriptRun | None]:  # fmt: skip
    """Measure calls, or a script if the target is one."""
    from scaffolder.runtime.holding import profile_calls, profile_script
    from scaffolder.terminal import progress

    if plan.target.module:
        return profile_calls(plan, python, limit, timeout, lambda text: progress(text, visible=not as_data)), None
    with progress(f"Running {target[0]}", visible=not as_data):
        return profile_script(plan, Path(target[0]), list(target[1:]), python, limit, timeout)


def script_plan(script: str, options: Sequence[object]) -> Plan:
    """Return a plan for a script, of which there is nothing to call.

    Raises:
        UsageError: There is no such script, or options are for calls.
    """
    from scaffolder.runtime.calls import Target
    from scaffolder.runtime.timing import Plan

    if not Path(script).is_file():
        raise UsageError(f"there is no script `{script}`", "name a file, or a function: `my_package:smooth`")
    if any(option is not None for option in options):
        raise UsageError(
            "`--call`, `--type`, `--make` and `--size` are for a function", "leave them out, or name a function"
        )
    target = Target("", "", "f()", None, (), in_place=False, folder=Path.cwd())
    return Plan(target, ("None",), {}, {}, (1,), 1.0, may_grow=False)


def read_plan(
    target: Sequence[str], calls: tuple[str, ...], types: Sequence[str], makes: Sequence[str], size: str, seconds: float
) -> Plan:  # fmt: skip
    """Return what to call.

    Raises:
        UsageError: A name, a type, an expression or the size is wrong.
    """
    from scaffolder.runtime.calls import Target, free_names, read_function
    from scaffolder.runtime.options import read_inputs, read_sizes, used_libraries
    from scaffolder.runtime.timing import Plan

    module, name = read_function(target[0])
    if len(target) > 1:
        raise UsageError(f"`{target[1]}` is one argument too many", "pass further calls as `--call 'other(a)'`")
    names = list(dict.fromkeys(name for text in calls for name in free_names("--call", text) if name != "f"))
    if "n" in names:
        raise UsageError("`n` in `--call` is the size, which only `--make` has", "make an input of it: `--make s=n`")
    inputs = read_inputs(calls[0], names, types, makes, TAKEN)
    sizes = read_sizes(size, SIZE, "--size")
    if len(sizes) > 1:
        raise UsageError(f"`--size {size}` is more than one size", f"name one: `--size {SIZE}`")
    used = used_libraries(calls, inputs)
    function = Target(module, name, calls[0], None, tuple(inputs), in_place=False, folder=Path.cwd())
    return Plan(function, calls, inputs, used, sizes, seconds, may_grow=False)


def describe(profile: Profile, run: ScriptRun | None, target: str, *, in_full: bool) -> toolkit.Result:
    """Return what was measured, and what is to be said about it."""
    from scaffolder.runtime.units import time_of
    from scaffolder.tools.gil_profiler.findings import find
    from scaffolder.tools.gil_profiler.tables import tables_of

    if not profile.has_gil:
        summary = f"`{target}`: nothing to measure, as Python {profile.python} runs without the GIL"
    elif run:
        total = sum(spot.total for spot in run.spots)
        summary = (
            f"`{target}`: of {time_of(run.seconds)}, others waited {time_of(total)} in {len(run.beats)} long waits"
        )
        summary += f", by Python {profile.python}"
    else:
        count = len(profile.holds)
        summary = f"`{target}`: {count} call{'s' if count != 1 else ''}, by Python {profile.python}"
    return toolkit.Result(TOOL, summary, find(profile, run), tuple(tables_of(profile, run, in_full=in_full)))
