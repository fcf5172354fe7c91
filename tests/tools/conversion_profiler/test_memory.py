"""What is copied, borrowed or shared, and what a call does to its input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.tools.conversion_profiler.conftest import names
from tests.tools.results import finding, rows

if TYPE_CHECKING:
    from tests.tools.conversion_profiler.conftest import Measure

LARGE = ("--sizes", "1,20e6")
linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not say how much memory a call used")


@linux
@pytest.mark.parametrize(
    ("function", "argument", "result", "growth"),
    [
        ("reads", "borrowed", "small", 0.0),
        ("copies", "copied", "small", 1.0),
        ("copies_unseen", "copied", "small", 1.0),
        ("builds", "borrowed", "built once", 1.0),
        ("builds_twice", "borrowed", "copied", 1.0),
        ("works", "unknown", "small", 3.0),
        ("views", "borrowed", "shared", 0.0),
        ("same", "borrowed", "shared", 0.0),
    ],
)
def test_memory_shows_what_is_copied(
    measure: Measure, function: str, argument: str, result: str, growth: float
) -> None:  # fmt: skip
    answer = measure(f"measured:{function}", "--type", "bytes", *LARGE)
    (row,) = rows(answer, "Memory of a call")
    assert (row["input is"], row["result is"]) == (argument, result)
    assert float(row["of input"]) == pytest.approx(growth, abs=0.1)
    assert ("input-copied" in names(answer)) == (argument == "copied")
    assert ("copies-unknown" in names(answer)) == (argument == "unknown")


@linux
@pytest.mark.parametrize(
    ("arguments", "argument", "result"),
    [
        (("numpy:sum", "--type", "float64"), "borrowed", "small"),
        (("numpy:asarray", "--type", "float64"), "borrowed", "shared"),
        (("numpy:sum", "--call", "f(a[::2])", "--type", "float64"), "borrowed", "small"),
        (("numpy:sum", "--call", "f(a.copy())", "--type", "float64"), "copied", "small"),
        (("numpy:sort", "--type", "float64"), "borrowed", "built once"),
        (("numpy:ndarray.tolist", "--type", "float64"), "borrowed", "built once"),
        (("builtins:list", "--type", "list[float]"), "borrowed", "built once"),
        (("builtins:memoryview", "--call", "f(a)[1:]", "--type", "bytearray"), "borrowed", "shared"),
    ],
)
def test_what_others_wrote_is_judged_rightly(
    measure: Measure, arguments: tuple[str, ...], argument: str, result: str
) -> None:  # fmt: skip
    (row,) = rows(measure(*arguments, "--sizes", "1,2e6"), "Memory of a call")
    assert (row["input is"], row["result is"]) == (argument, result)


def test_small_inputs_say_nothing(measure: Measure) -> None:
    result = measure("measured:copies", "--type", "bytes", "--sizes", "1,1e4")
    assert rows(result, "Memory of a call")[0]["input is"] == "unknown"
    assert "10 kB is too small to tell" in finding(result, "copies-unknown")["message"]


def test_inputs_of_unknown_size_say_nothing(measure: Measure) -> None:
    result = measure("builtins:repr", "--make", "a=object()", "--sizes", "1,10")
    assert rows(result, "Time of a call")[0]["input"] == "unknown"
    assert "the size of the input is not known" in finding(result, "copies-unknown")["message"]
    assert finding(result, "copies-unknown")["fix"] is None
    assert rows(result, "Memory of a call")[0]["input"] == "unknown"


@pytest.mark.parametrize("kind", ["Ring", "Hidden"])
def test_an_input_whose_size_can_not_be_read_is_measured(measure: Measure, kind: str) -> None:
    result = measure("measured:same", "--make", f"a={kind}()", "--sizes", "1,10")
    assert [row["input"] for row in rows(result, "Time of a call")] == ["unknown", "unknown"]
    assert finding(result, "same-object")


def test_a_number_of_numpy_has_the_size_of_its_type(measure: Measure) -> None:
    result = measure("builtins:sum", "--make", "a=[np.float64(i) for i in range(n)]", "--sizes", "10")
    assert rows(result, "Time of a call")[0]["input"] == "80 B"


def test_small_inputs_of_the_usual_sizes_need_larger_ones(measure: Measure) -> None:
    result = measure("builtins:len", "--make", "a=bytes(n.bit_length())")
    assert finding(result, "copies-unknown")["fix"] == "pass larger `--sizes`"


@linux
def test_without_sizes_memory_is_looked_at_with_enough(measure: Measure) -> None:
    (row,) = rows(measure("measured:copies", "--type", "bytes"), "Memory of a call")
    assert (row["n"], row["input"], row["input is"]) == ("16,000,000", "16 MB", "copied")


def test_addresses_show_what_is_shared(measure: Measure) -> None:
    message = finding(measure("measured:views", "--type", "bytes", *LARGE), "shared-memory")["message"]
    assert message == "the result shares 15 MB with `a`: nothing is copied there"
    assert finding(measure("measured:same", "--type", "bytes"), "same-object")["message"] == "the result is `a` itself"


def test_references_show_what_is_kept(measure: Measure) -> None:
    assert names(measure("measured:Holder", "--type", "bytes", *LARGE)) >= {"result-refers"}
    assert "input-kept" in names(measure("measured:keeps", "--type", "bytes", *LARGE))
    assert not names(measure("measured:reads", "--type", "bytes", *LARGE)) & {"result-refers", "input-kept"}


def test_what_is_not_read_has_no_speed(measure: Measure) -> None:
    result = measure("measured:views", "--type", "bytes", "--sizes", "1,1e4,20e6")
    assert rows(result, "Time of a call")[-1]["per element"] == "not read"
    assert rows(result, "Cost of a call and of an element")[0]["fit"] == "the input is not read"


def test_what_is_not_read_has_no_speed_with_any_size(measure: Measure) -> None:
    result = measure("builtins:len", "--type", "bytes", "--sizes", "1,100,1e4,1e5")
    assert {row["GB/s"] for row in rows(result, "Time of a call")} == {""}
    assert rows(result, "Time of a call")[-1]["per element"] == "not read"


def test_usual_sizes_that_take_long_are_left_out(measure: Measure) -> None:
    result = measure("builtins:len", "--make", "a=bytes(n * 600)")
    assert finding(result, "sizes-omitted")["message"].endswith(": n = 100,000; 1,000,000")
    assert [row["n"] for row in rows(result, "Time of a call")] == ["1", "10", "100", "1,000", "10,000"]


def test_text_that_keeps_a_copy_is_told(measure: Measure) -> None:
    result = measure("measured:caches", "--type", "str[non-ascii]", "--sizes", "10,1000")
    assert finding(result, "utf8-kept")["message"] == "the first call leaves a UTF-8 copy in `a`, which later calls use"
    assert "utf8-kept" not in names(measure("measured:caches", "--type", "str", "--sizes", "10,1000"))


@pytest.mark.parametrize(
    ("function", "make"),
    [("sorts", "list(range(n))"), ("reverses", "np.arange(n)"), ("reverses", "bytearray(b'ab' * n)")],
)  # fmt: skip
def test_an_input_that_is_changed_is_told(measure: Measure, function: str, make: str) -> None:
    result = measure(f"measured:{function}", "--make", f"a={make}", "--sizes", "10,1000")
    assert "`f(a)` changes `a`" in finding(result, "input-changed")["message"]


def test_what_can_be_used_once_is_told(measure: Measure) -> None:
    result = measure("builtins:sum", "--make", "a=iter(range(n))", "--sizes", "10,100")
    assert finding(result, "used-once")["message"].startswith("`a` can be read only once")


def test_inputs_are_made_of_those_before(measure: Measure) -> None:
    arguments = ("--call", "f(b, 2)", "--make", "rows=n * 2", "--make", "b=np.ones((rows, 3))")
    result = measure("numpy:multiply", *arguments, "--sizes", "1,10,100")
    assert [row["input"] for row in rows(result, "Time of a call")] == ["48 B", "480 B", "4.8 kB"]
