"""Simple and complex enums: identity, equality, numbers, `match`, pickling."""

import copy
import enum
import pickle
from collections.abc import Iterable

import pytest
from classes_snippets._core import enums
from classes_snippets.triage import Treatment, Urgency, advice, place
from classes_snippets.wards import Ward

Bed, Shift, Visit = enums.Bed, enums.Shift, enums.Visit


def test_members_are_attributes_and_singletons() -> None:
    assert enums.urgency(30) is Urgency.IMMEDIATE is Urgency.IMMEDIATE
    assert (repr(Urgency.MINOR), str(Urgency.MINOR)) == ("Urgency.MINOR", "Urgency.MINOR")
    assert (isinstance(Urgency.MINOR, Urgency), isinstance(Urgency.MINOR, enum.Enum)) == (True, False)
    with pytest.raises(TypeError, match=r"cannot create '[\w.]+\.Urgency' instances"):
        Urgency()
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Own", (Urgency,), {})


def test_py_new_makes_another_object() -> None:
    again = enums.copied_urgency()
    assert again is not Urgency.MINOR
    assert again == Urgency.MINOR


def test_equality_order_and_hash_are_those_that_were_derived() -> None:
    assert sorted([Urgency.IMMEDIATE, Urgency.MINOR]) == [Urgency.MINOR, Urgency.IMMEDIATE]
    assert {Urgency.MINOR: 1}[enums.urgency(60)] == 1
    assert Urgency.MINOR != 1
    assert (int(Urgency.IMMEDIATE), int(Shift.Night)) == (4, 1)
    with pytest.raises(TypeError, match="'<' not supported"):
        assert Shift.Day < Shift.Night


def test_eq_int_compares_with_numbers_and_takes_the_hash_away() -> None:
    assert Bed.Ward == 1
    assert Bed.Intensive == 2
    assert Bed.Ward != Bed.Intensive
    with pytest.raises(TypeError, match="unhashable"):
        hash(Bed.Ward)
    with pytest.raises(TypeError, match="list indices must be integers"):
        [0, 1, 2][Bed.Ward]


def test_eq_int_with_hash_breaks_a_promise() -> None:
    assert enums.Floor.First == 1
    assert hash(enums.Floor.First) != hash(1)


def test_renamed_variants() -> None:
    text, lost = enums.notes()
    assert [name for name in dir(enums.Note) if name[0] != "_"] == ["Erased", "PLAIN_TEXT"]
    assert (type(text).__name__, type(text).__qualname__) == ("PlainText", "Note.PlainText")
    assert (type(lost).__name__, type(lost).__qualname__) == ("Lost", "Note.Erased")


def test_without_options_members_are_compared_by_identity() -> None:
    assert enums.shift(12) == Shift.Day
    assert Shift.Day != Shift.Night
    assert len({Shift.Day, enums.shift(12), Shift.Night}) == 2


def test_the_class_is_no_enum_of_python() -> None:
    for use in (list, len, lambda cls: cls["MINOR"], lambda cls: cls(1), lambda cls: cls.MINOR.value):
        with pytest.raises((TypeError, AttributeError)):
            use(Urgency)
    assert not isinstance(Urgency, Iterable)
    assert Urgency.members() == [Urgency.MINOR, Urgency.DELAYED, Urgency.IMMEDIATE]
    assert Urgency.of(2) is Urgency.DELAYED
    assert Urgency.MINOR.name == "MINOR"
    with pytest.raises(ValueError, match="3 is not an urgency"):
        Urgency.of(3)


def test_an_attribute_of_the_class_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shift, "Day", 7)
    assert Shift.Day == 7
    assert enums.shift(12) != 7


def test_a_number_is_no_member() -> None:
    assert enums.is_urgent(Urgency.IMMEDIATE)
    with pytest.raises(TypeError, match="'int' object is not an instance of 'Urgency'"):
        enums.is_urgent(4)


def test_a_pattern_with_a_dot_compares() -> None:
    assert [place(urgency) for urgency in Urgency.members()] == ["waiting room", "waiting room", "emergency room"]


def test_without_reduce_an_enum_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(Shift.Day)
    with pytest.raises(TypeError, match="cannot pickle"):
        copy.copy(Shift.Day)


def test_variants_are_subclasses() -> None:
    dose = Treatment.Dose("ibuprofen", milligrams=400)
    assert issubclass(Treatment.Dose, Treatment)
    assert (type(dose), dose.drug, dose.milligrams, dose.doses) == (Treatment.Dose, "ibuprofen", 400, 1)
    assert (Treatment.Dose.__name__, Treatment.Dose.__qualname__) == ("Dose", "Treatment.Dose")
    assert Treatment.Dose.__module__ == "classes_snippets.triage"
    pulse = Treatment.Pulse(60, "Ida")
    assert (pulse[0], pulse[1], len(pulse)) == (60, "Ida", 2)
    assert (type(enums.rest()), len(enums.rest())) == (Treatment.Rest, 0)
    with pytest.raises(TypeError, match="takes 1 positional argument"):
        Treatment.Dose("ibuprofen", 400)
    with pytest.raises(TypeError, match=r"cannot create '[\w.]+\.Treatment' instances"):
        Treatment()
    with pytest.raises(AttributeError):
        dose.drug = "aspirin"
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Own", (Treatment.Dose,), {})


def test_equality_is_that_of_rust_and_two_rests_are_two_objects() -> None:
    assert Treatment.Rest() == enums.rest()
    assert Treatment.Rest() is not enums.rest()
    assert Treatment.Pulse(60, "Ida") != Treatment.Pulse(61, "Ida")
    with pytest.raises(TypeError, match="unhashable"):
        hash(Treatment.Rest())
    assert repr(Treatment.Rest()).startswith("<classes_snippets.triage.Treatment.Rest object at ")


def test_methods_of_the_enum_work_for_all_variants() -> None:
    dose = Treatment.Dose("ibuprofen", milligrams=400, doses=3)
    assert (dose.total(), Treatment.Rest().total()) == (1200, 0)
    assert enums.total([dose, Treatment.Pulse(60, "Ida")]) == 1200


def test_match_takes_variants_apart() -> None:
    assert Treatment.Dose.__match_args__ == ("drug", "milligrams", "doses")
    assert Treatment.Pulse.__match_args__ == ("_0", "_1")
    treatments = [
        Treatment.Dose("ibuprofen", milligrams=800),
        Treatment.Dose("ibuprofen", milligrams=400),
        Treatment.Dose("ibuprofen", milligrams=400, doses=2),
        Treatment.Pulse(60, "Ida"),
        Treatment.Rest(),
    ]
    assert [advice(treatment) for treatment in treatments] == [
        "watch for ibuprofen",
        "repeat once",
        "go on",
        "Ida counted 60",
        "wait",
    ]


def test_py_new_makes_an_object_without_a_variant() -> None:
    pulse = enums.unnamed()
    assert (type(pulse), pulse == Treatment.Pulse(60, "Ida")) == (Treatment, True)
    assert advice(pulse) == "go on"


def test_a_struct_lists_what_a_pattern_may_name() -> None:
    match Visit(Urgency.MINOR, Treatment.Pulse(60, "Ida")):
        case Visit(Urgency.MINOR, Treatment.Pulse(beats)):
            assert beats == 60
        case _:
            pytest.fail("no pattern matched")


def test_an_enum_of_python_stays_one() -> None:
    assert enums.next_ward(Ward.SURGERY) is Ward.MATERNITY
    assert enums.next_ward("maternity") is Ward.SURGERY
    with pytest.raises(ValueError, match="'attic' is not a valid Ward"):
        enums.next_ward("attic")
