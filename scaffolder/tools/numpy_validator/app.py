"""Try a function of a built extension with arrays that break naive code."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import UsageError, near

if TYPE_CHECKING:
    from scaffolder.runtime.calls import Target
    from scaffolder.tools.numpy_validator.cases import Shapes

TOOL = "numpy_validator"
ARRAY = re.compile(r"[a-eg-z]")
app = toolkit.program("Try a function of a built extension with arrays that break naive code.")


@app.command()
def numpy_validator(  # noqa: PLR0913, PLR0917
    function: Annotated[
        str, typer.Argument(metavar="MODULE:FUNCTION", help="A function of a built extension.", show_default=False)
    ],
    call: Annotated[
        str,
        typer.Option(
            metavar="EXPRESSION", help="A call of the function `f` with arrays, which have names of one letter: "
            "`f(a, window=3)`.",
        ),
    ] = "f(a)",
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="EXPRESSION", show_default=False,
            help="What the result should be, in terms of `np` and the arrays.",
        ),
    ] = None,
    shape: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SHAPE", show_default=False,
            help="The shape of the arrays, or of one: `(n, m)`, `b=(n, 3)`; repeatable.  [default: (n,)]",
        ),
    ] = None,
    dtypes: Annotated[
        str | None,
        typer.Option(metavar="TYPES", show_default=False, help="Types to try: `float64,int32`.  [default: all]"),
    ] = None,
    inplace: Annotated[
        bool, typer.Option("--inplace", help="The function changes an array: `a`, or the first by name.")
    ] = False,
    write: Annotated[
        Path | None,
        typer.Option(metavar="FILE.py", help="Write a test of each failure to this new file.", show_default=False),
    ] = None,
    draw: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Draw the table to this file.", show_default=False),
    ] = None,
    force: toolkit.ReplaceDrawing = False,
    seed: Annotated[int, typer.Option(help="Draw other values.")] = 0,
    python: toolkit.PythonOfProject = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=1e6, metavar="SECONDS", help="How long a call may take.")
    ] = 5,
    dry_run: toolkit.DryRun = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Also print a column for each type.")] = False,
    as_data: toolkit.AsData = False,
) -> None:  # fmt: skip
    """Try a function of a built extension with arrays that break naive code.

    They differ in type, order, strides, alignment, byte order, size and values; some are read-only, or share memory;
    some are not arrays. Several threads call it, and it is called many times. The result has to be that of the
    reference, or at least that for a contiguous copy. `TypeError` and `ValueError` are fine.

    The function runs in child processes, so crashes and hangs are reported, too. Of each kind of failure the smallest
    call is printed as a test. -0.0 equals 0.0, and results for masked arrays are not compared.

    \b
    Examples:
      pyo3-new tool numpy_validator my_package:smooth --call 'f(a, window=3)'
      pyo3-new tool numpy_validator my_package:total --shape '(n, m)' --reference 'np.sum(a)'
      pyo3-new tool numpy_validator my_package:scale --call 'f(a, 2.0)' --inplace --write tests/test_arrays.py
    """
    from scaffolder.machine.environment import find_environment
    from scaffolder.runtime.calls import Runner
    from scaffolder.terminal import progress
    from scaffolder.tools.numpy_validator import report
    from scaffolder.tools.numpy_validator.cases import DTYPES
    from scaffolder.tools.numpy_validator.trying import try_all

    target = read_target(function, call, reference, in_place=inplace)
    shapes = read_shapes(shape or [], target.arrays)
    names = choose_dtypes(dtypes, list(DTYPES))
    hint = "name another file: `--write tests/test_arrays.py`"
    toolkit.check_output(write, ".py", hint, taken="name a new file")
    toolkit.check_output(draw, ".svg", "name another file: `--draw arrays.svg`", force=force)
    environment = find_environment(python, Path.cwd(), os.environ)
    if dry_run:
        files = "".join(f" and write `{path}`" for path in (write, draw) if path)
        action = (
            f"would call `{function}` by `{call}` with arrays of {len(names)} types, in {environment.python}{files}"
        )
        return toolkit.show(toolkit.Result(TOOL, action, dry_run=True), as_data=as_data)
    with progress(f"Trying {function}", visible=not as_data), Runner(target, environment.python, timeout) as runner:
        trials = try_all(runner, shapes, seed, names)
    result = report.describe(trials, target, names, in_full=verbose or as_data)
    if write and result.documents:
        result = write_tests(result, write)
    if draw:
        toolkit.write_output(draw, report.draw(trials, target, names))
        result = replace(result, summary=f"{result.summary}, drawn in `{draw}`")
    return toolkit.show(result, as_data=as_data, verbose=verbose)


def read_target(function: str, call: str, reference: str | None, *, in_place: bool) -> Target:
    """Read what is to be tried.

    Raises:
        UsageError: A name or an expression is wrong.
    """
    from scaffolder.runtime.calls import Target, read_function

    module, name = read_function(function)
    arrays = read_call("--call", call)
    if "f" not in arrays:
        raise UsageError(f"`--call {call}` does not call `f`", "the function is `f` there: `--call 'f(a, window=3)'`")
    arrays.remove("f")
    if not arrays:
        raise UsageError(f"`--call {call}` has no array", "arrays have names of one letter: `--call 'f(a, b)'`")
    unknown = [item for item in read_call("--reference", reference) if item not in arrays] if reference else []
    if unknown:
        raise UsageError(f"`--reference {reference}` has no `{unknown[0]}`", "use the names in `--call`, and `np`")
    return Target(module, name, call, reference, tuple(sorted(arrays)), in_place, Path.cwd())


def read_call(option: str, expression: str) -> list[str]:
    """Return the names of arrays in an expression, and `f`, in their order.

    Raises:
        UsageError: It is none, or has an unknown name.
    """
    import builtins

    from scaffolder.runtime.calls import free_names

    free = [name for name in free_names(option, expression) if name != "np"]
    names = [name for name in free if name == "f" or ARRAY.fullmatch(name)]
    if unknown := [name for name in free if name not in names and not hasattr(builtins, name)]:
        hint = "there are `f`, `np`, arrays, whose names have one letter, and Python's own names"
        raise UsageError(f"`{unknown[0]}` in `{option} {expression}` is not known", hint)
    return names


def read_shapes(texts: list[str], arrays: tuple[str, ...]) -> Shapes:
    """Read shapes, `(n, 3)` or `b=(n, 3)`.

    Raises:
        UsageError: One is wrong.
    """
    from scaffolder.tools.numpy_validator.cases import Shapes

    shapes: dict[str, tuple[str | int, ...]] = dict.fromkeys(arrays, ("n",))
    for text in texts:
        match = re.fullmatch(r"\s*(?:(\w+)\s*=)?\s*\(([\w\s,]*)\)\s*", text)
        parts = [part.strip() for part in (match[2].split(",") if match else [])]
        parts = parts[:-1] if parts and not parts[-1] else parts
        if not match or not all(re.fullmatch(r"[a-z]\w*|[1-9]\d{0,3}", part) for part in parts) or len(parts) > 4:
            raise UsageError(
                f"`--shape {text}` is not a shape", "write it as in `--shape '(n, 3)'` or `--shape 'b=(n,)'`"
            )
        if match[1] and match[1] not in shapes:
            raise UsageError(f"`--shape {text}`: there is no array `{match[1]}`", near(match[1], shapes))
        shape = tuple(int(part) if part.isdigit() else part for part in parts)
        shapes |= dict.fromkeys([match[1]] if match[1] else arrays, shape)
    return Shapes(shapes)


def choose_dtypes(text: str | None, names: list[str]) -> list[str]:
    """Return the types to try.

    Raises:
        UsageError: One is unknown.
    """
    wanted = [part.strip() for part in text.split(",")] if text else names
    for name in wanted:
        if name not in names:
            raise UsageError(f"`{name}` is not a type that is tried", near(name, names))
    return list(dict.fromkeys(wanted))


def write_tests(result: toolkit.Result, path: Path) -> toolkit.Result:
    """Write the tests to one file, and say so."""
    (document,) = result.documents
    toolkit.write_output(path, document.text)
    written = replace(document, path=str(path))
    return replace(result, summary=f"{result.summary}, tests written to `{path}`", documents=(written,))
