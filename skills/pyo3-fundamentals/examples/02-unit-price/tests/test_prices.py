"""What prices come to, and what callers can do about errors."""

import inspect
import pickle

import pytest
from unit_price import DiscountError, PriceError, UnknownItemError, parse_price, quote

PRICES = {"apple": "0.45", "melon": "3.20", "typo": "3,20"}


def price_of(item: str) -> str:
    return PRICES[item]


def test_prices_become_cents() -> None:
    assert parse_price("12.5") == 1250


def test_a_quote_multiplies_and_discounts() -> None:
    assert quote(price_of, "apple") == 45
    assert quote(price_of, "apple", 100, code="BULK") == 3600


# region: chained
def test_a_wrong_price_is_a_value_error_with_its_cause() -> None:
    with pytest.raises(ValueError, match=r"^`3,20` is not a price$") as caught:
        quote(price_of, "typo")
    assert str(caught.value.__cause__) == "invalid digit found in string"


def test_an_unknown_item_keeps_what_was_raised() -> None:
    with pytest.raises(UnknownItemError, match="there is no item `plum`") as caught:
        quote(price_of, "plum")
    assert caught.value.item == "plum"
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.__context__ is None  # Rust has no `except` block, so only the cause tells


# endregion: chained


# region: attributes
def test_a_discount_error_has_the_numbers() -> None:
    with pytest.raises(DiscountError) as caught:
        quote(price_of, "apple", 99, code="BULK")
    assert (caught.value.code, caught.value.required, caught.value.quantity) == ("BULK", 100, 99)


def test_attributes_exist_only_where_rust_set_them() -> None:
    with pytest.raises(AttributeError):
        _ = DiscountError("raised by Python").required


# endregion: attributes


def test_an_unknown_code_is_the_key_of_a_key_error() -> None:
    with pytest.raises(KeyError) as caught:
        quote(price_of, "apple", code="SUMMER")
    assert caught.value.args == ("SUMMER",)


def test_a_key_error_shows_the_repr_of_a_sentence() -> None:
    assert str(KeyError("no such code")) == "'no such code'"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ConnectionError])
def test_what_is_not_a_lookup_error_passes(error: type[BaseException]) -> None:
    raised = error("as it was")

    def fail(item: str) -> str:
        raise raised

    with pytest.raises(error) as caught:
        quote(fail, "apple")
    assert caught.value is raised
    assert caught.value.__cause__ is None


def test_an_index_error_is_a_lookup_error() -> None:
    with pytest.raises(UnknownItemError):
        quote(lambda _: ["0.10"].pop(1), "apple")


def test_what_is_too_large_overflows() -> None:
    with pytest.raises(OverflowError, match="64 bits"):
        quote(lambda _: "99999999999999999", "yacht", 4_000_000_000)
    with pytest.raises(OverflowError):
        quote(price_of, "apple", -1)  # PyO3 refuses it before any of this crate's code runs


def test_a_price_that_is_no_string_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="'str'"):
        quote(lambda _: 0.45, "apple")  # type: ignore[arg-type, return-value]


def test_one_base_and_a_place_to_import_from() -> None:
    for error in (DiscountError, UnknownItemError):
        assert issubclass(error, PriceError)
        assert error.__module__ == "unit_price"
        assert "Attributes:" in (inspect.getdoc(error) or "")
    assert not issubclass(DiscountError, ValueError)  # create_exception! takes one base


def test_errors_survive_pickling_with_their_attributes() -> None:
    with pytest.raises(DiscountError) as caught:
        quote(price_of, "apple", code="BULK")
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert isinstance(copy, DiscountError)
    assert (str(copy), copy.required) == (str(caught.value), 100)
