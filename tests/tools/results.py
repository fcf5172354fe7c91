"""What the tests of all tools share: a tool run in this process, and its JSON, which must be as the schema says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema

from scaffolder.terminal import run_tool
from scaffolder.toolkit import PAGES
from tests import quiet
from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest
    import typer

SCHEMA = json.loads((CHECKOUT / "scaffolder/tool-result.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
# What tools say of a machine on which measurements are worth little.
DOUBTS = {"busy-machine", "too-busy", "too-disturbed", "late", "noisy"}


def read_result(printed: str) -> dict[str, Any]:
    """Return a tool's JSON, which must be as its schema says, and whose findings lead to chapters that exist."""
    result: dict[str, Any] = json.loads(printed)
    VALIDATOR.validate(result)
    for finding in result["findings"]:
        page = (finding["reference"] or "").partition("#")[0]
        if page.startswith(PAGES):
            assert (CHECKOUT / f"skills{page.removeprefix(PAGES)}").is_file(), page
    return result


def chapters_of(result: dict[str, Any], name: str) -> set[str]:
    """Return the chapters that the findings of a name lead to, without their skills."""
    addresses = (finding["reference"] or "" for finding in result["findings"] if finding["id"] == name)
    return {address.rpartition("/")[2].removesuffix(".md") for address in addresses}


def call_tool(
    app: typer.Typer, name: str, arguments: Sequence[str], capsys: pytest.CaptureFixture[str], code: int = 0
) -> tuple[str, str]:
    """Run a tool in this process, and return what it prints to stdout and to stderr."""
    ended = run_tool(app, name, list(arguments))
    output = capsys.readouterr()
    assert ended == code, output.out + output.err
    return output.out, output.err


def result_or_error(printed: str) -> dict[str, Any]:
    """Return a tool's JSON: a result, or an error, which no schema describes."""
    data: dict[str, Any] = json.loads(printed)
    return read_result(printed) if "tool" in data else data


def rows(result: dict[str, Any], title: str) -> list[dict[str, str]]:
    """Return the rows of the only table with a title, by the names of its columns."""
    (table,) = [table for table in result["tables"] if table["title"] == title]
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def finding(result: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the only finding of a name."""
    (match,) = [finding for finding in result["findings"] if finding["id"] == name]
    return dict(match)


def timeout_for(hangs: bool, seconds: str) -> tuple[str, str]:
    """Return the time that a call gets: a machine that is busy takes its time, and only one that hangs takes all."""
    return "--timeout", seconds if hangs else "60"


def measure_until(run: Callable[[], dict[str, Any]], is_expected: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Measure until the result is as expected, and return it.

    Only one that the tool itself doubts is measured again: other processes may keep a thread from a processor for most
    of a measurement.
    """

    def is_good(result: dict[str, Any]) -> bool:
        return is_expected(result) or not DOUBTS & {finding["id"] for finding in result["findings"]}

    result = quiet.measure(run, is_good)
    assert is_expected(result), json.dumps(result, indent=1)
    return result
