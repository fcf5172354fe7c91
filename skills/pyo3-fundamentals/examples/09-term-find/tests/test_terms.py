"""What a caller may rely on."""

import gc
import random
import re
import threading

import pytest
from term_find import Match, Terms


def words(terms: list[str], text: str, **options: bool | str) -> list[str]:
    """Return what is found, cut out of the text."""
    found = Terms(terms, **options).find(text)  # type: ignore[arg-type]
    return [text[match.start : match.end] for match in found]


def test_matches_are_found_in_order() -> None:
    found = list(Terms(["wise", "sam"]).find("sam is wise"))
    assert [(match.term, match.start, match.end) for match in found] == [(1, 0, 3), (0, 7, 11)]
    assert repr(found[0]) == "<Match term=1 start=0 end=3>"
    assert len({*found, *Terms(["wise", "sam"]).find("sam is wise")}) == 2


@pytest.mark.parametrize(
    ("prefer", "expected"), [("any", ["sam", "wise"]), ("first", ["sam", "wise"]), ("longest", ["samwise"])]
)
def test_the_preference_decides_what_is_found(prefer: str, expected: list[str]) -> None:
    assert words(["sam", "samwise", "wise"], "samwise", prefer=prefer) == expected


def test_places_are_in_characters() -> None:
    assert words(["né", "🦀"], "été 🦀 né 🦀né") == ["🦀", "né", "🦀", "né"]


def test_case_is_ignored_in_ascii_only() -> None:
    assert words(["straße", "École"], "STRASSE Straße école", ignore_case=True) == ["Straße"]


# region: overlapping
def test_overlapping_matches_are_found_by_their_ends() -> None:
    found = Terms(["he", "she", "hers"], prefer="any").overlapping("ushers")
    assert [(match.term, match.start) for match in found] == [(1, 1), (0, 2), (2, 2)]


@pytest.mark.parametrize("prefer", ["first", "longest"])
def test_overlapping_matches_need_another_preference(prefer: str) -> None:
    with pytest.raises(ValueError, match="overlapping matches can't be found with `prefer`"):
        Terms(["he"], prefer=prefer).overlapping("ushers")


# endregion: overlapping


def test_matches_are_replaced_by_what_is_at_their_place() -> None:
    assert Terms(["Ada", "Bob"]).replace("Ada met Bob", ["A.", "B."]) == "A. met B."


@pytest.mark.parametrize("replacements", [[], ["A."], ["A.", "B.", "C."]], ids=len)
def test_each_term_needs_a_replacement(replacements: list[str]) -> None:
    with pytest.raises(ValueError, match=f"2 terms need as many replacements, not {len(replacements)}"):
        Terms(["Ada", "Bob"]).replace("Ada met Bob", replacements)


def test_wrong_terms_are_refused() -> None:
    with pytest.raises(ValueError, match="term 1 is empty"):
        Terms(["a", ""])
    with pytest.raises(ValueError, match="`prefer` must be `any`, `first` or `longest`, not `best`"):
        Terms(["a"], prefer="best")
    with pytest.raises(TypeError):
        Terms("one text")
    with pytest.raises(UnicodeEncodeError):
        Terms(["\ud800"])


def test_no_terms_find_nothing() -> None:
    assert len(Terms([])) == 0
    assert list(Terms([]).find("text")) == []


# region: owned
def test_an_iterator_outlives_what_it_was_made_of() -> None:
    matches = Terms(["ab"]).find("".join(["ab"] * 3))
    gc.collect()
    assert [match.start for match in matches] == [0, 2, 4]
    assert list(matches) == []


# endregion: owned


def test_threads_share_an_iterator() -> None:
    matches = Terms(["ab"]).find("ab" * 5000)
    found: list[Match] = []
    threads = [threading.Thread(target=lambda: found.extend(matches)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(match.start for match in found) == list(range(0, 10_000, 2))


def test_the_first_term_wins_as_in_a_regular_expression() -> None:
    dice = random.Random(7)
    for _ in range(300):
        terms = ["".join(dice.choices("abé", k=dice.randint(1, 4))) for _ in range(dice.randint(1, 6))]
        text = "".join(dice.choices("abé", k=30))
        expected = [match[0] for match in re.finditer("|".join(terms), text)]
        assert words(terms, text, prefer="first") == expected
