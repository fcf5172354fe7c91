"""Import a module in another Python and try its classes there, whatever becomes of that process."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import scaffolder
from scaffolder.errors import ScaffolderError, UsageError, listing, near
from scaffolder.folders import temporary_folder
from scaffolder.machine.programs import Done, run
from scaffolder.machine.recording import end_of
from scaffolder.runtime.facts import Breakdown, ClassFacts, Inspection, Remark, Trial
from scaffolder.runtime.importing import import_command, import_failed, module_missing

# Runs as `python -c` does, so the module is found as an `import` typed there would be; only our own modules are looked
# for elsewhere, and before there is a current folder to take one of the standard library's from.
START = """
import sys
own = sys.path[:]
sys.path[:] = [sys.argv[1], *filter(None, own)]
from scaffolder.runtime.child.program import main
sys.path[:] = own
main(*sys.argv[2:])
"""
ROOT = Path(scaffolder.__file__).resolve().parent.parent
BREAKDOWNS = 5
LAST_LINES = 12


@dataclass(frozen=True)
class Request:
    """What to do.

    Attributes:
        module: The module to import.
        make: Classes, and expressions that make an object of them.
        cycle: Classes, and statements that let an object refer to `witness`.
        construct: Whether to call each class without arguments.
        stubs: Whether to compare stubs.
        skip: Steps that ended a process before.
    """

    module: str
    make: tuple[tuple[str, str], ...] = ()
    cycle: tuple[tuple[str, str], ...] = ()
    construct: bool = False
    stubs: bool = True
    skip: tuple[tuple[str, ...], ...] = ()


def inspect(request: Request, python: Path, timeout: float) -> Inspection:
    """Return a module's classes; what crashes or hangs is left out and tried no more.

    Raises:
        UsageError: There is no such module or class, or an expression is wrong.
        ScaffolderError: It can't be imported, or not be described.
    """
    breakdowns: list[Breakdown] = []
    while True:
        lines, done = start(request, python, timeout)
        refuse(lines, request, python)
        if lines[-1]["kind"] == "end":
            return read(lines, request, python, breakdowns)
        last = next((line for line in reversed(lines) if line["kind"] == "step"), {"step": ["start"]})
        step = tuple(last["step"])
        evidence = "\n".join((done.errors if done else "").strip().splitlines()[-LAST_LINES:])
        breakdown = Breakdown(step, end_of(done.code) if done else None, evidence)
        if step[0] in {"start", "import", "describe", "make"} or len(breakdowns) == BREAKDOWNS:
            raise broken(breakdown, request, python, timeout)
        breakdowns.append(breakdown)
        request = replace(request, skip=(*request.skip, step))


def start(request: Request, python: Path, timeout: float) -> tuple[list[dict[str, Any]], Done | None]:
    """Run the other Python, and return what it reported and how it ended; nothing if it did not."""
    with temporary_folder() as folder:
        question, answer = folder / "request.json", folder / "report.json"
        question.write_text(json.dumps(request.__dict__), encoding="utf-8")
        variables = {**os.environ, "PYTHONFAULTHANDLER": "1", "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
        command = [str(python), "-c", START, str(ROOT), str(question), str(answer)]
        done = run(command, variables, Path.cwd(), timeout=timeout, quiet=False)
        text = answer.read_text(encoding="utf-8") if answer.exists() else ""
    if not text:
        reason = done.errors.strip().splitlines()[-1:] if done else ["it did not start"]
        raise UsageError(
            f"`{python}` can't be used: {''.join(reason)}", "name a Python of 3.8 or later: `--python PATH`"
        )
    try:
        # The last line of a killed process may be cut.
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")], done
    except ValueError as error:
        message = f"inspecting `{request.module}` failed: its process did not write JSON"
        raise ScaffolderError(message, "run it without what replaces functions of `json`") from error


def refuse(lines: list[dict[str, Any]], request: Request, python: Path) -> None:
    """Raise the error that the other Python reported."""
    name = request.module
    for line in lines:
        match line:
            case {"kind": "missing", "text": text}:
                raise module_missing(python, name, text)
            case {"kind": "raises", "text": text}:
                raise import_failed(python, name, text)
            case {"kind": "module", "natives": [], "beneath": [*beneath]}:
                hint = f"name {listing(beneath)}" if beneath else "name a module that is built from Rust or C"
                raise UsageError(f"`{name}` imports no extension module of its own", hint)
            case {"kind": "unknown", "name": target, "paths": [*paths]}:
                matches = [path for path in paths if path.endswith(f".{target}")]
                count = "several classes" if matches else "no class"
                names = [path.rpartition(".")[2] for path in paths]
                hint = f"choose from {listing(matches, 'and')}" if matches else near(target, names)
                raise UsageError(f"`{name}` has {count} `{target}`", hint)
            case {"kind": "unmade", "target": target, "expression": expression, "text": text}:
                hint = f"write an expression of the names in `{name}`, as in `--make 'Money=Money(1)'`"
                class_name = target.rpartition(".")[2]
                raise UsageError(f"`{expression}` does not make a `{class_name}`: {text}", hint)


def broken(breakdown: Breakdown, request: Request, python: Path, timeout: float) -> ScaffolderError:
    """Return the error for a step without which there is nothing to say."""
    words = {"import": f"importing `{request.module}`", "describe": f"describing `{breakdown.step[-1]}`"}
    words["make"] = f"`{breakdown.step[-1]}`"
    what = words.get(breakdown.step[0], f"inspecting `{request.module}`")
    command = import_command(python, request.module)
    if breakdown.end is None:
        hint = (
            f"raise `--timeout`, or see where it waits: `pyo3-new debug backtrace --timeout {timeout:g} -- {command}`"
        )
        return ScaffolderError(f"{what} did not end within {timeout:g} s", hint)
    hint = f"see where: `pyo3-new debug backtrace -- {command}`"
    return ScaffolderError(f"{what} ended the process ({breakdown.end})", hint)


def read(lines: list[dict[str, Any]], request: Request, python: Path, breakdowns: list[Breakdown]) -> Inspection:
    """Read the report of a process that came to its end."""
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        by_kind[line["kind"]].append(line)
    (module,) = by_kind["module"]
    # Class, object and trial; the others are no trials.
    ended = [
        Trial(*breakdown.step[:3], "crashes" if breakdown.end else "hangs", "")
        for breakdown in breakdowns
        if len(breakdown.step) == 3
    ]
    uncompared = [line["text"] or "" for line in by_kind["uncompared"]]
    return Inspection(
        module=request.module,
        python=python,
        version=module["version"],
        natives=tuple(module["natives"]),
        stubs=module["stubs"],
        bases=module["bases"],
        classes=tuple(map(ClassFacts.of, by_kind["class"])),
        trials=(*map(Trial.of, by_kind["trial"]), *ended),
        undescribed=tuple(map(Remark.of, by_kind["undescribed"])),
        differences=tuple(map(Remark.of, by_kind["difference"])),
        uncompared=uncompared[0] if uncompared else None,
        breakdowns=tuple(breakdowns),
    )
