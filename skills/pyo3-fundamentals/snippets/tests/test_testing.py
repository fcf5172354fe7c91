"""What the chapter on testing says."""

import gc
import sys
import threading
import tracemalloc
import weakref
from itertools import product

import pytest
from fundamentals_snippets._core import testing as snippets

Runs = list[tuple[str, int]]


@pytest.mark.parametrize(
    ("text", "runs"),
    [("", []), ("a", [("a", 1)]), ("aab", [("a", 2), ("b", 1)]), ("é😀😀", [("é", 1), ("😀", 2)]), ("\0", [("\0", 1)])],
)
def test_neighbours_are_counted(text: str, runs: Runs) -> None:
    assert snippets.encode(text) == runs
    assert snippets.decode(runs) == text


# region: errors
def test_a_text_has_a_limit() -> None:
    with pytest.raises(ValueError, match="2000000 letters are more than 1000000"):
        snippets.decode([("a", 2_000_000)])


@pytest.mark.parametrize(
    ("runs", "error"),
    [
        ("ab", TypeError),
        ([("ab", 1)], ValueError),
        ([("a", -1)], OverflowError),
        ([("a",)], ValueError),
        (None, TypeError),
    ],
)
def test_what_is_no_list_of_runs_is_refused(runs: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        snippets.decode(runs)


# endregion: errors
def test_decoding_undoes_encoding() -> None:
    texts = ["".join(letters) for length in range(8) for letters in product("aé", repeat=length)]
    assert all(snippets.decode(snippets.encode(text)) == text for text in texts)


# region: threads
def test_threads_get_their_own_results() -> None:
    texts = [letter * 200_000 for letter in "abcdefgh"]
    results: dict[str, Runs] = {}
    start = threading.Barrier(len(texts))

    def work(text: str) -> None:
        start.wait(timeout=60)
        results[text[0]] = snippets.encode(text)

    threads = [threading.Thread(target=work, args=(text,), daemon=True) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    assert results == {letter: [(letter, 200_000)] for letter in "abcdefgh"}


# endregion: threads


class Listener:
    """Something that can be watched for being freed."""


# region: freed
def test_a_cleared_listener_is_freed() -> None:
    listeners, listener = snippets.Listeners(), Listener()
    before = sys.getrefcount(listener)
    listeners.add(listener)
    assert sys.getrefcount(listener) == before + 1
    seen = weakref.ref(listener)
    del listener
    assert seen() is not None
    listeners.clear()
    assert seen() is None


def test_listeners_are_freed_with_their_list() -> None:
    listeners, listener = snippets.Listeners(), Listener()
    listeners.add(listener)
    seen = weakref.ref(listener)
    del listener, listeners
    gc.collect()
    assert seen() is None


# endregion: freed
def test_results_are_not_kept() -> None:
    runs = [("a", 100_000)]
    snippets.decode(runs)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(20):
            snippets.decode(runs)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before > 100_000
    assert after - before < 10_000
