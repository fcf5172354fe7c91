"""What is equal, ordered and hashable, and what is printed."""

import math
import os
import subprocess
import sys

import pytest
from classes_snippets._core import construction, equality

Celsius, Host, Parcel, Reading, Version = (
    equality.Celsius,
    equality.Host,
    equality.Parcel,
    equality.Reading,
    equality.Version,
)


class Polite:
    """Answers what it is asked."""

    def __eq__(self, other: object) -> str:
        return "equal"

    def __gt__(self, other: object) -> str:
        return "greater"

    __hash__ = None


def test_values_are_compared_sorted_and_hashed() -> None:
    assert Version(1, 2) == Version(1, 2)
    assert Version(1, 2) != Version(1, 3)
    assert sorted([Version(2, 0), Version(1, 5)]) == [Version(1, 5), Version(2, 0)]
    assert {Version(1, 2): "here"}[Version(1, 2)] == "here"


def test_another_type_is_left_to_the_other_operand() -> None:
    assert Version(1, 2) != (1, 2)
    assert Version(1, 2).__eq__(3) is NotImplemented
    assert (Version(1, 2) == Polite(), Version(1, 2) < Polite()) == ("equal", "greater")
    with pytest.raises(TypeError, match="'<' not supported"):
        Version(1, 2) < 3  # noqa: B015


def test_a_subclass_equals_its_base() -> None:
    class Ink(construction.Colour):
        pass

    assert Ink(1, 2, 3) == construction.Colour(1, 2, 3)


def test_equality_by_hand_has_a_hash_by_hand() -> None:
    assert Host("A.org") == Host("a.org")
    assert not Host("A.org") != Host("a.org")  # noqa: SIM202  that is the claim
    assert len({Host("A.org"), Host("a.org")}) == 1
    with pytest.raises(TypeError, match="'<' not supported"):
        Host("a") < Host("b")  # noqa: B015


@pytest.mark.parametrize("unhashable", [equality.UnhashedHost("a"), Reading(1.0)])
def test_equality_without_a_hash_is_unhashable(unhashable: object) -> None:
    assert type(unhashable).__hash__ is None
    with pytest.raises(TypeError, match="unhashable type"):
        hash(unhashable)


def test_without_equality_only_the_same_object_is_equal() -> None:
    note = equality.Note("x")
    assert (note == note, note == equality.Note("x")) == (True, False)  # noqa: PLR0124
    assert {note: 1}[note] == 1


def test_hashes_have_no_seed() -> None:
    script = "from classes_snippets._core import equality; print(hash(equality.Version(1, 2)))"
    runs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert runs == {f"{hash(Version(1, 2))}\n"}


def test_what_is_not_comparable_is_false() -> None:
    missing = Reading(math.nan)
    assert not missing == Reading(math.nan)  # noqa: SIM201
    assert not missing < Reading(1.0)
    assert not missing >= Reading(1.0)
    assert Reading(1.0) < Reading(2.0)


def test_numbers_are_compared_from_both_sides() -> None:
    assert Parcel(5) == 5
    assert 5 == Parcel(5)  # noqa: SIM300
    assert sorted([Parcel(3), 2, Parcel(1)])[1:] == [2, 3]
    assert {5: "five"}[Parcel(5)] == "five"
    assert hash(Parcel(2**63 + 1)) == hash(2**63 + 1)
    assert Parcel(5) != 5.0
    with pytest.raises(TypeError, match="not supported between"):
        Parcel(5) < 2**64  # noqa: B015
    assert Parcel(5) != "five"


def test_texts_are_those_of_the_class() -> None:
    class Fever(Celsius):
        pass

    assert (repr(Celsius(20.5)), str(Celsius(20.5)), f"{Celsius(20.5)}") == ("Celsius(20.5)", "20.5 °C", "20.5 °C")
    assert repr(Fever(39.5)).endswith("Fever(39.5)")
    assert f"{Celsius(20.5):.3f}" == "20.500"
    assert (str(Version(1, 2)), repr(Version(1, 2))) == ("1.2", "Version(1, 2)")
    with pytest.raises(TypeError, match="unsupported format string"):
        f"{Version(1, 2):>8}"
    assert str(Host("a")).endswith(">")
