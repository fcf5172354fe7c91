"""A crate in Python's clothes: a builder, an error and an iterator that borrows."""

import threading

import pytest
from fundamentals_snippets._core import wrapping

Pattern, PatternError = wrapping.Pattern, wrapping.PatternError


def test_options_of_the_builder_are_keywords() -> None:
    assert Pattern("rust").is_match("in rust")
    assert not Pattern("rust").is_match("in RUST")
    assert Pattern("rust", ignore_case=True).is_match("in RUST")
    assert repr(Pattern(r"\d+")) == r'Pattern("\\d+")'


def test_an_error_of_the_crate_is_an_exception_of_the_package() -> None:
    with pytest.raises(PatternError, match="group"):
        Pattern("(")
    assert issubclass(PatternError, ValueError)


def test_a_pattern_that_is_too_large_is_refused() -> None:
    assert Pattern("a{100}")
    with pytest.raises(PatternError, match="limit"):
        Pattern("a{100}", size_limit=1_000)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"\d+", "1, 22, 333", ["1", "22", "333"]),
        ("e*", "née", ["", "", "e", ""]),
        ("x", "née", []),
        ("", "", [""]),
    ],
)
def test_matches_are_found_one_at_a_time(pattern: str, text: str, matches: list[str]) -> None:
    iterator = Pattern(pattern).find_iter(text)
    assert list(iterator) == matches
    assert next(iterator, None) is None


def test_an_iterator_outlives_its_pattern_and_its_text() -> None:
    iterator = Pattern(r"\d").find_iter("".join(map(str, (1, 2))))
    assert next(iterator) == "1"
    assert next(iterator) == "2"


def test_threads_share_an_iterator() -> None:
    iterator, results = Pattern(r"\d+").find_iter(" ".join(map(str, range(2_000)))), []
    threads = [threading.Thread(target=lambda: results.extend(iterator), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(map(int, results)) == list(range(2_000))
