"""What a caller may rely on."""

import signal
import sys
import threading
import time
from types import FrameType

import pytest
from demo_page import NoCandidatesError, WordError, closest, edit_distance

LONG = "x" * 8000


@pytest.mark.parametrize(("left", "right", "edits"), [("", "abc", 3), ("kitten", "sitting", 3), ("größe", "grösse", 2)])
def test_edits_are_counted_in_characters(left: str, right: str, edits: int) -> None:
    assert edit_distance(left, right) == edits


def test_the_closest_word_is_the_one_that_was_given() -> None:
    candidates = ["ru" + "st", "python", "typhoon"]
    assert closest("pyhton", candidates) is candidates[1]


def test_something_has_to_be_there_to_choose_from() -> None:
    with pytest.raises(NoCandidatesError, match="no candidates") as raised:
        closest("word", [])
    assert isinstance(raised.value, WordError)
    assert isinstance(raised.value, ValueError)


def test_a_string_is_no_list_of_words() -> None:
    with pytest.raises(TypeError):
        closest("hat", "abc")  # type: ignore[arg-type]


def test_other_threads_run_meanwhile() -> None:
    finished = threading.Event()

    def work() -> None:
        edit_distance(LONG, LONG)
        finished.set()

    interval = sys.getswitchinterval()
    # Nobody is asked for the interpreter: only who detaches lets others have it.
    sys.setswitchinterval(1000)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(0.01)
        assert not finished.is_set()
    finally:
        sys.setswitchinterval(interval)
        thread.join()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs the timers of Unix")
def test_a_signal_stops_a_long_comparison() -> None:
    class StopError(Exception):
        """Raised by the handler."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise StopError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    start = time.monotonic()
    try:
        with pytest.raises(StopError):
            edit_distance(LONG * 10, LONG * 10)
    finally:
        signal.signal(signal.SIGALRM, before)
    # The whole takes minutes.
    assert time.monotonic() - start < 10
