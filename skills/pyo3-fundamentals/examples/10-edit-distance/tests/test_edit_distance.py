"""What a caller may rely on."""

import doctest
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import edit_distance
import pytest
from edit_distance import closest, distance, distances
from edit_distance import reference as slow
from hypothesis import given
from hypothesis import strategies as st

# A small alphabet makes texts that have something in common; its characters take 1, 2, 3 and 4 bytes of UTF-8.
WORDS = st.text("abé語🦀", max_size=12) | st.text(max_size=12)
CUTOFFS = st.none() | st.integers(0, 12)


# region: oracle
@given(WORDS, WORDS, st.booleans(), CUTOFFS)
def test_both_count_the_same_edits(left: str, right: str, swaps: bool, cutoff: int | None) -> None:
    expected = slow.distance(left, right, swaps=swaps, cutoff=cutoff)
    assert distance(left, right, swaps=swaps, cutoff=cutoff) == expected


@given(WORDS, st.lists(WORDS, max_size=8), st.booleans(), CUTOFFS)
def test_both_find_the_same_candidate(word: str, words: list[str], swaps: bool, cutoff: int | None) -> None:
    assert distances(word, words, swaps=swaps, cutoff=cutoff) == slow.distances(word, words, swaps=swaps, cutoff=cutoff)
    assert closest(word, words, swaps=swaps, cutoff=cutoff) == slow.closest(word, words, swaps=swaps, cutoff=cutoff)


# endregion: oracle


@given(WORDS, WORDS, WORDS)
def test_a_detour_is_never_shorter(one: str, two: str, three: str) -> None:
    direct, first, second = distance(one, three), distance(one, two), distance(two, three)
    assert direct is not None
    assert first is not None
    assert second is not None
    assert direct <= first + second


@pytest.mark.parametrize("module", [edit_distance, slow], ids=["rust", "python"])
@pytest.mark.parametrize(
    ("left", "right", "single", "with_swaps"),
    [("kitten", "sitting", 3, 3), ("pyhton", "python", 2, 1), ("größe", "grösse", 2, 2), ("", "abc", 3, 3)],
)
def test_well_known_distances(module: ModuleType, left: str, right: str, single: int, with_swaps: int) -> None:
    assert module.distance(left, right) == single
    assert module.distance(left, right, swaps=True) == with_swaps


def test_the_closest_word_is_found() -> None:
    assert closest("pyhton", ["ruby", "python", "rust"]) == ("python", 2)
    assert closest("pyhton", ["ruby", "rust"], cutoff=2) is None
    assert closest("pyhton", []) is None


# region: characters
def test_accents_may_be_characters_of_their_own() -> None:
    assert distance("caf\u00e9", "cafe\u0301") == 2


def test_a_lone_surrogate_is_no_text_to_rust() -> None:
    assert slow.distance("\ud800", "") == 1
    with pytest.raises(UnicodeEncodeError, match="surrogates not allowed"):
        distance("\ud800", "")
    with pytest.raises(UnicodeEncodeError, match="surrogates not allowed"):
        distances("", ["\ud800"])


# endregion: characters


def test_what_is_no_list_of_words_is_refused() -> None:
    with pytest.raises(TypeError, match="processing 'others'"):
        distances("word", "one text")
    with pytest.raises(TypeError, match="processing 'others'"):
        distances("word", [1])  # type: ignore[list-item]
    with pytest.raises(OverflowError):
        distance("a", "b", cutoff=-1)


def test_cargo_and_pyproject_have_one_version() -> None:
    assert edit_distance.__version__ == version("edit-distance")


def test_what_the_readme_says_is_so() -> None:
    readme = Path(__file__).parent.parent / "README.md"
    results = doctest.testfile(str(readme), module_relative=False, encoding="utf-8")
    assert (results.failed, results.attempted) == (0, 5)
