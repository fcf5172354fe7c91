"""The tool as a program in this process, coroutines of which it is known what they do, and a built extension."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from scaffolder.tools.async_profiler.app import app
from tests.tools.extensions import build_extension
from tests.tools.results import call_tool, measure_until, result_or_error

if TYPE_CHECKING:
    from tests.conftest import Run

HERE = Path(__file__).parent
SKILL = "pyo3-async-embedded-wasm"


class Profile(Protocol):
    """Runs the tool with this Python, and returns its JSON: a result, or an error."""

    def __call__(self, *arguments: str, code: int = 0) -> dict[str, Any]: ...


@pytest.fixture
def profile(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    """Run the tool in this process; calls are in a process of their own anyway."""
    shutil.copy(HERE / "known.py", tmp_path)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0) -> dict[str, Any]:
        words = ["--seconds", "0.2", "--loop", "asyncio", "--python", sys.executable, "--json", *arguments]

        return result_or_error(call_tool(app, "async_profiler", words, capsys, code)[0])

    return run


@pytest.fixture(scope="session")
def native(tmp_path_factory: pytest.TempPathFactory, build_run: Run) -> Path:
    """The folder of an extension `native` with async functions of Rust."""
    project = tmp_path_factory.mktemp("native")
    features = '["abi3-py311", "experimental-async"]'
    return build_extension(project, "native", HERE / "native/lib.rs", build_run, skill=SKILL, features=features)


def said(result: dict[str, Any]) -> dict[str | None, set[str]]:
    """Return the names of all findings by what they are about, but for those about the machine and what is fine."""
    names: dict[str | None, set[str]] = {}
    for finding in result["findings"]:
        if finding["level"] != "ok" and finding["id"] not in {"busy-machine", "debug-build", "late"}:
            names.setdefault(finding["where"], set()).add(finding["id"])
    return names


def judge(profile: Profile, *arguments: str, expected: dict[str | None, set[str]]) -> dict[str, Any]:
    """Measure until the findings are as they should be, as long as the tool doubts them; return the result."""
    return measure_until(lambda: profile(*arguments), lambda result: said(result) == expected)
