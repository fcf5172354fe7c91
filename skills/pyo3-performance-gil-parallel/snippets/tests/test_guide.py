"""The code of the guide."""

import _thread
import os
import queue
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from performance_snippets._core import guide

STATIONS = [(54.5, 9.1), (48.1, 11.6), (50.9, 6.9)]
POINTS = [(54.0, 9.0), (48.0, 11.0), (51.0, 7.0)] * 100
NEAREST = [0, 1, 2] * 100
# Seconds of work, in small pieces.
MANY = [(float(number), 0.0) for number in range(2_000)]


def test_each_point_has_its_nearest_station() -> None:
    assert guide.nearest(POINTS, STATIONS) == NEAREST
    with pytest.raises(ValueError, match="there are no stations"):
        guide.nearest(POINTS, [])
    with pytest.raises(ValueError, match="there are no stations"):
        guide.nearest_watched(POINTS, [])


def test_watched_work_has_the_same_results() -> None:
    done: list[int] = []
    assert guide.nearest_watched(POINTS, STATIONS, done.append) == NEAREST
    assert guide.nearest_watched(POINTS, STATIONS) == NEAREST
    guide.nearest_watched(MANY, MANY * 2, done.append)
    assert done == sorted(done)
    assert done[-1] <= len(MANY)


def test_an_error_of_the_progress_ends_the_work() -> None:
    def fail(done: int) -> None:
        raise LookupError(done)

    begin = time.monotonic()
    with pytest.raises(LookupError):
        guide.nearest_watched(MANY * 50, MANY * 5, progress=fail)
    assert time.monotonic() - begin < 30, "all of it takes minutes in a debug build"


def test_ctrl_c_ends_the_work() -> None:
    def press_ctrl_c(done: int) -> None:
        _thread.interrupt_main()

    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        guide.nearest_watched(MANY * 50, MANY * 5, progress=press_ctrl_c)
    assert time.monotonic() - begin < 30


def test_other_threads_run_during_the_work() -> None:
    thread = threading.Thread(target=guide.nearest_watched, args=(MANY, MANY * 2))
    thread.start()
    beats = 0
    while thread.is_alive():
        time.sleep(0.001)
        beats += 1
    assert beats > 10


def test_a_thread_of_rust_calls_until_it_is_told_to_stop() -> None:
    called = threading.Event()
    guide.every_second(called.set)
    assert called.wait(30)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_error_in_a_thread_of_rust_is_unraisable(monkeypatch: pytest.MonkeyPatch) -> None:
    errors: queue.Queue[object] = queue.Queue()
    monkeypatch.setattr("sys.unraisablehook", lambda args: errors.put(args.exc_value))

    def fail() -> None:
        raise LookupError("no such sensor")

    guide.every_second(fail)
    assert isinstance(errors.get(timeout=30), LookupError)


def test_a_thread_of_rust_does_not_outlive_python() -> None:
    code = "from performance_snippets._core import guide; guide.every_second(lambda: True)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_visits_are_counted_by_many_threads() -> None:
    visits = guide.Visits()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(visits.add, ["start", "about"] * 1_000))
    assert visits.pages_now() == {"start": 1_000, "about": 1_000}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_that_nobody_writes_yet_holds_up_no_other_thread(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    # In a process that ends if the whole interpreter waits for the pipe.
    code = (
        "import faulthandler, sys, threading, time; faulthandler.dump_traceback_later(20, exit=True)\n"
        "from performance_snippets._core import guide\n"
        "reader = threading.Thread(target=lambda: print(*guide.Lines(sys.argv[1])))\n"
        "reader.start(); time.sleep(0.2)\n"
        "open(sys.argv[1], 'w').write('one\\ntwo\\n'); reader.join()"
    )
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "one two\n"), done.stderr


def test_lines_are_read_ahead_by_one_reader_or_several(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(f"line {number}\n" for number in range(1_000)), encoding="utf-8")
    assert list(guide.Lines(path)) == [f"line {number}" for number in range(1_000)]
    lines = guide.Lines(path)
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda _: list(lines), range(4)))
    assert sorted(line for part in parts for line in part) == sorted(f"line {n}" for n in range(1_000))
    assert next(guide.Lines(path)) == "line 0", "and the thread ends, although lines are left"
    with pytest.raises(FileNotFoundError):
        guide.Lines(tmp_path / "nothing")
    path.write_bytes(b"good\n\xff\n")
    lines = guide.Lines(path)
    assert next(lines) == "good"
    with pytest.raises(OSError, match="UTF-8"):
        next(lines)
