"""What a caller may rely on."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from trace_buffer import Recorder


def read(path: Path) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return [event for event in events if event["ph"] != "M"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trace.json"


def test_spans_and_instants_are_written(path: Path) -> None:
    with Recorder(path) as recorder:
        with recorder.span("outer"):
            recorder.instant('é "\\\n\x00 😀')
            with recorder.span("inner"):
                pass
        states = [recorder.closed]
    assert [*states, recorder.closed] == [False, True]
    assert (recorder.written, recorder.dropped) == (3, 0)
    instant, inner, outer = read(path)
    assert (instant["name"], instant["ph"]) == ('é "\\\n\x00 😀', "i")
    assert (inner["name"], inner["ph"]) == ("inner", "X")
    assert outer["ts"] <= instant["ts"] <= inner["ts"]
    assert inner["ts"] + inner["dur"] <= outer["ts"] + outer["dur"] + 0.001
    assert len({event["tid"] for event in (instant, inner, outer)}) == 1


def test_an_empty_trace_is_json(path: Path) -> None:
    Recorder(path).close()
    assert json.loads(path.read_text(encoding="utf-8")) == []


def test_a_block_that_fails_is_recorded_and_its_error_raised(path: Path) -> None:
    with Recorder(path) as recorder, pytest.raises(ZeroDivisionError), recorder.span("broken"):
        raise ZeroDivisionError
    assert [event["name"] for event in read(path)] == ["broken"]


def test_events_are_written_meanwhile(path: Path) -> None:
    with Recorder(path, every=0.001) as recorder:
        recorder.instant("early")
        while not recorder.written:
            pass
        # What a program leaves that ends here: viewers need no bracket at the end.
        while '"early"' not in (content := path.read_text(encoding="utf-8")):
            pass
        assert len(json.loads(content + "]")) == 2


# region: drops
def test_what_has_no_room_is_counted(path: Path) -> None:
    with Recorder(path, capacity=10, every=3600) as recorder:
        # The thread looks once as it starts, and may take some.
        for _ in range(1000):
            recorder.instant("event")
        assert recorder.dropped >= 900
    assert recorder.written + recorder.dropped == 1000
    assert len(read(path)) == recorder.written >= 10
    recorder.instant("late")
    assert recorder.written + recorder.dropped == 1001


# endregion: drops


def test_a_span_outlives_its_recorder_and_can_be_used_again(path: Path) -> None:
    recorder = Recorder(path)
    span = recorder.span("work")
    for _ in range(3):
        with span:
            pass
    recorder.close()
    recorder.close()
    del recorder
    with span:
        pass
    assert len(read(path)) == 3


def test_a_span_runs_once_at_a_time(path: Path) -> None:
    with Recorder(path) as recorder:
        span = recorder.span("work")
        with pytest.raises(RuntimeError, match="the span is not running"):
            span.__exit__(None, None, None)
        with span, pytest.raises(RuntimeError, match="the span is running already"):
            span.__enter__()
    assert recorder.written == 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"capacity": 0}, ValueError, "`capacity` must be from 1 to 1048576"),
        ({"capacity": 1 << 60}, ValueError, "`capacity` must be"),
        ({"capacity": -1}, OverflowError, "."),
        ({"every": 0}, ValueError, "`every` must be from 0.001 to 3600 seconds"),
        ({"every": float("nan")}, ValueError, "`every` must be"),
        ({"every": float("inf")}, ValueError, "`every` must be"),
    ],
)
def test_numbers_out_of_range_are_refused(path: Path, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Recorder(path, **options)
    assert not path.exists()


@pytest.mark.parametrize(("name", "error"), [("x" * 257, ValueError), ("\ud800", UnicodeEncodeError), (7, TypeError)])
def test_names_that_are_none_are_refused(path: Path, name: Any, error: type[Exception]) -> None:
    with Recorder(path) as recorder:
        for record in (recorder.span, recorder.instant):
            with pytest.raises(error):
                record(name)
    assert recorder.written == 0


def test_a_file_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        Recorder(tmp_path / "none" / "trace.json")
    assert caught.value.filename == str(tmp_path / "none" / "trace.json")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a file that is always full")
def test_a_full_disk_is_an_error_at_the_end() -> None:
    recorder = Recorder("/dev/full")
    for _ in range(10_000):
        recorder.instant("event")
    with pytest.raises(OSError, match="No space left on device"):
        recorder.close()
    recorder.close()
    assert recorder.dropped >= 9_000


# region: threads
def test_every_event_of_every_thread_is_written_or_counted(path: Path) -> None:
    barrier, spans = threading.Barrier(8), 5000

    def work(recorder: Recorder) -> None:
        barrier.wait()
        for number in range(spans):
            with recorder.span(f"span {number}"):
                pass

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with Recorder(path, capacity=1000, every=0.001) as recorder, ThreadPoolExecutor(8, "worker") as pool:
            list(pool.map(work, [recorder] * 8))
    finally:
        sys.setswitchinterval(interval)
    assert recorder.written + recorder.dropped == 8 * spans
    assert len(read(path)) == recorder.written
    everything = json.loads(path.read_text(encoding="utf-8"))
    names = {event["tid"]: event["args"]["name"] for event in everything if event["ph"] == "M"}
    assert set(names.values()) <= {f"worker_{number}" for number in range(8)}
    assert {event["tid"] for event in read(path)} == set(names)


def test_a_recorder_may_be_closed_by_several_threads(path: Path) -> None:
    recorder = Recorder(path)
    for _ in range(20_000):
        recorder.instant("event")
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(recorder.close) for _ in range(4)]:
            future.result()
            # Whoever returns first, the file is complete.
            assert len(read(path)) == recorder.written


# endregion: threads


class Nameless(threading.Thread):
    """A thread whose name is an error the first time, and that records while it is asked for it."""

    recorder: Recorder
    asked = 0

    @property
    def name(self) -> str:
        self.asked += 1
        if self.asked == 1:
            self.recorder.instant("asked")
        raise ValueError

    @name.setter
    def name(self, name: str) -> None: ...

    def run(self) -> None:
        with self.recorder.span("work"):
            pass


def test_a_thread_without_a_name_has_a_number(path: Path) -> None:
    with Recorder(path) as recorder:
        thread = Nameless()
        thread.recorder = recorder
        thread.start()
        thread.join()
    assert [event["name"] for event in read(path)] == ["asked", "work"]
    assert len({event["tid"] for event in read(path)}) == 1
    assert '"args":{"name":"thread ' in path.read_text(encoding="utf-8")


# region: fork
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_leaves_the_recorder_to_its_parent(path: Path) -> None:
    with Recorder(path, capacity=100, every=0.001) as recorder:
        for _ in range(20):
            recorder.instant("parent")
            child = os.fork()
            if child == 0:
                signal.alarm(30)
                for _ in range(500):
                    recorder.instant("child")
                closed = recorder.closed
                recorder.close()
                del recorder
                os._exit(0 if closed else 1)
            assert os.waitpid(child, 0)[1] == 0
    assert [event["name"] for event in read(path)] == ["parent"] * 20


# endregion: fork


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with a name")
def test_a_recorder_that_is_dropped_lets_other_threads_run(path: Path) -> None:
    os.mkfifo(path)
    with ThreadPoolExecutor(1) as pool:
        events = pool.submit(read, path)
        recorder = Recorder(path, every=3600)
        for _ in range(10_000):  # more than a pipe holds
            recorder.instant("event")
        del recorder
        assert len(events.result()) == 10_000


@pytest.mark.parametrize("end", ["", "raise SystemExit(3)", "import threading; threading.Thread(target=go).start()"])
def test_a_recorder_that_is_never_closed_is_written_at_exit(path: Path, end: str) -> None:
    program = (
        "import sys\n"
        "from trace_buffer import Recorder\n"
        "recorder = Recorder(sys.argv[1], every=3600)\n"
        "def go():\n"
        "    for _ in range(1000):\n"
        "        with recorder.span('work'): pass\n"
        "go()\n" + end
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, check=False, timeout=60)
    assert done.stderr == b""
    assert len(read(path)) >= 1000
