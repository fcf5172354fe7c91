"""State that threads share, properties, operators, subclasses and cycles."""

import copy
import gc
import pickle
import threading
import weakref

import pytest
from fundamentals_snippets._core import classes
from fundamentals_snippets.tallies import Tally


def tally(*words: str) -> Tally:
    counted = Tally()
    for word in words:
        counted.add(word)
    return counted


def test_a_container_is_asked_as_python_asks() -> None:
    counted = tally("pen", "ink", "pen")
    assert (len(counted), counted["pen"], "ink" in counted, "cap" in counted) == (2, 2, True, False)
    with pytest.raises(KeyError, match="cap"):
        counted["cap"]
    for word in counted:
        counted.add(f"more {word}")
    assert list(counted) == ["ink", "more ink", "more pen", "pen"]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_state_is_pickled_and_copied(protocol: int) -> None:
    counted = tally("pen", "pen")
    restored = pickle.loads(pickle.dumps(counted, protocol))  # noqa: S301  made here
    counted.add("ink")
    assert (list(restored), restored["pen"]) == (["pen"], 2)
    assert list(copy.copy(counted)) == list(copy.deepcopy(counted)) == ["ink", "pen"]


def test_two_objects_are_merged_in_both_directions_at_a_time() -> None:
    left, right = tally("pen"), tally("ink")
    left.merge(left)
    assert left["pen"] == 2
    start = threading.Barrier(2)

    def merge(one: Tally, two: Tally) -> None:
        start.wait(timeout=60)
        for _ in range(20):
            one.merge(two)

    threads = [threading.Thread(target=merge, args=pair, daemon=True) for pair in ((left, right), (right, left))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    assert sorted(left) == sorted(right) == ["ink", "pen"]


def test_a_frozen_class_can_have_a_setter() -> None:
    tank = classes.Tank.of_barrels(2)
    assert tank.litres == 2 * classes.Tank.BARREL
    tank.litres = 1_000
    assert tank.litres == 1_000
    with pytest.raises(ValueError, match="a tank holds 1000 litres"):
        tank.litres = 1_001
    with pytest.raises(AttributeError):
        tank.barrels = 1


def test_python_asks_the_other_operand() -> None:
    class Sea:
        def __radd__(self, other: object) -> str:
            return "flood"

    tank = classes.Tank(1)
    assert (tank + classes.Tank(2)).litres == 3
    assert tank + Sea() == "flood"
    with pytest.raises(TypeError, match="unsupported operand"):
        tank + 1


def test_rust_and_python_extend_a_class_of_rust() -> None:
    class Letter(classes.Item):
        def postage(self) -> int:
            return super().postage() + 1

    class Named(classes.Item):
        def __init__(self, grams: int, name: str) -> None:
            self.name = name

    with pytest.raises(TypeError, match="takes 1 positional argument"):
        Named(100, "pen")

    insured = classes.InsuredItem(100, 5_000)
    assert (insured.grams, insured.value, insured.postage()) == (100, 5_000, 250)
    assert isinstance(insured, classes.Item)
    assert (Letter(100).grams, Letter(100).postage()) == (100, 201)
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Own", (classes.InsuredItem,), {})


def test_the_collector_frees_a_cycle_that_it_can_see() -> None:
    folder = classes.Folder()
    folder.add(folder)
    seen = weakref.ref(folder)
    del folder
    gc.collect()
    assert seen() is None
