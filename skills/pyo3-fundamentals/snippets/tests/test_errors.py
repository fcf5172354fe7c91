"""Which exceptions come out of Rust, with what, and what Rust makes of Python's."""

from __future__ import annotations

import pickle
import sys
import traceback
from decimal import InvalidOperation
from errno import ENOENT
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest
from fundamentals_snippets._core import errors
from fundamentals_snippets.prices import PriceListError, PriceSyntaxError

if TYPE_CHECKING:
    from pathlib import Path

convert, price_in, price_or_free = errors.convert, errors.price_in, errors.price_or_free


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    path = tmp_path / "prices.txt"
    path.write_text("apple = 1.5\nplum = x\npear\n", encoding="utf-8")
    return path


def test_an_error_is_an_exception() -> None:
    assert errors.unit_price(250, 500) == 500.0
    with pytest.raises(ValueError, match=r"^grams must be more than 0$"):
        errors.unit_price(250, 0)


def test_own_exceptions_have_a_base_a_name_and_a_text() -> None:
    assert issubclass(PriceSyntaxError, PriceListError)
    assert (
        f"{PriceSyntaxError.__module__}.{PriceSyntaxError.__name__}" == "fundamentals_snippets.prices.PriceSyntaxError"
    )
    assert PriceSyntaxError.__doc__ == "A line is not an article and a price."


def test_own_exceptions_can_be_sent_to_another_process() -> None:
    error = restored(PriceSyntaxError("line 3"))
    assert (type(error), error.args) == (PriceSyntaxError, ("line 3",))


def restored(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301  made here


# region: mapping
def test_each_error_has_its_exception(prices: Path) -> None:
    assert price_in(prices, "apple") == 1.5
    with pytest.raises(PriceSyntaxError, match=r"^line 2: the price is not a number$") as caught:
        price_in(prices, "plum")
    assert caught.value.line == 2
    assert repr(caught.value.__cause__) == "ValueError('invalid float literal')"
    with pytest.raises(PriceSyntaxError, match=r"^line 3: `pear` has no `=`$"):
        price_in(prices, "fig")


def test_a_file_that_cannot_be_read_is_the_cause(tmp_path: Path) -> None:
    with pytest.raises(PriceListError, match=r"^cannot read `.*nowhere`$") as caught:
        price_in(tmp_path / "nowhere", "apple")
    assert isinstance(caught.value.__cause__, FileNotFoundError)


# endregion: mapping


def test_an_article_that_is_missing_is_a_builtin_exception(prices: Path) -> None:
    prices.write_text("apple = 1.5\n", encoding="utf-8")
    with pytest.raises(LookupError, match=r"^no article `fig`$"):
        price_in(prices, "fig")


def test_errors_of_the_standard_library_are_converted(prices: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="invalid float literal"):
        errors.first_price(prices)
    with pytest.raises(FileNotFoundError) as caught:
        errors.first_price(tmp_path / "nowhere")
    assert str(caught.value) == "No such file or directory (os error 2)"
    assert (caught.value.errno, caught.value.filename) == (None, None)


@pytest.mark.parametrize(
    "kind",
    [
        *("ParseIntError", "ParseFloatError", "ParseBoolError", "ParseCharError"),
        *("TryFromIntError", "TryFromSliceError", "CharTryFromError", "TryFromFloatSecsError"),
        *("AddrParseError", "NulError", "SystemTimeError", "StripPrefixError", "JoinPathsError"),
        *("FromUtf8Error", "IntoStringError"),
    ],
)
def test_each_error_of_the_standard_library_is_a_value_error(kind: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        errors.standard_error(kind)
    expected = UnicodeDecodeError if kind in {"FromUtf8Error", "IntoStringError"} else ValueError
    assert type(caught.value) is expected


def test_an_error_of_the_system_has_its_number_and_its_path(prices: Path, tmp_path: Path) -> None:
    assert errors.first_line(prices) == "apple = 1.5"
    with pytest.raises(FileNotFoundError) as caught:
        errors.first_line(tmp_path / "nowhere")
    assert (caught.value.errno, caught.value.filename) == (ENOENT, tmp_path / "nowhere")


def test_an_error_of_rust_alone_has_no_number() -> None:
    with pytest.raises(OSError, match="NUL byte") as caught:
        errors.first_line("a\0b")
    assert (caught.value.errno, caught.value.filename) == (None, None)


def test_only_what_is_meant_is_caught() -> None:
    assert price_or_free({"apple": 1.5}.__getitem__, "apple") == 1.5
    assert price_or_free({"apple": 1.5}.__getitem__, "pear") == 0.0
    with pytest.raises(ZeroDivisionError):
        price_or_free(lambda _: 1 / 0, "pear")


def test_the_first_error_stays_visible() -> None:
    assert convert({"apple": 2}, 1.5) == [("apple", 3.0)]
    with pytest.raises(PriceListError, match="the price of pear is not a number") as caught:
        convert({"apple": 2, "pear": "2"}, 1.5)
    assert "direct cause of the following exception" in "".join(traceback.format_exception(caught.value))
    assert repr(caught.value.__cause__) == "TypeError('must be real number, not str')"


def test_a_traceback_has_the_frames_of_python_only(prices: Path) -> None:
    with pytest.raises(PriceSyntaxError) as caught:
        price_in(prices, "plum")
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [frame.name for frame in frames] == ["test_a_traceback_has_the_frames_of_python_only"]


def test_rust_can_look_at_an_exception() -> None:
    line = sys._getframe().f_lineno + 1  # noqa: SLF001  there is no other way to know it
    kind, message, found = errors.failure(lambda: 1 / 0)
    assert (kind, message, found) == ("ZeroDivisionError", "division by zero", line)
    assert errors.failure(int) is None


def test_a_warning_names_the_line_of_the_caller() -> None:
    with pytest.warns(UserWarning, match="`digits` has no effect") as caught:
        assert errors.round_price(1.239, digits=3) == 1.24
    assert caught[0].filename == __file__
    with pytest.raises(UserWarning, match="`digits` has no effect"):  # pytest is told to raise warnings
        errors.round_price(1.239, digits=3)


def test_the_error_of_a_thread_that_nobody_joins_goes_to_the_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: SimpleQueue[float] = SimpleQueue()
    errors.announce(heard.put, 2.5)
    assert heard.get(timeout=60) == 2.5

    def listener(price: float) -> float:
        return price / 0

    lost: SimpleQueue[tuple[object, object]] = SimpleQueue()
    monkeypatch.setattr(sys, "unraisablehook", lambda args: lost.put((args.exc_type, args.object)))
    errors.announce(listener, 2.5)
    assert lost.get(timeout=60) == (ZeroDivisionError, listener)


def test_exceptions_of_other_modules_can_be_raised() -> None:
    assert errors.share(400, 4) == 100
    with pytest.raises(InvalidOperation, match="no people"):
        errors.share(400, 0)
    with pytest.raises(ArithmeticError, match="1 cents are left"):
        errors.share(401, 2)
