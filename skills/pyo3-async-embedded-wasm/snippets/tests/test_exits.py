"""What a fork, the end of Python and a logger do to running tasks."""

import asyncio
import logging
import multiprocessing
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from async_snippets._core import exits

HEADER = """\
import asyncio, atexit, os, sys, threading, time, warnings
from datetime import timedelta
from async_snippets._core import exits
warnings.simplefilter("ignore", DeprecationWarning)
second = timedelta(seconds=1)

def say(text):
    print(text, flush=True)

def in_child(work):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException as error:
            say(f"{type(error).__name__}: {error}")
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[0] == child
"""
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def run(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", HEADER + code]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@needs_fork
def test_after_a_fork_a_used_runtime_never_answers() -> None:
    done = run("""
async def nap(limit):
    await asyncio.wait_for(exits.nap(second / 100), limit)
    say("woke up")

asyncio.run(nap(30))
in_child(lambda: asyncio.run(nap(1)))
""")
    assert done.stdout.splitlines() == ["woke up", "TimeoutError: "]


@needs_fork
def test_an_unused_runtime_survives_a_fork() -> None:
    done = run("""
async def nap():
    await asyncio.wait_for(exits.nap(second / 100), 30)
    say("woke up")

in_child(lambda: asyncio.run(nap()))
asyncio.run(nap())
""")
    assert done.stdout.splitlines() == ["woke up", "woke up"]


@needs_fork
def test_the_guard_makes_an_error_of_it() -> None:
    done = run("""
async def nap():
    await exits.guarded_nap(second / 100)
    say("woke up")

asyncio.run(nap())
in_child(lambda: asyncio.run(nap()))
asyncio.run(nap())
""")
    first, error, last = done.stdout.splitlines()
    assert first == last == "woke up"
    assert error.startswith("RuntimeError: the process was forked after it had used the package")


REMIND = """
def remind():
    rung = threading.Event()
    exits.remind(second / 100, rung.set)
    assert rung.wait(30)
    say("rung")
"""


@needs_fork
def test_an_engine_starts_again_in_the_child() -> None:
    done = run(f"{REMIND}\nremind()\nin_child(remind)\nin_child(lambda: in_child(remind))\nremind()")
    assert done.stdout.splitlines() == ["rung"] * 4, done.stderr


@needs_fork
def test_a_child_has_none_of_its_parents_tasks() -> None:
    done = run("exits.linger()\nin_child(lambda: say(exits.pending()))\nsay(exits.pending())")
    assert done.stdout.splitlines() == ["0", "1"]


@needs_fork
def test_a_fork_inside_a_busy_process_finds_no_lock() -> None:
    # The first `remind` fills PyO3's own cells: another thread that did so during a fork would leave them locked.
    done = run(f"""{REMIND}
remind()
ended = []
def work():
    while not ended:
        if exits.pending() < 20:
            exits.remind(second / 1000, int)
        time.sleep(0.0001)

threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
for _ in range(20):
    in_child(remind)
ended.append(1)
""")
    assert done.stdout.splitlines() == ["rung"] * 21, done.stderr


def test_the_default_start_method_is_the_one_that_the_page_says() -> None:
    if sys.platform != "linux":
        pytest.skip("the method is another one by default")
    default = multiprocessing.get_all_start_methods()[0]
    assert default == ("forkserver" if sys.version_info >= (3, 14) else "fork")


PROGRAM = """\
import multiprocessing
from async_snippets._core import exits

def work():
    exits.linger()

if __name__ == "__main__":
    child = multiprocessing.get_context("METHOD").Process(target=work)
    child.start()
    child.join()
"""


@needs_fork
@pytest.mark.parametrize(
    ("method", "dropped"), [("fork", False), ("forkserver", sys.version_info >= (3, 13)), ("spawn", True)]
)
def test_only_some_workers_run_atexit(method: str, dropped: bool, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.replace("METHOD", method))
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "task dropped\n" * dropped)


def test_all_work_is_dropped_at_the_end() -> None:
    done = run("exits.linger()\nexits.remind(100 * second, lambda: say('rung'))\natexit.register(say, 'atexit')")
    # The callbacks of `atexit` run in reverse order, and the module's was the first.
    assert (done.returncode, done.stdout, done.stderr) == (0, "atexit\n", "task dropped\n")


