"""What a caller may rely on."""

import copy
import pickle
import re
import string
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from instrument_codes import Instrument, Isin, Lei, parse_isins
from stdnum import isin as stdnum_isin
from stdnum import lei as stdnum_lei

APPLE, BAYER = "US0378331005", "DE000BAY0017"
COMPANY = "HWUPKR0MPOU8FGXBT394"
ALPHANUMERIC = string.ascii_uppercase + string.digits
# python-stdnum also wants a country that there is, so the countries here are a few that it knows.
COUNTRIES = st.sampled_from(["US", "DE", "GB", "FR", "JP", "AU", "XS"])
ISIN_LIKE = st.builds(str.__add__, COUNTRIES, st.text(ALPHANUMERIC, min_size=9, max_size=11))
LEI_LIKE = st.text(ALPHANUMERIC, min_size=18, max_size=18).flatmap(
    lambda body: st.integers(0, 99).map(lambda digits: f"{body}{digits:02}")
)


# region: oracle
@given(ISIN_LIKE)
def test_both_take_the_same_isins(text: str) -> None:
    assert Isin.is_valid(text) == stdnum_isin.is_valid(text)


@given(LEI_LIKE)
def test_both_take_the_same_leis(text: str) -> None:
    # python-stdnum only wants a rest of 1; ISO 7064 has no check digits 00, 01 and 99.
    assume(text[18:] not in {"00", "01", "99"})
    assert Lei.is_valid(text) == stdnum_lei.is_valid(text)


# endregion: oracle


@given(COUNTRIES, st.text(ALPHANUMERIC, min_size=9, max_size=9))
def test_a_computed_isin_is_right(country: str, number: str) -> None:
    isin = Isin.from_number(country, number)
    assert stdnum_isin.is_valid(str(isin))
    assert (isin.country, isin.number, str(isin)[-1]) == (country, number, str(isin.check_digit))


@given(st.text(ALPHANUMERIC, min_size=4, max_size=4), st.text(ALPHANUMERIC, min_size=14, max_size=14))
def test_a_computed_lei_is_right(issuer: str, entity: str) -> None:
    lei = Lei.from_entity(issuer, entity)
    assert stdnum_lei.is_valid(str(lei))
    assert (lei.issuer, lei.entity, lei.check_digits) == (issuer, entity, str(lei)[-2:])


@given(st.text())
def test_no_text_is_more_than_refused(text: str) -> None:
    for code in (Isin, Lei):
        assert code.is_valid(text) in {True, False}
        with pytest.raises(ValueError, match=r"an [A-Z]+ has"):
            code(text[:11])


@pytest.mark.parametrize("number", ["", "1" * 10, "1" * 1_000_000])
def test_a_number_has_its_length(number: str) -> None:
    with pytest.raises(ValueError, match="an ISIN has 12 characters, not"):
        Isin.from_number("US", number)


def test_a_short_number_is_filled_up() -> None:
    assert Isin.from_number("DE", "840400") == Isin("DE0008404005")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("US037833100", "an ISIN has 12 characters, not 11"),
        ("us0378331005", "character 1 of an ISIN must be a letter from A to Z, not 'u'"),
        ("US03783310é5", "character 11 of an ISIN must be a digit, or a letter from A to Z, not 'é'"),
        ("US037833100\u0665", "character 12 of an ISIN must be a digit, not '\u0665'"),
        ("US0378331006", "the ISIN `US0378331006` is mistyped: its checksum is 6, and should be 5"),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Isin(text)


def test_a_lone_surrogate_is_no_code() -> None:
    assert not Isin.is_valid("US037833100\ud800")
    with pytest.raises(UnicodeEncodeError):
        Isin("US037833100\ud800")
    with pytest.raises(ValueError, match="lone surrogate is no code"):
        Instrument("US037833100\ud800")


# region: value
def test_values_are_equal_have_an_order_and_are_keys() -> None:
    assert Isin(APPLE) == Isin.parse(" us-037833100-5")
    assert {Isin(APPLE): "Apple"}[Isin(APPLE)] == "Apple"
    assert sorted([Isin(APPLE), Isin(BAYER)]) == [Isin(BAYER), Isin(APPLE)]


