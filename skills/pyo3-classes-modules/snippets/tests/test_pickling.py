"""Copies and pickles: what they keep, what they refuse, and how they cross processes."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import sys
import weakref
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any

import pytest
from classes_snippets import pharmacy
from classes_snippets._core import garbage_collection
from classes_snippets.pharmacy import Chart, Dose, Event, Label, Pack, Route, Ward

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
NEW_PROTOCOLS = PROTOCOLS[2:]


def restored(value: Any, protocol: int = pickle.DEFAULT_PROTOCOL) -> Any:
    return pickle.loads(pickle.dumps(value, protocol))  # noqa: S301  made here


class LabelledPack(Pack):
    """A subclass whose objects have attributes of their own."""

    label: str


class LabelledDose(Dose):
    """A subclass of what is restored by `__new__`."""

    label: str


class LabelledChart(Chart):
    """A subclass of what is restored by `__setstate__`."""

    label: str


class SmallBottle(pharmacy.Bottle):
    """A subclass of a class that forgets subclasses."""


VALUES = [
    Dose("ibuprofen", milligrams=400),
    Event.Delivered(packs=3),
    Event.Spoiled(packs=1, reason="warm"),
]


@pytest.mark.parametrize("protocol", NEW_PROTOCOLS)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_are_equal_after_a_round_trip(value: Any, protocol: int) -> None:
    assert restored(value, protocol) == value
    assert type(restored(value, protocol)) is type(value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_reduce_works_with_every_protocol(protocol: int) -> None:
    assert restored(Pack(20), protocol) == Pack(20)
    assert restored(Route.Topical, protocol) is Route.Topical


@pytest.mark.parametrize("protocol", [0, 1])
@pytest.mark.parametrize("value", [*VALUES, Chart()], ids=repr)
def test_the_oldest_protocols_refuse_what_has_no_reduce(value: Any, protocol: int) -> None:
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(value, protocol)


@pytest.mark.parametrize("protocol", NEW_PROTOCOLS)
@pytest.mark.parametrize("value", [pharmacy.Storage.Shelf, pharmacy.Order.Placed(packs=1)], ids=repr)
def test_enums_without_a_method_are_refused(value: Any, protocol: int) -> None:
    with pytest.raises(TypeError, match=r"cannot pickle '.*' object"):
        pickle.dumps(value, protocol)


def test_what_has_data_and_no_method_is_refused() -> None:
    with pytest.raises(TypeError, match=r"cannot pickle 'classes_snippets\.pharmacy\.Label' object"):
        pickle.dumps(Label("shake"))


def test_a_class_without_fields_is_restored_only_if_it_is_frozen() -> None:
    assert isinstance(restored(pharmacy.Scale()), pharmacy.Scale)
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(pharmacy.Counter())


def test_new_checks_what_a_pickle_says() -> None:
    tampered = pickle.dumps(Dose("ibuprofen", milligrams=1), 2).replace(b"K\x01", b"K\x00")
    with pytest.raises(ValueError, match="more than nothing"):
        pickle.loads(tampered)  # noqa: S301  made here


def test_a_changing_object_is_restored_by_its_state() -> None:
    chart = Chart()
    chart.note(5, "fever")
    assert restored(chart).notes() == [(5, "fever")]
    assert copy.copy(chart).notes() == [(5, "fever")]
    assert chart.__getstate__() == (2, [(5, "fever")])


def test_older_states_are_read_and_newer_ones_refused() -> None:
    chart = Chart()
    chart.__setstate__((1, ["fever"]))
    assert chart.notes() == [(0, "fever")]
    with pytest.raises(ValueError, match="unknown version 3"):
        chart.__setstate__((3, []))
    with pytest.raises(TypeError):
        chart.__setstate__((2, 7))
    assert chart.notes() == [(0, "fever")]


@pytest.mark.parametrize("value", [LabelledPack(20), LabelledDose("ibuprofen", milligrams=400)], ids=["reduce", "new"])
def test_subclasses_and_their_attributes_are_kept(value: LabelledPack | LabelledDose) -> None:
    value.label = "daily"
    assert type(restored(value)) is type(value)
    assert restored(value).label == "daily"


class SlottedDose(Dose):
    """A subclass without `__dict__`."""

    __slots__ = ("label",)
    label: str


class SlottedPack(Pack):
    """The same, of a class with `__reduce__`."""

    __slots__ = ("label",)
    label: str


def test_slots_are_kept_unless_there_is_a_reduce() -> None:
    dose, pack = SlottedDose("ibuprofen", milligrams=400), SlottedPack(20)
    dose.label = pack.label = "daily"
    assert restored(dose).label == "daily"
    assert not hasattr(restored(pack), "label")


class BrandedDose(Dose):
    """A subclass with an argument more."""

    def __new__(cls, brand: str, medicine: str, *, milligrams: int) -> Self:
        """Make one; the brand is not kept here."""
        return super().__new__(cls, medicine, milligrams=milligrams)


def test_a_subclass_with_other_arguments_cannot_be_restored() -> None:
    data = pickle.dumps(BrandedDose("Dolo", "ibuprofen", milligrams=400))
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        pickle.loads(data)  # noqa: S301  made here


def test_a_state_written_in_rust_leaves_attributes_out() -> None:
    chart = LabelledChart()
    chart.label = "daily"
    assert type(restored(chart)) is LabelledChart
    assert not hasattr(restored(chart), "label")


def test_a_reduce_that_names_its_class_forgets_subclasses() -> None:
    assert type(restored(SmallBottle(50))) is pharmacy.Bottle


def test_copies_of_what_never_changes_are_the_same_object() -> None:
    label = Label("shake")
    assert copy.copy(label) is label
    assert copy.deepcopy([label])[0] is label
    assert weakref.ref(label)() is label
    dose = Dose("ibuprofen", milligrams=400)
    assert copy.copy(dose) is not dose


def test_a_deep_copy_copies_what_is_held() -> None:
    room = pharmacy.Room([])
    assert copy.copy(room).beds is room.beds
    assert copy.deepcopy(room).beds is not room.beds


def test_what_is_shared_stays_shared_within_one_pickle() -> None:
    beds: list[int] = []
    first, second = restored([pharmacy.Room(beds), pharmacy.Room(beds)])
    assert first.beds is second.beds
    assert restored(pharmacy.Room(beds)).beds is not beds


@pytest.mark.parametrize("duplicate", [restored, copy.deepcopy])
def test_a_state_may_lead_back_to_its_object(duplicate: Callable[[Ward], Ward]) -> None:
    ward = Ward()
    ward.head = [ward]
    again = duplicate(ward)
    assert again.head[0] is again


def test_a_deep_copy_makes_two_of_what_its_arguments_lead_back_to() -> None:
    beds: list[Any] = []
    room = pharmacy.Room(beds)
    beds.append(room)
    again = copy.deepcopy(room)
    assert again.beds[0] is not again
    assert restored(room).beds[0] is not room


def test_an_exception_keeps_its_arguments() -> None:
    error = restored(pharmacy.OutOfStockError("ibuprofen", 2))
    assert (error.medicine, error.packs) == ("ibuprofen", 2)
    assert str(error) == "only 2 packs of ibuprofen are left"


class ForgetfulError(Exception):
    """Passes a sentence on, and not its arguments."""

    def __init__(self, medicine: str, packs: int) -> None:
        """Say what is left."""
        super().__init__(f"only {packs} packs of {medicine} are left")


def test_an_exception_that_passes_a_sentence_on_cannot_be_restored() -> None:
    data = pickle.dumps(ForgetfulError("ibuprofen", 2))
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        pickle.loads(data)  # noqa: S301  made here


def test_a_key_stays() -> None:
    for operation in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="stays in its process"):
            operation(pharmacy.Key())


def test_the_name_must_lead_to_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    pack = Pack(20)
    assert (Pack.__module__, Pack.__qualname__) == ("classes_snippets.pharmacy", "Pack")
    assert Event.Spoiled.__qualname__ == "Event.Spoiled"
    monkeypatch.setattr(pharmacy, "Pack", LabelledPack)
    with pytest.raises(pickle.PicklingError, match="not the same object"):
        pickle.dumps(pack)
    monkeypatch.delattr(pharmacy, "Pack")
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(pack)


def test_a_class_without_a_module_is_looked_for_among_the_builtins() -> None:
    assert garbage_collection.FieldRule.__module__ == "builtins"
    with pytest.raises(pickle.PicklingError, match="builtins"):
        pickle.dumps(garbage_collection.FieldRule)


def double(pack: Pack) -> Pack:
    return Pack(2 * pack.tablets)


def run_out(packs: int) -> None:
    raise pharmacy.OutOfStockError("ibuprofen", packs)


# region: process
def test_objects_and_errors_cross_processes() -> None:
    # `spawn` everywhere: a process that starts afresh, as on macOS and Windows.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(double, Pack(20)).result() == Pack(40)
        with pytest.raises(pharmacy.OutOfStockError) as raised:
            pool.submit(run_out, 2).result()
    assert raised.value.packs == 2


# endregion: process


@pytest.mark.skipif(sys.platform != "linux", reason="it is `spawn` on Windows and macOS")
def test_processes_start_by_forkserver_on_linux() -> None:
    default = "forkserver" if sys.version_info >= (3, 14) else "fork"
    assert multiprocessing.get_all_start_methods()[0] == default


def forget(packs: int) -> None:
    raise ForgetfulError("ibuprofen", packs)


def test_an_error_that_cannot_be_restored_breaks_the_pool() -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool, pytest.raises(BrokenProcessPool):
        pool.submit(forget, 2).result()
