"""What the tool says of memory is what `memoryview`, NumPy and the producers say."""

from __future__ import annotations

import array
import ctypes
import itertools
import mmap
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.tools.buffer_inspector.conftest import identifiers, made, table

if TYPE_CHECKING:
    from tests.tools.buffer_inspector.conftest import Inspect

# Expressions of the names in `NAMES`.
NAMES: dict[str, Any] = {"array": array, "ctypes": ctypes, "mmap": mmap, "np": np}
EXPORTERS = {
    "raw": "b'abc'",
    "bytes_": "bytearray(5)",
    "doubles": "array.array('d', range(6))",
    "backwards": "memoryview(array.array('h', range(7)))[::-2]",
    "cube": "memoryview(bytearray(48)).cast('H', (2, 3, 4))",
    "number": "ctypes.c_double(2)",
    "foreign": "(ctypes.c_int.__ctype_be__ * 3)()",
    "map_": "mmap.mmap(-1, 100)",
    "none": "memoryview(b'')",
    "columns": "np.asfortranarray(np.ones((3, 2), 'f4'))",
}
VIEWS = ["a", "a[::2]", "a[1::2]", "a[::-3]", "a.reshape(6, 8)[:, :4]", "a.reshape(6, 8)[:, 4:]",
         "a.reshape(6, 8).T[5]", "a[40:]", "a.view('u1')[3::8]", "a.view('u1')[::8]", "a.copy()", "a[:0]"]  # fmt: skip


def test_layouts_are_those_of_memoryview(inspect: Inspect) -> None:
    result = inspect("producers", *made(**with_imports(EXPORTERS)), "--no-repeat")
    layouts = {row["Object"]: row for row in table(result, "Layouts") if "buffer" in row["Protocols"]}
    places = {row["Object"]: row for row in table(result, "Memory") if "buffer" in row["Protocols"]}
    requests = {row["Object"]: row for row in table(result, "Buffer requests accepted")}
    assert layouts.keys() == EXPORTERS.keys()
    for name, expression in EXPORTERS.items():
        view = memoryview(eval(expression, dict(NAMES)))  # noqa: S307
        row = layouts[name]
        assert (row["Shape"], row["Strides"]) == (str(view.shape), str(view.strides)), name
        assert row["Bytes"] == str(view.itemsize)
        assert row["Elements"].split(", ")[0] == view.format
        orders = [order for order, holds in (("C", view.c_contiguous), ("F", view.f_contiguous)) if holds]
        assert row["Order"] == (" and ".join(orders) or "strided")
        assert places[name]["Bytes"].split(" of ")[0] == f"{view.nbytes:,}"
        assert places[name]["Writable"] == ("no" if view.readonly else "yes")
        assert (requests[name]["SIMPLE"] == "yes") == view.c_contiguous
        assert (requests[name]["C"], requests[name]["F"], requests[name]["ANY"]) == tuple(
            "yes" if holds else "no" for holds in (view.c_contiguous, view.f_contiguous, view.contiguous)
        )
        assert (requests[name]["STRIDED"] == "yes") == (not view.readonly)
    assert not [finding for finding in result["findings"] if finding["level"] in {"error", "warning"}]
    # `ctypes` does not look at what is asked for.
    lax = {"request-exceeded", "strides-missing"}
    assert identifiers(result, "backwards") == {"negative-strides"}
    assert identifiers(result, "foreign") == {"byte-order", *lax}
    assert identifiers(result, "number") == {"zero-dimensional", "request-exceeded"}
    assert not identifiers(result, "cube") | identifiers(result, "raw") | identifiers(result, "columns")


def test_an_array_of_ctypes_gives_c_order_to_who_asks_for_fortran_order(inspect: Inspect) -> None:
    result = inspect("ctypes", *made(grid="((c_int * 3) * 2)()"), code=1)
    (finding,) = [finding for finding in result["findings"] if finding["level"] == "error"]
    assert finding["id"] == "request-violated"
    assert finding["evidence"] == "PyBUF_F_CONTIGUOUS: has strides (12, 4)"
    (row,) = table(result, "Layouts")
    assert (row["Shape"], row["Strides"], row["Order"]) == ("(2, 3)", "(12, 4)", "C")


