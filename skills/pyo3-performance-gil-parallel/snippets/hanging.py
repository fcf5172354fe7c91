"""A program that hangs: a thread holds a lock and waits to attach, and another, attached, waits for the lock."""

import faulthandler
import sys
import threading
import time

from performance_snippets._core import deadlocks

board = deadlocks.Board()


def announce() -> None:
    """Add a dish, with a listener that takes its time."""
    board.announce_locked("soup", lambda _: time.sleep(0.3))


faulthandler.dump_traceback_later(float(sys.argv[1]), exit=True)
threading.Thread(target=announce, name="kitchen").start()
time.sleep(0.1)
print(len(board))
