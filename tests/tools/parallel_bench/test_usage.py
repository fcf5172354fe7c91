"""What is typed wrongly, machines, calls that fail, and what real calls return; no time is judged here."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import CHECKOUT
from tests.tools.parallel_bench.conftest import allow, names, rows
from tests.tools.results import finding, timeout_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.parallel_bench.conftest import Bench

TOOL = CHECKOUT / "skills/pyo3-performance-gil-parallel/scripts/parallel_bench.py"
INPUT = ("--make", "a=list(range(n))", "--sizes", "20", "--threads", "2")
INSIDE = ("--call", "f(a, threads=t)", *INPUT)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "there is no function to measure"),
        (["measured", *INPUT], "`measured` is not `MODULE:FUNCTION`"),
        (["no_such:f", *INPUT], f"`{sys.executable}` has no module `no_such`"),
        (["measured:weights", *INPUT], "`measured` has no function `weights`"),
        (["measured:waits"], "`a` in `--call f(a)` has no type"),
        (["measured:waits", "--type", "list[in]"], "`list[in]` is not a type that can be made"),
        (["measured:waits", *INPUT, "--call", "f(a"], "`--call f(a` is not an expression"),
        (["measured:waits", *INPUT, "--call", "len(a)"], "`--call len(a)` does not call `f`"),
        (["measured:waits", *INPUT, "--call", "f(t)"], "`--call f(t)` has no input"),
        (["measured:waits", *INPUT, "--call", "f(a, n)"], "`n` in `--call f(a, n)` is the size"),
        (["measured:waits", *INPUT, "--call", "f(a, wide)"], "`wide` in `--call f(a, wide)` is not known"),
        (["measured:waits", *INPUT, "--reference", "no(a)"], "`no` in `--reference no(a)` is not known"),
        (["measured:waits", *INPUT, "--make", "t=1"], "`t` in `--make t=1` can't be the name of an input"),
        (["measured:waits", "--make", "a=list(m)", "--sizes", "3"], "`a=list(m)` makes no input with n = 3: NameError"),
        (["measured:waits", "--make", "a=n", "--sizes", "3"], "`a` can't be split into chunks: TypeError"),
        (["measured:waits", "--make", "a={n}", "--sizes", "3"], "`a` can't be split into chunks: TypeError"),
        (["measured:waits", *INPUT, "--sizes", "1,ten"], "`--sizes 1,ten`: `ten` is not a whole number from 1 to 1e9"),
        (["measured:waits", *INPUT, "--threads", "0"], "`--threads 0`: `0` is not a whole number from 1 to 1e9"),
        (["measured:waits", *INPUT, "--threads", "5000"], "`--threads 5000` has more than 1,024 threads"),
        (
            ["measured:shares", *INSIDE, "--variable", "X"],
            "`--variable X` and `t` in `--call f(a, threads=t)` both set",
        ),
        (["measured:waits", *INPUT, "--variable", "A=B"], "`--variable A=B` is not a name"),
        (["measured:waits", *INPUT, "--split", "b"], "`--split b` is not an input of the call"),
        (["measured:shares", *INSIDE, "--split", "a"], "`--split` has no meaning here"),
        (["measured:shares", *INSIDE, "--join", "sum(parts)"], "`--join` has no meaning here"),
        (["measured:shares", *INSIDE, "--chunks", "3"], "`--chunks` has no meaning here"),
        (["measured:waits", *INPUT, "--join", "sum(a)"], "`--join sum(a)` does not name `parts`"),
        (["measured:waits", *INPUT, "--chunks", "0.5"], "`--chunks 0.5`: `0.5` is not a whole number"),
        (["measured:waits", *INPUT, "--draw", "a.png"], "`a.png` does not end in `.svg`"),
    ],
)
def test_what_is_typed_wrongly_is_said(bench: Bench, arguments: list[str], message: str) -> None:
    error = bench(*arguments, code=2)
    assert error["message"].startswith(message)
    assert error["hint"]


def test_an_import_that_fails_is_an_error(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("raise ValueError('no')", encoding="utf-8")
    assert bench("bad:f", *INPUT, code=1)["message"] == "importing `bad` failed: ValueError: no"


def test_threads_of_python_are_measured_in_chunks(bench: Bench) -> None:
    result = bench("measured:waits", *INPUT, "--join", "sum(parts)", "--chunks", "5,10", "--reference", "sum(a)")
    assert [row["threads"] for row in rows(result, "Scaling")] == ["1", "2"]
    # Joined, so the same as of all at once.
    assert [row["results"] for row in rows(result, "Scaling")] == ["first", "equal"]
    assert [row["way"] for row in rows(result, "Other ways")] == ["f(a)", "sum(a)"]
    assert [(row["chunk"], row["chunks"]) for row in rows(result, "Sizes of chunks")] == [("5", "4"), ("10", "2")]
    assert all(int(row["rounds"]) >= 5 for row in rows(result, "Rounds"))
    assert not names(result) & {"results-differ", "reference-differs", "call-raises"}


def test_parts_that_are_joined_are_compared_with_the_whole(bench: Bench) -> None:
    result = bench("measured:waits", *INPUT, "--join", "max(parts)", "--chunks", "7")
    warning = finding(result, "parts-differ")
    assert warning["message"] == "parts joined by `max(parts)` are not the result of all of the input"
    assert warning["evidence"] == "chunks of 7"
    # With the same chunks, threads change nothing.
    assert "results-equal" in names(result)


def test_one_size_of_chunks_is_not_compared(bench: Bench) -> None:
    result = bench("measured:waits", *INPUT, "--chunks", "7")
    assert {table["title"] for table in result["tables"]} == {
        "Machine",
        "Scaling",
        "Amdahl's law",
        "Other ways",
        "Rounds",
    }
    assert {row["chunk"] for row in rows(result, "Rounds") if "thread" in row["way"]} == {"7"}


def test_a_function_gets_its_threads_and_chunks(bench: Bench) -> None:
    call = ("--call", "f(a, threads=t, chunk=c)", *INPUT[:4])
    result = bench("measured:in_chunks", *call, "--threads", "2,4", "--chunks", "1,5,20")
    assert [row["threads"] for row in rows(result, "Scaling")] == ["1", "2", "4"]
    assert [row["chunk"] for row in rows(result, "Sizes of chunks")] == ["1", "5", "20"]


def test_a_variable_is_set_in_a_process_for_each_number(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "told.py").write_text(
        "import os\ndef f(a): return [os.environ['HOW_MANY'], len(a)]\n", encoding="utf-8"
    )
    result = bench("told:f", *INPUT, "--variable", "HOW_MANY", code=1)
    # So each got its own, and their results were compared across processes.
    assert [row["results"] for row in rows(result, "Scaling")] == ["first", "differ"]
    result = bench("measured:reads_variable", *INPUT, "--variable", "MEASURED_THREADS")
    assert [row["results"] for row in rows(result, "Scaling")] == ["first", "equal"]


def test_processes_are_compared(bench: Bench) -> None:
    arguments = ("--make", "w=0.5", "--call", "[f(a), w]", "--join", "[sum(part[0] for part in parts), parts[0][1]]")
    result = bench("measured:waits", *arguments, *INPUT, "--processes", "--chunks", "5")
    (row,) = rows(result, "Processes")
    assert row["n"] == "20"
    assert row["sent"].endswith(" B")
    assert [row["way"] for row in rows(result, "Other ways")] == ["[f(a), w]", "2 processes"]
    assert not names(result) & {"results-differ", "call-raises"}


def test_what_can_not_be_pickled_leaves_the_rest(bench: Bench) -> None:
    result = bench("measured:waits", "--call", "(f(a), g)[0]", "--make", "g=lambda: 1", *INPUT, "--processes")
    warning = finding(result, "call-raises")
    assert warning["level"] == "warning"
    assert " raises in processes " in warning["message"]
    assert len(rows(result, "Scaling")) == 2


@pytest.mark.parametrize(
    ("function", "name", "code"),
    [
        ("counts_threads", "results-differ", 1),
        ("adds_floats", "results-close", 0),
        ("returns_handle", "results-unknown", 0),
    ],
)
def test_results_of_more_threads_are_compared(bench: Bench, function: str, name: str, code: int) -> None:
    result = bench(f"measured:{function}", *INSIDE, code=code)
    assert name in names(result)
    assert "results-equal" not in names(result)


@pytest.mark.parametrize(
    ("function", "name", "message"),
    [
        ("refuses_threads", "call-raises", "with n = 20, `f(a, threads=t)` raises ValueError: only one thread"),
        ("fails_later", "call-raises", "`f(a, threads=t)` raises ValueError: too often when it is repeated"),
        ("ends", "crash", "`f(a, threads=t)` ended its process (exit code 7)"),
        ("hangs", "hang", "`f(a, threads=t)` did not finish within 3 s"),
    ],
)
def test_a_call_that_fails_is_an_error(bench: Bench, function: str, name: str, message: str) -> None:
    result = bench(f"measured:{function}", *INSIDE, *timeout_for(function == "hangs", "3"), code=1)
    assert finding(result, name)["message"] == message
    assert finding(result, name)["level"] == "error"


def test_of_a_call_that_always_fails_nothing_is_shown_but_why(bench: Bench) -> None:
    result = bench(
        "measured:refuses_threads", "--type", "bytes", "--sizes", "20", "--call", "f(a, threads=t, mode=1)", code=1
    )
    assert not {"Scaling", "Amdahl's law"} & {table["title"] for table in result["tables"]}
    assert "call-raises" in names(result)
    assert "no-law" not in names(result)


def test_only_threads_without_a_processor(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    allow(monkeypatch, tmp_path, 2)
    result = bench("measured:shares", *INSIDE[:6], "--threads", "4")
    assert result["summary"].startswith("`measured:shares`: 2 threads, as many as can run at once, were not measured")
    assert rows(result, "Scaling")[1]["speed-up"] == "not counted: 2 usable"


@pytest.mark.parametrize(
    ("allowed", "quota", "usable"),
    [(8, "max 100000", 8), (3, "max 100000", 3), (8, "250000 100000", 2), (8, "50000 100000", 1)],
)  # fmt: skip
def test_affinity_and_quota_limit_processors(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, allowed: int, quota: str, usable: int
) -> None:
    allow(monkeypatch, tmp_path, allowed, quota)
    result = bench("measured:waits", *INPUT[:2], "--sizes", "2", "--chunks", "1", "--threads", "1,2")
    machine = {row["what"]: row["value"] for row in rows(result, "Machine")}
    assert machine["usable processors"] == f"{usable} of 8"
    assert machine["allowed by affinity"] == str(allowed)
    assert ("one-processor" in names(result)) == (usable == 1)


@pytest.mark.parametrize(("count", "threads"), [(1, "(1)"), (2, "(1, 2)"), (6, "(1, 2, 4, 6)"), (8, "(1, 2, 4, 8)")])
def test_as_many_threads_as_processors_are_usual(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, count: int, threads: str
) -> None:
    allow(monkeypatch, tmp_path, count)
    assert f"in threads of Python {threads} with" in bench("no_such:f", *INPUT[:4], "--dry-run")["summary"]


def test_a_dry_run_imports_nothing(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("open('imported', 'w')", encoding="utf-8")
    result = bench("bad:f", *INPUT, "--dry-run", "--processes", "--draw", "a.svg")
    summary = "would measure `f(a)` in threads of Python (1, 2) and in processes with n up to 20"
    assert result["summary"] == f"{summary}, in {sys.executable} and write a.svg"
    assert result["dry_run"]
    assert not (tmp_path / "imported").exists()


def test_sizes_that_would_take_long_are_left_out(bench: Bench) -> None:
    call = ("--call", "f(a[:1])", "--make", "a=bytes(n * 1000)", "--threads", "1", "--chunks", "1e9")
    assert "n = 1,000,000" in finding(bench("builtins:len", *call), "sizes-omitted")["message"]


def test_a_call_that_changes_its_input_is_said(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "sorting.py").write_text("def sort(values):\n    values.sort()\n", encoding="utf-8")
    makes = ("--make", "a=[-i for i in range(n)]", "--sizes", "1000", "--threads", "1")
    changing = [item for item in bench("sorting:sort", *makes)["findings"] if item["id"] == "inputs-changed"]
    assert "the call changes `a`" in changing[0]["message"]
    copying = bench("sorting:sort", *makes, "--call", "f(a.copy())")
    assert "inputs-changed" not in {item["id"] for item in copying["findings"]}


def test_types_are_listed(bench: Bench) -> None:
    assert {"list[float]", "float64"} <= {row["type"] for row in rows(bench("--list"), "Types of inputs")}


def test_the_script_prints_tables(environment: dict[str, str]) -> None:
    command = [sys.executable, str(TOOL), "builtins:sum", "--type", "list[int]", "--sizes", "10", "--seconds", "0.01",
               "--threads", "1", "--python", sys.executable]  # fmt: skip
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True)
    assert "Amdahl's law" in done.stdout
    assert "Rounds" not in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("detaches", []),
        ("in_own_pool", ["--call", "f(a, threads=t)"]),
        ("in_pool", ["--variable", "RAYON_NUM_THREADS"]),
    ],
)
def test_an_extension_that_detaches_scales(
    bench: Bench, planted: Path, monkeypatch: pytest.MonkeyPatch, function: str, arguments: list[str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(planted))
    result = bench(
        f"planted:{function}", *arguments, "--make", "a=list(range(1, n))", "--sizes", "2e4", "--threads", "2"
    )
    assert not names(result) & {"call-raises", "results-differ", "crash"}
    # Where other processes disturb it, it can't be told, and nothing else is said.
    assert names(result) & {"scales", "unclear"}


@pytest.mark.slow
def test_an_extension_that_stays_attached_does_not_scale(
    bench: Bench, planted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(planted))
    result = bench("planted:holds", "--make", "a=list(range(1, n))", "--sizes", "2e4", "--threads", "2")
    assert names(result) & {"no-scaling", "slower-with-threads", "unclear"}
    assert "scales" not in names(result)


@pytest.mark.slow
def test_a_variable_sizes_the_pool_of_rayon(bench: Bench, planted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(planted))
    arguments = ("--variable", "RAYON_NUM_THREADS", "--make", "a=list(range(n))", "--sizes", "2", "--threads", "3")
    result = bench("planted:threads_of_pool", *arguments, code=1)
    assert [row["results"] for row in rows(result, "Scaling")] == ["first", "differ"]
