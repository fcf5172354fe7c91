"""The tool as a program in this process, and a built extension with planted flaws."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from scaffolder.tools.class_inspector.app import app
from tests.tools.extensions import build_extension
from tests.tools.results import call_tool, result_or_error

if TYPE_CHECKING:
    from tests.conftest import Run

PLANTED = Path(__file__).parent / "planted"
SKILL = "pyo3-classes-modules"


class Inspect(Protocol):
    """Runs the tool in an empty folder with this Python, and returns its JSON: a result, or an error."""

    def __call__(self, *arguments: str, code: int = 0) -> dict[str, Any]: ...


@pytest.fixture
def inspect(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inspect:
    """Run the tool in this process; what it inspects is in a process of its own anyway."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0) -> dict[str, Any]:
        words = [*arguments, "--python", sys.executable, "--json"]
        return result_or_error(call_tool(app, "class_inspector", words, capsys, code)[0])

    return run


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory, build_run: Run) -> Path:
    """The folder of an extension `planted`, whose classes have one flaw each, with its stub."""
    project = tmp_path_factory.mktemp("planted")
    shutil.copy(PLANTED / "planted.pyi", project)
    return build_extension(project, "planted", PLANTED / "lib.rs", build_run, skill=SKILL, features='["abi3-py310"]')


def table(result: dict[str, Any], title: str) -> list[list[str]]:
    """Return the rows of a table."""
    return next((found["rows"] for found in result["tables"] if found["title"] == title), [])


def messages(result: dict[str, Any], identifier: str) -> list[str]:
    """Return the messages of the findings with an identifier."""
    return [finding["message"] for finding in result["findings"] if finding["id"] == identifier]
