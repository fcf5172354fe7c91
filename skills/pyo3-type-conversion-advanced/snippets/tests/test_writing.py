"""What `writing.md` claims."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from conversion_snippets._core import writing

ZURICH = writing.Position(47.4, 8.5)


@pytest.mark.parametrize(
    "given", [ZURICH, (47.4, 8.5), "47.4, 8.5", "47.4,8.5", SimpleNamespace(latitude=47.4, longitude=8.5)]
)
def test_many_shapes(given: Any) -> None:
    assert writing.locate(given) == ZURICH
    assert writing.northernmost([(0, 0), given]) == ZURICH
    assert ZURICH.north_of(given) == 0


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ((91, 0), ValueError, "91, 0 is not on the globe"),
        ((47.4,), ValueError, "expected tuple of length 2, but got tuple of length 1"),
        (("47.4", 8.5), TypeError, "must be real number, not str"),
        ("Zürich", ValueError, "`Zürich` is not a position"),
        (SimpleNamespace(latitude=47.4), AttributeError, "longitude"),
        (47.4, TypeError, "a position is a tuple, text such as .* it is no `float`"),
    ],
)
def test_each_shape_has_its_own_error(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        writing.locate(given)


class Gone:
    @property
    def latitude(self) -> float:
        raise ConnectionError("the receiver is off")


def test_an_error_of_an_attribute_passes() -> None:
    with pytest.raises(ConnectionError):
        writing.locate(Gone())


def test_none_is_left_to_option() -> None:
    assert writing.locate(None) is None
    assert writing.locate() is None
    with pytest.raises(TypeError, match="it is no `NoneType`"):
        writing.northernmost([None])


def test_the_parameter_is_in_a_note() -> None:
    with pytest.raises(TypeError) as caught:
        writing.locate(47.4)
    assert caught.value.__notes__ == ["while processing 'position'"]


def test_text_is_borrowed() -> None:
    name = "roads" + str(len(sys.path))
    assert writing.layer_address(name) == writing.layer_address(name)
    assert writing.layer_address(name) - id(name) == sys.getsizeof(name) - len(name) - 1
    with pytest.raises(ValueError, match="`1st` does not begin with a letter"):
        writing.layer_address("1st")


def test_a_label_is_the_object_itself() -> None:
    label = "Zürich" * 2
    assert writing.widest(["Bern", label]) is label
    assert writing.widest([]) is None


def test_any_iterable() -> None:
    assert writing.record_heights(height for height in [1, 3, 2, 4.5]) == [1, 3, 4.5]
    with pytest.raises(TypeError, match="must be real number, not str"):
        writing.record_heights(["high"])


def test_an_error_without_an_exception() -> None:
    assert writing.add_shares([0.5, "25%", 2.0, "much", None]) == (0.75, 3)
    assert writing.add_shares_by_exception([0.5, "25%", 2.0, "much", None]) == (0.75, 3)
    assert writing.share("25%") == 0.25
    with pytest.raises(TypeError, match="None is not a share"):
        writing.share(None)
    with pytest.raises(ValueError, match="2 is not in 0 to 1"):
        writing.share(2.0)
    with pytest.raises(UnicodeEncodeError):
        writing.add_shares(["\ud800%"])


def test_the_same_string_each_time() -> None:
    north = writing.hemisphere(ZURICH)
    assert north is writing.hemisphere((1, 1)) is sys.intern("north")
    assert writing.hemispheres([ZURICH, (-1, 0)]) == ["north", "south"]


def test_a_function_for_one_parameter() -> None:
    assert writing.tiles() == 1 + 4 + 16
    assert writing.tiles(3) == 64
    assert writing.tiles(zoom=(1, 2)) == 20
    with pytest.raises(OverflowError) as caught:
        writing.tiles(300)
    assert caught.value.__notes__ == ["while processing 'zoom'"]
    with pytest.raises(ValueError, match="too many tiles"):
        writing.tiles(32)


def test_a_newtype_of_a_foreign_type() -> None:
    assert writing.range_of_tile(2, 1000) == "bytes=2000-2999"
