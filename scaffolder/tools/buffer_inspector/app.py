"""Inspect what memory objects export, by all protocols, and what they share."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003  (Typer reads it)
from typing import TYPE_CHECKING, Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.runtime.memory import Memory

TOOL = "buffer_inspector"
app = toolkit.program("Inspect what memory objects export, by all protocols, and what they share.")


@app.command()
def buffer_inspector(  # noqa: PLR0913, PLR0917
    module: Annotated[
        str, typer.Argument(metavar="MODULE", help="The module to import, as in `import`.", show_default=False)
    ],
    make: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=EXPRESSION", show_default=False,
            help="An object to inspect, such as `frames=load_frames()`. The expression is evaluated with the names of "
            "the module and of objects that are made before it; repeatable.",
        ),
    ] = None,
    repeat: Annotated[
        bool, typer.Option("--repeat/--no-repeat", help="Export and release 1,000 times, and look for leaks.")
    ] = True,
    draw: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Draw layouts and shared memory to this file.", show_default=False),
    ] = None,
    force: toolkit.ReplaceDrawing = False,
    python: toolkit.PythonToImport = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=1e6, metavar="SECONDS", help="How long the import and each step may take.")
    ] = 60,
    dry_run: toolkit.DryRun = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose", "-v", help="Also print refused requests, Arrow buffers, growth, and what the module prints."
        ),
    ] = False,
    as_data: toolkit.AsData = False,
) -> None:  # fmt: skip
    """Inspect what memory objects export, by all protocols, and what they share.

    The module is imported in a process of its own, which evaluates your expressions. The objects are exported by the
    buffer protocol, NumPy's protocols, DLPack and Arrow's capsules, released, and exported again. A stream that can be
    read once is empty afterwards, and a memory map is closed. What ends the process is a finding: all else is then done
    again without it.

    \b
    Examples:
      pyo3-new tool buffer_inspector my_package --make 'frames=load_frames()' --make 'result=blur(frames)'
      pyo3-new tool buffer_inspector array --make 'data=array("d", [1, 2])' --draw data.svg
    """
    from scaffolder.machine.choices import python_for_import
    from scaffolder.runtime.memory import Request, read_memory
    from scaffolder.terminal import progress

    if not all(part.isidentifier() for part in module.split(".")):
        raise UsageError(f"`{module}` is not the name of a module", "name it as `import` does: `my_package._core`")
    request = Request(module, read_objects(make or []), repeat)
    program = python_for_import(python)
    toolkit.check_drawing(draw, force=force)
    if dry_run:
        names = ", ".join(f"`{name}`" for name, _ in request.make)
        action = f"would import `{module}` with {program}, make {names}{f' and write {draw}' if draw else ''}"
        return toolkit.show(toolkit.Result(TOOL, action, dry_run=True), as_data=as_data)
    with progress(f"Importing {module}", visible=not as_data):
        memory = read_memory(request, program, timeout, show_output if verbose else None)
    result = describe(memory, in_full=verbose or as_data)
    if draw:
        from scaffolder.tools.buffer_inspector.drawing import draw_memory

        result = toolkit.write_drawing(result, draw, draw_memory(memory))
    return toolkit.show(result, as_data=as_data, verbose=verbose)


def show_output(piece: bytes) -> None:
    """Hand on what the module prints."""
    sys.stderr.buffer.write(piece)
    sys.stderr.buffer.flush()


def read_objects(values: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Read `NAME=EXPRESSION`, each with a name of its own."""
    from scaffolder.runtime.calls import read_make

    if not values:
        raise UsageError("there is no object to inspect", "make one: `--make 'frames=load_frames()'`")
    objects: dict[str, str] = {}
    for value in values:
        name, expression = read_make(value, "frames=load_frames()")
        if name in objects:
            raise UsageError(f"`--make` has two objects named `{name}`", "give each a name of its own")
        objects[name] = expression
    return tuple(objects.items())


def describe(memory: Memory, *, in_full: bool) -> toolkit.Result:
    """Return what was seen, and what is wrong."""
    from scaffolder.runtime.areas import sharings
    from scaffolder.tools.buffer_inspector.findings import find
    from scaffolder.tools.buffer_inspector.tables import detail_tables, summary_tables

    shared = sharings(memory.subjects)
    count = len(memory.subjects)
    summary = f"{count} object{'s' if count != 1 else ''} of `{memory.module}`"
    pairs = sum(bool(sharing.shared) for sharing in shared)
    if count > 1:
        summary += f", {pairs or 'no'} pair{'s' if pairs > 1 else ''} of which share{'s' if pairs <= 1 else ''} memory"
    summary += f", by Python {memory.version} at {memory.python}"
    tables = (*summary_tables(memory, shared), *(detail_tables(memory) if in_full else ()))
    return toolkit.Result(TOOL, summary, find(memory, shared), tables)
