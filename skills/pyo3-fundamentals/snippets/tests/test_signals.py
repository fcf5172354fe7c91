"""Ctrl-C in detached work, in other threads, and in work that does not look."""

import _thread
import threading
import time
from collections.abc import Callable

import pytest
from fundamentals_snippets._core import ownership
from fundamentals_snippets._core import signals as snippets


# region: interrupted
def interrupted(work: Callable[[], object], after: float = 0.2) -> float:
    """Do some work that Ctrl-C is to end, and return how long it went on."""
    timer = threading.Timer(after, _thread.interrupt_main)
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it may come as soon as the timer starts
        timer.start()
        work()
    timer.join(timeout=60)
    return time.monotonic() - start


def test_ctrl_c_ends_detached_work_that_checks_signals() -> None:
    assert interrupted(lambda: snippets.longest_chain(2**60)) < 30


# endregion: interrupted


def test_a_search_finds_the_longest_chain() -> None:
    assert snippets.longest_chain(10_000) == 6171
    assert snippets.longest_chain_until(10_000, snippets.Stop()) == 6171


def test_ctrl_c_ends_a_wait_that_checks_signals() -> None:
    assert interrupted(lambda: snippets.measure(600_000)) < 30
    assert snippets.measure(1) == 21.5


def test_without_a_check_ctrl_c_has_no_effect_until_the_end() -> None:
    ended = []

    def work() -> None:
        ownership.settle(1_000)
        ended.append(time.monotonic())

    assert interrupted(work, after=0.7) >= 1


def test_only_the_main_thread_sees_signals() -> None:
    stop, results = snippets.Stop(), []
    checking = threading.Thread(target=lambda: results.append(snippets.longest_chain(60_000)), daemon=True)
    checking.start()
    interrupted(lambda: [time.sleep(0.01) for _ in range(6_000)])
    checking.join(timeout=300)
    assert results == [52_527]

    stopping = threading.Thread(target=lambda: results.append(snippets.longest_chain_until(2**60, stop)), daemon=True)
    stopping.start()
    stop.request()
    stopping.join(timeout=60)
    assert results == [52_527, None]
