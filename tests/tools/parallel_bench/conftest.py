"""The tool as a program in this process, on a machine with as many processors as a test says."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from scaffolder.machine import processors
from scaffolder.tools.parallel_bench.app import app
from tests.tools.extensions import build_extension
from tests.tools.results import call_tool, result_or_error

if TYPE_CHECKING:
    from tests.conftest import Run

HERE = Path(__file__).parent
SKILL = "pyo3-performance-gil-parallel"


class Bench(Protocol):
    """Runs the tool with this Python, and returns its JSON: a result, or an error."""

    def __call__(self, *arguments: str, code: int = 0) -> dict[str, Any]: ...


@pytest.fixture
def bench(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Run the tool in this process; the function is in a process of its own anyway."""
    shutil.copy(HERE / "measured.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    allow(monkeypatch, tmp_path, 8)

    def run(*arguments: str, code: int = 0) -> dict[str, Any]:
        words = ["--seconds", "0.1", *arguments, "--python", sys.executable, "--json"]
        return result_or_error(call_tool(app, "parallel_bench", words, capsys, code)[0])

    return run


def allow(monkeypatch: pytest.MonkeyPatch, folder: Path, count: int, quota: str = "max 100000") -> None:
    """Let the tool see some processors, and what a container may use of them."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(count)), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    (folder / "cpu.max").write_text(f"{quota}\n", encoding="ascii")
    monkeypatch.setattr(processors, "QUOTA", folder / "cpu.max")
    monkeypatch.setattr(processors, "OLD_QUOTA", (folder / "none", folder / "none"))


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory, build_run: Run) -> Path:
    """The folder of an extension `planted`, with functions that detach, stay attached, or have threads of their own."""
    project = tmp_path_factory.mktemp("planted")
    return build_extension(
        project, "planted", HERE / "planted.rs", build_run, skill=SKILL, features='["abi3-py311"]',
        dependencies='rayon = "1.12"\n',
    )  # fmt: skip


def rows(result: dict[str, Any], title: str) -> list[dict[str, str]]:
    """Return the rows of a table by the names of its columns."""
    (table,) = [table for table in result["tables"] if table["title"].startswith(title)]
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def names(result: dict[str, Any]) -> set[str]:
    """Return the names of all findings but those about the machine."""
    return {finding["id"] for finding in result["findings"]} - {"busy-machine", "frequency", "shared-cores"}
