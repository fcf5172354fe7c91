"""The tool as a program in this process, functions of which it is known what they do, and a built extension."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from scaffolder.tools.gil_profiler.app import app
from tests.tools.extensions import build_extension
from tests.tools.results import call_tool, measure_until, result_or_error, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Run

HERE = Path(__file__).parent
SKILL = "pyo3-performance-gil-parallel"
CALLS = "How long calls hold the GIL"


class Profile(Protocol):
    """Runs the tool with this Python, and returns its JSON: a result, or an error."""

    def __call__(self, *arguments: str, code: int = 0) -> dict[str, Any]: ...


def measure(profile: Profile, *arguments: str, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Measure until the result is as it should be, as long as the tool doubts it."""
    return measure_until(lambda: profile(*arguments), until)


@pytest.fixture
def profile(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    """Run the tool in this process; the function is in a process of its own anyway."""
    shutil.copy(HERE / "known.py", tmp_path)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0) -> dict[str, Any]:
        options = ["--python", sys.executable, "--json"]
        place = arguments.index("--") if "--" in arguments else len(arguments)
        words = ["--seconds", "0.3", *arguments[:place], *options, *arguments[place:]]
        return result_or_error(call_tool(app, "gil_profiler", words, capsys, code)[0])

    return run


@pytest.fixture(scope="session")
def attached(tmp_path_factory: pytest.TempPathFactory, build_run: Run) -> Path:
    """The folder of an extension `attached`, whose functions keep others waiting or do not."""
    project = tmp_path_factory.mktemp("attached")
    return build_extension(
        project, "attached", HERE / "attached/lib.rs", build_run, skill=SKILL, features='["abi3-py311", "parking_lot"]'
    )  # fmt: skip


@pytest.fixture(scope="session")
def millisecond(attached: Path) -> int:
    """How many rounds of the extension's work take a millisecond on a processor of its own."""
    code = "import attached; print(min(attached.pace(20_000) for _ in range(200)))"
    variables = {**os.environ, "PYTHONPATH": str(attached)}
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, check=True)
    return int(20_000 / float(done.stdout) / 1000)


def names(result: dict[str, Any]) -> set[str]:
    """Return the names of all findings but those about the machine and the build."""
    return {finding["id"] for finding in result["findings"]} - {"busy-machine", "too-busy", "debug-build"}


def seconds(text: str) -> float:
    """Return a time that is printed."""
    number, unit = text.removeprefix("< ").split()
    return float(number) * {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}[unit]


def judge(profile: Profile, *arguments: str, expected: dict[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Measure calls, and return their rows; each must have a verdict and a finding."""

    def is_expected(result: dict[str, Any]) -> bool:
        table = {row["call"]: row["verdict"] for row in rows(result, CALLS)}
        said = {finding["where"]: finding["id"] for finding in result["findings"]}
        return {call: (table[call], said[call]) for call in expected} == expected

    calls = [word for call in expected for word in ("--call", call)]
    result = measure(profile, *arguments, *calls, until=is_expected)
    return {row["call"]: row for row in rows(result, CALLS)}
