"""The tool as a program in this process, in a folder with functions whose costs are known."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any, Protocol

import pytest

from scaffolder.tools.conversion_profiler.app import app
from tests.tools.results import call_tool, result_or_error


class Measure(Protocol):
    """Runs the tool with this Python, and returns its JSON: a result, or an error."""

    def __call__(self, *arguments: str, code: int = 0) -> dict[str, Any]: ...


@pytest.fixture
def measure(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Measure:
    """Run the tool in this process; the function is in a process of its own anyway."""
    shutil.copy(Path(__file__).with_name("measured.py"), tmp_path)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0) -> dict[str, Any]:
        words = ["--seconds", "0.02", *arguments, "--python", sys.executable, "--json"]
        return result_or_error(call_tool(app, "conversion_profiler", words, capsys, code)[0])

    return run


def names(result: dict[str, Any]) -> set[str]:
    """Return the names of all findings but those about the machine."""
    return {finding["id"] for finding in result["findings"]} - {"busy-machine", "noisy"}
