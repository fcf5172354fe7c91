"""What is said about times, which a machine would have measured: figures, doubts, Amdahl's law, chunks, the drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from xml.etree import ElementTree as ET

import pytest

from scaffolder.machine.processors import Processors
from scaffolder.runtime import benching
from scaffolder.runtime.scaling import Round, Scaling, Stage, Track, Way
from tests.tools.parallel_bench.conftest import names, rows
from tests.tools.results import finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from scaffolder.runtime.scaling import Kind, Setup
    from tests.tools.parallel_bench.conftest import Bench

CALL = ("measured:shares", "--call", "f(a, threads=t)", "--make", "a=list(range(n))", "--sizes", "100")
# Rounds that differ by little.
STEADY = (1.0, 1.01, 1.02, 1.0, 1.03, 1.01, 1.02, 1.01)
WILD = (1.0, 2.4, 1.1, 3.0, 0.7, 1.9, 1.2, 2.8)


class Play(Protocol):
    """Lets the tool have measured some times."""

    def __call__(self, *tracks: Track, usable: int = 8, cores: int | None = None, **facts: Any) -> None: ...


def track(  # noqa: PLR0917
    count: int, seconds: float, rounds: Sequence[float] = STEADY, used: float | None = None, others: float = 0.0,
    delayed: float = 0.0, verdict: str = "equal", way: Way | None = None,
) -> Track:  # fmt: skip
    """Return the rounds of some threads."""
    busy = float(count) if used is None else used
    turns = [Round(seconds * part, 1.0, busy, others, delayed) for part in rounds]
    return Track(way or Way("inside", count), verdict, seconds, turns)


def way(kind: Kind, count: int = 1, chunk: int = 1, index: int = 0) -> Way:
    return Way(kind, count, chunk, index)


def curve(serial: float, counts: Sequence[int] = (1, 2, 4, 8)) -> list[Track]:
    """Return times that follow Amdahl's law."""
    return [track(count, serial + (1 - serial) / count) for count in counts]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    def run(*tracks: Track, usable: int = 8, cores: int | None = None, **facts: Any) -> None:
        machine = Processors(8, usable, None, cores, None, (), 0.5)

        def bench(setup: Setup, *_: object) -> Scaling:
            stage = Stage(100, 100, 800, list(tracks), {}, facts.pop("pickling", None))
            scaling = Scaling(setup, machine, machine, "3.13.1", stages=[stage])
            for name, value in facts.items():
                setattr(scaling, name, value)
            return scaling

        monkeypatch.setattr(benching, "bench", bench)

    return run


@pytest.mark.parametrize("serial", [0.05, 0.25, 0.6])
def test_the_serial_part_is_that_of_the_times(bench: Bench, play: Play, serial: float) -> None:
    play(*curve(serial))
    result = bench(*CALL)
    (row,) = rows(result, "Amdahl's law")
    assert abs(int(row["serial part"].rstrip("%")) - 100 * serial) <= 2
    low, high = (int(part.rstrip("%")) for part in row["interval"].split(" to "))
    assert low <= 100 * serial <= high
    assert row["fit"] in {"within 0%", "within 1%", "within 2%"}
    assert names(result) == {"scales", "results-equal"}


def test_speed_ups_have_an_interval_and_an_efficiency(bench: Bench, play: Play) -> None:
    play(*curve(0.25))
    result = bench(*CALL)
    one, two, four, eight = rows(result, "Scaling")
    assert (one["speed-up"], one["interval"], one["results"]) == ("1", "", "first")
    assert [row["speed-up"] for row in (two, four, eight)] == ["1.60", "2.29", "2.91"]
    low, high = map(float, two["interval"].split(" to "))
    assert 1.5 < low <= 1.6 <= high < 1.7
    assert (two["efficiency"], two["results"], two["processors"]) == ("80%", "equal", "2.0")
    assert result["summary"] == "`measured:shares`: 2.91 times as fast with 8 threads and n = 100, by Python 3.13.1"


