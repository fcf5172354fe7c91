"""Inspect the classes of a built extension as Python sees them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path  # noqa: TC003  (Typer reads it)
from typing import TYPE_CHECKING, Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import UsageError, near

if TYPE_CHECKING:
    from scaffolder.runtime.facts import Inspection

app = toolkit.program("Inspect the classes of a built extension as Python sees them.")
# How much evidence a finding shows.
LINES = 12
MODULE = re.compile(r"\w+(\.\w+)*")


@app.command()
def class_inspector(  # noqa: PLR0913, PLR0917
    module: Annotated[
        str,
        typer.Argument(
            metavar="MODULE", help="A built extension, or a package that imports one, as in `import`.",
            show_default=False,
        ),
    ],
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--class", metavar="CLASS", help="Only this class, with all details; repeatable.", show_default=False
        ),
    ] = None,
    make: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CLASS=EXPRESSION", help="How to make an object to try, such as `Money=Money(1)`; repeatable.",
            show_default=False,
        ),
    ] = None,
    construct: Annotated[
        bool, typer.Option("--construct", help="Try an object of each class that can be made without arguments.")
    ] = False,
    cycle: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CLASS=STATEMENT",
            help="Try whether a cycle is collected: a statement that lets `obj` keep `witness`, which will refer back "
            "to it and can be called: `Journal=obj.subscribe(witness)`, `List=obj = List(witness)`; repeatable.",
            show_default=False,
        ),
    ] = None,
    stubs: Annotated[
        bool, typer.Option("--stubs/--no-stubs", help="Compare the stubs, if the Python has mypy.")
    ] = True,
    draw: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Draw the hierarchy to this file.", show_default=False),
    ] = None,
    force: toolkit.ReplaceDrawing = False,
    python: toolkit.PythonToImport = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=1e6, metavar="SECONDS", help="How long the import and all trials may take.")
    ] = 60,
    dry_run: toolkit.DryRun = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also print members, protocols and all evidence.")
    ] = False,
    as_data: toolkit.AsData = False,
) -> None:  # fmt: skip
    """Inspect the classes of a built extension as Python sees them.

    The module is imported in a process of its own, which runs its code, as the expressions and statements that you
    give. Enum members and other objects that a class keeps are tried, too.

    \b
    Examples:
      pyo3-new tool class_inspector my_package
      pyo3-new tool class_inspector my_package --make 'Money=Money(5)' --draw classes.svg
      pyo3-new tool class_inspector my_package --class Journal --cycle 'Journal=obj.subscribe(witness)'
    """
    from scaffolder.machine.choices import python_for_import
    from scaffolder.runtime.inspection import Request, inspect
    from scaffolder.terminal import progress

    if not MODULE.fullmatch(module):
        raise UsageError(f"`{module}` is not the name of a module", "name it as `import` does: `my_package._core`")
    program = python_for_import(python)
    request = Request(module, pairs("--make", make or []), pairs("--cycle", cycle or []), construct, stubs)
    toolkit.check_drawing(draw, force=force)
    if dry_run:
        action = f"would import `{module}` with {program}{f' and write {draw}' if draw else ''}"
        return toolkit.show(toolkit.Result("class_inspector", action, dry_run=True), as_data=as_data)
    with progress(f"Importing {module}", visible=not as_data):
        inspection = inspect(request, program, timeout)
    inspection = select(inspection, only or [])
    result = describe(inspection, in_full=bool(only) or verbose or as_data)
    if draw:
        from scaffolder.tools.class_inspector.drawing import draw as draw_classes

        result = toolkit.write_drawing(result, draw, draw_classes(inspection))
    return toolkit.show(result, as_data=as_data, verbose=verbose)


def pairs(option: str, values: list[str]) -> tuple[tuple[str, str], ...]:
    """Read `CLASS=CODE`."""
    for value in values:
        name, _, code = value.partition("=")
        if not MODULE.fullmatch(name.strip()) or not code.strip():
            raise UsageError(f"`{option} {value}` is not `CLASS=CODE`", f"write it as in `{option} 'Money=Money(1)'`")
    split = (value.partition("=") for value in values)
    return tuple((name.strip(), code.strip()) for name, _, code in split)


def select(inspection: Inspection, names: list[str]) -> Inspection:
    """Return an inspection with the named classes only; with all if none is named.

    Raises:
        UsageError: There is no such class.
    """
    if not names:
        return inspection
    paths = [facts.path for facts in inspection.classes]
    wanted: set[str] = set()
    for name in names:
        exact = [path for path in paths if name in {path, inspection.short(path)}]
        matches = exact or [path for path in paths if path.endswith(f".{name}")]
        if not matches:
            known = [path.rpartition(".")[2] for path in paths]
            raise UsageError(f"`{inspection.module}` has no class `{name}`", near(name, known))
        wanted.update(matches)
    return replace(
        inspection,
        classes=tuple(facts for facts in inspection.classes if facts.path in wanted),
        trials=tuple(trial for trial in inspection.trials if trial.path in wanted),
        differences=tuple(
            difference
            for difference in inspection.differences
            if {path.rpartition(".")[2] for path in wanted}.intersection(difference.path.split("."))
        ),
    )


def describe(inspection: Inspection, *, in_full: bool) -> toolkit.Result:
    """Return what was seen, and what is wrong."""
    from scaffolder.tools.class_inspector.findings import find
    from scaffolder.tools.class_inspector.tables import detail_tables, summary_tables

    count = len(inspection.classes)
    objects = len({(trial.path, trial.label) for trial in inspection.trials if trial.trial != "cycle"})
    summary = f"{count} class{'es' if count != 1 else ''} of `{inspection.module}`"
    summary += f", {objects} object{'s' if objects != 1 else ''} tried" if objects else ", no object tried"
    summary += f", by Python {inspection.version} at {inspection.python}"
    tables = (*summary_tables(inspection), *(detail_tables(inspection) if in_full else ()))
    findings = find(inspection)
    return toolkit.Result("class_inspector", summary, findings if in_full else tuple(map(shorten, findings)), tables)


def shorten(finding: toolkit.Finding) -> toolkit.Finding:
    """Return a finding with the first lines of its evidence."""
    lines = (finding.evidence or "").splitlines()
    if len(lines) <= LINES:
        return finding
    kept = [*lines[:LINES], f"... {len(lines) - LINES} lines more with `--verbose`"]
    return replace(finding, evidence="\n".join(kept))
