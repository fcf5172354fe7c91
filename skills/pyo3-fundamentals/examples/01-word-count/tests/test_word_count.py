"""What a caller may rely on."""

import inspect

import pytest
from word_count import count_words


def test_case_and_punctuation_do_not_matter() -> None:
    assert count_words("The cat, the dog: THE end.") == {"the": 3, "cat": 1, "dog": 1, "end": 1}


def test_the_words_are_in_order() -> None:
    text = "the cat and the dog and an elephant"
    assert list(count_words(text)) == sorted(set(text.split()))


def test_short_words_can_be_left_out() -> None:
    assert count_words("to be or not to be", min_length=3) == {"not": 1}


def test_an_empty_text_has_no_words() -> None:
    assert count_words("") == {}


def test_apostrophes_belong_to_words() -> None:
    assert count_words("don't DON'T") == {"don't": 2}


def test_min_length_is_given_by_name() -> None:
    with pytest.raises(TypeError, match="takes 1 positional argument"):
        count_words("text", 3)  # type: ignore[call-arg]


# region: conversions
def test_arguments_are_converted_or_refused() -> None:
    with pytest.raises(TypeError, match="is not an instance of 'str'"):
        count_words(b"bytes are no text")  # type: ignore[arg-type]
    with pytest.raises(OverflowError, match="can't convert negative int to unsigned"):
        count_words("text", min_length=-1)


# endregion: conversions


def test_python_sees_the_signature_and_the_documentation() -> None:
    assert str(inspect.signature(count_words)) == "(text, *, min_length=1)"
    assert (inspect.getdoc(count_words) or "").startswith("Count the words of a text")