def test_two_numbers_of_threads_test_no_law(bench: Bench, play: Play) -> None:
    play(*curve(0.25, (1, 2)), usable=2)
    result = bench(*CALL, "--threads", "1,2")
    assert rows(result, "Amdahl's law")[0]["fit"] == "untested: 2 times always fit"
    assert finding(result, "law-untested")["message"].endswith("is from 2 numbers of threads")
    assert "nothing is known about more than 2 threads" in finding(result, "few-processors")["message"]


def test_more_threads_than_processors_are_no_evidence(bench: Bench, play: Play) -> None:
    # Were they counted, the law would be another one.
    play(*curve(0.25, (1, 2)), track(4, 0.1), track(8, 0.05), usable=2)
    result = bench(*CALL, "--threads", "1,2,4,8")
    assert [row["speed-up"] for row in rows(result, "Scaling")[2:]] == ["not counted: 2 usable"] * 2
    assert rows(result, "Amdahl's law")[0]["from"] == "2 numbers of threads"
    assert "with 2 threads" in result["summary"]
    message = finding(result, "more-than-processors")["message"]
    assert message == "4 and 8 threads take turns on 2 processors: no evidence for scaling"


def test_one_processor_measures_no_speed_up(bench: Bench, play: Play) -> None:
    play(track(1, 1.0), track(2, 0.5), usable=1)
    result = bench(*CALL, "--threads", "1,2")
    assert finding(result, "one-processor")["level"] == "warning"
    assert "no speed-up can be measured" in result["summary"]
    assert not names(result) & {"scales", "no-scaling", "unclear"}


@pytest.mark.parametrize(
    ("tracks", "fit"),
    [
        ([track(1, 1.0), track(2, 1.5), track(4, 2.0)], "none: threads make it slower"),
        ([track(1, 1.0), track(2, 0.4), track(4, 0.15)], "none: faster than the threads explain"),
        ([track(1, 1.0), track(2, 0.5), track(4, 0.5), track(8, 0.5)], "none: the times do not follow it"),
        ([track(1, 1.0), track(2, 0.7, WILD), track(4, 0.6, WILD)], "none: too noisy to tell"),
        ([track(1, 1.0), track(2, 0.5, STEADY[:3])], "none: too few rounds to tell"),
        ([track(1, 1.0), track(2, 0.5, others=1.0, delayed=0.5)], "none: too disturbed to tell"),
        ([track(1, 1.0)], "none: needs 2 numbers of threads"),
    ],
)
def test_a_fit_that_means_nothing_is_not_given(bench: Bench, play: Play, tracks: list[Track], fit: str) -> None:
    play(*tracks)
    result = bench(*CALL)
    (row,) = rows(result, "Amdahl's law")
    assert (row["serial part"], row["at most"], row["fit"]) == ("", "", fit)
    assert finding(result, "no-law")["message"].endswith(fit.removeprefix("none: "))


@pytest.mark.parametrize(
    ("last", "text"),
    [
        (track(8, 0.7, WILD), "too noisy to tell"),
        (track(8, 0.05, WILD), "faster, too noisy to say how much"),
        (track(8, 20.0, WILD), "slower, too noisy to say how much"),
        (track(8, 0.5, others=3.0, delayed=2.0), "too disturbed to tell"),
        (track(8, 0.5, STEADY[:2]), "too few rounds to tell"),
    ],
)
def test_a_figure_that_can_not_be_told_is_not_given(bench: Bench, play: Play, last: Track, text: str) -> None:
    play(track(1, 1.0), last)
    result = bench(*CALL)
    assert rows(result, "Scaling")[1]["speed-up"] == text
    assert text in result["summary"]
    assert ("unclear" in names(result)) == text.startswith("too ")


