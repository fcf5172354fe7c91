"""What `values.md` claims."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from conversion_snippets._core import values
from conversion_snippets.roasts import Roast

ZURICH = ZoneInfo("Europe/Zurich")
UTC = timezone.utc


class Index:
    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number


class Level(enum.IntEnum):
    HIGH = 7


@pytest.mark.parametrize("number", [0, -1, 2**63, -(2**200), 3**1000])
def test_big_integers(number: int) -> None:
    assert values.negate(number) == -number
    assert values.negate(Index(number)) == -number


def test_big_integers_compute() -> None:
    prime = 2**521 - 1
    assert values.power(3, prime - 2, prime) == pow(3, -1, prime)
    with pytest.raises(ValueError, match="the modulus is zero"):
        values.power(1, 1, 0)
    with pytest.raises(OverflowError, match="can't convert negative int to unsigned"):
        values.power(-1, 1, 7)


@pytest.mark.parametrize("number", [1.0, "1", Decimal(1), None])
def test_what_is_no_integer(number: Any) -> None:
    for function in (values.whole, values.negate, values.exact):
        with pytest.raises(TypeError):
            function(number)


@pytest.mark.parametrize("number", [True, Level.HIGH, np.int32(7), Index(7)])
def test_what_turns_into_an_integer(number: Any) -> None:
    assert values.whole(number) in (1, 7)
    with pytest.raises(TypeError, match="is not an instance of 'int'"):
        values.exact(number)


def test_exact_integers() -> None:
    assert values.exact(7) == 7
    with pytest.raises(OverflowError):
        values.exact(2**63)


def test_booleans() -> None:
    assert values.flag(True) is True
    assert values.flag(np.True_) is True
    with pytest.raises(TypeError):
        values.flag(1)


def test_floats_round_in_silence() -> None:
    assert values.real(2**53 + 1) == 2.0**53
    assert values.real(Decimal("0.1")) == 0.1
    assert values.real(Fraction(1, 3)) == 1 / 3
    with pytest.raises(TypeError):
        values.real(1j)


def test_decimals() -> None:
    assert values.gross(Decimal("19.90"), Decimal("0.081")) == Decimal("21.5119")
    assert str(values.decimal(Decimal("19.90"))) == "19.90"
    assert values.decimal(7) == Decimal(7)
    assert type(values.decimal(7)) is Decimal


def test_decimals_by_their_text() -> None:
    assert values.decimal(0.1) == Decimal("0.1")
    assert values.decimal("0.1") == Decimal("0.1")
    assert values.decimal(True) == values.decimal("1") == 1
    assert str(values.decimal(Decimal("1E+5"))) == "100000"


LONG = Decimal("0.12345678901234567890123456789012345")


def test_decimals_of_more_digits_are_rounded() -> None:
    assert values.decimal(LONG) == round(LONG, 28)
    assert values.decimal(LONG) != LONG


@pytest.mark.parametrize(
    "number", [Decimal("NaN"), Decimal("Infinity"), Decimal(10) ** 29, Decimal("1E-40"), "much", None, b"1"]
)
def test_decimals_out_of_range(number: Any) -> None:
    with pytest.raises(ValueError, match=r"Failed to parse|Scale exceeds|Invalid decimal"):
        values.decimal(number)


def test_a_result_out_of_range() -> None:
    with pytest.raises(OverflowError, match="28 digits"):
        values.gross(Decimal(10) ** 28, Decimal(10))


@pytest.mark.parametrize("number", [3, 0.1, Decimal("0.1"), Fraction(1, 3), True, np.float64(0.5)])
def test_ratios(number: Any) -> None:
    assert values.halve(number) == Fraction(number) / 2


def test_what_has_no_ratio() -> None:
    with pytest.raises(AttributeError):
        values.halve("1/3")
    with pytest.raises(OverflowError):
        values.halve(float("inf"))
    with pytest.raises(ValueError, match="cannot convert NaN to integer ratio"):
        values.halve(float("nan"))


NOON = datetime(2026, 7, 1, 12, 0, 0, 123456)


def test_dates() -> None:
    assert values.date(date(2026, 7, 1)) == date(2026, 7, 1)
    assert values.date(NOON) == date(2026, 7, 1)
    assert values.naive(NOON) == NOON
    with pytest.raises(TypeError):
        values.naive(date(2026, 7, 1))


def test_zones_are_not_mixed() -> None:
    with pytest.raises(TypeError, match="expected a datetime without tzinfo"):
        values.naive(NOON.replace(tzinfo=UTC))
    with pytest.raises(TypeError, match="expected a datetime with non-None tzinfo"):
        values.utc(NOON)


def test_utc_is_one_object_only() -> None:
    assert values.utc(NOON.replace(tzinfo=UTC)) == NOON.replace(tzinfo=UTC)
    with pytest.raises(ValueError, match=r"expected datetime\.timezone\.utc"):
        values.utc(NOON.replace(tzinfo=ZoneInfo("UTC")))
    with pytest.raises(ValueError, match=r"expected datetime\.timezone\.utc"):
        values.utc(NOON.replace(tzinfo=ZURICH))


def test_fixed_offsets() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    assert values.offset(NOON.replace(tzinfo=east)).tzinfo == east
    with pytest.raises(TypeError, match="is not a fixed offset timezone"):
        values.offset(NOON.replace(tzinfo=ZURICH))
    assert values.offset(NOON.replace(tzinfo=ZoneInfo("UTC"))).tzinfo == UTC
    odd = timezone(timedelta(seconds=90, microseconds=5))
    assert values.offset(NOON.replace(tzinfo=odd)).utcoffset() == timedelta(seconds=90)


class Floating(tzinfo):
    """A zone that knows no offset, with which a time is as naive as without."""

    def utcoffset(self, _time: datetime | None) -> None:
        return None


def test_any_zone_by_way_of_utc() -> None:
    before = datetime(2026, 10, 25, 2, 30, tzinfo=ZURICH)
    after = values.later(before, 60)
    assert (after.hour, after.minute, after.fold, after.tzinfo) == (2, 30, 1, ZURICH)
    assert (before + timedelta(hours=1)).hour == 3
    assert after.timestamp() - before.timestamp() == 3600
    assert values.later(after, 60).hour == 3
    for zone in (None, Floating()):
        with pytest.raises(ValueError, match="the time has no zone"):
            values.later(NOON.replace(tzinfo=zone), 1)


def test_timedeltas_have_another_range() -> None:
    for value in (timedelta.min, timedelta.max, timedelta(microseconds=-1)):
        assert values.delta(value) == value
    assert values.span(-1) == timedelta(milliseconds=-1)
    days = timedelta.max.days
    assert values.span(days * 86_400_000) == timedelta(days=days)
    with pytest.raises(OverflowError):
        values.span((days + 1) * 86_400_000)


def test_nanoseconds_are_cut_off() -> None:
    assert values.nanoseconds(1_999).microsecond == 1
    assert values.nanoseconds(-1).microsecond == 999_999


def test_uuids() -> None:
    some = uuid.UUID(int=7)
    assert values.following(some) == uuid.UUID(int=8)
    with pytest.raises(TypeError, match=r"Expected a `uuid\.UUID` instance"):
        values.following(str(some))
    with pytest.raises(OverflowError):
        values.following(uuid.UUID(int=2**128 - 1))


def test_paths() -> None:
    assert values.parent("data/rows.csv") == Path("data")
    assert values.parent(PurePosixPath("data/rows.csv")) == Path("data")
    assert values.parent("data/caf\udce9/x") == Path("data/caf\udce9")
    with pytest.raises(TypeError):
        values.parent(b"data")


def test_members_of_an_enum_of_python() -> None:
    assert values.darker(Roast.LIGHT) is Roast.MEDIUM
    assert values.darker("medium") is Roast.DARK
    assert values.darker(Roast.DARK) is None
    with pytest.raises(ValueError, match="'green' is not a valid Roast"):
        values.darker("green")
    with pytest.raises(ValueError, match=r"Roast\.BURNT is not known to this extension"):
        values.darker(Roast.BURNT)
