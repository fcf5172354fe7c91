"""What the tool says of classes is what happens when they are used."""

from __future__ import annotations

import array
import collections
import decimal
import io
import itertools
import struct
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from tests.tools.class_inspector.conftest import table

if TYPE_CHECKING:
    from tests.tools.class_inspector.conftest import Inspect

# A module, the name of a class of it, and an object of that.
OBJECTS: list[tuple[str, str, Any]] = [
    ("_decimal", "Decimal", decimal.Decimal(1)),
    ("_collections", "deque", collections.deque([1])),
    ("_collections", "OrderedDict", collections.OrderedDict(a=1)),
    ("_struct", "Struct", struct.Struct("i")),
    ("_io", "BytesIO", io.BytesIO()),
    ("array", "array", array.array("i", [1])),
    ("itertools", "count", itertools.count()),
]
objects = pytest.mark.parametrize(("module", "name", "value"), OBJECTS, ids=[name for _, name, _ in OBJECTS])


def works(use: Any) -> bool:
    """Return whether something can be done."""
    try:
        use()
    except TypeError:
        return False
    return True


@objects
def test_a_class_is_what_can_be_done_with_it(inspect: Inspect, module: str, name: str, value: Any) -> None:
    result = inspect(module, "--class", name)
    rows = table(result, "Objects in memory")
    row = dict(zip(("class", "bytes", "subclass", "weakref", "dict", "gc", "hash"), rows[0], strict=True))
    assert row["class"] == name
    assert row["bytes"].partition(" ")[0] == str(type(value).__basicsize__)
    assert (row["subclass"] == "yes") == works(lambda: type("Sub", (type(value),), {}))
    assert (row["weakref"] == "yes") == works(lambda: weakref.ref(value))
    assert (row["dict"] == "yes") == hasattr(value, "__dict__")
    assert (row["gc"] == "yes") == bool(type(value).__flags__ & 1 << 14)
    assert (row["hash"] != "no") == works(lambda: hash(value))
    protocols = {protocol: owner for _, protocol, _, owner in table(result, "Protocols")}
    assert ("iterable" in protocols) == works(lambda: iter(value))
    assert ("sized" in protocols) == works(lambda: len(value))
    assert ("iterator" in protocols) == hasattr(value, "__next__")
    assert ("context manager" in protocols) == hasattr(value, "__exit__")
    assert ("subscriptable" in protocols) == hasattr(value, "__getitem__")
    assert ("generic" in protocols) == works(lambda: type(value)[int])
    if "sized" in protocols:
        owner = next(cls for cls in type(value).__mro__ if "__len__" in cls.__dict__)
        assert protocols["sized"].rpartition(".")[2] == owner.__qualname__


def test_an_inherited_class_says_from_where(inspect: Inspect) -> None:
    result = inspect("_collections", "--class", "OrderedDict")
    facts = {fact: value for _, fact, value in table(result, "Facts")}
    assert facts["order of lookup"] == "collections.OrderedDict > dict > object"
    assert facts["extends the memory of"] == "dict"
    assert facts["frozen"] == "can't be seen"
    assert facts["is a MutableMapping"] == "with all methods"


def test_signatures_are_shown_where_they_can_be_seen(inspect: Inspect) -> None:
    result = inspect("_decimal", "--class", "Decimal")
    assert [row[2].replace('"', "'") for row in table(result, "Classes")] == ["(value='0', context=None)"]
    members = {name: (kind, signature) for _, name, kind, signature in table(result, "Members")}
    assert members["quantize"] == ("method", "(self, /, exp, rounding=None, context=None)")
    assert members["from_float"][0] == "class method"
    assert members["real"] == ("attribute", "")
    # C code without a signature has none to show.
    assert [row[2] for row in table(inspect("_collections", "--class", "deque"), "Classes")] == ["unknown"]


def test_objects_are_made_compared_and_copied(inspect: Inspect) -> None:
    result = inspect("_decimal", "--make", "Decimal=Decimal('1.5')", "--make", "Decimal=Decimal(2)")
    rows = {row[0]: row[1:] for row in table(result, "Objects tried")}
    works, equal = "works", "identical"
    assert rows["Decimal('1.5')"] == [works, works, works, works, equal, equal, "equal", works]
    assert rows.keys() == {"Decimal('1.5')", "Decimal(2)"}
    assert not [finding for finding in result["findings"] if finding["level"] == "error"]


def test_objects_that_classes_can_make_alone_are_made_when_asked(inspect: Inspect) -> None:
    assert not table(inspect("_struct"), "Objects tried")
    result = inspect("_collections", "--construct")
    assert {"deque()", "OrderedDict()"} <= {row[0] for row in table(result, "Objects tried")}
    assert {row[2] for row in table(result, "Cycles")} <= {"freed"}


def test_a_cycle_of_a_collected_class_is_freed(inspect: Inspect) -> None:
    result = inspect("_collections", "--make", "deque=deque()", "--cycle", "deque=obj.append(witness)")
    assert table(result, "Cycles") == [["deque", "obj.append(witness)", "freed"]]
    result = inspect("_decimal", "--make", "Decimal=Decimal(1)", "--cycle", "Decimal=str(witness)")
    assert table(result, "Cycles")[0][2] == "unknown: the object does not keep `witness`"