def with_imports(expressions: dict[str, str]) -> dict[str, str]:
    """Return expressions that import what they need."""
    names = ", ".join(f"{name}=__import__({module.__name__!r})" for name, module in NAMES.items())
    return {name: f"eval({expression!r}, dict({names}))" for name, expression in expressions.items()}


def test_shared_memory_is_what_numpy_says(inspect: Inspect) -> None:
    names = {f"v{number}": view for number, view in enumerate(VIEWS)}
    result = inspect("numpy", *made(a="arange(48.0)", **names), "--no-repeat")
    scope = {"a": np.arange(48.0)}
    views = {"a": scope["a"], **{name: eval(view, {}, scope) for name, view in names.items()}}  # noqa: S307
    expected = {pair for pair in itertools.combinations(views, 2) if np.shares_memory(*(views[name] for name in pair))}
    rows = table(result, "Shared memory")
    assert {(row["Object"].split()[0], row["With"].split()[0]) for row in rows} == expected
    by_pair = {(row["Object"].split()[0], row["With"].split()[0]): row for row in rows}
    assert by_pair["a", "v1"]["Shared"] == "192"
    # Of each second element one byte in eight, as far as both reach.
    assert by_pair["v1", "v8"]["Shared"] == "24"
    assert {row["Compared"] for row in rows} == {"every byte"}


def test_zero_copy_is_said_and_a_copy_is_not_called_so(inspect: Inspect) -> None:
    objects = made(frames="zeros(1000000)", result="frames[:]", half="frames[1:]", copy="frames.copy()")
    result = inspect("numpy", *objects, "--no-repeat")
    messages = [finding["message"] for finding in result["findings"] if finding["where"] == "result (buffer)"]
    assert messages == ["shares 8,000,000 of 8,000,000 bytes with `frames`: zero-copy"]
    assert not identifiers(result, "copy")
    assert "3 pairs of which share memory" in result["summary"]
    assert ["0" for row in table(result, "Shared memory") if "copy" in row["With"]] == ["0"] * 3


def test_what_is_too_scattered_is_compared_by_its_ends(inspect: Inspect) -> None:
    objects = made(a="zeros(2000000)", odd="a[1::2]", even="a[::2]")
    result = inspect("numpy", *objects, "--no-repeat")
    compared = {(row["Object"], row["With"]): row["Compared"] for row in table(result, "Shared memory")}
    assert compared == dict.fromkeys(
        itertools.combinations(["a (buffer)", "odd (buffer)", "even (buffer)"], 2), "ends only"
    )
    messages = {finding["message"] for finding in result["findings"] if finding["where"].startswith("even")}
    assert "is the same memory as `a`, or one is a part of the other: zero-copy" in messages
    assert any(message.endswith("at most: only the ends were compared") for message in messages)


def test_numpys_protocols_agree(inspect: Inspect) -> None:
    result = inspect("numpy", *made(a="arange(12.0).reshape(3, 4)[:, ::2]", r="frombuffer(b'12345678', 'i4')"))
    for name in "ar":
        (row,) = [row for row in table(result, "Layouts") if row["Object"] == name]
        assert row["Protocols"] == "buffer, array interface, array struct, __array__, DLPack"
        assert len([place for place in table(result, "Memory") if place["Object"] == name]) == 1
        (released,) = [row for row in table(result, "Releases") if row["Object"] == name]
        assert released["Capsule dropped"] == "deleter called 1 time"
        assert released["Capsule consumed"] == "not freed twice"
    facts = {(row["Object"], row["Fact"]): row["Value"] for row in table(result, "Facts")}
    assert facts["a", "device"] == "CPU (1), 0"
    assert facts["a", "capsule"] == "dltensor_versioned"
    assert not [finding for finding in result["findings"] if finding["level"] != "note"]