def test_the_end_waits_for_a_callback_that_runs() -> None:
    done = run("""
started = threading.Event()
def slow():
    started.set()
    time.sleep(0.3)
    say("told")

exits.remind(second * 0, slow)
started.wait()
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "told\n", "")


def test_afterwards_nothing_new_is_begun() -> None:
    done = run("""
exits.remind(second, int)
exits.close()
try:
    exits.remind(second, int)
except RuntimeError as error:
    say(error)
""")
    assert done.stdout == "Python is ending\n"


def test_the_runtime_of_pyo3_async_runtimes_drops_nothing_at_the_end() -> None:
    done = run("""
async def main():
    asyncio.ensure_future(exits.nap(100 * second))
    await asyncio.sleep(0.05)

async def forget():
    exits.nap(100 * second)
    await asyncio.sleep(0.05)

asyncio.run(forget())
say("ended")
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended\n", "")


def test_the_end_of_the_loop_cancels_tasks_and_only_tasks() -> None:
    done = run("""
async def nap():
    await exits.nap(100 * second)

async def main():
    task = asyncio.create_task(nap())
    await asyncio.sleep(0.05)

from async_snippets._core import testing_async
asyncio.run(main())
while testing_async.running_tasks():
    time.sleep(0.01)
""")
    assert done.stderr == "nap dropped\n"


ORDER = r"""
import logging
atexit.register(say, "atexit")
ending = threading.Event()
def end():
    say("threading")
    ending.set()
threading._register_atexit(end)
def last():
    ending.wait()
    time.sleep(0.3)
    say("thread")
threading.Thread(target=last).start()
class Thing:
    def __del__(self, write=os.write):
        write(1, b"globals\n")
thing = Thing()
say("main")
"""


def test_the_order_of_the_end() -> None:
    assert run(ORDER).stdout.splitlines() == ["main", "threading", "thread", "atexit", "globals"]


def test_a_daemon_thread_ends_nothing() -> None:
    done = run("threading.Thread(target=exits.hold, args=(100 * second,), daemon=True).start()\ntime.sleep(0.1)")
    assert (done.returncode, done.stderr) == (0, "")
    done = run("threading.Thread(target=exits.hold, args=(second,)).start()\ntime.sleep(0.1)")
    assert (done.returncode, done.stderr) == (0, "hold dropped\n")


def test_a_journal_passes_on_what_a_worker_writes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    journal = exits.Journal(logging.getLogger("tides").info)
    journal.write_from_worker(100)
    journal.close()
    assert caplog.messages == [f"message {number}" for number in range(100)]
    assert journal.lost == 0


def test_a_journal_that_is_full_loses_messages_and_counts_them() -> None:
    release, messages = threading.Event(), []

    def log(pattern: str, message: str) -> None:
        release.wait(30)
        messages.append(pattern % message)

    journal = exits.Journal(log, 10)
    journal.write_from_worker(100)
    release.set()
    journal.close()
    assert len(messages) + journal.lost == 100
    assert 10 <= len(messages) <= 11
    journal.write_from_worker(1)
    assert len(messages) + journal.lost == 101


def test_a_handler_may_write_to_the_journal() -> None:
    messages: list[str] = []

    def log(pattern: str, message: str) -> None:
        messages.append(message)
        if len(messages) == 1:
            threading.Thread(target=journal.write_from_worker, args=(1,)).start()
            journal.write_from_worker(1)

    journal = exits.Journal(log)
    journal.write_from_worker(1)
    journal.close()
    assert messages[0] == "message 0"


def test_an_error_of_a_handler_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[BaseException | None] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: errors.append(report.exc_value))
    calls: list[int] = []

    def log(*_: str) -> None:
        calls.append(1)
        raise OSError("the disk is full")

    journal = exits.Journal(log)
    journal.write_from_worker(3)
    journal.close()
    assert (len(calls), len(errors)) == (3, 3)


def test_a_logger_is_shut_down_after_the_module() -> None:
    done = run("""
import logging
logging.basicConfig(stream=sys.stdout, format="%(message)s")
journal = exits.Journal(logging.getLogger("tides").warning)
atexit.register(journal.close)
journal.write_from_worker(2)
""")
    assert done.stdout.splitlines() == ["message 0", "message 1"]


def test_nap_ends() -> None:
    async def main() -> None:
        await exits.nap(timedelta(milliseconds=1))

    asyncio.run(main())
