"""What functions of Python and of its library do to others, scripts, and Pythons and systems that say less."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from scaffolder.runtime.holds import Beat, Hold, Round
from scaffolder.tools.gil_profiler.findings import describe_hold
from tests.tools.gil_profiler.conftest import CALLS, judge, measure, names, seconds
from tests.tools.results import finding, rows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.gil_profiler.conftest import Profile

is_linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not say what a thread waits for")
is_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no `usleep`")
SPOTS = "Where the GIL was held for long"


@is_linux
def test_functions_of_python_are_told_apart(profile: Profile) -> None:
    expected = {
        "f(0.02)": ("lets others in", "lets-in"),
        "hashes(data)": ("detaches", "detaches"),
        "time.sleep(0.02)": ("detaches", "detaches"),
        "sum(range(1_000_000))": ("holds", "works-with-objects"),
        "abs(-5)": ("short", "short"),
    }
    judge(profile, "known:spins", "--make", "data=bytes(20 * n)", expected=expected)


@is_linux
@is_posix
def test_waiting_in_c_is_told_from_computing(profile: Profile) -> None:
    expected = {"f(0.02)": ("holds", "waits-attached"), "matches(20)": ("holds", "should-detach")}
    judge(profile, "known:waits", expected=expected)


def test_a_function_of_python_names_the_line_that_holds(profile: Profile) -> None:
    result = measure(profile, "known:matches", "--call", "f(20)", until=lambda result: "should-detach" in names(result))
    evidence = finding(result, "should-detach")["evidence"]
    assert evidence == 'for the longest time until known.py:33: HARD.search("a" * length)'


def test_inputs_are_renewed_if_a_call_uses_them_up(profile: Profile) -> None:
    makes = ("--make", "a=iter(range(n))", "--size", "200")
    result = profile("known:uses_up", *makes)
    assert finding(result, "inputs-renewed")["where"] == "f(a)"
    result = profile("known:sorts", "--make", "a=[(7919 * i) % n for i in range(n)]", "--size", "2000")
    assert finding(result, "inputs-renewed")["where"] == "f(a)"
    assert "inputs-renewed" not in names(profile("known:hashes", "--type", "bytes", "--size", "2000"))


@is_linux
def test_what_an_argument_makes_is_not_used_up(profile: Profile) -> None:
    expected = {"sum(iter(a))": ("holds", "works-with-objects"), "sum(x for x in a)": ("lets others in", "lets-in")}
    judge(profile, "known:uses_up", "--make", "a=list(range(n))", "--size", "1e6", expected=expected)


def test_short_calls_are_as_few_as_their_inputs_take_to_make(profile: Profile) -> None:
    arguments = ("known:pops", "--make", "a=[bytes(100) for _ in range(n)]", "--size", "1e5")
    result = measure(profile, *arguments, until=lambda result: names(result) == {"inputs-renewed", "short"})
    number = rows(result, CALLS)[0]["rounds"].partition(" x ")[2] or "1 calls"
    assert int(number.split()[0].replace(",", "")) < 1000


def test_a_thread_without_a_processor_does_not_take_longer() -> None:
    # The system says in the third beat what the thread waited for in the first two.
    times = [(0.0, 0.01, 0.0), (0.01, 0.02, 0.0), (0.02, 0.03, 0.02), (0.03, 0.04, 0.0)]
    beats = tuple(Beat(due, got, 0.0, delay, 0.0, 0, None, 1) for due, got, delay in times)
    assert Round(0.04, beats).own == pytest.approx(0.02)
    # Half of that was before the call began, and after it ended.
    assert Round(0.04, beats, delay=0.01).own == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("milliseconds", "verdict"),
    [
        ([0.4, 0.6, 0.9, 1.4, 1.4, 1.5, 1.6], "unclear"),
        ([0.9, 1.2, 1.3, 1.4, 1.4, 1.5, 1.6], "holds"),
        ([0.4, 0.6, 0.9, 2.1, 2.1, 2.2, 2.4], "holds"),
        ([0.4, 0.6, 0.7, 0.9, 2.1, 2.2, 2.4], "lets others in"),
    ],
)
def test_a_time_close_to_the_limit_has_to_be_there_in_most_rounds(milliseconds: list[float], verdict: str) -> None:
    rounds = []
    for part in milliseconds:
        wait = part / 1000
        beats = tuple(Beat(due, due + wait, wait, 0.0, wait, 9, None, 2) for due in (0.0, 0.004, 0.008))
        rounds.append(Round(0.012, beats))
    hold = Hold("f()", 1, 0.012, rounds, 0.001)
    assert hold.verdict == verdict
    assert describe_hold(hold).id == {"unclear": "unclear", "holds": "holds", "lets others in": "lets-in"}[verdict]


def test_known_calls_are_measured_beside(profile: Profile) -> None:
    def is_usual(result: dict[str, Any]) -> bool:
        verdicts = {row["call"]: row["verdict"] for row in rows(result, "What known calls do")}
        return verdicts == {"a sleep": "detaches", "a hash, detached": "detaches", "a loop in Python": "lets others in"}

    measure(profile, "known:hashes", "--type", "bytes", "--size", "10", until=is_usual)


def test_without_a_gil_there_is_nothing_to_measure(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "free.py").write_text("import known\nknown.pretend_no_gil()\nf = len\n", encoding="utf-8")
    result = profile("free:f", "--type", "bytes")
    assert result["tables"] == []
    assert names(result) == {"no-gil"}
    assert "nothing to measure" in result["summary"]


def test_a_system_that_says_less_is_said_and_still_measured(profile: Profile, tmp_path: Path) -> None:
    source = "import known\nfrom known import *\ntry:\n    import resource\n    del resource.RUSAGE_THREAD\n"
    source += "except (ImportError, AttributeError):\n    pass\n"
    (tmp_path / "blind.py").write_text(source, encoding="utf-8")
    calls = ("--call", "f(21)", "--call", "time.sleep(0.05)")
    result = measure(
        profile,
        "blind:matches",
        *calls,
        until=lambda result: [row["verdict"] == "holds" for row in rows(result, CALLS)] == [True, False],
    )
    assert finding(result, "waits-not-told-apart")["level"] == "note"
    assert rows(result, CALLS)[0]["verdict"] == "holds"


def test_a_script_lists_the_lines_that_hold(profile: Profile, tmp_path: Path) -> None:
    script = """\
        import sys
        import known

        assert sys.argv[1:] == ["--epochs", "2"]
        assert __name__ == "__main__"
        for _ in range(3):
            known.hashes(bytes(20_000_000))
            known.matches(21)
        known.spins(0.05)
        sys.exit([3])
        """
    (tmp_path / "train.py").write_text(textwrap.dedent(script), encoding="utf-8")

    def is_usual(result: dict[str, Any]) -> bool:
        places = {row["place"] for table in result["tables"] if table["title"] == SPOTS for row in rows(result, SPOTS)}
        # Python code lets others in.
        return "known.py:33" in places and not {"known.py:22", "known.py:21", "known.py:23"} & places

    arguments = ("train.py", "--limit", "20", "--draw", "train.svg", "--force", "--", "--epochs", "2")
    result = measure(profile, *arguments, until=is_usual)
    row = {row["place"]: row for row in rows(result, SPOTS)}["known.py:33"]
    assert row["code"] == 'HARD.search("a" * length)'
    assert row["meanwhile it"] == "computes"
    # Where the other thread had no processor in between, two of them are one.
    assert int(row["times"]) in {2, 3}
    assert seconds(row["in all"]) > seconds(row["longest"])
    warning = next(item for item in result["findings"] if item["where"] == "known.py:33")
    assert warning["id"] == "long-hold"
    assert finding(result, "script-fails")["message"] == "the script did not end well: it ended by `sys.exit([3])`"
    titles = [element.text for element in ET.parse(tmp_path / "train.svg").iter()]  # noqa: S314  (it is our own)
    assert any(text and text.startswith("known.py:33") for text in titles)


@is_linux
def test_of_several_threads_the_busy_one_is_named(profile: Profile, tmp_path: Path) -> None:
    script = """\
        import threading
        import time
        import known

        thread = threading.Thread(target=known.matches, args=[23])
        thread.start()
        time.sleep(0.01)
        thread.join()
        """
    (tmp_path / "threads.py").write_text(textwrap.dedent(script), encoding="utf-8")
    result = profile("threads.py", "--limit", "50")
    assert {row["place"] for row in rows(result, SPOTS)} <= {"known.py:33", "threading.py:0", "unknown"}


def test_the_drawing_has_a_lane_for_each_call(profile: Profile, tmp_path: Path) -> None:
    arguments = ("known:matches", "--call", "f(20)", "--call", "hashes(data)", "--make", "data=bytes(1000 * n)")
    result = measure(
        profile, *arguments, "--size", "1000", "--draw", "a.svg", "--force",
        until=lambda result: "holds" in {row["verdict"] for row in rows(result, CALLS)},
    )  # fmt: skip
    assert "drawn in a.svg" in result["summary"]
    drawing = list(ET.parse(tmp_path / "a.svg").iter())  # noqa: S314  (it is our own)
    texts = [element.text for element in drawing if element.tag.endswith("text")]
    assert {"known:matches", "f(20)", "hashes(data)"} <= set(texts)
    assert any(text and text.startswith("holds for ") for text in texts)
    assert "already exists" in profile(*arguments, "--draw", "a.svg", code=2)["message"]
