"""What coroutines of Python and of Rust do to a loop, faults and what is right alike; programs; the drawing."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from scaffolder.runtime.awaiting import Lag, ProgramRun, Window, cause_of
from scaffolder.runtime.child.watching import Watch
from scaffolder.tools.async_profiler.findings import find
from tests import quiet
from tests.tools.async_profiler.conftest import HERE, judge, said
from tests.tools.results import chapters_of, finding, measure_until, rows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.async_profiler.conftest import Profile

ALONE = ("--tasks", "1")
LINES = (HERE / "known.py").read_text(encoding="utf-8").splitlines()
PLACE = f"known.py:{next(number for number, line in enumerate(LINES, 1) if 'time.sleep' in line)}"
is_linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not say what a thread waits for")


def test_what_is_right_has_no_finding(profile: Profile) -> None:
    calls = ("waits()", "waits(0.001)", "returns()")
    arguments = ("known:waits", *(word for call in calls for word in ("--call", call)), "--tasks", "1,10,1000")

    def is_usual(result: dict[str, Any]) -> bool:
        return not said(result) and rows(result, "Awaiting")[0]["takes"].startswith("3")

    result = measure_until(lambda: profile(*arguments), is_usual)
    takes = {row["call"]: row for row in rows(result, "Awaiting")}
    assert (takes["waits()"]["waits"], takes["returns()"]["waits"]) == ("1", "0")
    assert {row["becomes"] for row in rows(result, "Cancelling")} <= {"cancelled", "TimeoutError", "it was over"}
    assert [row["tasks"] for row in rows(result, "Throughput")[:3]] == ["1", "10", "1,000"]


def test_a_call_that_cancels_itself_and_catches_it_does_not_raise(profile: Profile) -> None:
    result = judge(profile, "known:gives_up", "--no-cancel", *ALONE, expected={})
    assert rows(result, "Awaiting")[0]["waits"] == "1"


@is_linux
@pytest.mark.parametrize(
    ("call", "verb", "code"),
    [
        ("sleeps()", "waits", "time.sleep(0.05)"),
        ("sleeps_only()", "waits", "time.sleep(0.04)"),
        ("sleeps_attached()", "waits", "ctypes.PyDLL(None).usleep(50_000)"),
        ("matches()", "computes", 'HARD.search("a" * 21)'),
    ],
)
def test_what_blocks_the_loop_is_named_with_its_line(profile: Profile, call: str, verb: str, code: str) -> None:
    result = judge(profile, "known:waits", "--call", call, *ALONE, expected={call: {"blocks-loop"}})
    warning = finding(result, "blocks-loop")
    assert warning["message"].startswith(f"`{code}` {verb} on the loop's thread for up to ")
    assert warning["evidence"].splitlines()[0] == f"the call itself: await {call}"
    assert warning["evidence"].splitlines()[-1].startswith("known.py:")
    assert chapters_of(result, "blocks-loop") == {"blocking"}


@is_linux
def test_a_thread_that_keeps_the_gil_is_named(profile: Profile) -> None:
    arguments = ("known:waits_beside_a_hog", "--no-cancel", "--seconds", "1", *ALONE)
    result = quiet.measure(lambda: profile(*arguments), lambda result: bool(said(result)))
    warnings = [item for item in result["findings"] if item["id"] == "gil-held"]
    assert all(item["message"].startswith("thread `hog` keeps the GIL: the loop stands still") for item in warnings)
    assert all("HARD.search" in item["evidence"] for item in warnings if item["evidence"])
    # Where other processes keep it from a processor all the time, it can't be told, and nothing else is said.
    is_doubted = {"late", "busy-machine"} <= {item["id"] for item in result["findings"]}
    assert said(result) == ({"f()": {"gil-held"}} if warnings or not is_doubted else {})


@pytest.mark.parametrize(
    ("call", "names", "chapter"),
    [
        ("swallows()", {"cancel-swallowed"}, "cancellation"),
        ("wraps()", {"cancel-raises"}, "cancellation"),
        ("ignores()", {"cancel-ignored"}, "cancellation"),
        ("tidies_up()", {"cancel-late"}, "cancellation"),
        ("shields()", {"work-goes-on"}, "cancellation"),
        ("leaks_tasks()", {"tasks-left", "work-goes-on"}, "cancellation"),
    ],
)
def test_what_becomes_of_cancelled_calls_is_said(
    profile: Profile, call: str, names: set[str], chapter: str
) -> None:  # fmt: skip
    result = judge(profile, "known:waits", "--call", call, *ALONE, expected={call: names})
    assert {chapter} == {page for name in names for page in chapters_of(result, name)}


def test_calls_are_not_cancelled_on_demand(profile: Profile) -> None:
    result = judge(profile, "known:swallows", *ALONE, "--no-cancel", expected={})
    assert "Cancelling" not in {table["title"] for table in result["tables"]}


@is_linux
def test_threads_that_compute_on_are_seen(profile: Profile) -> None:
    result = judge(profile, "known:burns", *ALONE, expected={"f()": {"work-goes-on"}})
    assert "other threads compute on" in finding(result, "work-goes-on")["message"]


def test_a_count_says_what_goes_on_unseen(profile: Profile, tmp_path: Path) -> None:
    source = """\
        import asyncio
        import threading
        import time

        COUNT = 0

        def work():
            global COUNT
            COUNT += 1
            time.sleep(0.5)
            COUNT -= 1

        async def f():
            await asyncio.to_thread(work)
        """
    (tmp_path / "unseen.py").write_text(textwrap.dedent(source), encoding="utf-8")
    judge(profile, "unseen:f", *ALONE, expected={})
    result = judge(profile, "unseen:f", *ALONE, "--running", "COUNT", expected={"f()": {"work-goes-on"}})
    assert "`--running` says" in finding(result, "work-goes-on")["message"]


def test_memory_that_grows_is_told_from_memory_that_is_kept(profile: Profile) -> None:
    calls = ("--call", "leaks_memory()", "--call", "waits(0.001)", "--tasks", "1,1000")
    result = judge(profile, "known:waits", *calls, expected={"leaks_memory()": {"memory-grows"}})
    assert finding(result, "memory-grows")["message"].startswith("each ")


def test_what_nobody_awaits_is_reported(profile: Profile) -> None:
    result = judge(profile, "known:forgets", *ALONE, expected={None: {"never-awaited"}})
    assert "coroutine 'sleep' was never awaited" in finding(result, "never-awaited")["message"]


def test_calls_that_wait_for_each_other_are_seen(profile: Profile) -> None:
    arguments = ("known:queues", "--seconds", "0.5", "--tasks", "1,10")
    measure_until(lambda: profile(*arguments), lambda result: "one-at-a-time" in said(result).get("f()", ()))


def test_calls_that_fail_in_numbers_are_said(profile: Profile) -> None:
    result = profile("known:refuses_many", "--tasks", "1,10")
    assert "calls fail: OSError: too many" in finding(result, "fails-under-load")["message"]


def test_a_server_that_is_made_is_not_the_call(profile: Profile) -> None:
    arguments = ("--make", "server=await Server.start()", "--call", "f(server)")
    judge(profile, "known:ask", *arguments, "--tasks", "1,10", expected={})
    judge(profile, "known:ask", "--make", "server=Server.start()", "--call", "f(server)", *ALONE, expected={})


def test_both_loops_are_measured_where_they_are_installed(profile: Profile) -> None:
    pytest.importorskip("uvloop", reason="uvloop is not installed")
    result = judge(profile, "known:waits", *ALONE, "--loop", "all", expected={})
    assert [row["loop"] for row in rows(result, "Awaiting")] == ["asyncio", "uvloop"]


@is_linux
def test_async_functions_of_rust(profile: Profile, native: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(native))
    calls = ("waits(0.03)", "sleeps(0.05)", "ignores(2.5)", "computes(0.5)")
    words = [word for call in calls for word in ("--call", call)]
    expected: dict[str | None, set[str]] = {
        "sleeps(0.05)": {"blocks-loop"}, "ignores(2.5)": {"cancel-ignored"}, "computes(0.5)": {"work-goes-on"},
    }  # fmt: skip
    result = judge(profile, "native:waits", *words, *ALONE, expected=expected)
    assert "await sleeps(0.05)" in finding(result, "blocks-loop")["evidence"]


PROGRAM = """\
    import asyncio
    import sys
    import known

    async def work():
        for _ in range(3):
            await asyncio.sleep(0.01)
            await known.sleeps()

    async def main():
        forgotten = asyncio.create_task(known.hangs())
        await asyncio.gather(work(), known.waits())

    assert sys.argv[1:] == ["--port", "0"]
    asyncio.run(main())
    sys.exit([3])
    """


@is_linux
def test_a_script_lists_the_lines_that_block(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "serve.py").write_text(textwrap.dedent(PROGRAM), encoding="utf-8")

    def is_usual(result: dict[str, Any]) -> bool:
        kept = [tuple(row) for table in result["tables"] for row in table["rows"] if row[0] == PLACE]
        blocks = said(result) == {PLACE: {"blocks-loop"}, None: {"tasks-left", "script-fails"}}
        return blocks and [row[1:4] for row in kept] == [("time.sleep(0.05)", "waits", "3")]

    arguments = ("--draw", "serve.svg", "--force", "serve.py", "--", "--port", "0")
    result = measure_until(lambda: profile(*arguments), is_usual)
    assert "`hangs`" in finding(result, "tasks-left")["message"]
    titles = [element.text for element in ET.parse(tmp_path / "serve.svg").iter()]  # noqa: S314  (it is our own)
    assert any(text and text.endswith("waits time.sleep(0.05)") for text in titles)


def test_a_call_can_be_run_as_a_program(profile: Profile) -> None:
    judge(profile, "known:sleeps", "--once", "--call", "f()", expected={PLACE: {"blocks-loop"}})
    judge(profile, "known:waits", "--once", expected={})


def test_the_drawing_has_a_lane_for_each_call(profile: Profile, tmp_path: Path) -> None:
    arguments = ("known:waits", "--call", "f()", "--call", "sleeps()", *ALONE, "--draw", "a.svg")
    result = judge(profile, *arguments, "--force", expected={"sleeps()": {"blocks-loop"}})
    assert "drawn in a.svg" in result["summary"]
    texts = [element.text or "" for element in ET.parse(tmp_path / "a.svg").iter()]  # noqa: S314  (it is our own)
    assert {"f() on asyncio", "sleeps() on asyncio", "1 task"} <= set(texts)
    assert any(text.endswith("waits time.sleep(0.05)") for text in texts)
    assert "already exists" in profile(*arguments, code=2)["message"]


SEEN = {
    "lag": 0.1, "lost": 0.0, "cpu": 0.0, "looks": 9, "total": 0.0, "held": 0.0, "is_same": True, "is_step": True,
    "is_same_code": True, "stack": [("a.py", 1, "f()")], "other": None, "pause": 0.0, "unseen": 0.01, "delay": 0.0,
    "limit": 0.02,
}  # fmt: skip
OTHER = {"name": "b", "cpu": 0.09, "delay": 0.0, "stack": []}
# Nobody got the GIL for all of the time, and a thread that may have had it had no processor for most of it.
STOPPED = {"unseen": 0.1, "delay": 0.09, "held": 0.09, "other": {**OTHER, "cpu": 0.01, "delay": 0.09}}


@pytest.mark.parametrize(
    ("seen", "cause"),
    [
        ({}, "waits"),
        ({"cpu": 0.08}, "computes"),
        ({"cpu": 0.08, "is_same": False}, "computes"),
        ({"cpu": 0.08, "is_step": False}, "many steps"),
        ({"pause": 0.09, "cpu": 0.09}, "garbage collection"),
        ({"other": OTHER}, "waits"),
        ({"other": OTHER, "held": 0.09, "looks": 1}, "another thread"),
        ({"other": OTHER, "is_same": False}, "another thread"),
        ({"other": OTHER, "stack": []}, "another thread"),
        ({"is_same": False}, "waits"),
        ({"is_same": False, "is_same_code": False}, "unknown"),
        ({"stack": []}, "unknown"),
        (STOPPED, "unknown"),
        ({**STOPPED, "stack": []}, "unknown"),
        ({**STOPPED, "other": None}, "unknown"),
        ({**STOPPED, "delay": 0.07, "other": {**OTHER, "cpu": 0.03, "delay": 0.07}}, "another thread"),
        ({**STOPPED, "cpu": 0.08}, "computes"),
        ({**STOPPED, "unseen": 0.01, "held": 0.0}, "waits"),
    ],
)
def test_the_cause_of_a_lag_follows_from_what_threads_used(seen: dict[str, object], cause: str) -> None:
    assert cause_of({**SEEN, **seen}, 0.1) == cause


@pytest.mark.parametrize(
    ("delays", "expected"),
    [
        ({"other": 0.09}, 0.09),
        ({"other": 0.01, "quiet": 0.08}, 0.08),
        ({"other": 0.01, "own": 0.07}, 0.07),
        ({"other": 0.01, "own": 0.07, "harmless": 0.07}, 0.01),
    ],
    ids=["the busiest", "one that did little", "our own with the GIL", "our own without the GIL"],
)
def test_who_waited_for_a_processor_is_known_of_all_threads(delays: dict[str, float], expected: float) -> None:
    loop = asyncio.new_event_loop()
    watch = Watch(loop, 0.02, "")
    loop.close()
    watch.start_time, watch.seen = 0.0, 0.0
    watch.mark()
    watch.before = {1: (1.0, 1.0), 2: (1.0, 1.0)}
    now = {1: (1.01, 1 + delays["other"]), 2: (1.0, 1 + delays.get("quiet", 0.0))}
    watch.uses.read = lambda: now  # type: ignore[method-assign]
    watch.own_delay, watch.harmless = lambda: delays.get("own", 0.0), delays.get("harmless", 0.0)
    seen = watch.describe(0.1, 0.0, 0.1, 0.0)
    assert seen["delay"] == pytest.approx(expected)
    assert (seen["unseen"], seen["limit"], seen["looks"]) == (0.1, 0.02, 0)


def test_a_program_whose_loop_was_late_for_no_known_reason_is_told_so() -> None:
    windows = tuple(Window.read({**SEEN, **STOPPED, "start": float(number), "lost": 0.0}) for number in range(2))
    lag = Lag(0.1, 0.1, (), windows)
    end = {"complaints": [], "threads": [], "busy": 1.8}
    program = ProgramRun({"debug": [], "python": "3.14.0"}, 3.0, None, ((0.0, lag),), (), end)
    assert {finding.id: finding.message for finding in find([], program, 0.02)} == {
        "busy-machine": "other processes kept 1.8 processors busy meanwhile",
        "late": "the loop was up to 100 ms late, 2 times; why can't be told",
    }
