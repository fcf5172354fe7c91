"""Both implementations, side by side."""

from collections.abc import Callable

import pytest
import sensorlog
from sensorlog import ParseError, _python

IMPLEMENTATIONS = {"python": _python.means, sensorlog.BACKEND: sensorlog.means}


@pytest.mark.parametrize("means", IMPLEMENTATIONS.values(), ids=IMPLEMENTATIONS)
def test_readings_are_averaged(means: Callable[[str], object]) -> None:
    assert means("b 1\na 2\nb 4\n") == {"a": 2.0, "b": 2.5}


@pytest.mark.parametrize("means", IMPLEMENTATIONS.values(), ids=IMPLEMENTATIONS)
def test_the_line_of_an_error_is_known(means: Callable[[str], object]) -> None:
    with pytest.raises(ParseError, match=r"^line 2: not a number$") as caught:
        means("a 1\na x")
    assert caught.value.line == 2


# region: both
@pytest.mark.parametrize("value", ["1", "-0.5", "1e300", "inf", " 7 ", "1_000", "٣", "", "x", "0x10", "1 2", "1\r"])
def test_both_read_the_same_numbers(value: str) -> None:
    results = []
    for means in IMPLEMENTATIONS.values():
        try:
            results.append(repr(means(f"a {value}")))
        except ParseError as error:
            results.append(repr(error))
    assert len(set(results)) == 1, results


# endregion: both
