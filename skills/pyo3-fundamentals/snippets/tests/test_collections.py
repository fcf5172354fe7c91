"""What the chapter on collections says."""

import operator
from array import array
from collections import ChainMap, OrderedDict, UserDict, defaultdict, deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any, TypedDict

import pytest
from fundamentals_snippets._core import collections as snippets


@pytest.mark.parametrize("values", [[1, 2.5], (1, 2.5), array("d", [1, 2.5]), deque([1, 2.5])])
def test_a_vec_takes_sequences(values: Any) -> None:
    assert snippets.mean(values) == 1.75


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("12", "Can't extract `str` to `Vec`"),
        ({1, 2}, "'set' object is not an instance of 'Sequence'"),
        ((value for value in [1, 2]), "'generator' object is not an instance of 'Sequence'"),
        ([1, None], "must be real number, not NoneType"),
    ],
)
def test_a_vec_refuses_the_rest(values: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        snippets.mean(values)


def test_a_vec_takes_ranges_and_the_numbers_of_bytes() -> None:
    assert snippets.mean(range(3)) == 1.0
    assert snippets.mean(b"ab") == 97.5
    assert snippets.mean([]) is None


def test_a_list_is_a_list() -> None:
    assert snippets.count_missing([1.5, None, "n/a", None]) == 2
    with pytest.raises(TypeError, match="'tuple' object is not an instance of 'list'"):
        snippets.count_missing((None,))


def test_an_iterable_is_read_as_far_as_needed() -> None:
    values = iter([1, 2, 3, 4])
    assert snippets.count_until(values, 3) == 2
    assert list(values) == [3, 4]
    assert snippets.count_until({1: "one", 2: "two"}, 9) is None
    with pytest.raises(TypeError, match="'int' object is not iterable"):
        snippets.count_until(5, 3)


def test_an_error_of_the_iterator_or_a_value_comes_through() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("the sensor is gone")

    with pytest.raises(OSError, match="the sensor is gone"):
        snippets.count_until(broken(), 9)
    with pytest.raises(TypeError, match="must be real number, not str"):
        snippets.count_until(["1"], 9)


def test_a_sequence_is_asked_for_what_is_needed() -> None:
    assert snippets.thin_out(range(10), 4) == [0, 4, 8]
    assert snippets.thin_out("abcdef", 2) == ["a", "c", "e"]
    with pytest.raises(TypeError, match="'dict' object is not an instance of 'Sequence'"):
        snippets.thin_out({0: 1}, 1)
    with pytest.raises(ValueError, match="step must be at least 1"):
        snippets.thin_out([1], 0)


def test_a_hashmap_takes_dicts_only() -> None:
    assert snippets.total_stock([{"pen": 1}, OrderedDict(ink=3, pen=2)]) == {"ink": 3, "pen": 3}
    for mapping in [UserDict(pen=1), ChainMap({"pen": 1}), MappingProxyType({"pen": 1})]:
        with pytest.raises(TypeError, match="is not an instance of 'dict'"):
            snippets.total_stock([mapping])
        assert snippets.total_stock([dict(mapping)]) == {"pen": 1}


def test_keys_and_values_are_converted() -> None:
    with pytest.raises(OverflowError, match="out of range integral type conversion attempted"):
        snippets.total_stock([{"pen": -1}])
    with pytest.raises(TypeError, match="'int' object is not an instance of 'str'"):
        snippets.total_stock([{1: 1}])


def test_sums_of_many_shops_fit() -> None:
    assert snippets.total_stock([{"pen": 2**32 - 1}] * 3) == {"pen": 3 * (2**32 - 1)}


def test_a_btreemap_comes_back_in_the_order_of_its_keys() -> None:
    assert list(snippets.total_stock([{"pen": 1, "cap": 1, "ink": 1}])) == ["cap", "ink", "pen"]


def test_any_mapping_can_be_read() -> None:
    assert snippets.price_of(ChainMap({"pen": 2}), "pen") == 2.0
    assert snippets.price_of(MappingProxyType({"pen": 2}), "ink") is None
    with pytest.raises(TypeError, match="'list' object is not an instance of 'Mapping'"):
        snippets.price_of(["pen"], "pen")


def test_looking_up_does_not_add_to_a_defaultdict() -> None:
    prices: defaultdict[str, float] = defaultdict(float)
    assert snippets.price_of(prices, "pen") is None
    assert snippets.listed_price(prices, "pen") is None
    assert not prices
    assert snippets.listed_price({"pen": 2}, "pen") == 2.0


def test_sets_are_sets() -> None:
    assert snippets.common_tags({"blue", "new"}, frozenset({"new"})) == {"new"}
    for tags in [["new"], {"new": 1}.keys()]:
        with pytest.raises(TypeError, match="is not an instance of 'set'"):
            snippets.common_tags(tags, {"new"})


def test_tuples_are_strict_and_arrays_are_not() -> None:
    assert snippets.bounds([(1, 2), (0, 5)]) == ((0.0, 2.0), (1.0, 5.0))
    with pytest.raises(TypeError, match="'list' object is not an instance of 'tuple'"):
        snippets.bounds([[1, 2]])
    with pytest.raises(ValueError, match="expected tuple of length 2, but got tuple of length 3"):
        snippets.bounds([(1, 2, 3)])
    assert snippets.brightness([255, 0, 0]) == snippets.brightness(b"\xff\0\0") == 76
    with pytest.raises(ValueError, match=r"expected a sequence of length 3 \(got 2\)"):
        snippets.brightness((255, 0))


def test_no_points_have_no_bounds() -> None:
    assert snippets.bounds([]) is None


# region: rows
Sale = TypedDict("Sale", {"article": str, "count": int, "unit price": float})


def test_rows_become_structs_and_structs_rows() -> None:
    sales: list[Sale] = [
        {"article": "pen", "count": 2, "unit price": 1.5},
        {"article": "ink", "count": 1, "unit price": 9.0},
    ]
    best = snippets.best_sales(sales, at_least=5)
    assert best == [{"article": "ink", "count": 1, "unit price": 9.0, "discount": None}]


def test_a_row_must_have_what_the_struct_has() -> None:
    with pytest.raises(KeyError, match="'count'"):
        snippets.best_sales([{"article": "pen"}], at_least=5)
    with pytest.raises(TypeError, match=r"failed to extract field Sale\.count") as caught:
        snippets.best_sales([{"article": "pen", "count": "2", "unit price": 1.5}], at_least=5)
    assert "'str' object cannot be interpreted as an integer" in str(caught.value.__cause__)


# endregion: rows


def test_the_highest_is_first_and_other_keys_are_ignored() -> None:
    pen = {"article": "pen", "count": 2, "unit price": 1.5, "shelf": 7}
    ink = {"article": "ink", "count": 1, "unit price": 10.0, "discount": 0.5}
    assert [sale["article"] for sale in snippets.best_sales([pen, ink], 1)] == ["ink", "pen"]
    assert all("shelf" not in sale for sale in snippets.best_sales([pen], 1))


def test_an_error_says_which_row_it_is_about() -> None:
    pen = {"article": "pen", "count": 2, "unit price": 1.5}
    assert snippets.total_count(iter([pen, pen])) == 4
    with pytest.raises(ValueError, match="row 1 is not a sale") as caught:
        snippets.total_count([pen, {"article": "pen"}])
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_dict_is_built_from_values_of_several_types() -> None:
    assert snippets.describe("depth", [1, 2]) == {"name": "depth", "count": 2, "mean": 1.5, "squares": [1, 4]}
    assert snippets.describe("depth", [])["mean"] is None


def test_a_vec_is_a_copy_and_a_list_is_not() -> None:
    prices = [1.239, 2]
    assert snippets.round_prices(prices) is None
    assert prices == [1.24, 2.0]


def test_entries_are_removed_from_the_callers_dict() -> None:
    stock = {"pen": 0, "ink": 3, "cap": 0}
    assert snippets.remove_sold_out(stock) == 2
    assert stock == {"ink": 3}


def test_a_dict_that_grows_while_it_is_read_is_a_panic() -> None:
    stock = {"pen": 1, "ink": 3}

    def restock(article: str, count: int) -> None:
        stock[f"more {article}"] = count

    with pytest.raises(BaseException, match="dictionary changed size during iteration") as caught:
        snippets.visit_live(stock, restock)
    assert not isinstance(caught.value, Exception)


class Greedy:
    """A number that adds to a dict when it is read."""

    def __init__(self, stock: dict[Any, Any]) -> None:
        self.stock = stock

    def __index__(self) -> int:
        self.stock[object()] = 1
        return 1

    def __float__(self) -> float:
        return float(self.__index__())


def test_even_a_conversion_can_make_a_dict_grow() -> None:
    stock: dict[Any, Any] = {}
    stock |= {"pen": Greedy(stock), "ink": Greedy(stock)}
    with pytest.raises(BaseException, match="dictionary changed size during iteration") as caught:
        snippets.total_stock([stock])
    assert not isinstance(caught.value, Exception)


def test_an_iterator_of_python_raises_what_python_raises() -> None:
    stock: dict[Any, Any] = {}
    stock |= {Greedy(stock): 1, Greedy(stock): 2}
    with pytest.raises(RuntimeError, match="dictionary changed size during iteration"):
        snippets.count_until(stock, 99)


def test_what_is_appended_to_a_list_meanwhile_is_not_visited() -> None:
    items = [1]
    assert snippets.visit_list(items, items.append) == 1
    assert items == [1, 1]
    items = [1, 2, 3, 4]
    assert snippets.visit_list(items, items.remove) == 2
    assert items == [2, 4]


def test_an_iterable_is_counted_in_batches() -> None:
    assert snippets.count_letters(["né", "ab1"]) == snippets.count_letters({"né", "ab1"}) == 4
    assert snippets.count_letters("ab" for _ in range(2_500)) == 5_000
    with pytest.raises(TypeError, match="is not an instance of 'str'"):
        snippets.count_letters(iter(["a", 1]))


def test_a_snapshot_may_change_meanwhile() -> None:
    stock = {"pen": 1, "ink": 3}
    snippets.visit_snapshot(stock, lambda article, count: operator.setitem(stock, f"more {article}", count))
    assert len(stock) == 4


def test_averages_are_computed_one_at_a_time() -> None:
    averages = snippets.MovingAverage([1, 2, 3, 4], width=2)
    assert operator.length_hint(averages) == 3
    assert next(averages) == 1.5
    assert list(averages) == [2.5, 3.5]
    assert next(averages, None) is None


def test_threads_can_share_an_iterator() -> None:
    averages = snippets.MovingAverage(range(2_000), width=2)
    with ThreadPoolExecutor(4) as threads:
        parts = list(threads.map(lambda _: list(averages), range(4)))
    assert sorted(value for part in parts for value in part) == [index + 0.5 for index in range(1_999)]
    assert operator.length_hint(averages) == 0
    assert next(snippets.MovingAverage([1, 2], width=2**64 - 1), None) is None


def test_batches_read_no_further_than_they_give() -> None:
    source = iter(range(5))
    batches = snippets.Batches(source, size=2)
    assert next(batches) == [0, 1]
    assert next(source) == 2
    assert list(batches) == [[3, 4]]


def test_windows_and_batches_have_a_size() -> None:
    with pytest.raises(ValueError, match="width must be at least 1"):
        snippets.MovingAverage([1], width=0)
    with pytest.raises(ValueError, match="size must be at least 1"):
        snippets.Batches([1], size=0)
    assert operator.length_hint(snippets.MovingAverage([1], width=5)) == 0
    assert list(snippets.MovingAverage([1], width=5)) == []
