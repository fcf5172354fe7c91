"""What a caller may rely on."""

import contextlib
import copy
import gc
import pickle
import threading
import weakref
from collections.abc import Collection, ItemsView, KeysView, Mapping, MutableMapping, Reversible, ValuesView
from collections.abc import Set as AbstractSet
from typing import Any

import pytest
from asof_map import AsOfMap, Items, Keys, Values
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sortedcontainers import SortedDict  # type: ignore[import-untyped]

KEY = st.integers(-20, 20)
PAIRS = st.lists(st.tuples(KEY, st.text(max_size=2)))
END = st.none() | KEY


# region: oracle
class Twins(RuleBasedStateMachine):
    """Do the same to a map and to a `SortedDict`."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.map: AsOfMap[str] = AsOfMap()
        self.twin: Any = SortedDict()

    @rule(key=KEY, value=st.text(max_size=2))
    def set(self, key: int, value: str) -> None:
        self.map[key] = self.twin[key] = value

    @rule(pairs=PAIRS)
    def update(self, pairs: list[tuple[int, str]]) -> None:
        self.map.update(pairs)
        self.twin.update(pairs)

    @rule(key=KEY)
    def delete(self, key: int) -> None:
        assert self.map.pop(key, "none") == self.twin.pop(key, "none")

    @rule(key=KEY)
    def default(self, key: int) -> None:
        assert self.map.setdefault(key, "new") == self.twin.setdefault(key, "new")

    @rule(key=KEY)
    def look_between(self, key: int) -> None:
        assert self.map.keys().bisect_left(key) == self.twin.bisect_left(key)
        assert self.map.keys().bisect_right(key) == self.twin.bisect_right(key)
        after = self.twin.bisect_right(key)
        floor = self.twin.peekitem(after - 1) if after else None
        assert self.map.floor_item(key) == floor
        assert self.map.asof(key, "none") == (floor[1] if floor else "none")
        before = self.twin.bisect_left(key)
        assert self.map.ceiling_item(key) == (self.twin.peekitem(before) if before < len(self.twin) else None)

    @rule(start=END, stop=END)
    def cut(self, start: int | None, stop: int | None) -> None:
        part = self.map[start:stop]
        assert list(part) == list(self.twin.irange(start, stop, (True, False)))
        assert all(part[key] == self.twin[key] for key in part)

    @rule(at=st.slices(9))
    def positions(self, at: slice) -> None:
        assert self.map.keys()[at] == self.twin.keys()[at]

    @invariant()
    def same(self) -> None:
        assert list(self.map.items()) == list(self.twin.items())
        assert list(reversed(self.map)) == list(reversed(self.twin))
        assert len(self.map) == len(self.twin)
        assert self.map == self.twin


TestTwins = Twins.TestCase
TestTwins.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


# endregion: oracle


# region: mixins
class Plain(MutableMapping[int, Any]):
    """What the mixins of `collections.abc` make of five methods: the measure of what registering promises."""

    def __init__(self, items: dict[int, Any]) -> None:
        self.data = dict(sorted(items.items()))

    def __getitem__(self, key: int) -> Any:
        return self.data[key]

    def __setitem__(self, key: int, value: Any) -> None:
        self.data[key] = value

    def __delitem__(self, key: int) -> None:
        del self.data[key]

    def __iter__(self) -> Any:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


KEY_SETS: list[Any] = [set(), {1}, {1, 2}, frozenset({1, 2, 3}), {9}, {1: 0}.keys()]
PAIR_SETS: list[Any] = [set(), {(1, "a")}, {1: "a", 2: "b"}.items(), {1: "a", 3: "x"}.items(), frozenset({(5, "z")})]
BINARY = ["__and__", "__rand__", "__or__", "__ror__", "__sub__", "__rsub__", "__xor__", "__rxor__"]
COMPARISONS = ["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "isdisjoint"]


@pytest.mark.parametrize("method", BINARY + COMPARISONS)
@pytest.mark.parametrize(("view", "others"), [("keys", KEY_SETS), ("items", PAIR_SETS)])
@pytest.mark.parametrize("items", [{}, {1: "a"}, {1: "a", 2: "b"}, {2: "b", 3: "c", 1: "a"}])
def test_views_are_sets_as_the_mixins_have_it(items: dict[int, str], view: str, others: list[Any], method: str) -> None:
    ours, plain = (getattr(mapping, view)() for mapping in (AsOfMap(items), Plain(items)))
    for other in others:
        assert getattr(ours, method)(other) == getattr(plain, method)(other), other


def test_items_are_compared_without_hashes() -> None:
    items = AsOfMap({1: [], 2: ["b"]}).items()
    assert items == {1: [], 2: ["b"]}.items()
    assert items > {1: []}.items()
    assert not items.isdisjoint([5, (2, ["b"])])


PROMISES: list[Any] = [
    (Mapping, AsOfMap), (MutableMapping, AsOfMap), (KeysView, Keys), (ItemsView, Items), (ValuesView, Values),
]  # fmt: skip


@pytest.mark.parametrize(("protocol", "kind"), PROMISES)
def test_nothing_of_what_is_promised_is_missing(protocol: Any, kind: Any) -> None:
    public = {name for name in dir(protocol) if not name.startswith("_")}
    special = {"__len__", "__iter__", "__contains__", "__eq__", "__ne__"} & set(dir(protocol))
    assert public | special <= set(dir(kind))
    assert issubclass(kind, protocol)


def test_abstract_classes_know_the_classes() -> None:
    history: Any = AsOfMap({1: "a"})
    assert isinstance(history, MutableMapping)
    assert isinstance(history, Reversible)
    assert isinstance(history.keys(), AbstractSet)
    assert isinstance(history.items(), AbstractSet)
    assert isinstance(history.values(), Collection)
    assert not isinstance(history.values(), AbstractSet)


# endregion: mixins


def test_what_is_no_set_is_no_operand() -> None:
    keys: Any = AsOfMap({1: "a"}).keys()
    assert keys & [1, 5] == {1}
    assert [1, 5] - keys == {5}
    assert keys != [1]
    with pytest.raises(TypeError):
        keys & 5
    with pytest.raises(TypeError):
        assert keys < [1]


# region: equality
def test_a_map_is_equal_to_a_dict_and_is_no_key() -> None:
    history = AsOfMap({2: "b", 1: "a"})
    assert history == {1: "a", 2: "b"} == history
    assert history == AsOfMap([(1, "a"), (2, "b")])
    assert history != {1: "a"}
    assert history != [(1, "a"), (2, "b")]
    with pytest.raises(TypeError, match="unhashable"):
        hash(history)


# endregion: equality


def test_it_is_used_as_a_dict_is() -> None:
    history: Any = AsOfMap({3: "c"})
    history[1] = "a"
    assert {**history} == history
    assert (history[1], history.get(2), history.get(2, "x"), history.get("x")) == ("a", None, "x", None)
    assert dict(history) == {1: "a", 3: "c"}
    assert repr(history) == "AsOfMap({1: 'a', 3: 'c'})"
    assert "a" in history.values()
    assert (3, "c") in history.items()
    assert 3.5 not in history
    assert "x" not in history.keys()  # noqa: SIM118
    del history[1]
    assert history.popitem() == (3, "c")
    for broken in (
        history.popitem,
        lambda: history[1],
        lambda: history["x"],
        lambda: history.pop(1),
        lambda: history.__delitem__(1),
    ):
        with pytest.raises(KeyError):
            broken()
    match AsOfMap({1: "a"}):
        case {1: value}:
            assert value == "a"


@pytest.mark.parametrize("broken", [{"x": 1}, {1.5: 1}, [(1,)], [1], 5])
def test_what_has_no_integers_for_keys_is_refused(broken: Any) -> None:
    history = AsOfMap({1: "a"})
    with pytest.raises((TypeError, ValueError)):
        history.update(broken)
    assert history == {1: "a"}


def test_keys_have_64_bits() -> None:
    history: Any = AsOfMap({2**63 - 1: "last", -(2**63): "first"})
    with pytest.raises(OverflowError):
        history[2**63] = "x"
    assert 2**63 not in history
    assert history.asof(2**63 - 2) == "first"
    with pytest.raises(TypeError, match="has no step"):
        history[1:5:2]


# region: iteration
@pytest.mark.parametrize("view", ["__iter__", "__reversed__", "keys", "values", "items"])
def test_an_iterator_sees_that_keys_changed(view: str) -> None:
    history: AsOfMap[Any] = AsOfMap({1: "a", 2: "b", 3: "c"})
    iterator = iter(getattr(history, view)())
    next(iterator)
    history[2] = "another value is no other key"
    next(iterator)
    history[4] = "d"
    with pytest.raises(RuntimeError, match="changed its keys during iteration"):
        next(iterator)


# endregion: iteration


def test_views_show_what_the_map_has_now() -> None:
    history = AsOfMap({1: "a"})
    keys, values, items = history.keys(), history.values(), history.items()
    history[0] = "z"
    assert (list(keys), list(values), list(items)) == ([0, 1], ["z", "a"], [(0, "z"), (1, "a")])
    assert keys.mapping is history
    assert (keys[0], keys[-1], keys.index(1), keys[::-1]) == (0, 1, 1, [1, 0])
    for position in (2, -3, 10**30):
        with pytest.raises(IndexError):
            keys[position]


# region: copies
def test_copies_and_pickles_are_equal() -> None:
    history = AsOfMap({1: ["a"], 2: ["b"]})
    shallow, deep = copy.copy(history), copy.deepcopy(history)
    assert shallow == deep == history == pickle.loads(pickle.dumps(history))  # noqa: S301
    assert shallow[1] is history[1]
    assert deep[1] is not history[1]
    assert history.copy() is not history


def test_a_map_in_itself_is_shown() -> None:
    history: AsOfMap[Any] = AsOfMap()
    history[1] = [history]
    assert repr(history) == str(history) == "AsOfMap({1: [AsOfMap({...})]})"

    class Silent:
        def __repr__(self) -> str:
            raise ZeroDivisionError

    history[2] = Silent()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            repr(history)
    del history[2]
    assert repr(history[1]) == "[AsOfMap({1: [...]})]"


def test_a_map_in_itself_can_be_copied() -> None:
    history: AsOfMap[Any] = AsOfMap()
    history[1] = history
    for twin in (copy.deepcopy(history), pickle.loads(pickle.dumps(history))):  # noqa: S301
        assert twin is not history
        assert twin[1] is twin


# endregion: copies


# region: locks
def test_python_code_never_runs_under_the_lock() -> None:
    class Value:
        """Uses the map when it is dropped, or compared."""

        def __del__(self) -> None:
            sizes.append(len(history))

        def __eq__(self, other: object) -> bool:
            return len(history) < 0

        __hash__ = None  # type: ignore[assignment]

    sizes: list[int] = []
    history: AsOfMap[Any] = AsOfMap({1: Value(), 2: Value()})
    history[1] = Value()
    assert Value() not in history.values()
    assert history != {1: Value(), 2: Value()}
    history.update({1: None})
    del history[2]
    history.clear()
    assert sizes


def test_threads_may_share_a_map() -> None:
    history: AsOfMap[int] = AsOfMap()

    def fill(first: int) -> None:
        for key in range(first, 4000, 4):
            history[key] = key
            assert history.asof(key) == key
            assert history.floor_item(key) == (key, key)

    def empty(_: int) -> None:
        with contextlib.suppress(KeyError):
            while True:
                popped.append(history.popitem())

    popped: list[tuple[int, int]] = []
    for work in (fill, empty):
        threads = [threading.Thread(target=work, args=[first]) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(popped) == [(key, key) for key in range(4000)]


# endregion: locks


def test_a_cycle_is_collected() -> None:
    history: AsOfMap[Any] = AsOfMap()
    history[1] = [history, history.keys(), iter(history.items())]
    gone = weakref.ref(history)
    del history
    gc.collect()
    assert gone() is None


def test_a_long_chain_of_maps_is_dropped() -> None:
    chain: list[AsOfMap[Any]] = [AsOfMap()]
    gone = weakref.ref(chain[0])
    for _ in range(20_000):
        chain.append(AsOfMap({0: chain.pop()}))
    size = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=chain.clear)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
    assert gone() is None


@given(PAIRS)
def test_values_are_found_as_in_a_dict(pairs: list[tuple[int, str]]) -> None:
    history: AsOfMap[str] = AsOfMap(pairs)
    assert history == dict(pairs) == dict(history.items())
    assert AsOfMap(history) == history
    assert all(value in history.values() for value in dict(pairs).values())
