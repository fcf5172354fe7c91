"""Measure what calls cost for inputs of many sizes, and what is copied."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.runtime.timing import Plan, Profile, Show

TOOL = "conversion_profiler"
SIZES = "1,10,100,1e3,1e4,1e5,1e6"
# The function, the size, and what the result is called where memory is compared.
TAKEN = ("f", "n", "result")
app = toolkit.program("Measure what calls cost for inputs of many sizes, and what is copied.")


@app.command()
def conversion_profiler(  # noqa: PLR0913, PLR0917
    function: Annotated[
        str | None,
        typer.Argument(
            metavar="MODULE:FUNCTION", show_default=False,
            help="The function to measure. Without one, what Python and NumPy do with the type.",
        ),
    ] = None,
    call: Annotated[
        str,
        typer.Option(
            metavar="EXPRESSION",
            help="A call of the function `f` with inputs, `f(a, window=3)`; it can use the names of the module.",
        ),
    ] = "f(a)",
    types: toolkit.InputTypes = None,
    make: toolkit.InputMakes = None,
    references: Annotated[
        list[str] | None,
        typer.Option(
            "--reference", metavar="EXPRESSION", show_default=False,
            help="What to compare with, in turns with the function: `np.sum(a)`; repeatable.",
        ),
    ] = None,
    sizes: Annotated[
        str | None,
        typer.Option(metavar="SIZES", show_default=False, help=f"The sizes `n`.  [default: {SIZES}]"),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0.001, max=600, metavar="SECONDS", help="How long to measure a call with a size.")
    ] = 0.3,
    list_types: toolkit.ListInputTypes = False,
    draw: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Draw the times over the sizes to this file.", show_default=False),
    ] = None,
    force: toolkit.ReplaceDrawing = False,
    python: toolkit.PythonOfProject = None,
    timeout: Annotated[
        float,
        typer.Option(
            min=0.1, max=1e6, metavar="SECONDS", help="How long all calls with a size may take, `--seconds` aside."
        ),
    ] = 60,
    dry_run: toolkit.DryRun = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also print what was read in place, and how each time was measured.")
    ] = False,
    as_data: toolkit.AsData = False,
) -> None:  # fmt: skip
    """Measure what calls cost for inputs of many sizes, and what is copied.

    The time of a call is the best of several rounds, without garbage collection, as `timeit` measures it. A line
    through the times says what a call and what an element costs; where there is none, that is said. Calls and
    references take turns, so that both see the same machine. Of the usual sizes those are left out with which the
    input has more than 50 MB, or a call takes longer than 5 s.

    Then each call is made once in a process of its own, with some 16 MB unless you pass `--sizes`, while the growth of
    its memory is watched. That, addresses and references say whether the input was copied, or borrowed: read where it
    is; and whether the result was built once and handed over (moved), copied once more, or shares memory with an input.
    GB/s are those of the input, of which a number in a list counts as 8 bytes.

    \b
    Examples:
      pyo3-new tool conversion_profiler my_package:smooth --call 'f(a, window=3)' --type float64
      pyo3-new tool conversion_profiler my_package:parse --type json --reference 'json.loads(a)' --draw parse.svg
      pyo3-new tool conversion_profiler my_package:dot --call 'f(a, b)' --make 'a=np.ones((n, 3))' --make 'b=a.T'
      pyo3-new tool conversion_profiler --type 'list[float]'
    """
    from scaffolder.machine.environment import find_environment
    from scaffolder.runtime.inputs import conversions_of
    from scaffolder.terminal import progress

    if list_types:
        from scaffolder.measurements import input_types

        return toolkit.show(input_types(TOOL), as_data=as_data, verbose=verbose)
    if function is None and (call != "f(a)" or references):
        raise UsageError("`--call` and `--reference` need a function", "name it first: `MODULE:FUNCTION`")
    inputs = read_inputs_of(function, call, types or [], make or [])
    expressions = (call, *(references or ())) if function is not None else conversions_of((types or [""])[0].strip())
    plan = read_plan(function, expressions, inputs, sizes, seconds)
    toolkit.check_drawing(draw, force=force)
    environment = find_environment(python, Path.cwd(), os.environ)
    if dry_run:
        calls = ", ".join(f"`{text}`" for text in plan.expressions)
        action = f"would measure {calls} with n up to {plan.sizes[-1]:,}, in {environment.python}"
        action += f" and write {draw}" if draw else ""
        return toolkit.show(toolkit.Result(TOOL, action, dry_run=True), as_data=as_data)
    profile = measure_all(plan, environment.python, timeout, lambda text: progress(text, visible=not as_data))
    result = describe(profile, function, in_full=verbose or as_data)
    if draw:
        from scaffolder.tools.conversion_profiler.drawing import draw as draw_times

        result = toolkit.write_drawing(result, draw, draw_times(profile, function or ", ".join(profile.types.values())))
    return toolkit.show(result, as_data=as_data, verbose=verbose)


def read_inputs_of(function: str | None, call: str, types: Sequence[str], makes: Sequence[str]) -> dict[str, str]:
    """Return what makes each input, by name.

    Raises:
        UsageError: A type or an expression is wrong, or an input has none.
    """
    from scaffolder.runtime.inputs import TYPES
    from scaffolder.runtime.options import read_call, read_inputs, read_types

    if function is not None:
        return read_inputs(call, read_call(call, "f(a, window=3)"), types, makes, TAKEN)
    named, general = read_types(types, TAKEN)
    if not general or makes or named:
        raise UsageError("there is nothing to measure", "name a function, or a type alone: `--type 'list[float]'`")
    return {"a": TYPES[general]}


def read_plan(
    function: str | None, expressions: tuple[str, ...], makes: dict[str, str], sizes: str | None, seconds: float
) -> Plan:  # fmt: skip
    """Return what to measure: calls of the function, or what is done with a type alone.

    Raises:
        UsageError: A name or an expression is wrong.
    """
    from scaffolder.runtime.calls import Target, free_names, read_function
    from scaffolder.runtime.options import read_sizes, used_libraries
    from scaffolder.runtime.timing import Plan

    module, name = read_function(function) if function is not None else ("", "")
    for text in expressions[1:]:
        free_names("--reference", text)
    used = used_libraries(expressions, makes)
    target = Target(module, name, expressions[0], None, tuple(makes), in_place=False, folder=Path.cwd())
    return Plan(target, expressions, makes, used, read_sizes(sizes or SIZES, SIZES), seconds, may_grow=sizes is None)


def measure_all(plan: Plan, python: Path, timeout: float, show: Show) -> Profile:
    """Measure all calls; what a type is compared with is left out where its library is not there."""
    from dataclasses import replace

    from scaffolder.runtime.calls import LibraryError
    from scaffolder.runtime.options import libraries_of
    from scaffolder.runtime.timing import measure

    while True:
        try:
            return measure(plan, python, timeout, show)
        except LibraryError as error:
            alias = next(alias for alias, library in plan.libraries.items() if library == error.library)
            left = tuple(text for text in plan.expressions if alias not in libraries_of([text], plan.libraries))
            if plan.target.module or not left or alias in libraries_of(plan.makes.values(), plan.libraries):
                raise
            libraries = {key: value for key, value in plan.libraries.items() if key != alias}
            plan = replace(plan, expressions=left, libraries=libraries)


def describe(profile: Profile, function: str | None, *, in_full: bool) -> toolkit.Result:
    """Return what was measured, and what is to be said about it."""
    from scaffolder.tools.conversion_profiler.findings import find
    from scaffolder.tools.conversion_profiler.tables import tables_of

    kinds = ", ".join(f"`{name}` {kind}" for name, kind in profile.types.items())
    what = f"`{function}`" if function else "conversions"
    sizes = f"{len(profile.steps)} size{'s' if len(profile.steps) != 1 else ''}"
    summary = f"{what} with {kinds or 'inputs'}: {sizes}, by Python {profile.python}"
    return toolkit.Result(TOOL, summary, find(profile), tuple(tables_of(profile, in_full=in_full)))
