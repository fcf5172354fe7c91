"""The tool as a program in this process, in a folder with the planted functions."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from scaffolder.tools.numpy_validator.app import app
from tests.tools.results import call_tool, result_or_error

if TYPE_CHECKING:
    from collections.abc import Iterator


class Validate(Protocol):
    """Runs the tool with this Python, and returns its JSON: a result, or an error."""

    def __call__(self, *arguments: str, code: int = 0) -> dict[str, Any]: ...


@pytest.fixture
def validate(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Validate:
    """Run the tool in this process; the function is in a process of its own anyway."""
    shutil.copy(Path(__file__).with_name("planted.py"), tmp_path)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0) -> dict[str, Any]:
        words = [*arguments, "--python", sys.executable, "--json"]
        return result_or_error(call_tool(app, "numpy_validator", words, capsys, code)[0])

    return run


def cells(result: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield layout, type and outcome of each cell."""
    (table,) = result["tables"]
    for layout, *words in table["rows"]:
        for dtype, word in zip(table["columns"][1:], words, strict=True):
            if word:
                yield layout, dtype, word