def test_a_code_is_not_its_text_nor_another_code() -> None:
    assert Isin(APPLE) != APPLE
    assert Isin(APPLE) != Lei(COMPANY)
    for stranger in (APPLE, Lei(COMPANY)):
        with pytest.raises(TypeError, match="'<' not supported"):
            assert Isin(APPLE) < stranger  # type: ignore[operator]


@pytest.mark.parametrize("code", [Isin(APPLE), Lei(COMPANY)])
def test_nothing_changes_a_code(code: Any) -> None:
    with pytest.raises(AttributeError):
        code.check_digit = 1
    with pytest.raises(AttributeError):
        code.note = "mine"


# endregion: value


def test_a_code_is_written_as_text_is() -> None:
    isin = Isin(APPLE)
    assert (str(isin), repr(isin)) == (APPLE, f"Isin('{APPLE}')")
    assert f"{isin:>15}|{isin:.2}|{isin}" == f"   {APPLE}|US|{APPLE}"
    assert repr(Instrument(isin, COMPANY)) == f"Instrument(Isin('{APPLE}'), Lei('{COMPANY}'))"
    with pytest.raises(ValueError, match="Unknown format code"):
        f"{isin:d}"


# region: match
def place(value: object) -> str:
    """Say where a value is from."""
    match value:
        case Isin("XS"):
            return "international"
        case Isin(country, number) if number.startswith("000"):
            return f"{country}, an old number"
        case Instrument(Isin(country), None):
            return f"{country}, issuer unknown"
        case Instrument(issuer=Lei(issuer)):
            return f"issuer registered by {issuer}"
    return "?"


def test_match_takes_codes_apart() -> None:
    assert place(Isin.from_number("XS", "1")) == "international"
    assert place(Isin(BAYER)) == "DE, an old number"
    assert place(Instrument(APPLE)) == "US, issuer unknown"
    assert place(Instrument(APPLE, COMPANY)) == "issuer registered by HWUP"
    assert place(APPLE) == "?"


# endregion: match


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("value", [Isin(APPLE), Lei(COMPANY), Instrument(APPLE), Instrument(APPLE, COMPANY)])
def test_pickles_give_equal_values(value: object, protocol: int) -> None:
    restored = pickle.loads(pickle.dumps(value, protocol))  # noqa: S301
    assert restored == value
    assert hash(restored) == hash(value)


# region: pickle
def test_a_pickle_is_checked_when_it_is_read() -> None:
    data = pickle.dumps(Isin(APPLE)).replace(APPLE.encode(), b"US0378331006")
    with pytest.raises(ValueError, match="mistyped"):
        pickle.loads(data)  # noqa: S301


# endregion: pickle


@pytest.mark.parametrize("code", [Isin(APPLE), Lei(COMPANY)])
def test_a_copy_is_the_code_itself(code: object) -> None:
    assert copy.copy(code) is code
    assert copy.deepcopy([code])[0] is code


# region: text-or
def test_a_text_will_do_for_a_code() -> None:
    assert Instrument(APPLE, COMPANY) == Instrument(Isin(APPLE), Lei(COMPANY))
    assert Instrument(isin=APPLE).issuer is None
    assert isinstance(Instrument(APPLE).isin, Isin)


def test_what_is_no_code_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the LEI `.*` is mistyped"):
        Instrument(APPLE, COMPANY[:-1] + "5")
    with pytest.raises(TypeError, match="expected `Isin` or `str`, not `int`"):
        Instrument(5)  # type: ignore[arg-type]
    # An LEI is no ISIN, though both are codes.
    with pytest.raises(TypeError, match="expected `Isin` or `str`, not `Lei`"):
        Instrument(Lei(COMPANY))  # type: ignore[arg-type]


# endregion: text-or


def test_a_column_is_read_to_its_end() -> None:
    column: list[Isin | str] = [APPLE, "", Isin(BAYER), "US0378331006"]
    codes, problems = parse_isins(iter(column))
    assert codes == [Isin(APPLE), Isin(BAYER)]
    assert [row for row, _ in problems] == [1, 3]
    assert "mistyped" in problems[1][1]
    with pytest.raises(TypeError, match="expected `Isin` or `str`, not `NoneType`"):
        parse_isins([APPLE, None])  # type: ignore[list-item]
    with pytest.raises(ZeroDivisionError):
        parse_isins(APPLE for _ in [1 / 0])
