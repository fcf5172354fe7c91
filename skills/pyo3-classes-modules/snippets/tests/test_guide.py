"""The classes of the guide: a value, shared state, and a base of others."""

import copy
import gc
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from classes_snippets.parcels import Carrier, Courier, Depot, Weight


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_value_is_compared_hashed_ordered_and_pickled(protocol: int) -> None:
    weight = Weight(250)
    assert {weight, Weight.parse("250 g")} == {weight}
    assert max(Weight(1), Weight.parse("3 kg"), weight) == Weight(3000)
    assert pickle.loads(pickle.dumps(weight, protocol)) == weight  # noqa: S301  made here
    assert copy.deepcopy(weight) == weight
    assert weight + weight == Weight(500)
    assert repr(weight) == "Weight(250)"
    assert weight != 250


def test_a_value_refuses_what_it_is_not() -> None:
    weight = Weight(250)
    with pytest.raises(ValueError, match='no weight: "3 t"'):
        Weight.parse("3 t")
    with pytest.raises(OverflowError):
        Weight(2**64 - 1) + weight
    with pytest.raises(TypeError, match="unsupported operand"):
        weight + 1
    with pytest.raises(AttributeError):
        weight.grams = 1


def test_threads_and_callbacks_share_a_depot() -> None:
    seen = []
    depot = Depot(on_arrival=lambda number, weight: seen.append((number, weight, depot[number])))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: depot.arrive(str(number), Weight(number)), range(100)))
    assert len(depot) == len(seen) == 100
    assert all(weight == stored for _, weight, stored in seen)
    assert sorted(map(int, depot)) == list(range(100))
    with pytest.raises(KeyError, match="unknown"):
        depot["unknown"]


def test_a_depot_and_its_callback_are_collected() -> None:
    depots: list[Depot] = []
    depots.append(Depot(on_arrival=depots.append))
    gone = weakref.ref(depots[0])
    del depots
    gc.collect()
    assert gone() is None


def test_an_overridden_method_is_called_from_rust() -> None:
    class Pigeon(Carrier):
        def __new__(cls, name: str, range_km: int):  # noqa: ANN204
            return super().__new__(cls, name)

        def __init__(self, name: str, range_km: int) -> None:
            self.range_km = range_km

        def price(self, weight: Weight) -> int:
            return super().price(weight) * 2 if weight.grams < 50 else 10**6

    weights = [Weight(10), Weight(40)]
    assert Carrier("post").dearest(weights) == 600
    assert Pigeon("Ada", 90).dearest(weights) == 1200
    courier = Courier(3)
    assert (courier.name, courier.dearest(weights), isinstance(courier, Carrier)) == ("courier", 900, True)