def test_rounds_that_had_to_wait_are_left_out(bench: Bench, play: Play) -> None:
    slow = [Round(3.0, 1.0, 1.0, 1.0, 0.8)] * 9
    half = track(2, 0.5, others=0.5)
    half.rounds += slow
    play(track(1, 1.0), half, usable=2)
    result = bench(*CALL, "--threads", "1,2")
    assert rows(result, "Scaling")[1]["speed-up"] == "2.00"
    row = rows(result, "Rounds")[1]
    assert (row["rounds"], row["quiet"]) == ("17", "8")
    assert finding(result, "busy-machine")["message"].startswith("other processes kept up to 0.8 of 8")


def test_own_threads_that_wait_for_each_other_disturb_nothing(bench: Bench, play: Play) -> None:
    play(track(1, 1.0), track(2, 0.5, others=0.0, delayed=1.0), usable=2)
    assert rows(bench(*CALL, "--threads", "1,2"), "Scaling")[1]["speed-up"] == "2.00"


@pytest.mark.parametrize(
    ("kind", "used", "cause", "page"),
    [
        ("threads", 1.0, "stays attached to the interpreter, or holds a lock", "detaching"),
        ("threads", 7.5, "hand the GIL to and fro", "scaling"),
        ("inside", 1.0, "there are fewer of them than was asked for", "pools"),
        ("inside", 7.5, "memory bandwidth, shared cache lines", "scaling"),
    ],
)
def test_why_threads_do_not_help(bench: Bench, play: Play, kind: Kind, used: float, cause: str, page: str) -> None:
    play(track(1, 1.0, way=way(kind, chunk=25)), track(8, 1.0, used=used, way=way(kind, 8, 25)))
    call = CALL if kind == "inside" else ("measured:waits", *CALL[3:])
    warning = finding(bench(*call), "no-scaling")
    assert warning["message"].startswith("with n = 100, 8 threads are not clearly faster than one, 1.00 times as fast")
    assert cause in warning["cause"]
    assert warning["reference"].endswith(f"/{page}.md")


def test_chunks_that_take_no_time_are_the_reason(bench: Bench, play: Play) -> None:
    play(track(1, 1e-4, way=way("threads", chunk=10)), track(8, 1e-4, way=way("threads", 8, 10)))
    warning = finding(bench("measured:waits", *CALL[3:]), "no-scaling")
    assert warning["cause"] == "a chunk takes 10 us, little more than handing it to a thread"


def test_threads_that_make_it_slower(bench: Bench, play: Play) -> None:
    play(track(1, 1.0), track(8, 2.0))
    warning = finding(bench(*CALL), "slower-with-threads")
    assert "8 threads are slower than one, 0.50 times as fast" in warning["message"]


def test_one_thread_that_is_more(bench: Bench, play: Play) -> None:
    play(track(1, 1.0, used=3.9), track(8, 0.9))
    warning = finding(bench(*CALL), "not-one-thread")
    assert warning["message"] == "one thread kept 3.9 processors busy, so it is not one thread"
    call = ("measured:reads_variable", "--variable", "MEASURED_THREADS", *CALL[3:])
    assert "nothing shows that `MEASURED_THREADS` does" in finding(bench(*call), "not-one-thread")["fix"]


def test_threads_of_a_core_are_no_cores(bench: Bench, play: Play) -> None:
    play(*curve(0.25), usable=8, cores=4)
    assert "are threads of 4 cores" in finding(bench(*CALL), "shared-cores")["message"]


