"""What comes back: lists of dictionaries, dictionaries, sets."""

from types import MappingProxyType

import pytest
from sales_report import Row, attainment, regions, summarize, units_by_product

ROWS: list[Row] = [
    {"region": "north", "product": "tea", "units": 2, "price": 250},
    {"region": "south", "product": "rice", "units": 9, "price": 100, "discount": 50},
    {"region": "south", "product": "cocoa", "units": 3, "price": 300},
]


# region: summary
def test_a_summary_is_a_list_of_dictionaries() -> None:
    assert summarize(ROWS, targets={"north": 400}) == [
        {"region": "south", "units": 12, "revenue": 1350, "best": ("rice", 9), "target": None},
        {"region": "north", "units": 2, "revenue": 500, "best": ("tea", 2), "target": 400},
    ]


# endregion: summary


def test_no_rows_are_an_empty_list() -> None:
    assert summarize([]) == []


def test_a_number_may_be_as_large_as_pythons() -> None:
    largest: Row = {"region": "north", "product": "tea", "units": 2**32 - 1, "price": 2**32 - 1}
    assert summarize([largest] * 3)[0]["revenue"] == 3 * (2**32 - 1) ** 2


def test_a_sorted_map_of_rust_keeps_its_order() -> None:
    assert list(units_by_product(ROWS).items()) == [("cocoa", 3), ("rice", 9), ("tea", 2)]


def test_regions_are_a_set() -> None:
    assert regions(ROWS) == {"north", "south"}


def test_a_hash_map_takes_a_dict_and_no_other_mapping() -> None:
    with pytest.raises(TypeError, match="'dict'"):
        summarize(ROWS, targets=MappingProxyType({"north": 400}))  # type: ignore[arg-type]


def test_targets_are_compared_with_revenues() -> None:
    targets = {"south": 100, "west": 5, "north": 0}
    assert attainment({"north": 50, "south": 50}, targets) == {"south": 50.0, "west": None, "north": None}


# region: changing
def test_a_dict_may_change_while_it_is_read() -> None:
    class Number:
        def __index__(self) -> int:
            targets[f"more than {len(targets)}"] = 1
            return 200

    targets: dict[str, int] = {"south": Number()}  # type: ignore[dict-item]
    assert attainment({"south": 50}, targets) == {"south": 25.0}
    assert len(targets) == 2


# endregion: changing


@pytest.mark.parametrize("targets", [{"south": -1}, {"south": 2**64}])
def test_an_argument_out_of_range_overflows(targets: dict[str, int]) -> None:
    with pytest.raises(OverflowError):
        summarize(ROWS, targets=targets)
