"""The tool as a program in this process, a built extension with planted faults, and modules of Python with some."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from scaffolder.tools.thread_safety_checker.app import app
from tests.tools.extensions import build_extension
from tests.tools.results import call_tool, result_or_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conftest import Run

PLANTED = Path(__file__).parent / "planted"
SKILL = "pyo3-performance-gil-parallel"


class Check(Protocol):
    """Runs the tool in an empty folder with this Python, and returns its JSON: a result, or an error."""

    def __call__(self, *arguments: str, code: int = 0) -> dict[str, Any]: ...


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Run the tool in this process; what it tries is in a process of its own anyway."""
    shutil.copy(PLANTED / "shared.py", tmp_path)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0) -> dict[str, Any]:
        words = [*arguments, "--python", sys.executable, "--json"]
        return result_or_error(call_tool(app, "thread_safety_checker", words, capsys, code)[0])

    return run


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory, build_run: Run) -> Path:
    """The project of an extension `planted`, with a fault in each function or class, and its like without it."""
    project = tmp_path_factory.mktemp("planted")
    build_extension(project, "planted", PLANTED / "lib.rs", build_run, skill=SKILL, features='["abi3-py311"]')
    return project


def serious(result: dict[str, Any]) -> list[str]:
    """Return the names of errors and warnings."""
    return [finding["id"] for finding in result["findings"] if finding["level"] in {"error", "warning"}]


def of(result: dict[str, Any], name: str) -> Iterable[dict[str, Any]]:
    """Return the findings of a name."""
    return [finding for finding in result["findings"] if finding["id"] == name]
