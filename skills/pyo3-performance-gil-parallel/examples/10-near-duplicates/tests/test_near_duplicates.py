"""What a caller may rely on."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import near_duplicates
import pytest
import reference
from near_duplicates import find_groups, similarity


def test_copies_are_found() -> None:
    texts = ["The cat sat on the mat today.", "A dog.", "the CAT sat on the mat -- today", "", "a dog", "..."]
    assert find_groups(texts) == [[0, 2], [1, 4]]
    assert find_groups(texts, threshold=1, words=1) == [[0, 2], [1, 4]]
    assert find_groups([]) == find_groups(["alone"]) == []


# region: oracle
def test_groups_are_as_if_each_was_compared_with_each() -> None:
    texts = reference.corpus(60, 40)
    random.Random(2).shuffle(texts)
    assert find_groups(texts, threshold=0.7) == reference.groups(texts, 0.7)


def test_similarity_is_as_in_python() -> None:
    texts = ["", "é", "A b c d e", "a B c d x", "a b", "a_b c", *reference.corpus(2, 2)]
    for first in texts:
        for second in texts:
            for words in (1, 2, 5):
                assert similarity(first, second, words=words) == reference.similarity(first, second, words)


# endregion: oracle


def test_a_corpus_is_read_one_by_one() -> None:
    texts = reference.corpus(20, 10)
    assert find_groups(iter(texts)) == find_groups(tuple(texts)) == find_groups(dict.fromkeys(texts))


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_the_number_of_workers_changes_nothing(workers: int) -> None:
    texts = reference.corpus(40, 20) * 2
    assert find_groups(texts, workers=workers) == find_groups(texts)


def test_copies_of_one_text_are_one_group() -> None:
    assert find_groups(["the same words again"] * 5000) == [list(range(5000))]


# region: errors
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": 0}, "`threshold` must be from 0.1 to 1, not 0"),
        ({"threshold": float("nan")}, "`threshold`"),
        ({"words": 0}, "`words` must be from 1 to 64"),
        ({"words": 65}, "`words`"),
        ({"workers": 0}, "`workers` must be from 1 to 256"),
        ({"workers": 1 << 40}, "`workers`"),
    ],
)
def test_numbers_out_of_range_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        find_groups(["a"], **options)


@pytest.mark.parametrize(("item", "kind"), [(None, "NoneType"), (b"text", "bytes"), (7, "int"), (["a"], "list")])
def test_a_document_that_is_no_text_is_named(item: Any, kind: str) -> None:
    with pytest.raises(TypeError, match=f"document 5000 is a `{kind}`, expected a string"):
        find_groups(["text"] * 5000 + [item])


def test_a_document_that_is_half_a_character_is_named() -> None:
    with pytest.raises(UnicodeEncodeError) as caught:
        find_groups(["text", "\ud800"])
    assert caught.value.__notes__ == ["document 1"]


def test_what_is_no_corpus_is_refused() -> None:
    corpus: Any
    for corpus in ("text", None, 7):
        with pytest.raises(TypeError):
            find_groups(corpus)


def broken(error: BaseException) -> Iterator[str]:
    yield from ["text"] * 10_000
    raise error


@pytest.mark.parametrize("error", [OSError("the disk is gone"), KeyboardInterrupt(), ZeroDivisionError()])
def test_what_a_corpus_or_a_callback_raises_is_raised(error: BaseException) -> None:
    def fail(count: int) -> None:
        assert count > 0
        raise error

    for arguments in ((broken(error), None), (["text"], fail)):
        with pytest.raises(type(error)) as caught:
            find_groups(arguments[0], progress=arguments[1])
        assert caught.value is error


# endregion: errors


def test_progress_counts_documents() -> None:
    counts: list[int] = []
    find_groups(["text"] * 10_000, progress=counts.append)
    assert counts == sorted(set(counts))
    assert counts[-1] == 10_000
    assert len(counts) >= 2


def test_a_callback_may_group_another_corpus() -> None:
    results: list[list[list[int]]] = []
    find_groups(["a b c"] * 3, progress=lambda _: results.append(find_groups(["x", "x"])))
    assert results == [[[0, 1]]]


# region: threads
def test_several_threads_work_at_the_same_time() -> None:
    corpora = [reference.corpus(20, 10, seed=seed) for seed in range(4)]
    expected = [find_groups(corpus) for corpus in corpora]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            assert list(pool.map(find_groups, corpora)) == expected


def test_other_threads_run_meanwhile() -> None:
    work = threading.Thread(target=find_groups, args=[["word " * 500] * 100])
    work.start()
    ticks = 0
    while work.is_alive():
        ticks += 1
        time.sleep(0.001)
    assert ticks >= 3


def count_threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of threads")
def test_no_thread_is_left() -> None:
    before, deadline = count_threads(), time.monotonic() + 30
    find_groups(["text"], workers=50)
    # They are told to end, and not waited for.
    while count_threads() > before:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_process_may_fork_between_calls() -> None:
    find_groups(["text"])
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        os._exit(0 if find_groups(["text", "text"]) == [[0, 1]] else 1)
    assert os.waitpid(child, 0)[1] == 0


# endregion: threads


# region: interrupt
@pytest.mark.skipif(sys.platform == "win32", reason="Windows can't send SIGINT to one process")
@pytest.mark.parametrize("corpus", ["['word ' * 2_000_000] * 9", "('a few words' for _ in iter(int, 1))"])
def test_ctrl_c_ends_the_work(corpus: str) -> None:
    program = (
        "import signal\n"
        # What a shell starts in the background ignores Ctrl-C, and so does what that starts.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from near_duplicates import find_groups\n"
        f"corpus = {corpus}\n"
        "try:\n"
        "    print('started', flush=True)\n"
        "    find_groups(corpus)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "started\n"
            time.sleep(0.2)
            started = time.monotonic()
            os.kill(process.pid, signal.SIGINT)
            assert process.communicate(timeout=60)[0] == "interrupted\n"
            assert time.monotonic() - started < 20
        finally:
            process.kill()


# endregion: interrupt


def test_the_version_is_that_of_the_package() -> None:
    assert near_duplicates.__version__ == version("near-duplicates")
