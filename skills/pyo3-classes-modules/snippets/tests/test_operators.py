"""Operators with the same type, with others, and with what is refused."""

import math
import operator

import pytest
from classes_snippets._core import layout, operators

Card, Length, Number, Transform, Words = (
    operators.Card,
    operators.Length,
    operators.Number,
    operators.Transform,
    operators.Words,
)


class Sea:
    """Answers to any length on its left."""

    def __radd__(self, other: object) -> str:
        return "flood"


def test_lengths_and_numbers() -> None:
    assert Length(1) + Length(2) == Length(3)
    assert Length(3) * 2 == 2 * Length(3) == Length(6)
    assert -Length(3) == Length(-3)
    assert abs(Length(-3)) == Length(3)
    assert (Length(6) / Length(4), Length(6) / 4) == (1.5, Length(2))


@pytest.mark.parametrize(
    "refused",
    [
        lambda: Length(1) + 2,
        lambda: Length(3) * 2.0,
        lambda: Length(3) * Length(2),
        lambda: Length(3) - Length(1),
        lambda: Length(6) / "x",
        lambda: 6 / Length(6),
        lambda: 300 + Length(1),
        lambda: divmod(Length(6), 2),
    ],
)
def test_other_types_are_refused(refused: object) -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        refused()


def test_the_other_operand_is_asked() -> None:
    assert Length(1) + Sea() == "flood"
    assert Length(1).__add__(3) is NotImplemented


def test_a_sum_begins_with_zero() -> None:
    assert sum([Length(1), Length(2)]) == Length(3)
    assert sum([Length(1)], Length(0)) == Length(1)
    with pytest.raises(ValueError, match="only 0"):
        2 + Length(1)


def test_a_number_that_is_too_large_counts_as_another_type() -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        Length(3) * 2**64
    with pytest.raises(OverflowError, match="too large"):
        Length(2**62) * 2
    with pytest.raises(OverflowError, match="too large"):
        -Length(-(2**63))
    for divisor in (1e-300, float("nan")):
        with pytest.raises(OverflowError, match="too large"):
            Length(6) / divisor
    for zero in (0, Length(0)):
        with pytest.raises(ZeroDivisionError):
            Length(6) / zero


def test_a_borrowed_operand_counts_as_another_type() -> None:
    words, more = Words(), Words()

    def compare() -> None:
        with pytest.raises(TypeError, match="unsupported operand"):
            more + words
        for pair in ((words, more), (more, words)):
            with pytest.raises(RuntimeError, match="Already mutably borrowed"):
                operator.eq(*pair)

    words.hold(compare)
    assert words + more == words


def test_a_method_may_decline() -> None:
    class Joker:
        def __ror__(self, other: object) -> str:
            return "joker"

    assert (Card("h", 2) | Card("h", 5)).rank == 5
    assert Card("h", 2) | Joker() == "joker"
    with pytest.raises(TypeError, match="unsupported operand"):
        Card("h", 2) | Card("s", 5)


def test_in_place_keeps_the_object() -> None:
    words = same = Words()
    words += "two words"
    assert words is same
    assert same.count == 2
    with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for \+="):
        words += 3


def test_a_value_has_no_in_place_operator() -> None:
    length = same = Length(1)
    length += Length(2)
    assert (length, same) == (Length(3), Length(1))


def test_an_object_added_to_itself_in_place_is_a_new_one() -> None:
    point = operators.Sum(1)
    same = point
    point += operators.Sum(1)
    assert point is same
    point += point
    assert (point is same, point.value, same.value) == (False, 4, 2)


def test_a_lock_that_is_free_again_keeps_the_object() -> None:
    total = same = operators.SharedSum(2)
    total += total
    assert (total is same, total.value) == (True, 4)


def test_a_reflected_power_is_asked_for_a_modulus_too() -> None:
    assert 2 ** Number(3) == Number(8)
    assert pow(3, Number(5), 7) == Number(5)


def test_powers_have_a_modulus() -> None:
    assert Number(3) ** 4 == Number(81)
    assert pow(Number(3), 5, 7) == pow(Number(3), Number(5), Number(7)) == Number(5)
    with pytest.raises(ValueError, match="must not be 0"):
        pow(Number(3), 5, 0)
    with pytest.raises(OverflowError):
        Number(3) ** 64
    with pytest.raises(TypeError, match="unsupported operand"):
        Number(3) ** -1


def test_an_index_is_an_integer() -> None:
    assert list(range(Number(3))) == [0, 1, 2]
    assert ["a", "b"][Number(1)] == "b"
    assert [1, 2, 3][: Number(2)] == [1, 2]
    assert (hex(Number(255)), int(Number(3)), float(Number(3)), complex(Number(3))) == ("0xff", 3, 3.0, 3 + 0j)
    assert Number(3) != 3
    assert operator.index(Number(3)) == 3


def test_truth_and_conversions_are_what_the_class_says() -> None:
    assert not Length(0)
    assert Number(0)
    assert float(Length(1500)) == 1.5
    with pytest.raises(TypeError):
        int(Length(1500))
    with pytest.raises(TypeError, match="__round__"):
        round(Length(1500))


def test_matrices_are_multiplied() -> None:
    quarter, half = Transform([[0, -1], [1, 0]]), Transform([[-1, 0], [0, -1]])
    assert quarter @ quarter == half
    with pytest.raises(TypeError, match="unsupported operand"):
        quarter @ 2


def test_digits_are_optional_if_the_signature_says_so() -> None:
    transform = Transform([[1.26, 0], [0, 0.7]])
    assert round(transform) == Transform([[1, 0], [0, 1]])
    assert round(transform, 1) == Transform([[1.3, 0], [0, 0.7]])
    assert math.floor(Length(1500)) == 1
    with pytest.raises(TypeError, match="missing 1 required positional argument: '_ndigits'"):
        round(operators.Unchecked(1))


def test_overflow_panics_in_a_debug_build_and_wraps_in_a_release_build() -> None:
    two = operators.Unchecked(200), operators.Unchecked(100)
    if not layout.DEBUG_BUILD:
        assert operator.add(*two).value == 44
        return
    with pytest.raises(BaseException, match="attempt to add with overflow") as caught:
        operator.add(*two)
    assert not isinstance(caught.value, Exception)
