"""What cleaning does to a `str`, and when it is the same object."""

import sys

import pytest
from text_clean import clean, longest


def test_line_ends_and_trailing_spaces_are_cleaned() -> None:
    assert clean("a \r\n\tb\t\rc") == "a\n\tb\nc"


# region: same-object
def test_a_clean_text_is_the_same_object() -> None:
    text = "already\nclean"
    assert clean(text) is text
    assert clean(text, lossy=True) is text


# endregion: same-object


# region: surrogates
def test_a_lone_surrogate_is_no_text_for_rust() -> None:
    with pytest.raises(UnicodeEncodeError, match="surrogates not allowed") as caught:
        clean("caf\udce9 ")
    assert (caught.value.start, caught.value.end) == (3, 4)


def test_lossy_replaces_each_of_its_three_bytes() -> None:
    assert clean("caf\udce9 ", lossy=True) == "caf\ufffd\ufffd\ufffd"
    assert clean("caf\udce9", lossy=True) == "caf\ufffd\ufffd\ufffd"


# endregion: surrogates


# region: utf8-cache
def test_python_keeps_a_copy_in_utf8_of_what_is_not_ascii() -> None:
    ascii_text, other_text = "e" * 1000, "é" * 1000
    sizes = sys.getsizeof(ascii_text), sys.getsizeof(other_text)
    clean(ascii_text)
    clean(other_text)
    assert sys.getsizeof(ascii_text) == sizes[0]
    assert sys.getsizeof(other_text) == sizes[1] + 2001


# endregion: utf8-cache


def test_the_longest_text_is_the_same_object() -> None:
    texts = ["a", "longest", "short"]
    assert longest(texts) is texts[1]
    assert longest([]) is None


def test_a_text_is_no_sequence_of_texts() -> None:
    with pytest.raises(TypeError, match="Can't extract `str` to `Vec`"):
        longest("text")
