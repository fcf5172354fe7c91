"""Each deadlock happens, and each way out is one. What hangs runs in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from performance_snippets._core import deadlocks
from tests.watchdog import ends, hangs, run_watched

if TYPE_CHECKING:
    from pathlib import Path

# region: inverted
INVERTED = """
board, cooking = _core.deadlocks.Board(), threading.Event()

def cook(count):
    cooking.set()
    time.sleep(0.3)

def announce():
    board.{method}("soup", cook)

kitchen = threading.Thread(target=announce)
kitchen.start()
cooking.wait()
{look}
kitchen.join()
print(len(board))
"""
# endregion: inverted


def test_python_code_under_a_lock() -> None:
    outcome = run_watched(INVERTED.format(method="announce_locked", look="len(board)"), 1)
    assert outcome.hung
    # The one waits to go on after `sleep`, the other in `len`, which is Rust.
    assert "in cook" in outcome.stacks
    assert "in announce" in outcome.stacks
    assert "in <module>" in outcome.stacks
    assert ends(INVERTED.format(method="announce", look="len(board)")) == "1"


def test_both_wait_detached() -> None:
    look = "board.announce_attached('bread', lambda count: None)"
    assert ends(INVERTED.format(method="announce_attached", look=look)) == "2"


ACROSS = """
board = _core.deadlocks.Board()
counting = threading.Thread(target=board.count_across_detach)
counting.start()
time.sleep(0.1)
print(len(board))
"""


def test_a_guard_that_is_held_across_a_detach() -> None:
    assert hangs(ACROSS)
    assert deadlocks.Board().count_across_detach() == 0


SAME_THREAD = """
board = _core.deadlocks.Board()
board.{method}("soup", lambda count: print(len(board)))
"""


def test_a_callable_that_wants_the_lock_of_its_caller() -> None:
    assert hangs(SAME_THREAD.format(method="announce_locked"))
    assert hangs(SAME_THREAD.format(method="announce_attached"))
    assert ends(SAME_THREAD.format(method="announce")) == "1"


WORKERS = """
_core.deadlocks.{name}(["soup", "bread"], lambda dish: None)
print("done")
"""


def test_a_caller_that_waits_attached_for_its_workers() -> None:
    outcome = run_watched(WORKERS.format(name="cook_attached"), 1)
    assert outcome.hung
    assert outcome.stacks.count("File ") == 1, "threads of Rust that never attached are not shown"
    assert ends(WORKERS.format(name="cook")) == "done"


def test_one_item_is_done_by_the_caller_itself() -> None:
    # So the shortest test does not see the deadlock.
    heard: list[str] = []
    deadlocks.cook_attached(["soup"], heard.append)
    assert heard == ["soup"]


def test_what_a_worker_raises_comes_back() -> None:
    with pytest.raises(ZeroDivisionError):
        deadlocks.cook(["soup"], lambda _: 1 / 0)


NOTES = """
board = _core.deadlocks.Board()

class Note:
    def __del__(self):
        print(board.note_count())

board.pin(Note())
board.{method}()
"""


def test_a_finalizer_under_a_lock() -> None:
    assert hangs(NOTES.format(method="clean_locked"))
    assert ends(NOTES.format(method="clean")) == "0"


CYCLE = """
import gc
board = _core.deadlocks.Board()

class Note:
    def __init__(self):
        self.me = self

    def __del__(self):
        len(board)

gc.collect()
Note()
board.allocate_locked({check})
print("done")
"""


def test_the_collector_under_a_lock() -> None:
    # Up to 3.11 an object that is made runs it; since 3.12 `check_signals` does, beside Python code.
    assert hangs(CYCLE.format(check=False)) == (sys.version_info < (3, 12))
    assert hangs(CYCLE.format(check=True))


LATE = """
board = _core.deadlocks.Board()

class Note:
    def __del__(self):
        {body}

board.drop_meanwhile(Note)
print("done")
"""


def test_an_object_that_goes_when_the_thread_attaches_again() -> None:
    assert hangs(LATE.format(body="board.note_count()"))
    assert ends(LATE.format(body="pass")) == "done"


TWO = """
first, second = _core.deadlocks.Board(), _core.deadlocks.Board()
for board in (first, second):
    board.announce("soup", lambda count: None)
other = threading.Thread(target=second.{method}, args=(first,))
other.start()
first.{method}(second)
other.join()
print(len(first) + len(second))
"""


def test_two_locks_in_two_orders() -> None:
    assert hangs(TWO.format(method="take_over_unordered"))
    assert ends(TWO.format(method="take_over")) == "2"


def test_one_object_twice() -> None:
    board = deadlocks.Board()
    with pytest.raises(RuntimeError, match="can't take over itself"):
        board.take_over(board)
    assert hangs("board = _core.deadlocks.Board(); board.take_over_unordered(board)")


def module(folder: Path, name: str, code: str) -> str:
    text = f"from performance_snippets import _core\n{code}\n"
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return f"sys.path.insert(0, {str(folder)!r})\n"


def test_a_thread_that_imports_what_is_being_imported(tmp_path: Path) -> None:
    path = module(tmp_path, "menus", "_core.deadlocks.load_in_thread('menus')")
    assert hangs(path + "import menus")
    path = module(tmp_path, "dishes", "_core.deadlocks.load_in_thread('json')")
    assert ends(path + "import dishes; print('done')") == "done"


def test_a_cell_whose_maker_asks_for_it(tmp_path: Path) -> None:
    path = module(tmp_path, "menus", "_core.deadlocks.menu('menus')")
    assert hangs(path + "_core.deadlocks.menu('menus')")
    assert deadlocks.menu("json").__name__ == "json"


LAZY = """
first = threading.Thread(target=_core.deadlocks.lazy_menu)
first.start()
time.sleep(0.05)
print(_core.deadlocks.lazy_menu())
"""


def test_a_lazy_lock_that_calls_python() -> None:
    assert hangs(LAZY)
    assert ends("print(_core.deadlocks.lazy_menu())") == "3"


STUCK = """
import faulthandler, os, signal, sys, threading, time
from performance_snippets import _core
if {register}:
    faulthandler.register(signal.SIGUSR1)
print("ready", flush=True)
threading.Thread(target=_core.deadlocks.cook_attached, args=(["soup", "bread"], len), daemon=True).start()
time.sleep(60)
"""


def stuck(register: bool) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", STUCK.format(register=register)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="Windows has no such signal")
def test_a_signal_shows_where_a_stuck_process_is() -> None:
    with stuck(register=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        time.sleep(1)
        # Ctrl-C is no help: its handler is Python's, and needs the interpreter.
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        process.send_signal(signal.SIGUSR1)
        first = process.stderr.readline()
        assert "most recent call first" in first
        process.kill()
