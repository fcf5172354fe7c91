"""Threads that Rust starts, and the interpreter."""

import contextvars
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from performance_snippets._core import rust_threads

if TYPE_CHECKING:
    from collections.abc import Callable

Alarm = rust_threads.Alarm


def run(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    code = f"from performance_snippets._core import rust_threads\n{code}"
    command = [sys.executable, *options, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("threads", [0, 1, 2, 3, 50])
def test_threads_share_the_lines(threads: int) -> None:
    assert rust_threads.total_rain([" 1.5", "2", "4"] * 5, threads) == 37.5
    assert rust_threads.total_rain([], threads) == 0.0


def test_the_first_error_in_order_is_raised() -> None:
    with pytest.raises(ValueError, match="`dry` is not a number"):
        rust_threads.total_rain(["1", "dry", "wet", "2"], 4)


def test_a_panic_is_raised_where_the_thread_is_joined(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BaseException, match="the gauge is dry"):
        rust_threads.panic_in_scope(True)
    with pytest.raises(BaseException, match="a scoped thread panicked"):
        rust_threads.panic_in_scope(False)
    assert "the gauge is dry" in capfd.readouterr().err


def test_the_alarm_calls_back_in_order() -> None:
    levels: list[float] = []
    with Alarm(3.0, levels.append) as alarm:
        for level in (1.0, 4.0, 2.0, 5.0):
            alarm.report(level)
    assert levels == [4.0, 5.0]
    alarm.close()
    with pytest.raises(RuntimeError, match="the alarm is closed"):
        alarm.report(6.0)


def test_the_callback_may_close_the_alarm() -> None:
    done = threading.Event()
    alarm = Alarm(3.0, lambda _: (alarm.close(), done.set()))
    alarm.report(4.0)
    assert done.wait(60)


def test_an_error_of_the_callback_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reports: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: reports.append(report.exc_value))
    levels: list[float] = []

    def call(level: float) -> None:
        levels.append(level)
        if level == 4.0:
            raise ValueError("no telephone")

    with Alarm(3.0, call) as alarm:
        alarm.report(4.0)
        alarm.report(5.0)
    assert levels == [4.0, 5.0]
    assert [str(report) for report in reports] == ["no telephone"]


def test_a_forgotten_alarm_ends_its_thread() -> None:
    ended = threading.Event()

    class Callback:
        def __call__(self, level: float) -> None:
            pass

        def __del__(self) -> None:
            ended.set()

    Alarm(3.0, Callback())
    assert ended.wait(60)


def names() -> list[str]:
    return [task.read_text().strip() for task in Path("/proc/self/task").glob("*/comm")]


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the name in /proc")
def test_the_name_is_the_systems_and_not_pythons() -> None:
    seen: list[tuple[str, bool]] = []
    with Alarm(3.0, lambda _: seen.append((threading.current_thread().name, "river-alarm" in names()))) as alarm:
        alarm.report(4.0)
    ((name, listed),) = seen
    assert name.startswith("Dummy-")
    assert listed


@pytest.mark.parametrize(("once", "counts"), [(True, [1, 2, 3]), (False, [1, 1, 1])])
def test_thread_locals_last_as_long_as_the_thread_is_attached(once: bool, counts: list[int]) -> None:
    local, variable, seen = threading.local(), contextvars.ContextVar("calls", default=0), []

    def count() -> None:
        local.count = getattr(local, "count", 0) + 1
        variable.set(variable.get() + 1)
        seen.append((local.count, variable.get()))

    rust_threads.call_from_thread(3, count, once)
    assert seen == [(count, count) for count in counts]


def test_a_new_thread_has_an_empty_context() -> None:
    station = contextvars.ContextVar("station", default="none")
    station.set("Dresden")
    seen: list[str] = []
    rust_threads.call_from_thread(1, lambda: seen.append(station.get()), True)
    assert seen == ["none"]
    assert rust_threads.call_in_context(station.get) == "Dresden"


def test_an_error_comes_back_with_its_traceback() -> None:
    def fail() -> None:
        raise KeyError("Elbe")

    with pytest.raises(KeyError, match="Elbe") as caught:
        rust_threads.call_from_thread(2, fail, False)
    assert caught.traceback[-1].name == "fail"


def test_to_join_attached_is_a_deadlock() -> None:
    code = "import faulthandler; faulthandler.dump_traceback_later(2, exit=True)\nrust_threads.join_attached()"
    done = run(code)
    assert done.returncode == 1
    assert "Timeout" in done.stderr


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="newer ones crash now and then, which the chapter says")
@pytest.mark.parametrize("number", range(5))
def test_the_process_ends_while_a_thread_attaches(number: int) -> None:
    done = run(f"import time\nrust_threads.attach_for_ever()\ntime.sleep(0.0{number})")
    assert done.returncode == 0
    # The last moment: there is no interpreter any more, which PyO3 sees in all versions.
    assert not done.stderr or "The Python interpreter is not initialized" in done.stderr


EXITS: dict[str, tuple[str, float, str]] = {
    "nothing": ("", 60, ""),
    "atexit": ("import atexit; atexit.register(alarm.close)", 0.5, "4.0\n"),
}


@pytest.mark.parametrize("way", EXITS)
def test_nobody_waits_for_the_thread_at_the_end(way: str) -> None:
    more, seconds, output = EXITS[way]
    slow = f"def call(level):\n    import time; time.sleep({seconds}); print(level, flush=True)"
    done = run(f"{slow}\nalarm = rust_threads.Alarm(3.0, call)\n{more}\nalarm.report(4.0)")
    assert (done.returncode, done.stdout, done.stderr) == (0, output, "")


def test_all_ways_call_as_often() -> None:
    seen: list[int] = []
    ways: list[Callable[[], None]] = [
        lambda: rust_threads.call_from_thread(4, lambda: seen.append(1), True),
        lambda: rust_threads.call_from_thread(4, lambda: seen.append(1), False),
        lambda: rust_threads.call_detached(4, lambda: seen.append(1)),
    ]
    for way in ways:
        way()
    rust_threads.start_and_join()
    assert len(seen) == 12
