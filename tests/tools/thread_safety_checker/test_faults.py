"""A built extension with fifteen planted faults, and beside each the right way, where nothing is reported."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from scaffolder.stacks.gdb import debugger
from scaffolder.tools.thread_safety_checker.app import app
from tests.tools.results import call_tool, read_result
from tests.tools.thread_safety_checker.conftest import of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.exclusive("skill-pyo3-performance-gil-parallel"),
    pytest.mark.skipif(sys.platform != "linux", reason="whether a process waits or computes is seen on Linux only"),
]
# What calls show: the function or method, the kind, how bad it is, and a chapter.
FAULTS = [
    ("add_bad", "borrow-fails", "error", "python-threads"),
    ("settle_bad", "borrow-fails", "error", "python-threads"),
    ("notify_bad", "deadlock", "error", "deadlocks"),
    ("write_bad", "deadlock", "error", "deadlocks"),
    ("deposit_bad", "deadlock", "error", "deadlocks"),
    ("visit_bad", "updates-lost", "error", "atomics"),
    ("sell_bad", "results-differ", "error", "locks"),
    ("settings_bad", "made-twice", "error", "locks"),
    ("reverse_bad", "results-differ", "error", "locks"),
    ("reload_bad", "crashes", "error", "free-threading"),
    ("refresh_bad", "panic", "error", "locks"),
    ("advance_bad", "unsendable", "warning", "python-threads"),
    ("compact_bad", "thread-fails", "warning", "testing-threads"),
    ("encode_bad", "memory-grows", "warning", "memory"),
    ("gather_bad", "waits-attached", "error", "deadlocks"),
]


@pytest.fixture(scope="module")
def trials(planted: Path) -> Callable[[pytest.CaptureFixture[str]], dict[str, Any]]:
    """Run the tool once, on all that is planted, with its source."""
    results: list[dict[str, Any]] = []

    def run(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
        if not results:
            words = ["planted", "--source", str(planted / "src"), "--timeout", "2", "--seconds", "600"]
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("PYTHONPATH", str(planted / "installed"))
                printed, _ = call_tool(
                    app, "thread_safety_checker", [*words, "--python", sys.executable, "--json"], capsys, 1
                )
            results.append(read_result(printed))
        return results[0]

    return run


@pytest.fixture
def result(
    trials: Callable[[pytest.CaptureFixture[str]], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> dict[str, Any]:
    """What the tool says of all that is planted."""
    return trials(capsys)


@pytest.mark.parametrize(("name", "kind", "level", "chapter"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_planted_fault_is_found(result: dict[str, Any], name: str, kind: str, level: str, chapter: str) -> None:
    (finding,) = [item for item in of(result, kind) if f"{name}(" in item["message"]]
    assert finding["level"] == level
    assert finding["reference"].rpartition("/")[2].startswith(f"{chapter}.md")
    file, line = finding["where"].rsplit(":", 1)
    assert file.endswith("src/lib.rs")
    assert int(line) > 20
    assert finding["cause"]
    assert finding["fix"]


def test_the_right_way_gives_no_finding(result: dict[str, Any]) -> None:
    calls = [item for item in result["findings"] if "--call" in (item["evidence"] or "")]
    assert len(calls) == len(FAULTS)
    assert not [item for item in calls if "_bad(" not in item["message"]]
    (table,) = result["tables"]
    right = {call for call, compared in table["rows"] if "_good" in call or "Good" in call}
    assert len(right) >= 15


@pytest.mark.parametrize("name", ["notify_bad", "write_bad", "deposit_bad", "gather_bad"])
def test_a_deadlock_comes_with_the_frames_of_both_threads(result: dict[str, Any], name: str) -> None:
    (finding,) = [
        item
        for item in result["findings"]
        if item["id"] in {"deadlock", "waits-attached"} and f"{name}(" in item["message"]
    ]
    assert f"<{'x.' if name == 'deposit_bad' else ''}{name}(" in finding["evidence"]
    try:
        debugger()
    except Exception:  # noqa: BLE001
        assert "no Rust frames: `gdb` is not installed" in finding["evidence"]
        return
    assert finding["evidence"].count(f"planted::{'Accounts::' if name == 'deposit_bad' else ''}{name}") > 0
    assert finding["evidence"].count(" thread") >= 2


def test_a_crash_comes_with_the_call_and_the_signal(result: dict[str, Any]) -> None:
    (finding,) = of(result, "crashes")
    assert "`reload_bad()` in 4 threads: the call ended its process (signal: " in finding["message"]
    assert 'File "<reload_bad()>"' in finding["evidence"]
    assert os.path.basename(__file__) not in finding["evidence"]  # noqa: PTH119


def test_a_panic_comes_with_its_place(result: dict[str, Any], planted: Path) -> None:
    (finding,) = of(result, "panic")
    line = int(finding["where"].rpartition(":")[2])
    text = (planted / "src/lib.rs").read_text(encoding="utf-8").splitlines()[line - 1]
    assert "try_lock().unwrap()" in text
