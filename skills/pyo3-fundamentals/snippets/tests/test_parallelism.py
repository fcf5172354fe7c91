"""Work that is shared out among cores, with errors and callbacks."""

import os
import signal
import subprocess
import sys

import pytest
from fundamentals_snippets._core import parallelism as snippets

LINES = [f"{number} {number / 2}" for number in range(5_000)]


def test_results_come_in_the_order_of_the_input() -> None:
    assert snippets.highest_in_each(LINES) == list(range(5_000))


def test_one_error_ends_the_work() -> None:
    with pytest.raises(ValueError, match="invalid float literal"):
        snippets.highest_in_each([*LINES, "1 x"])


def test_tasks_can_call_python() -> None:
    reported: list[int] = []
    assert len(snippets.highest_with_progress(LINES, reported.append)) == 5_000
    assert sorted(reported) == [0, 1_000, 2_000, 3_000, 4_000]


SCRIPT = """
import os
from fundamentals_snippets._core import parallelism as snippets
assert snippets.highest_in_each(["1"] * 1000)
if (child := os.fork()) == 0:
    print("child", flush=True)
    snippets.highest_in_each(["1"] * 1000)
    print("ended", flush=True)
os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_no_threads_of_a_pool() -> None:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SCRIPT]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "child\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.communicate(timeout=3)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.communicate()[0] == ""


def test_an_error_of_a_callable_comes_back() -> None:
    def refuse(number: int) -> None:
        raise LookupError(number)

    with pytest.raises(LookupError):
        snippets.highest_with_progress(LINES, refuse)
