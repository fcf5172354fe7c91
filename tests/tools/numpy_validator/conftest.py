"""The tool as a program in this process, in a folder with the planted functions."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import jsonschema
import pytest

from scaffolder.terminal import run_tool
from scaffolder.tools.numpy_validator.app import app
from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = json.loads((CHECKOUT / "scaffolder/tool-result.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


class Validate(Protocol):
    """Runs the tool with this Python, and returns its JSON: a result, or an error."""

    def __call__(self, *arguments: str, code: int = 0) -> dict[str, Any]: ...


@pytest.fixture
def validate(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Validate:
    """Run the tool in this process; the function is in a process of its own anyway."""
    shutil.copy(Path(__file__).with_name("planted.py"), tmp_path)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0) -> dict[str, Any]:
        ended = run_tool(app, "numpy_validator", [*arguments, "--python", sys.executable, "--json"])
        output = capsys.readouterr()
        assert ended == code, output.out + output.err
        data: dict[str, Any] = json.loads(output.out)
        if "tool" in data:
            VALIDATOR.validate(data)
        return data

    return run


def cells(result: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield layout, type and outcome of each cell."""
    (table,) = result["tables"]
    for layout, *words in table["rows"]:
        for dtype, word in zip(table["columns"][1:], words, strict=True):
            if word:
                yield layout, dtype, word
