"""What the chapter on values says."""

import copy
import enum
import math
import pickle
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from ipaddress import ip_address
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fundamentals_snippets._core import values as snippets


class Count:
    def __index__(self) -> int:
        return 7


class Volts:
    def __float__(self) -> float:
        return 7.5


@pytest.mark.parametrize("balance", [7, True, Count()])
def test_integers_are_taken(balance: Any) -> None:
    assert snippets.deposit(balance, 1) == int(balance.__index__()) + 1


@pytest.mark.parametrize("balance", [7.0, "7", Decimal(7), None])
def test_other_numbers_are_not_rounded(balance: Any) -> None:
    with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
        snippets.deposit(balance, 1)


@pytest.mark.parametrize(("balance", "amount"), [(2**63, 1), (1, -1), (1, 2**32), (2**63 - 1, 1)])
def test_what_does_not_fit_is_refused(balance: int, amount: int) -> None:
    with pytest.raises(OverflowError):
        snippets.deposit(balance, amount)


def test_integers_of_any_size() -> None:
    assert snippets.multiply(2**64 - 1, 2**64 - 1) == (2**64 - 1) ** 2
    assert snippets.distance(2**255 + 1, 2) == 3
    for number in [2**256, -1]:
        with pytest.raises(OverflowError):
            snippets.distance(number, 0)
    with pytest.raises(TypeError, match="'float' object is not an instance of 'int'"):
        snippets.distance(1.0, 0)


def test_floats_take_what_is_a_real_number() -> None:
    assert snippets.highest([1, Decimal("1.5"), Fraction(7, 4), Volts(), Count()]) == 7.5
    assert snippets.highest([1.0, math.nan, 3.0]) == 3.0
    assert snippets.highest([math.nan]) is None
    assert snippets.highest([1, math.inf]) == math.inf
    with pytest.raises(TypeError, match="must be real number, not str"):
        snippets.highest(["1.5"])
    with pytest.raises(OverflowError, match="int too large to convert to float"):
        snippets.highest([10**400])


def test_single_precision_loses_digits_without_a_word() -> None:
    assert snippets.single_precision(0.1) == 0.10000000149011612
    assert snippets.single_precision(1e300) == math.inf


def test_only_bool_is_bool() -> None:
    assert snippets.is_switched(True, current=False) is True
    for flag in [1, None, "yes"]:
        with pytest.raises(TypeError, match="is not an instance of 'bool'"):
            snippets.is_switched(flag, current=False)


def test_only_complex_is_complex() -> None:
    assert snippets.magnitude(3 + 4j) == 5.0
    with pytest.raises(TypeError, match="'float' object is not an instance of 'complex'"):
        snippets.magnitude(3.0)


# region: exact
@pytest.mark.parametrize("price", [Decimal("12.50"), Fraction(25, 2), 12.5])
def test_exact_prices_are_taken(price: Any) -> None:
    assert snippets.cents(price) == 1250
    assert snippets.price(1250) == Decimal("12.50")


@pytest.mark.parametrize("price", [Decimal("0.005"), Fraction(1, 3), 0.1])
def test_others_are_refused(price: Any) -> None:
    with pytest.raises(ValueError, match="is not a whole number of cents"):
        snippets.cents(price)


# endregion: exact


def test_prices_have_limits() -> None:
    for price in [1e300, 2**126, math.inf]:
        with pytest.raises(OverflowError):
            snippets.cents(price)
    with pytest.raises(ValueError, match="cannot convert NaN to integer ratio"):
        snippets.cents(Decimal("NaN"))
    with pytest.raises(AttributeError, match="as_integer_ratio"):
        snippets.cents("12.50")
    assert str(snippets.price(-5)) == "-0.05"


def test_none_is_a_value_that_callers_can_give() -> None:
    assert snippets.gross(100) == 119.0
    assert snippets.gross(100, rate=None) == 100.0
    assert snippets.gross(100, rate=None, discount=10) == 90.0


def test_a_time_zone_and_the_second_of_two_equal_hours_are_kept() -> None:
    paris = ZoneInfo("Europe/Paris")
    start = snippets.start_of_hour(datetime(2026, 10, 25, 2, 30, 5, 7, tzinfo=paris, fold=1))
    assert (start.hour, start.minute, start.fold, start.tzinfo) == (2, 0, 1, paris)


def test_microseconds_are_exact() -> None:
    time = snippets.reading_time(1_700_000_000_123_456)
    assert time == datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC)
    assert snippets.reading_time(-1).year == 1969
    with pytest.raises(OverflowError, match="date value out of range"):
        snippets.reading_time(2**63 - 1)


def test_a_datetime_is_a_date_and_not_the_other_way_round() -> None:
    assert snippets.is_first_half(date(2026, 6, 30)) is True
    assert snippets.is_first_half(datetime(2026, 7, 1, tzinfo=UTC)) is False
    with pytest.raises(TypeError, match="'date' object is not an instance of 'datetime'"):
        snippets.start_of_hour(date(2026, 1, 1))


