"""What `text-and-bytes.md` claims."""

from __future__ import annotations

import array
import mmap
import os
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from conversion_snippets._core import text_and_bytes as tab

if TYPE_CHECKING:
    from pathlib import Path


def fresh(text: str) -> str:
    """Return a new string object, which has no UTF-8 form yet."""
    return "".join(list(text))


@pytest.mark.parametrize("text", ["Zürich", "Bern", "Łódź", "👍 good"])
def test_what_borrows_and_what_copies(text: str) -> None:
    borrowed, cow, backed, copied = tab.addresses(fresh(text))
    assert borrowed == cow == backed != copied


def test_ascii_is_read_in_the_object_itself() -> None:
    text = fresh("Bern" * 100)
    size = sys.getsizeof(text)
    assert id(text) < tab.addresses(text)[0] < id(text) + size
    assert sys.getsizeof(text) == size


@pytest.mark.parametrize(("letter", "bytes_each"), [("é", 2), ("Ł", 2), ("中", 3), ("👍", 4)])
def test_other_text_keeps_its_utf8(letter: str, bytes_each: int) -> None:
    text = letter * 1000
    before = sys.getsizeof(text)
    assert tab.letters(text) == 1000 * bytes_each
    assert sys.getsizeof(text) == before + 1000 * bytes_each + 1
    first = tab.addresses(text)[0]
    assert not id(text) < first < id(text) + before
    assert tab.addresses(text)[0] == first


def test_objects_come_back() -> None:
    text = fresh("Zürich")
    assert tab.same_text(text) is text
    assert tab.cow_back(text) == text
    assert tab.cow_back(text) is not text
    assert tab.with_case(fresh("Bern")) == "bern"
    small = fresh("bern")
    assert tab.with_case(small) is small


def test_lists_of_text() -> None:
    texts = ["Bern", "Zürich"]
    assert tab.count_strings(texts) == tab.count_backed(texts) == tab.count_objects(texts) == 11
    assert tab.count_keys({"Bern": 2, "Zürich": 3}) == 5


def test_a_class_keeps_the_callers_strings() -> None:
    definition = fresh("a small stream")
    glossary = tab.Glossary([("brook", definition), ("alp", "a pasture")])
    count = sys.getrefcount(definition)
    assert glossary.define("brook") is definition
    assert glossary.define("creek") is None
    del glossary
    assert sys.getrefcount(definition) == count - 1


SURROGATE = "caf\udce9 \ud800"


def test_surrogates() -> None:
    with pytest.raises(UnicodeEncodeError, match="surrogates not allowed"):
        tab.letters(SURROGATE)
    with pytest.raises(UnicodeEncodeError):
        tab.same_text(SURROGATE)
    assert tab.lossless(SURROGATE) == b"caf\xed\xb3\xa9 \xed\xa0\x80"
    assert tab.from_lossless(tab.lossless(SURROGATE)) == SURROGATE
    assert os.fsencode("caf\udce9") == b"caf\xe9"


def test_a_read_that_fails_adds_nothing() -> None:
    text = "\ud800" * 1000
    size = sys.getsizeof(text)
    with pytest.raises(UnicodeEncodeError):
        tab.letters(text)
    assert sys.getsizeof(text) == size


def mapped(tmp_path: Path) -> mmap.mmap:
    path = tmp_path / "three"
    path.write_bytes(b"\x01\x02\x03")
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def test_octets_of_anything(tmp_path: Path) -> None:
    data = bytes([1, 2, 3])
    with mapped(tmp_path) as of_file:
        for given in (data, bytearray(data), memoryview(data), memoryview(b"\x011\x022\x033")[::2], of_file):
            assert tab.octet_sum(given) == 6
    assert tab.octet_sum(np.array([1, 2, 3], dtype=np.uint8)) == 6
    assert tab.octet_sum(array.array("B", data)) == 6


@pytest.mark.parametrize(
    "given",
    [
        array.array("H", [300]),
        np.array([1.5]),
        [1, 2, 3],
        "abc",
        memoryview(b"ab").cast("b"),
        memoryview(b"ab").cast("?"),
    ],
)
def test_octets_of_nothing_else(given: Any) -> None:
    with pytest.raises((TypeError, BufferError)):
        tab.octet_sum(given)


def test_which_bytes_are_borrowed() -> None:
    data = bytes(1000)
    assert id(data) < tab.octets_address(data) < id(data) + sys.getsizeof(data)
    assert tab.octets_address(data) == tab.octets_address(data)


def test_a_memoryview_is_read_item_by_item_by_cow() -> None:
    assert tab.sum_cow(memoryview(b"\x01\x02")) == tab.sum_vec(memoryview(b"\x01\x02")) == 3
    assert tab.sum_cow(array.array("H", [200])) == 200
    with pytest.raises(OverflowError):
        tab.sum_cow(array.array("H", [300]))
    assert tab.sum_cow([1, 2]) == 3
    assert tab.octet_sum(memoryview(b"ab").cast("c")) == 195
    for refused in (tab.sum_slice, tab.sum_backed):
        with pytest.raises(TypeError):
            refused(memoryview(b"\x01\x02"))
    with pytest.raises(TypeError):
        tab.sum_slice(bytearray(b"\x01"))
    assert tab.sum_backed(bytearray(b"\x01")) == 1


def test_bytes_out() -> None:
    assert tab.bytes_out_vec(300) == tab.bytes_out_new_with(300) == bytes(index % 256 for index in range(300))
    assert tab.bytes_out(["Zürich", "Bern"]) == "Zürich\nBern\n".encode()


def test_keys() -> None:
    rows = [{"amount": 1.5}, {"amount": 2}]
    assert tab.total_interned(rows) == tab.total_new(rows) == 3.5
    with pytest.raises(TypeError, match="a row has no amount"):
        tab.total_interned([{}])
