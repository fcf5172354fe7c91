"""What Python sees of functions: signatures, errors, documentation and warnings."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import pytest
from fundamentals_snippets._core import functions

box_weight, twice = functions.box_weight, functions.twice
label, plain_label = functions.label, functions.plain_label
postage, recipient = functions.postage, functions.recipient

SNIPPETS = Path(__file__).resolve().parent.parent


# region: signature
def test_defaults_and_keywords() -> None:
    assert postage(400) == 300
    assert postage(400, 2) == postage(400, zone=2) == 600
    assert postage(400, insured=True, voucher=100) == 450
    assert str(inspect.signature(postage)) == "(grams, /, zone=1, *, insured=False, voucher=None)"


# endregion: signature


# region: refused
@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        ([], {}, "missing 1 required positional argument: 'grams'"),
        ([], {"grams": 400}, "got some positional-only arguments passed as keyword arguments: 'grams'"),
        ([400, 1, True], {}, "takes from 1 to 2 positional arguments but 3 were given"),
        ([400], {"zome": 2}, "got an unexpected keyword argument 'zome'"),
        ([400, 1], {"zone": 2}, "got multiple values for argument 'zone'"),
    ],
)
def test_calls_are_refused_as_by_python(arguments: list[Any], keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=rf"^postage\(\) {message}"):
        postage(*arguments, **keywords)


# endregion: refused


@pytest.mark.parametrize(
    ("grams", "error", "message"),
    [
        ("400", TypeError, "'str' object cannot be interpreted as an integer"),
        (400.0, TypeError, "'float' object cannot be interpreted as an integer"),
        (-1, OverflowError, "out of range integral type conversion attempted"),
        (40_000, ValueError, "40000 g is more than the 30000 g allowed"),
    ],
)
def test_arguments_are_refused_by_their_type_or_value(grams: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        postage(grams)


def test_large_numbers_are_not_wrapped_around() -> None:
    largest = 2**32 - 1
    assert postage(30_000, largest, insured=True) == 1_800 * largest + 250
    assert postage(400, voucher=largest) == 0
    assert box_weight(largest, largest, foil=largest) == 3 * largest
    assert functions.checksum(b"\xff" * 17_000_000) == 17_000_000 * 255 > largest


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions have notes since Python 3.11")
def test_the_argument_is_named_in_a_note() -> None:
    with pytest.raises(TypeError) as caught:
        postage(400, zone="inland")
    assert caught.value.__notes__ == ["while processing 'zone'"]


# region: variadic
def test_variadic_arguments_are_converted() -> None:
    assert box_weight(120, 80, foil=5, card=40) == 245
    with pytest.raises(TypeError, match="'str' object cannot be interpreted as an integer"):
        box_weight(120, foil="5")


def test_arguments_can_be_handed_on() -> None:
    assert twice(divmod, 7, 2) == ((3, 1), (3, 1))
    assert twice(dict, grams=7) == ({"grams": 7}, {"grams": 7})


# endregion: variadic


def test_names_are_those_of_the_attribute() -> None:
    match = getattr(functions, "match")  # noqa: B009  `match` is a statement to some highlighters
    assert match(400, type="card") == "letter card"
    assert not hasattr(functions, "match_service")


# region: defaults
def test_a_default_is_made_anew_for_each_call() -> None:
    assert label("1 High Street") == label("1 High Street") == ["1 High Street"]


def test_a_default_that_is_no_literal_needs_a_text() -> None:
    assert str(inspect.signature(label)) == "(address, lines=[], *, width=255)"
    assert str(inspect.signature(plain_label)) == "(address, lines=Ellipsis, *, width=Ellipsis)"


# endregion: defaults


def test_an_option_is_no_default() -> None:
    assert recipient("Ada", None) == "Ada"
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'company'"):
        recipient("Ada")


def test_the_module_is_passed_by_pyo3() -> None:
    assert functions.tracking_number(12) == "functions:000012"
    assert str(inspect.signature(functions.tracking_number)) == "(number, /)"
    assert functions.checksum(b"abc") == 294


def test_the_comment_is_the_docstring() -> None:
    lines = (inspect.getdoc(postage) or "").splitlines()
    assert lines[:4] == ["Compute what a parcel costs to send.", "", "Args:", "    grams: The weight with the box."]


# region: deprecated
def test_a_deprecated_function_warns_where_it_is_called() -> None:
    with pytest.warns(DeprecationWarning, match="use `postage`, which knows zones") as caught:
        assert functions.inland_postage(400) == 300
    assert caught[0].filename == __file__


# endregion: deprecated


def test_what_was_measured_is_what_the_program_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(SNIPPETS)
    import measure_calls

    rows = (SNIPPETS / "output/call-costs.txt").read_text(encoding="utf-8").splitlines()[1:]
    assert [row[:32].strip() for row in rows] == list(measure_calls.CASES)
    for statement in measure_calls.CASES.values():
        exec(statement, vars(measure_calls))  # noqa: S102  they run, whatever the time
