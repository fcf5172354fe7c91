"""What a call and an element cost, where no line says it, and how a call compares with another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.tools.conversion_profiler.conftest import names
from tests.tools.results import finding, measure_until, rows

if TYPE_CHECKING:
    from tests.tools.conversion_profiler.conftest import Measure

UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
TIMES = "Time of a call"
COSTS = "Cost of a call and of an element"
# A quarter of the rounds may be disturbed.
LONGER = ("--sizes", "1,100", "--seconds", "0.3")
SIZES = ("--sizes", "1,100,1e3,4e3")


def seconds(text: str) -> float:
    """Return a time that is printed."""
    number, unit = text.split()
    return float(number) * UNITS[unit]


def test_a_line_says_what_a_call_and_an_element_cost(measure: Measure) -> None:
    def is_line(result: dict[str, Any]) -> bool:
        (row,) = rows(result, COSTS)
        if "no-line" in names(result) or not row["fit"].startswith("within "):
            return False
        # 100 us and 100 ns, and 32 kB in 500 us.
        is_cost = 0.9e-4 < seconds(row["per call"]) < 1.5e-4 and 0.9e-7 < seconds(row["per element"]) < 1.5e-7
        return is_cost and 0.03 < float(rows(result, TIMES)[-1]["GB/s"]) < 0.065

    result = measure_until(lambda: measure("measured:waits", "--type", "list[int]", *SIZES), is_line)
    assert [row["n"] for row in rows(result, TIMES)] == ["1", "100", "1,000", "4,000"]
    assert [row["input"] for row in rows(result, TIMES)] == ["8 B", "800 B", "8 kB", "32 kB"]


def test_where_no_line_fits_it_is_said(measure: Measure) -> None:
    def is_squared(result: dict[str, Any]) -> bool:
        messages = [item["message"] for item in result["findings"] if item["id"] == "no-line"]
        power = re.search(r"n to the power of ([\d.]+)", "".join(messages))
        return bool(power and 1.8 < float(power[1]) < 2.2)

    arguments = ("measured:squared", "--type", "list[int]", "--sizes", "30,100,300")
    (row,) = rows(measure_until(lambda: measure(*arguments), is_squared), COSTS)
    assert row["per element"] == ""
    assert row["fit"].startswith("none: no line comes nearer than ")


def test_a_few_sizes_are_no_line(measure: Measure) -> None:
    result = measure("measured:waits", "--type", "list[int]", "--sizes", "1,10")
    assert rows(result, COSTS)[0]["fit"] == "too few sizes"


def test_a_call_that_takes_long_at_times_is_noisy(measure: Measure) -> None:
    message = "2 of 2 times of `f(a)` are noisy"
    measure_until(
        lambda: measure("measured:wavers", "--type", "bytes", "--sizes", "1,2"),
        lambda result: message in {item["message"] for item in result["findings"]},
    )


def test_a_reference_is_measured_in_turns(measure: Measure) -> None:
    def is_twice(result: dict[str, Any]) -> bool:
        matches = [re.fullmatch(r"([\d.]+)x faster", row["compared"]) for row in rows(result, TIMES)]
        is_as_fast = all(match and 1.6 < float(match[1]) < 2.4 for match in matches)
        return is_as_fast and not names(result) & {"slower", "results-differ", "unclear"}

    arguments = ("measured:waits", "--type", "list[int]", "--reference", "(f(a), f(a))[0]", *LONGER)
    assert len(rows(measure_until(lambda: measure(*arguments), is_twice), TIMES)) == 2


def test_a_slower_function_is_a_warning(measure: Measure) -> None:
    arguments = ("--call", "(f(a), f(a))[0]", "--reference", "f(a)", *LONGER)
    message = "`(f(a), f(a))[0]` is slower than `f(a)` with 2 of 2 sizes"
    result = measure_until(
        lambda: measure("measured:waits", "--type", "list[int]", *arguments),
        lambda result: message in {item["message"] for item in result["findings"]},
    )
    assert finding(result, "slower")["level"] == "warning"


def test_what_is_equally_fast_is_not_compared(measure: Measure) -> None:
    def is_unclear(result: dict[str, Any]) -> bool:
        return {row["compared"] for row in rows(result, TIMES)} <= {"too close to tell", "too noisy to tell"}

    arguments = ("measured:waits", "--type", "list[int]", "--reference", "f(a) + 0", *LONGER)
    result = measure_until(lambda: measure(*arguments), is_unclear)
    assert finding(result, "unclear")["message"].endswith("is faster can't be told with n = 1; 100")


@pytest.mark.parametrize("reference", ["len(a) + 1", "[]", "str(f(a))"])
def test_a_reference_that_returns_something_else_is_said(measure: Measure, reference: str) -> None:
    result = measure("measured:waits", "--type", "list[int]", "--reference", reference, "--sizes", "1,10")
    assert finding(result, "results-differ")["message"].startswith(f"`{reference}` does not return what `f(a)` returns")


@pytest.mark.parametrize(
    ("call", "reference", "differ"),
    [
        ("f(a) * math.nan", "f(a)", True),
        ("f(a) * math.inf", "f(a)", True),
        ("f(a) * math.nan", "f(a) * -math.nan", False),
        ("f(a) * 0.1", "f(a) / 10", False),
        ("f(a) + 10**400", "f(a) * 1.5", True),
        ("f(a) + 10**8", "f(a) + 10**8 + 1", True),
        ("{'a': f(a) * 0.1, 'b': 1}", "{'b': 1, 'a': f(a) / 10}", False),
        ("{'a': f(a)}", "{'b': f(a)}", True),
        ("np.arange(f(a))", "np.arange(f(a) + 2)", True),
        ("np.arange(f(a))", "list(range(f(a)))", False),
        ("iter([f(a)])", "(size for size in [f(a)])", False),
        ("f(a)", "None", True),
    ],
)
def test_results_are_equal_as_numbers_are(measure: Measure, call: str, reference: str, differ: bool) -> None:
    arguments = ("--call", call, "--reference", reference, "--sizes", "3", "--seconds", "0.01")
    assert ("results-differ" in names(measure("builtins:len", "--type", "bytes", *arguments))) == differ


def test_sizes_that_are_close_make_a_line(measure: Measure) -> None:
    result = measure("builtins:abs", "--make", "a=n", "--sizes", "999999998,999999999,1e9")
    assert rows(result, COSTS)[0]["fit"].startswith(("within ", "none: "))


def test_a_reference_that_fails_leaves_the_rest(measure: Measure) -> None:
    result = measure("measured:waits", "--type", "list[int]", "--reference", "a / 2", "--sizes", "1,10")
    assert "raises TypeError: unsupported operand" in finding(result, "reference-raises")["message"]
    assert {row["a / 2"] for row in rows(result, TIMES)} == {"fails"}
    assert seconds(rows(result, TIMES)[0]["f(a)"]) > 0.99e-4


def test_a_type_is_measured_without_a_function(measure: Measure) -> None:
    result = measure("--type", "array[d]", "--sizes", "1,1e3,1e5")
    assert [row["call"] for row in rows(result, COSTS)] == ["memoryview(a)", "np.asarray(a)", "a.tolist()"]
    memory = {row["call"]: row["result is"] for row in rows(result, "Memory of a call")}
    assert memory["memoryview(a)"] == memory["np.asarray(a)"] == "shared"
    assert result["summary"].startswith("conversions with `a` array.array: 3 sizes")
