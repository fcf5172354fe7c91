"""What calls from several threads show, of a module of Python: it needs no compiler."""

from __future__ import annotations

import itertools
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from scaffolder.tools.thread_safety_checker import trying
from tests.tools.thread_safety_checker.conftest import of, serious

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tools.thread_safety_checker.conftest import Check

SHARED = ("shared", "--timeout", "1")
COUNTER = ("--make", "x=Counter()")


@dataclass
class Clock:
    """A clock that says what it is told."""

    times: Iterator[float]

    def monotonic(self) -> float:
        """Return the time."""
        return next(self.times)


@pytest.mark.parametrize(
    ("arguments", "name", "code"),
    [
        ((*COUNTER, "--call", "x.add()"), "state-differs", 1),
        (("--make", "x=Shelf()", "--call", "x.get()"), "made-twice", 1),
        (("--call", "exit_if_shared()"), "crashes", 1),
        (("--call", "refuse_if_shared()"), "thread-fails", 0),
        (("--call", "keep()"), "memory-grows", 0),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_fault_between_threads_is_reported(check: Check, arguments: tuple[str, ...], name: str, code: int) -> None:
    result = check(*SHARED, *arguments, code=code)
    assert serious(result) == [name]
    (finding,) = of(result, name)
    assert finding["fix"]
    assert finding["cause"]
    assert "pyo3-new tool thread_safety_checker shared" in finding["evidence"]


@pytest.mark.parametrize(
    "arguments",
    [
        (*COUNTER, "--call", "x.add_once()"),
        (*COUNTER, "--call", "repr(x)"),
        ("--make", "x=Queue()", "--call", "x.pop()"),
        ("--call", "visit()"),
        ("--call", "draw()"),
        ("--call", "hours()"),
        ("--call", "number_here()"),
        ("--call", "total([1, 2])"),
        ("--call", "forwards()"),
        ("--call", "callback(3)"),
    ],
    ids=lambda arguments: arguments[-1],
)
def test_what_threads_may_share_gives_no_finding(check: Check, arguments: tuple[str, ...]) -> None:
    result = check(*SHARED, *arguments)
    assert not serious(result)
    assert "nothing found, which is no proof" in result["summary"]
    (table,) = result["tables"]
    assert len(table["rows"]) == 1


@pytest.mark.parametrize(
    ("call", "compared"),
    [
        ("total([1, 2])", "results and state"),
        ("visit()", "numbers that grow"),
        ("is_main()", "errors: results differ by thread"),
        ("draw()", "errors: results change"),
    ],
)
def test_what_could_be_compared_is_said(check: Check, call: str, compared: str) -> None:
    result = check(*SHARED, "--call", call)
    (table,) = result["tables"]
    assert table["rows"] == [[call, compared]]
    assert bool(of(result, "not-compared")) == compared.startswith("errors")


@pytest.mark.skipif(sys.platform != "linux", reason="whether a process waits or computes is seen on Linux only")
def test_the_threads_of_a_deadlock_are_shown(check: Check) -> None:
    result = check(*SHARED, "--call", "forwards()", "--call", "backwards()", code=1)
    assert serious(result) == ["deadlock"]
    (finding,) = of(result, "deadlock")
    assert finding["fix"]
    assert "cross at shared.py" in finding["evidence"]
    assert "<forwards()>" in finding["evidence"]
    assert "<backwards()>" in finding["evidence"]
    without = "no Rust frames" in finding["evidence"]
    assert without == (shutil.which("gdb") is None or sys.platform == "win32")


def test_what_does_not_end_in_one_thread_is_no_deadlock(check: Check) -> None:
    result = check(*SHARED, "--call", "wait()")
    (finding,) = of(result, "blocks")
    assert finding["message"] == "`wait()` does not end in one thread, so it was not tried in several"


def test_a_call_that_raises_alone_is_not_tried(check: Check) -> None:
    result = check(*SHARED, "--call", "fails()", "--call", "visit()")
    (finding,) = of(result, "refused")
    assert finding["message"] == "`fails()` raises `ValueError: no` in one thread, so it was not tried"
    assert result["summary"].startswith("1 call of `shared` in 4 threads, by Python 3.")


def test_an_exception_in_each_other_thread_is_a_note(check: Check) -> None:
    result = check(*SHARED, "--call", "refuse_others()")
    assert not serious(result)
    assert of(result, "thread-refused")


def test_the_methods_of_an_object_are_found(check: Check) -> None:
    result = check(*SHARED, *COUNTER, code=1)
    assert "state-differs" in serious(result)
    (table,) = result["tables"]
    assert ["x = Counter() ; x.add()", "results and state"] in table["rows"]


@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="this Python has no GIL")
def test_what_a_gil_hides_is_said(check: Check) -> None:
    result = check(*SHARED, "--call", "total([1])")
    assert "races in them" in next(iter(of(result, "not-shown")))["message"]


def test_what_there_is_no_time_for_is_said(check: Check) -> None:
    result = check(*SHARED, "--call", "slow()", "--call", "total([1])", "--seconds", "1")
    (finding,) = of(result, "not-tried")
    assert "`total([1])`; there was no time left: raise `--seconds`" in finding["message"]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [(("--call", "total([1])", "--call", "visit()"), "`total([1])` and `visit()`"), (COUNTER, "`x`")],
    ids=["calls", "objects"],
)
def test_where_no_call_was_tried_that_is_a_warning(
    check: Check, arguments: tuple[str, ...], names: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "time", Clock(itertools.count(step=2.0)))
    result = check(*SHARED, *arguments, "--seconds", "1")
    assert result["summary"].startswith("0 calls of `shared` in 4 threads, by Python 3.")
    assert result["summary"].endswith(": 1 finding")
    assert serious(result) == ["not-tried"]
    (finding,) = of(result, "not-tried")
    assert finding["message"] == f"not tried: {names}; there was no time left: raise `--seconds`"


def test_combinations_that_there_is_no_time_for_are_counted(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two calls are in time, and what comes after them is not.
    monkeypatch.setattr(trying, "time", Clock(itertools.chain([0.0, 0.0, 0.0], itertools.repeat(2.0))))
    result = check(*SHARED, "--call", "total([1])", "--call", "visit()", "--seconds", "1")
    assert result["summary"].startswith("2 calls of `shared` in 4 threads, by Python 3.")
    assert result["summary"].endswith(": nothing found, but there was no time for all of it")
    (finding,) = of(result, "not-tried")
    assert finding["message"] == "not tried: 1 combination of calls; there was no time left: raise `--seconds`"