def test_dates_can_be_read_without_their_format(inspect: Inspect) -> None:
    result = inspect("numpy", *made(days="array(['2020-01-01', '2021-01-01'], 'M8[D]')"))
    (row,) = [row for row in table(result, "Layouts") if row["Object"] == "days"]
    assert (row["Elements"].split(", ")[:2], row["Shape"]) == (["unknown", "<M8[D]"], "(2,)")
    answers = {(row["Protocol"], row["Exports"]) for row in table(result, "Protocols")}
    assert ("DLPack", "refused") in answers
    assert not result["findings"]


def test_a_tensor_is_read_and_freed_once(inspect: Inspect) -> None:
    result = inspect("producers", *made(t="Floats()", far="Floats(device=2)"), "--no-repeat")
    (row,) = table(result, "Layouts")
    assert (row["Elements"], row["Shape"], row["Strides"]) == ("float32", "(2, 3)", "(12, 4)")
    assert table(result, "Releases")[0]["Capsule dropped"] == "deleter called 1 time"
    facts = {(row["Object"], row["Fact"]): row["Value"] for row in table(result, "Facts")}
    assert facts["far", "device"] == "CUDA (2), 0"
    assert facts["t", "capsule"] == "dltensor"
    assert "released-twice" not in identifiers(result, "t")


def test_an_arrow_array_is_read_and_released_once(inspect: Inspect) -> None:
    result = inspect("producers", *made(i="Integers()", part="Integers(offset=2)"), "--no-repeat")
    fields = [(row["Field"], row["Format"], row["Flags"]) for row in table(result, "Arrow schemas")]
    assert set(fields) == {("count", "i", "nullable")}
    rows = {(row["Object"], row["Buffer"]): row for row in table(result, "Arrow buffers")}
    assert (rows["i", "data"]["Bytes used"], rows["part", "data"]["Bytes used"]) == ("16", "8")
    arrays = {row["Object"]: (row["Length"], row["Nulls"], row["Offset"]) for row in table(result, "Arrow arrays")}
    assert arrays == {"i": ("4", "1", "0"), "part": ("2", "1", "2")}
    releases = {(row["Object"], row["Protocol"]): row for row in table(result, "Releases")}
    assert releases["i", "Arrow array"]["Capsule dropped"] == "release called 1 time each"
    assert releases["i", "Arrow array"]["Capsule consumed"] == "marked as released"
    assert not result["findings"]


def test_an_export_that_somebody_holds_is_seen(inspect: Inspect) -> None:
    objects = made(data="bytearray(8)", view="memoryview(data)", free="bytearray(8)",
                   m="__import__('mmap').mmap(-1, 8)", window="memoryview(m)")  # fmt: skip
    result = inspect("builtins", *objects)
    rows = {row["Object"]: (row["Before"], row["Memoryviews"], row["After all releases"])
            for row in table(result, "Exports left open")}  # fmt: skip
    assert rows["data"] == ("yes", "1", "yes")
    assert rows["free"] == ("no", "0", "no")
    assert rows["m"] == ("can't be seen", "1", "yes")
    assert identifiers(result, "data") == identifiers(result, "m") == {"held"}
    assert not identifiers(result, "free")


def test_nothing_grows_by_exports_of_the_standard_library(inspect: Inspect) -> None:
    result = inspect("builtins", *made(**with_imports(EXPORTERS)))
    assert {row["Times"] for row in table(result, "Growth by exports that are released")} == {"1,000"}
    assert "leak" not in {finding["id"] for finding in result["findings"]}


@pytest.mark.parametrize("expression", ["object()", "bytearray", "None"])
def test_what_exports_nothing_is_no_flaw(inspect: Inspect, expression: str) -> None:
    result = inspect("builtins", *made(thing=expression))
    assert [row["Protocol"] for row in table(result, "Protocols")] == ["none"]
    assert not result["findings"]
