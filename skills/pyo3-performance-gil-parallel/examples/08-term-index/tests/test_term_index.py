"""What a caller may rely on."""

import gc
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from term_index import ALLOCATOR, STORAGE, Index, stop_words

TEXTS = ["The cat and the dog", "A dog's life", "Cats, cats, CATS: a life of cats", ""]


def test_texts_with_a_word_are_found() -> None:
    index = Index(TEXTS)
    assert (len(index), index.terms, index.count("dog"), index.count("the")) == (4, 5, 2, 0)
    assert [number for number, _ in index.search("LIFE")] == [1, 2]
    assert [number for number, _ in index.search("cat dog")] == [0, 1]
    assert index.search("dog dog dog") == index.search("dog")
    assert index.search("dog", 0) == index.search("the") == index.search("") == index.search("nothing") == []
    assert len(index.search("dog", sys.maxsize)) == 2


def plain_index(texts: list[str]) -> dict[str, set[int]]:
    """Return the same in Python, without scores."""
    index: dict[str, set[int]] = {}
    for number, text in enumerate(texts):
        for word in set(text.lower().split()) - stop_words():
            index.setdefault(word, set()).add(number)
    return index


def test_an_index_is_as_in_python() -> None:
    dice = random.Random(1)
    texts = [" ".join(f"w{int(dice.expovariate(0.01))}" for _ in range(50)) for _ in range(500)]
    index, expected = Index(iter(texts)), plain_index(texts)
    assert index.terms == len(expected)
    for word, numbers in expected.items():
        results = index.search(word, 1000)
        assert {number for number, _ in results} == numbers
        assert [score for _, score in results] == sorted((score for _, score in results), reverse=True)
        assert index.count(word) == len(numbers)


def test_a_build_says_what_it_is() -> None:
    assert (ALLOCATOR in {"system", "mimalloc"}, STORAGE in {"heap", "arena"}) == (True, True)


class Liar(list[str]):
    """A list that says it is longer than any memory."""

    def __len__(self) -> int:
        return sys.maxsize


def broken() -> Iterator[str]:
    yield "a"
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("texts", "error"),
    [
        ("text", TypeError),
        (None, TypeError),
        ([b"text"], TypeError),
        (["a", None], TypeError),
        (["\ud800"], UnicodeEncodeError),
        (broken(), ZeroDivisionError),
    ],
)
def test_what_is_no_text_is_refused(texts: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Index(texts)


def test_odd_texts_are_fine() -> None:
    assert len(Index([])) == 0
    assert len(Index(Liar(["a", "b"]))) == 2
    index = Index(["\0", "x" * 1_000_000, "é" * 10, "İstanbul", "\U0001d518"])
    assert (index.terms, index.count("é" * 10)) == (3, 1)
    with pytest.raises(OverflowError):
        index.search("a", -1)


def test_a_long_query_looks_at_each_word_once() -> None:
    index = Index(["word"] * 20_000)
    assert len(index.search("word " * 200_000, 5)) == 5


def test_texts_are_not_kept() -> None:
    class Text(str):
        __slots__ = ("__weakref__",)
        alive = 0

        def __del__(self) -> None:
            Text.alive -= 1

    Text.alive = 1
    index = Index([Text("a long text")])
    gc.collect()
    assert (Text.alive, index.count("long")) == (0, 1)


# region: once
ONCE = """
import importlib.resources, sys, threading, time
from concurrent.futures import ThreadPoolExecutor

files = importlib.resources.files
calls = []

def slow(package):
    calls.append(package)
    {first}
    time.sleep(0.05)
    return files(package)

importlib.resources.files = slow
from term_index import Index
{work}
"""


# Eight threads that all come first: no deadlock, and all see the same words.
THREADS = """
with ThreadPoolExecutor(8) as pool:
    barrier = threading.Barrier(8)
    counts = pool.map(lambda _: (barrier.wait(), Index(['the cat']).terms)[1], range(8))
    assert set(counts) == {1} and 1 <= len(calls) <= 8, calls
done = len(calls)
assert Index(['the cat']).terms == 1 and len(calls) == done
"""
# A failure is no answer: the next call reads the file again.
FAILURE = """
try:
    Index(['the cat'])
except OSError:
    assert Index(['the cat']).terms == 1 and len(calls) == 2
else:
    raise AssertionError
"""
# Code that runs meanwhile may need the words itself.
AGAIN = "assert Index(['the cat']).terms == 1 and len(calls) == 3"


@pytest.mark.parametrize(
    ("first", "work"),
    [
        ("pass", THREADS),
        ("if len(calls) == 1: raise OSError('the disk is gone')", FAILURE),
        ("if len(calls) < 3: Index(['the cat'])", AGAIN),
    ],
    ids=["threads", "failure", "again"],
)
def test_stop_words_are_read_when_they_are_first_needed(first: str, work: str) -> None:
    program = ONCE.format(first=first, work=work)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


# endregion: once


# region: threads
def test_threads_build_and_share_indexes() -> None:
    texts = [f"word{number} word{number % 7} other" for number in range(2000)]
    shared = Index(texts)
    expected = shared.search("word3 word500")

    def work(_: int) -> bool:
        return Index(texts).search("word3 word500") == shared.search("word3 word500") == expected

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(16)))


def test_other_threads_run_meanwhile() -> None:
    texts = ["one two three four"] * 20_000

    def runs_meanwhile() -> bool:
        started, finished = threading.Event(), threading.Event()

        def work() -> None:
            started.set()
            Index(texts)
            finished.set()

        thread = threading.Thread(target=work)
        thread.start()
        started.wait()
        meanwhile = not finished.is_set()
        thread.join()
        return meanwhile

    interval = sys.getswitchinterval()
    # Nobody is asked for the interpreter: only who detaches lets others have it.
    sys.setswitchinterval(1000)
    try:
        assert any(runs_meanwhile() for _ in range(100))
    finally:
        sys.setswitchinterval(interval)


# endregion: threads


@pytest.mark.skipif(sys.platform == "win32", reason="Windows can't send SIGINT to one process")
def test_ctrl_c_ends_a_long_build() -> None:
    program = (
        "import signal\n"
        # What a shell starts in the background ignores Ctrl-C, and so does what that starts.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from term_index import Index\n"
        "texts = ['a few words that come again and again'] * 2_000_000\n"
        "try:\n"
        "    print('started', flush=True)\n"
        "    while True: Index(texts)\n"
        "except KeyboardInterrupt: print('interrupted')\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "started\n"
            os.kill(process.pid, signal.SIGINT)
            assert process.communicate(timeout=60)[0] == "interrupted\n"
        finally:
            process.kill()
