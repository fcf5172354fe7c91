"""Which bytes are accepted, and where decoding fails."""

import codecs

import pytest
from text_clean import decode, detect_encoding, encode, line_ends


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_marked_text_is_decoded(encoding: str) -> None:
    data = "naïve €".encode(encoding)
    assert detect_encoding(data) == (None if encoding == "utf-8" else encoding)
    assert decode(data) == "naïve €"


@pytest.mark.parametrize(("mark", "encoding"), [(codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF32_BE, "utf-32-be")])
def test_the_mark_tells_the_byte_order(mark: bytes, encoding: str) -> None:
    assert decode(mark + "€".encode(encoding)) == "€"


# region: positions
def test_positions_are_those_of_the_whole_file() -> None:
    data = codecs.BOM_UTF8 + b"caf\xe9!"
    with pytest.raises(UnicodeDecodeError) as caught:
        decode(data)
    assert (caught.value.start, caught.value.end) == (6, 7)
    assert caught.value.object[caught.value.start : caught.value.end] == b"\xe9"
    with pytest.raises(UnicodeDecodeError) as python:
        data.decode("utf-8-sig")
    assert python.value.start == 3  # Python counts from behind the mark


# endregion: positions


def test_a_cut_character_is_reported_to_the_end() -> None:
    with pytest.raises(UnicodeDecodeError) as caught:
        decode("€".encode()[:2])
    assert (caught.value.start, caught.value.end) == (0, 2)


def test_half_a_character_of_utf_16_is_an_error() -> None:
    with pytest.raises(UnicodeDecodeError, match="truncated"):
        decode(codecs.BOM_UTF16_LE + b"a")


# region: accepted
def test_a_slice_is_bytes_and_nothing_else() -> None:
    for data in (bytearray(b"ab"), memoryview(b"ab"), [97, 98], "ab"):
        with pytest.raises(TypeError, match="'bytes'"):
            detect_encoding(data)  # type: ignore[arg-type]


def test_a_backed_one_may_be_a_bytearray() -> None:
    assert line_ends(b"a\r\nb\n") == line_ends(bytearray(b"a\r\nb\n")) == (1, 1, 0)
    with pytest.raises(TypeError):
        line_ends([13, 10])  # type: ignore[arg-type]


# endregion: accepted


def test_encoding_writes_the_line_ends_asked_for() -> None:
    assert encode("é\n\n", newline="\r\n") == b"\xc3\xa9\r\n\r\n"
    assert encode("a\n") == b"a\n"
    with pytest.raises(ValueError, match="is not a line end"):
        encode("a", newline="\n\n")
