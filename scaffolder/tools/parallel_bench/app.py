"""Measure how a function scales over threads, chunks and sizes, and what limits it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.runtime.scaling import Kind, Scaling, Setup

TOOL = "parallel_bench"
SIZES, COUNTS, CHUNKS = "1e3,1e4,1e5,1e6", "1,2,4", "1e3,1e4,1e5"
MOST_THREADS = 1024
# The number of threads, and the size of chunks.
APART = ("t", "c")
# The function, the size, the number of threads, the size of chunks, and the results of all chunks.
TAKEN = ("f", "n", *APART, "parts")
app = toolkit.program("Measure how a function scales over threads, chunks and sizes, and what limits it.")


@app.command()
def parallel_bench(  # noqa: PLR0913, PLR0917
    function: Annotated[
        str | None, typer.Argument(metavar="MODULE:FUNCTION", show_default=False, help="The function to measure.")
    ] = None,
    call: Annotated[
        str,
        typer.Option(
            metavar="EXPRESSION",
            help="A call of the function `f` with inputs; `t` in it is the number of threads, `c` the size of chunks, "
            "for a function that has threads of its own: `f(a, threads=t)`.",
        ),
    ] = "f(a)",
    types: toolkit.InputTypes = None,
    make: toolkit.InputMakes = None,
    sizes: Annotated[
        str | None,
        typer.Option(metavar="SIZES", show_default=False, help=f"The sizes `n`.  [default: {SIZES}]"),
    ] = None,
    threads: Annotated[
        str | None,
        typer.Option(
            metavar="COUNTS", show_default=False,
            help="The numbers of threads.  [default: 1, 2, 4 and so on, up to the processors that are usable]",
        ),
    ] = None,
    variable: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", show_default=False,
            help="The variable that says how many threads the function uses, such as `RAYON_NUM_THREADS`; each number "
            "gets a process of its own.",
        ),
    ] = None,
    split: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", show_default=False,
            help="An input that is cut into chunks for threads and processes; repeatable.  [default: the first]",
        ),
    ] = None,
    chunks: Annotated[
        str | None,
        typer.Option(
            metavar="SIZES", show_default=False,
            help="How many elements are a chunk: one for all, or several to compare.  "
            "[default: 4 chunks a thread, compared with others]",
        ),
    ] = None,
    join: Annotated[
        str | None,
        typer.Option(
            metavar="EXPRESSION", show_default=False,
            help="What makes one result of those of all chunks, `parts`: `sum(parts)`. Its time counts.",
        ),
    ] = None,
    processes: Annotated[bool, typer.Option("--processes", help="Compare with `multiprocessing`.")] = False,
    references: Annotated[
        list[str] | None,
        typer.Option(
            "--reference", metavar="EXPRESSION", show_default=False,
            help="What else to compare with, on all of the input: `np.sum(a)`; repeatable.",
        ),
    ] = None,
    seconds: Annotated[
        float,
        typer.Option(min=0.01, max=600, metavar="SECONDS", help="How long to measure each way to make the call."),
    ] = 0.5,
    list_types: toolkit.ListInputTypes = False,
    draw: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Draw the speed-up over threads to this file.", show_default=False),
    ] = None,
    force: toolkit.ReplaceDrawing = False,
    python: toolkit.PythonOfProject = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=1e6, metavar="SECONDS", help="How long trying one way may take.")
    ] = 60,
    dry_run: toolkit.DryRun = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also print what is as it should be, and all rounds.")
    ] = False,
    as_data: toolkit.AsData = False,
) -> None:  # fmt: skip
    """Measure how a function scales over threads, chunks and sizes, and what limits it.

    A function without threads of its own is called with chunks of its input in a `ThreadPoolExecutor`: it scales if it
    detaches from the interpreter. One with threads of its own gets their number as `t` in `--call`, or by `--variable`.

    Ways to make the call take turns, forwards and backwards, so that a machine that becomes slower slows down all of
    them. Rounds in which threads had to wait for a processor are left out, where the system says so (Linux). A speed-up
    is by the time that three quarters of the other rounds exceed; its interval holds 95 % of what they say when they
    are drawn again. Where that is too wide, or too few rounds were quiet, no figure is given. More threads than usable
    processors are measured if you ask for them, and are never evidence.

    Starting processes is not counted, sending chunks and results is. Of the usual sizes those are left out with which
    the input has more than 200 MB, or a call takes longer than 5 s.

    \b
    Examples:
      pyo3-new tool parallel_bench my_package:smooth --type float64 --join 'np.concatenate(parts)'
      pyo3-new tool parallel_bench hashlib:sha256 --call '[f(x).digest() for x in a]' --make 'a=[bytes(10**5)] * n'
      pyo3-new tool parallel_bench my_package:count --call 'f(a, threads=t)' --type 'list[str]' --draw count.svg
      pyo3-new tool parallel_bench my_package:sort --variable RAYON_NUM_THREADS --type float64 --reference 'np.sort(a)'
    """
    from scaffolder.machine.environment import find_environment
    from scaffolder.runtime.benching import bench
    from scaffolder.runtime.options import read_call, read_inputs
    from scaffolder.terminal import progress

    if list_types:
        from scaffolder.measurements import input_types

        return toolkit.show(input_types(TOOL), as_data=as_data, verbose=verbose)
    if function is None:
        raise UsageError("there is no function to measure", "name it: `MODULE:FUNCTION`")
    names = read_call(call, "f(a, threads=t)", APART)
    makes = read_inputs(call, [name for name in names if name not in APART], types or [], make or [], TAKEN)
    setup = read_setup(function, (call, *(references or ())), makes, sizes, seconds)
    setup = add_threads(setup, names, threads, variable, with_processes=processes)
    setup = add_chunks(setup, [name for name in names if name in makes], split or [], chunks, join)
    toolkit.check_drawing(draw, force=force)
    environment = find_environment(python, Path.cwd(), os.environ)
    if dry_run:
        action = f"would measure {describe_setup(setup)}, in {environment.python}" + (
            f" and write {draw}" if draw else ""
        )
        return toolkit.show(toolkit.Result(TOOL, action, dry_run=True), as_data=as_data)
    scaling = bench(setup, environment.python, timeout, lambda text: progress(text, visible=not as_data))
    result = describe(scaling, function, in_full=verbose or as_data)
    if draw:
        from scaffolder.tools.parallel_bench.drawing import draw as draw_scaling

        result = toolkit.write_drawing(result, draw, draw_scaling(scaling, function))
    return toolkit.show(result, as_data=as_data, verbose=verbose)


def read_setup(
    function: str, expressions: tuple[str, ...], makes: dict[str, str], sizes: str | None, seconds: float
) -> Setup:
    """Return what to call, in chunks by threads.

    Raises:
        UsageError: A name, an expression or a size is wrong.
    """
    from scaffolder.runtime.calls import Target, free_names, read_function
    from scaffolder.runtime.options import read_sizes, used_libraries
    from scaffolder.runtime.scaling import Setup

    module, name = read_function(function)
    for text in expressions[1:]:
        free_names("--reference", text)
    target = Target(module, name, expressions[0], None, tuple(makes), in_place=False, folder=Path.cwd())
    used = used_libraries(expressions, makes)
    return Setup(
        target, "threads", expressions, makes, used, read_sizes(sizes or SIZES, SIZES), (1,), (), (), None, None,
        has_chunks=True, with_processes=False, seconds=seconds, may_omit=sizes is None,
    )  # fmt: skip


def add_threads(
    setup: Setup, names: Sequence[str], counts: str | None, variable: str | None, *, with_processes: bool
) -> Setup:
    """Add how threads come about, and how many.

    Raises:
        UsageError: There are two ways at once, or a number is wrong.
    """
    from dataclasses import replace

    from scaffolder.machine.processors import read_processors
    from scaffolder.runtime.options import read_sizes

    call = setup.expressions[0]
    if variable is not None and "t" in names:
        raise UsageError(f"`--variable {variable}` and `t` in `--call {call}` both set the threads", "leave out one")
    if variable is not None and not (variable.isidentifier() and variable.isascii()):
        raise UsageError(f"`--variable {variable}` is not a name", "name one: `--variable RAYON_NUM_THREADS`")
    usable = read_processors().usable
    usual = {1, usable} | {2**power for power in range(usable.bit_length()) if 2**power <= usable}
    numbers = read_sizes(counts, COUNTS, "--threads") if counts else tuple(usual)
    if max(numbers) > MOST_THREADS:
        raise UsageError(
            f"`--threads {counts}` has more than {MOST_THREADS:,} threads", "name fewer: `--threads 1,2,4`"
        )
    kind: Kind = "inside" if variable is not None or "t" in names else "threads"
    has_chunks = kind == "threads" or "c" in names
    return replace(
        setup, kind=kind, counts=tuple(sorted({1, *numbers})), variable=variable, has_chunks=has_chunks,
        with_processes=with_processes,
    )  # fmt: skip


def add_chunks(
    setup: Setup, inputs: Sequence[str], splits: Sequence[str], chunks: str | None, join: str | None
) -> Setup:
    """Add what is cut into chunks, into which, and how results are joined.

    Raises:
        UsageError: There is no such input, an option has no meaning here, or the expression is wrong.
    """
    from dataclasses import replace

    from scaffolder.errors import near
    from scaffolder.runtime.calls import free_names
    from scaffolder.runtime.inputs import LIBRARIES
    from scaffolder.runtime.options import libraries_of, read_sizes

    is_split = setup.kind == "threads" or setup.with_processes
    if unknown := next((name for name in splits if name not in inputs), None):
        raise UsageError(f"`--split {unknown}` is not an input of the call", near(unknown, inputs))
    hint = "pass `--processes`, or leave it out: the function has threads of its own"
    if (splits or join) and not is_split:
        raise UsageError(f"`{'--split' if splits else '--join'}` has no meaning here: nothing is cut into chunks", hint)
    if chunks and not setup.has_chunks:
        raise UsageError("`--chunks` has no meaning here: the call has no `c`", "pass it: `--call 'f(a, chunk=c)'`")
    if join is not None and "parts" not in free_names("--join", join):
        raise UsageError(f"`--join {join}` does not name `parts`", "they are the results: `--join 'sum(parts)'`")
    libraries = {**setup.libraries, **libraries_of([join] if join else [], LIBRARIES)}
    sizes = read_sizes(chunks, CHUNKS, "--chunks") if chunks else ()
    return replace(
        setup, splits=tuple(splits or inputs[:1]) if is_split else (), chunks=sizes, join=join, libraries=libraries
    )


def describe_setup(setup: Setup) -> str:
    """Return what is measured, in a few words."""
    calls = ", ".join(f"`{text}`" for text in setup.expressions)
    place = {"threads": "in threads of Python", "inside": "with threads of its own"}[setup.kind]
    place += f" by `{setup.variable}`" if setup.variable else ""
    place += f" ({', '.join(map(str, setup.counts))})" + (" and in processes" if setup.with_processes else "")
    return f"{calls} {place} with n up to {setup.sizes[-1]:,}"


def describe(scaling: Scaling, function: str, *, in_full: bool) -> toolkit.Result:
    """Return what was measured, and what is to be said about it."""
    from scaffolder.tools.parallel_bench.findings import find
    from scaffolder.tools.parallel_bench.tables import say_speed_up, tables_of

    summary = f"`{function}`: {say_speed_up(scaling)}, by Python {scaling.python}"
    return toolkit.Result(TOOL, summary, find(scaling), tuple(tables_of(scaling, in_full=in_full)))
