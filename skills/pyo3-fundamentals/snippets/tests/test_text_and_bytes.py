"""What the chapter on text and bytes says."""

import os
import sys
from array import array
from pathlib import Path
from typing import Any

import pytest
from fundamentals_snippets._core import text_and_bytes as snippets


class Title(str):
    __slots__ = ()


def test_text_is_str_and_its_subclasses() -> None:
    assert snippets.count_lines("to be\nor not\nto be", "be") == 2
    assert snippets.count_lines(Title("to be"), "be") == 1
    for text in [b"to be", None, Path("to be")]:
        with pytest.raises(TypeError, match="is not an instance of 'str'"):
            snippets.count_lines(text, "be")


def test_a_zero_is_a_character() -> None:
    assert snippets.count_lines("to\0be", "\0be") == 1


# region: surrogates
def test_half_a_surrogate_pair_is_no_utf8() -> None:
    name = b"na\xefve.txt".decode("utf-8", errors="surrogateescape")
    assert name == "na\udcefve.txt"
    with pytest.raises(UnicodeEncodeError, match="surrogates not allowed"):
        snippets.count_lines(name, "txt")
    assert snippets.printable(name) == "na\ufffd\ufffd\ufffdve.txt"


# endregion: surrogates


def test_a_text_is_squeezed() -> None:
    assert snippets.squeeze("to  be   or") == "to be or"
    assert snippets.squeeze("to be") == "to be"


# region: backed
def test_a_backed_text_is_the_callers_own_object() -> None:
    titles = ["né", "Moby Dick"]
    assert snippets.longest_title(titles) is titles[1]
    assert snippets.squeeze(titles[1]) is not titles[1]


# endregion: backed


def test_a_bytearray_can_be_written_into() -> None:
    pixels = bytearray(b"\x00\xf0\xff")
    with memoryview(pixels):
        snippets.invert(pixels)
    assert pixels == b"\xff\x0f\x00"
    with pytest.raises(TypeError, match="'bytes' object is not an instance of 'bytearray'"):
        snippets.invert(b"\x00")


def test_backed_texts_must_be_utf8_too() -> None:
    assert snippets.longest_title([]) is None
    with pytest.raises(UnicodeEncodeError, match="surrogates not allowed"):
        snippets.longest_title(["\ud800"])


# region: position
def test_rust_counts_bytes_and_python_characters() -> None:
    text = "né à Nantes"
    byte, character = snippets.find_word(text, "Nantes")
    assert (byte, character) == (7, 5)
    assert text[character:] == text.encode()[byte:].decode() == "Nantes"
    assert snippets.find_word("👍🏽 ok", "ok") == (9, 3)


# endregion: position


def test_a_field_is_decoded_or_refused() -> None:
    assert snippets.decode_name("René".encode().ljust(8, b"\0")) == "René"
    assert snippets.decode_name(b"Rene") == "Rene"
    with pytest.raises(UnicodeDecodeError) as caught:
        snippets.decode_name(b"Ren\xe9\0")
    assert (caught.value.object, caught.value.start) == (b"Ren\xe9\0", 3)


TAKES = {
    "sum_bytes": {"bytes"},
    "sum_backed": {"bytes", "bytearray"},
    "sum_cow": {"bytes", "bytearray", "memoryview", "array", "list"},
    "sum_vec": {"bytes", "bytearray", "memoryview", "array", "list"},
    "sum_buffer": {"bytes", "bytearray", "memoryview", "array"},
}


@pytest.mark.parametrize("data", [b"ab", bytearray(b"ab"), memoryview(b"ab"), array("B", b"ab"), [97, 98], "ab"])
@pytest.mark.parametrize("function", TAKES)
def test_what_each_parameter_takes(function: str, data: Any) -> None:
    add_up = getattr(snippets, function)
    if type(data).__name__ in TAKES[function]:
        assert add_up(data) == 0x6162
    else:
        with pytest.raises(TypeError, match=r"is not an instance of|Can't extract `str`|bytes-like object is required"):
            add_up(data)


def test_a_vec_reads_items_and_a_buffer_bytes() -> None:
    samples = array("H", [1, 2])
    assert snippets.sum_vec(samples) == 0x0102
    assert snippets.sum_buffer(samples) == (0x0300 if sys.byteorder == "little" else 0x0003)
    with pytest.raises(OverflowError):
        snippets.sum_vec(array("H", [300]))


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="CPython keeps it with the object")
def test_utf8_is_made_once_and_kept() -> None:
    ascii_text, text = "e" * 1000, "é" * 1000
    before = sys.getsizeof(ascii_text), sys.getsizeof(text)
    assert snippets.count_lines(ascii_text, "x") == snippets.count_lines(text, "x") == 0
    assert (sys.getsizeof(ascii_text), sys.getsizeof(text)) == (before[0], before[1] + 2001)


def test_bytes_come_back_as_bytes() -> None:
    assert snippets.ramp(3) == b"\x00\x7f\xff"
    assert snippets.flip(b"abcd", 2) == b"cdab"
    with pytest.raises(ValueError, match="width must be at least 2"):
        snippets.ramp(1)
    with pytest.raises(ValueError, match="3 bytes are no rows of 2"):
        snippets.flip(b"abc", 2)


class Download:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)


# region: path
def test_a_path_is_taken_in_any_form_but_bytes(tmp_path: Path) -> None:
    path = tmp_path / "né.txt"
    path.write_text("né", encoding="utf-8")
    for form in [path, str(path), Download(path)]:
        assert snippets.locate(form) == (3, path)
    with pytest.raises(TypeError, match="'bytes' object is not an instance of 'str'"):
        snippets.locate(os.fsencode(path))
    with pytest.raises(FileNotFoundError, match=r"\(os error 2\)$") as caught:
        snippets.locate("nowhere.txt")
    assert (caught.value.filename, caught.value.errno) == (None, None)


# endregion: path


def test_other_types_are_no_paths() -> None:
    with pytest.raises(TypeError, match=r"expected str, bytes or os\.PathLike object, not int"):
        snippets.locate(5)
    with pytest.raises(OSError, match="unexpected NUL byte"):
        snippets.locate("a\0b")


@pytest.mark.skipif(sys.platform != "linux", reason="macOS and Windows allow no such names")
def test_names_need_not_be_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/na\xefve.txt"))).touch()
    names = snippets.file_names(tmp_path)
    assert names == ["a.txt", "na\udcefve.txt"]
    assert snippets.locate(tmp_path / names[1]) == (0, tmp_path / names[1])
