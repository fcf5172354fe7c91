"""The tool as a program in this process, and a module whose objects break protocols."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any, Protocol

import pytest

from scaffolder.tools.buffer_inspector.app import app
from tests.tools.results import call_tool, result_or_error

PRODUCERS = Path(__file__).with_name("producers.py")


class Inspect(Protocol):
    """Runs the tool in a folder with `producers`, with this Python, and returns its JSON: a result, or an error."""

    def __call__(self, *arguments: str, code: int = 0) -> dict[str, Any]: ...


@pytest.fixture
def inspect(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inspect:
    """Run the tool in this process; what it inspects is in a process of its own anyway."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(PRODUCERS, tmp_path)

    def run(*arguments: str, code: int = 0) -> dict[str, Any]:
        words = [*arguments, "--python", sys.executable, "--json"]
        return result_or_error(call_tool(app, "buffer_inspector", words, capsys, code)[0])

    return run


def table(result: dict[str, Any], title: str) -> list[dict[str, str]]:
    """Return the rows of a table by the names of its columns."""
    rows = (
        dict(zip(found["columns"], row, strict=True))
        for found in result["tables"]
        if found["title"] == title
        for row in found["rows"]
    )
    return list(rows)


def identifiers(result: dict[str, Any], name: str) -> set[str]:
    """Return the identifiers of the findings about an object, but what it shares."""
    return {
        finding["id"]
        for finding in result["findings"]
        if finding["where"].partition(" ")[0] == name and finding["id"] != "shared-memory"
    }


def made(**expressions: str) -> list[str]:
    """Return the options that make objects."""
    return [word for name, expression in expressions.items() for word in ("--make", f"{name}={expression}")]
