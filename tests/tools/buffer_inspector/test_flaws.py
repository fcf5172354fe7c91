"""Objects that break protocols: each flaw is found, and what crashes leaves the rest."""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING

import pytest

from tests.tools.buffer_inspector.conftest import identifiers, made, table
from tests.tools.results import chapters_of

if TYPE_CHECKING:
    from tests.tools.buffer_inspector.conftest import Inspect

MALLOC = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallinfo2")


@pytest.mark.parametrize(
    ("expression", "code", "expected"),
    [
        ("Floats(times=0)", 1, {"never-released"}),
        ("Floats(times=2)", 1, {"released-twice"}),
        ("Floats(name=b'tensor')", 1, {"export-wrong"}),
        ("Floats(dimensions=-1)", 1, {"export-wrong"}),
        ("Integers(marks=False)", 1, {"release-unmarked"}),
        ("Integers(destroys=False)", 1, {"never-released"}),
        ("Integers(skip=1)", 0, {"misaligned"}),
        ("Interface(shape=(3,))", 0, set()),
        ("Interface(shape=(0,), data=(0, False))", 0, {"empty-null"}),
        ("Interface(shape=(4,), strides=(0,))", 0, {"overlapping"}),
        ("Interface(shape=(2, 3), strides=(8, 8))", 0, {"overlapping"}),
        ("Interface(shape=(2,), strides=(9,))", 0, {"misaligned"}),
        ("Interface(shape=(2,), typestr='>f8')", 0, {"byte-order"}),
        ("Interface(shape=(2,), typestr='|u1')", 0, set()),
        ("Interface()", 1, {"export-wrong"}),
        ("Interface(shape=(2, -3))", 1, {"export-wrong"}),
        ("Interface(shape=('two',))", 1, {"export-wrong"}),
        ("Interface(shape=(2,), strides=(8, 8))", 1, {"export-wrong"}),
        ("Interface(shape=(2,), data=('here', False))", 1, {"export-wrong"}),
        ("Interface(shape=(2,), data=(1, 2, 3))", 1, {"export-wrong"}),
        ("Interface(shape=(2,), typestr='float')", 1, {"export-wrong"}),
        ("Integers(offset=5)", 1, {"export-wrong"}),
        ("TwoFaced(8)", 0, {"shapes-differ", "writable-differs", "leak"}),
        ("memoryview(bytearray(17))[1:].cast('d')", 0, {"misaligned"}),
        ("Panics()", 1, {"export-panics"}),
        ("Aborts()", 1, {"crash"}),
        ("Garbage()", 1, {"crash"}),
    ],
)
def test_a_flaw_is_found_and_no_other(inspect: Inspect, expression: str, code: int, expected: set[str]) -> None:
    result = inspect("producers", *made(good="Interface(shape=(2,))", it=expression), "--no-repeat", code=code)
    assert identifiers(result, "it") == expected - {"leak"}
    assert not identifiers(result, "good")
    assert [row["Shape"] for row in table(result, "Layouts") if row["Object"] == "good"] == ["(2,)"]


@pytest.mark.parametrize(
    ("expression", "code", "name", "chapter"),
    [
        ("Floats(times=0)", 1, "never-released", "dlpack"),
        ("Integers(marks=False)", 1, "release-unmarked", "arrow"),
        ("Interface(shape=(2,), strides=(9,))", 0, "misaligned", "layouts"),
        ("Interface(shape=(2,), typestr='>f8')", 0, "byte-order", "dtypes"),
        ("Interface(shape=(2,), typestr='float')", 1, "export-wrong", "buffers-out"),
        ("Panics()", 1, "export-panics", "panics"),
    ],
)
def test_a_flaw_leads_to_its_chapter(inspect: Inspect, expression: str, code: int, name: str, chapter: str) -> None:
    assert chapters_of(inspect("producers", *made(it=expression), "--no-repeat", code=code), name) == {chapter}


def test_a_leak_and_an_export_left_open_are_found(inspect: Inspect) -> None:
    result = inspect("producers", *made(data="bytearray(100)", keeper="Keeper(data)"), code=1)
    assert identifiers(result, "keeper") == {"leak"}
    assert identifiers(result, "data") == {"left-open"}
    (finding,) = [finding for finding in result["findings"] if finding["id"] == "leak"]
    assert finding["message"].startswith("exported and released 1,000 times, it has left ")
    assert finding["where"] == "keeper (array interface)"


@pytest.mark.skipif(not MALLOC, reason="only glibc says what `malloc` has given")
def test_a_leak_of_what_python_does_not_see_is_found(inspect: Inspect) -> None:
    result = inspect("producers", *made(it="Spills()", good="bytearray(8)"), code=1)
    assert identifiers(result, "it") == {"leak"}
    (finding,) = result["findings"]
    assert finding["message"].endswith(" bytes of `malloc`")
    assert "bytes of Python" not in finding["message"]


def test_what_hangs_is_left_out(inspect: Inspect) -> None:
    result = inspect("producers", *made(it="Hangs()", good="bytearray(3)"), "--timeout", "6", code=1)
    assert identifiers(result, "it") == {"hang"}
    assert {row["Object"]: row["Exports"] for row in table(result, "Protocols")} == {"it": "hangs", "good": "yes"}


def test_a_crash_says_how_the_process_ended(inspect: Inspect) -> None:
    result = inspect("producers", *made(it="Aborts()"), code=1)
    (finding,) = result["findings"]
    assert finding["message"] == "exporting ended its process (exit code 3)"
    assert finding["where"] == "it (array interface)"
    assert [row["Exports"] for row in table(result, "Protocols")] == ["crashes"]