def test_a_duration_is_never_negative() -> None:
    assert snippets.delay(timedelta(seconds=1.5), attempt=2) == timedelta(seconds=6)
    assert snippets.delay(timedelta(seconds=1), attempt=99) == timedelta(hours=1)
    with pytest.raises(ValueError, match="not possible to convert a negative timedelta"):
        snippets.delay(timedelta(days=-1), attempt=1)


def test_a_system_time_is_aware_and_comes_back_in_utc() -> None:
    start = datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Paris"))
    assert snippets.lease_end(start, timedelta(days=1)).isoformat() == "2026-01-01T23:00:00+00:00"
    with pytest.raises(TypeError, match="can't subtract offset-naive and offset-aware datetimes"):
        snippets.lease_end(start.replace(tzinfo=None), timedelta(days=1))
    with pytest.raises(ValueError, match="not possible to convert a negative timedelta"):
        snippets.lease_end(start.replace(year=1969), timedelta(days=1))


def test_a_lease_without_end_is_refused() -> None:
    with pytest.raises(OverflowError):
        snippets.lease_end(datetime(2026, 1, 1, tzinfo=UTC), timedelta.max)


def test_an_enum_of_rust_is_no_enum_of_python() -> None:
    unit = snippets.Unit.CELSIUS
    assert unit.convert(20, snippets.Unit.KELVIN) == 293.15
    assert unit == snippets.Unit.CELSIUS != snippets.Unit.KELVIN
    assert {unit: "C"}[snippets.Unit.CELSIUS] == "C"
    assert unit != 0
    assert int(unit) == 0
    assert not isinstance(unit, enum.Enum)
    assert not hasattr(unit, "name")
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(unit)


def test_an_enum_of_rust_is_neither_copied_nor_listed() -> None:
    with pytest.raises(TypeError, match="cannot pickle"):
        copy.copy(snippets.Unit.CELSIUS)
    with pytest.raises(TypeError, match="not iterable"):
        list(snippets.Unit)
    with pytest.raises(TypeError, match="'int' object is not an instance of 'Unit'"):
        snippets.Unit.CELSIUS.convert(20, 1)
    assert (
        snippets.Unit.KELVIN.convert(snippets.Unit.CELSIUS.convert(1, snippets.Unit.CELSIUS), snippets.Unit.KELVIN) == 1
    )


def test_there_is_one_object_for_each_member() -> None:
    assert snippets.units("K")[0] is snippets.Unit.KELVIN
    assert all(unit is snippets.Unit.CELSIUS for unit in [snippets.units()[0], snippets.units("C")[0]])


def test_a_time_before_1970_is_a_panic_on_its_way_out() -> None:
    assert snippets.seconds_before_1970(0) == datetime(1970, 1, 1, tzinfo=UTC)
    with pytest.raises(BaseException, match="SystemTimeError") as caught:
        snippets.seconds_before_1970(1)
    assert not isinstance(caught.value, Exception)


def test_variants_are_classes_that_match() -> None:
    match snippets.parse_reading("error wet"):
        case snippets.Reading.Failed(reason, retries=0):
            assert reason == "wet"
        case snippets.Reading.Value(celsius):
            pytest.fail(f"a value: {celsius}")
    assert snippets.parse_reading("ok 21.5").celsius == 21.5
    assert isinstance(snippets.Reading.Value(celsius=1.5), snippets.Reading)


def test_lines_that_are_no_readings_are_refused() -> None:
    for line in ["?", "ok warm"]:
        with pytest.raises(ValueError, match=r"no reading|invalid float literal"):
            snippets.parse_reading(line)


class Priority(enum.Enum):
    LOW = 1
    HIGH = 9


def test_members_are_read_by_their_value() -> None:
    assert snippets.more_urgent(Priority.LOW, Priority.HIGH) is Priority.HIGH
    with pytest.raises(AttributeError, match="'int' object has no attribute 'value'"):
        snippets.more_urgent(Priority.LOW, 3)


def test_an_int_enum_is_an_int() -> None:
    assert snippets.deposit(enum.IntEnum("Step", {"UP": 2}).UP, 1) == 3
    with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
        snippets.deposit(Priority.LOW, 1)


def test_addresses_are_taken_as_objects_and_as_text() -> None:
    assert snippets.network(ip_address("10.1.2.3"), 8) == ip_address("10.0.0.0")
    assert snippets.network("10.1.2.3", 32) == ip_address("10.1.2.3")
    with pytest.raises(ValueError, match="invalid IP address syntax"):
        snippets.network("10.1.2", 8)
    with pytest.raises(ValueError, match="`::1` is not an IPv4 address"):
        snippets.network(ip_address("::1"), 8)


def test_prefixes_have_limits() -> None:
    assert snippets.network("10.1.2.3", 0) == ip_address("0.0.0.0")  # noqa: S104
    with pytest.raises(ValueError, match="0 to 32 bits, not 33"):
        snippets.network("10.1.2.3", 33)
    assert snippets.is_loopback(ip_address("::1"))
    assert not snippets.is_loopback("10.0.0.1")
