"""Rust code in threads that Python starts."""

import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from performance_snippets._core import python_threads

Lexicon, Tally, SharedTally, Cursor = (
    python_threads.Lexicon,
    python_threads.Tally,
    python_threads.SharedTally,
    python_threads.Cursor,
)
WITH_GIL = pytest.mark.skipif(
    not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="without a GIL attached threads meet"
)


# region: executor
def correct_in_threads(lexicon: Lexicon, words: list[str], size: int = 1_000) -> Iterable[str]:
    """Yield the corrections of words, in their order; each thread takes `size` words at a time."""
    parts = [words[start : start + size] for start in range(0, len(words), size)]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as executor:
        for corrections in executor.map(lexicon.correct_all, parts):
            yield from corrections
    # endregion: executor


def sample(count: int) -> list[str]:
    generator = random.Random(7)
    return ["".join(generator.choices("abcd", k=5)) for _ in range(count)]


@pytest.mark.parametrize(
    ("word", "closest"), [("rivr", "river"), ("bnak", "bank"), ("", "bank"), ("über", "river"), ("river", "river")]
)
def test_a_word_is_corrected(word: str, closest: str) -> None:
    lexicon = Lexicon(["bank", "river"])
    assert lexicon.correct(word) == closest
    assert lexicon.correct_all([word, word]) == lexicon.correct_all_attached([word] * 2) == [closest] * 2


def test_an_empty_lexicon_is_an_error() -> None:
    with pytest.raises(ValueError, match="has no words"):
        Lexicon([]).correct("river")
    with pytest.raises(ValueError, match="has no words"):
        list(correct_in_threads(Lexicon([]), ["river"]))


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_results_come_in_order(size: int) -> None:
    lexicon, words = Lexicon(sample(20)), sample(100)
    assert list(correct_in_threads(lexicon, words, size)) == lexicon.correct_all(words)


def test_after_an_error_parts_that_have_not_begun_never_do() -> None:
    lexicon, begun = Lexicon([]), []

    def correct(word: str) -> str:
        begun.append(word)
        time.sleep(0.05)
        return lexicon.correct(word)

    with ThreadPoolExecutor(1) as executor, pytest.raises(ValueError, match="has no words"):
        list(executor.map(correct, ["river"] * 50))
    assert len(begun) < 50


def together(*calls: Callable[[], object]) -> list[object]:
    """Return what calls return or raise that start at the same time."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return call()
        except BaseException as error:  # noqa: BLE001  a panic is one
            return error

    with ThreadPoolExecutor(len(calls)) as executor:
        return list(executor.map(run, calls))


def meet(first: Callable[[], object], second: Callable[[], object]) -> object:
    """Return what a call returns or raises that starts while another one is at work."""
    with ThreadPoolExecutor(1) as executor:
        running = executor.submit(first)
        time.sleep(0.05)
        try:
            return second()
        except RuntimeError as error:
            return error
        finally:
            running.result()


def meet_until_refused(first: Callable[[], object], second: Callable[[], object]) -> object:
    """Return how the second of two calls is refused; on a busy machine they may miss each other at first."""
    results = (meet(first, second) for _ in range(50))
    return next(result for result in results if isinstance(result, RuntimeError))


MANY = ["river"] * 20_000


def test_who_changes_it_keeps_all_others_out() -> None:
    tally = Tally()
    for second in (lambda: tally.count(["bank"]), lambda: tally.look_up("bank")):
        error = meet_until_refused(lambda: tally.count(MANY), second)
        assert str(error) == (
            "Already borrowed" if second.__code__.co_names[0] == "count" else "Already mutably borrowed"
        )


def test_readers_keep_only_those_out_who_change_it() -> None:
    tally = Tally()
    assert meet(lambda: tally.look_up("river"), lambda: tally.look_up("bank")) == 0
    error = meet_until_refused(lambda: tally.look_up("river"), lambda: tally.count(["bank"]))
    assert str(error) == "Already borrowed"


@WITH_GIL
def test_attached_methods_never_meet() -> None:
    tally = Tally()
    results = together(*[lambda: tally.count_attached(MANY[:200])] * 8)
    assert results == [None] * 8
    assert tally.look_up("river") == 1_600


def test_a_mutex_lets_all_of_them_wait() -> None:
    tally = SharedTally()
    assert together(*[lambda: tally.count(MANY[:1_000])] * 8) == [None] * 8
    assert tally.look_up("river") == 8_000


def test_an_unsendable_object_panics_in_another_thread() -> None:
    cursor = Cursor()
    assert cursor.advance() == 1
    with (
        ThreadPoolExecutor(1) as executor,
        pytest.raises(BaseException, match="is unsendable, but sent to another thread") as caught,
    ):
        executor.submit(cursor.advance).result()
    assert type(caught.value).__name__ == "PanicException"
    assert cursor.advance() == 2
