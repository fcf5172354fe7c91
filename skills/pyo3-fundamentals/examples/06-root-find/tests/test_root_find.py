"""What a caller may rely on."""

import functools
import inspect
import math
from typing import Any

import pytest
from root_find import difference, find_root


def test_a_root_is_found() -> None:
    assert find_root(lambda x: x * x - 2, 0, 2).x == pytest.approx(math.sqrt(2), abs=1e-12)


def test_the_function_is_called_as_often_as_the_result_says() -> None:
    seen: list[float] = []

    def function(x: float) -> float:
        seen.append(x)
        return x - 0.3

    found = find_root(function, 0, 1, tolerance=1e-3)
    assert found.calls == len(seen) == 12


class Line:
    """A callable object, with methods that are callable, too."""

    def __init__(self, slope: float) -> None:
        self.slope = slope

    def __call__(self, x: float) -> float:
        return self.slope * x - 1

    def below(self, x: float) -> float:
        return self(x) + 2


@pytest.mark.parametrize(
    ("function", "root"),
    [(Line(4), 0.25), (Line(4).below, -0.25), (functools.partial(pow, exp=3), 0.0), (math.sin, 0.0), ("sin", 0.0)],
)
def test_everything_callable_will_do(function: Any, root: float) -> None:
    assert find_root(function, -1, 1.5).x == pytest.approx(root, abs=1e-9)


def test_parameters_are_passed_by_name() -> None:
    def value(rate: float, *, payment: float, years: int) -> float:
        return float(sum(payment / (1 + rate) ** year for year in range(1, years + 1))) - 1000

    found = find_root(value, 0, 1, parameters={"payment": 300, "years": 5})
    assert value(found.x, payment=300, years=5) == pytest.approx(0, abs=1e-6)


class OutOfStockError(Exception):
    """An exception that Rust has never heard of."""


# region: unchanged
def test_exceptions_of_the_function_arrive_unchanged() -> None:
    error = OutOfStockError("no more numbers")

    def function(x: float) -> float:
        raise error

    with pytest.raises(OutOfStockError) as caught:
        find_root(function, 0, 1)
    assert caught.value is error
    assert caught.traceback[-1].name == "function"


# endregion: unchanged


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError])
def test_what_the_conversion_raises_is_not_mistaken_for_a_wrong_type(error: type[BaseException]) -> None:
    class Number:
        def __float__(self) -> float:
            raise error

    with pytest.raises(error):
        find_root(lambda x: Number(), 0, 1)


@pytest.mark.parametrize("value", ["1.5", None, 1j, [1.0]])
def test_what_is_no_number_is_named(value: Any) -> None:
    def offer(x: float) -> Any:
        return value

    with pytest.raises(TypeError, match=rf"expected a number, `offer` returned `{type(value).__name__}` for 0"):
        find_root(offer, 0, 1)


def test_the_cause_is_kept() -> None:
    with pytest.raises(TypeError) as caught:
        find_root(lambda x: "text", 0, 1)  # type: ignore[arg-type, return-value]
    assert isinstance(caught.value.__cause__, TypeError)


def test_a_callable_without_a_name_is_shown() -> None:
    with pytest.raises(TypeError, match=r"`functools.partial\(.*\)` returned `str`"):
        find_root(functools.partial(lambda x, text: text, text="a"), 0, 1)


def test_an_integer_too_large_for_a_float_overflows() -> None:
    with pytest.raises(OverflowError):
        find_root(lambda x: 10**400, 0, 1)


def test_not_everything_can_be_called() -> None:
    with pytest.raises(TypeError, match="expected a function or the name of one, found an object of type `int`"):
        find_root(3, 0, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["sine", "pi", ""])
def test_names_are_those_of_functions_of_math(name: str) -> None:
    with pytest.raises(ValueError, match=f"`math` has no function `{name}`"):
        find_root(name, 0, 1)


@pytest.mark.parametrize(
    ("low", "high", "tolerance", "message"),
    [
        (1, 0, 1e-9, "expected finite numbers low < high, found 1 and 0"),
        (0, math.inf, 1e-9, "found 0 and inf"),
        (0, 1, 0, "the tolerance must be more than 0, found 0"),
        (0, 1, math.nan, "the tolerance must be more than 0, found NaN"),
        (2, 3, 1e-9, "does not change its sign: 2 and 3 at the ends"),
    ],
)
def test_what_cannot_be_searched_is_refused(low: float, high: float, tolerance: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        find_root(lambda x: x, low, high, tolerance=tolerance)


def test_the_function_may_not_be_nan() -> None:
    with pytest.raises(ValueError, match=r"the function is NaN at 0\.5"):
        find_root(lambda x: x - 0.4 if x != 0.5 else math.nan, 0, 1)


class Steps:
    """Remembers the intervals."""

    def __init__(self) -> None:
        self.widths: list[float] = []

    def on_step(self, low: float, high: float, /) -> None:
        self.widths.append(high - low)


def test_the_observer_sees_the_interval_shrink() -> None:
    steps = Steps()
    find_root(lambda x: x - 0.3, 0, 1, tolerance=0.1, observer=steps)
    assert steps.widths == [0.5, 0.25, 0.125, 0.0625]


def test_an_observer_ends_the_search_by_raising() -> None:
    class Impatient:
        def on_step(self, low: float, high: float, /) -> None:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        find_root(lambda x: x - 0.3, 0, 1, observer=Impatient())


def test_an_observer_without_the_method_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="on_step"):
        find_root(lambda x: x - 0.3, 0, 1, observer=object())  # type: ignore[arg-type]


def test_a_function_may_search_itself() -> None:
    def outer(x: float) -> float:
        return find_root(lambda y: y - x, -2, 2).x - 0.5

    assert find_root(outer, 0, 1).x == pytest.approx(0.5, abs=1e-9)


# region: difference
def test_a_function_made_in_rust_is_one_like_any_other() -> None:
    half = difference("exp", 0.5)
    assert half(0) == 0.5
    assert find_root(half, -2, 2).x == pytest.approx(math.log(0.5), abs=1e-9)
    assert list(map(difference(lambda x: x * 3, 1), [1, 2])) == [2, 5]


# endregion: difference


def test_its_arguments_are_checked_when_it_is_called() -> None:
    with pytest.raises(ValueError, match="expected tuple of length 1"):
        difference("exp", 1)()
    with pytest.raises(TypeError, match="must be real number, not str"):
        difference("exp", 1)("text")


def test_its_keywords_are_passed_on() -> None:
    assert difference(pow, 1)(2, exp=5) == 31


def test_a_root_shows_what_it_holds() -> None:
    assert repr(find_root(lambda x: x - 0.5, 0, 1)) == "Root(x=0.5, calls=3)"


def test_python_sees_the_signature_and_the_documentation() -> None:
    expected = "(function, low, high, *, tolerance=1e-12, parameters=None, observer=None)"
    assert str(inspect.signature(find_root)) == expected
    assert "Raises:" in (inspect.getdoc(find_root) or "")