def test_other_ways_are_compared(bench: Bench, play: Play) -> None:
    play(
        track(1, 1.0, way=way("alone")), track(1, 1.1, way=way("threads", 1, 25)),
        track(8, 0.5, way=way("threads", 8, 25)), track(8, 0.25, way=way("processes", 8, 25)),
        track(1, 0.05, way=way("alone", index=1)), pickling=(0.1, 5_000_000), starting=0.7,
    )  # fmt: skip
    result = bench("measured:waits", *CALL[3:], "--processes", "--reference", "sum(a)")
    texts = {row["way"]: row["8 threads against it"] for row in rows(result, "Other ways")}
    assert texts == {"f(a)": "2x faster", "8 processes": "2x slower", "sum(a)": "10x slower"}
    (row,) = rows(result, "Processes")
    assert (row["pickling in one process"], row["sent"], row["starting, not counted"]) == ("100 ms", "5 MB", "700 ms")
    messages = [item["message"] for item in result["findings"] if item["id"] == "other-way-faster"]
    assert messages == [f"with n = 100, 8 threads are {text}" for text in
                        ("2x slower than 8 processes", "10x slower than sum(a)")]  # fmt: skip
    assert finding(result, "pickling")["message"] == "pickling 5 MB takes 100 ms in one process, a call in all 250 ms"


def sweep(times: Mapping[int, float], rounds: Sequence[float] = STEADY) -> Stage:
    tracks = [track(8, time, rounds, way=way("threads", 8, chunk)) for chunk, time in times.items()]
    return Stage(100, 100, 800, tracks)


def test_the_best_chunks_are_a_place(bench: Bench, play: Play) -> None:
    play(*curve(0.25), sweep=sweep({1: 3.0, 4: 1.01, 16: 1.0, 64: 2.0}))
    result = bench(*CALL)
    assert finding(result, "best-chunk")["message"] == "the best chunks have 16 elements; 4 to 16 are about as good"
    assert [row["against the best"] for row in rows(result, "Sizes of chunks")] == [
        "3x slower", "too close to tell", "best", "2x slower",
    ]  # fmt: skip


def test_noisy_chunks_have_no_best(bench: Bench, play: Play) -> None:
    play(*curve(0.25), sweep=sweep({4: 1.01, 16: 1.0}, WILD))
    assert finding(bench(*CALL), "chunks-unclear")["level"] == "note"


@pytest.mark.parametrize(
    ("verdict", "name", "level"),
    [("differ", "results-differ", "error"), ("close", "results-close", "note"), ("unknown", "results-unknown", "note"),
     ("equal", "results-equal", "ok")],
)  # fmt: skip
def test_results_are_compared(bench: Bench, play: Play, verdict: str, name: str, level: str) -> None:
    play(track(1, 1.0), track(8, 0.3, verdict=verdict))
    results = [item for item in bench(*CALL, code=level == "error")["findings"] if item["id"] == name]
    assert [item["level"] for item in results] == [level]


def texts_of(path: Path) -> list[str]:
    drawing = ET.parse(path).iter()  # noqa: S314  (it is our own)
    return [element.text or "" for element in drawing if element.tag.endswith(("text", "title"))]


def circles_of(path: Path, test: Callable[[str], bool]) -> int:
    drawing = ET.parse(path).iter()  # noqa: S314  (it is our own)
    return sum(element.tag.endswith("circle") and test(element.attrib["fill"]) for element in drawing)


def test_the_drawing_shows_what_can_be_told(bench: Bench, play: Play, tmp_path: Path) -> None:
    play(*curve(0.25, (1, 2, 4)), track(8, 0.3), track(16, 0.5, WILD), usable=4)
    arguments = (*CALL, "--threads", "1,2,4,8,16", "--draw", "a.svg")
    assert bench(*arguments)["summary"].endswith("drawn in a.svg")
    texts = texts_of(tmp_path / "a.svg")
    assert {"measured:shares", "no processor for each thread", "ideal", "16"} <= set(texts)
    assert any(text.startswith("n = 100, serial part 2") for text in texts)
    # Hollow beyond the processors, and nothing where nothing can be told.
    assert circles_of(tmp_path / "a.svg", lambda fill: fill != "white") == 3
    assert circles_of(tmp_path / "a.svg", lambda fill: fill == "white") == 1
    assert "already exists" in bench(*arguments, code=2)["message"]
    bench(*arguments, "--force")
