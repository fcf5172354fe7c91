"""Functions and classes that several threads may use, and such that they may not."""

from __future__ import annotations

import itertools
import os
import random
import threading
import time

SLOW = 0.002
FIRST, SECOND = threading.Lock(), threading.Lock()
NUMBERS = itertools.count()
LEFT: list[bytes] = []
LOCAL = threading.local()


class Counter:
    """Counts without a lock."""

    def __init__(self) -> None:
        self.value = 0

    def __repr__(self) -> str:
        return f"Counter at {self.value}"

    def add(self) -> None:
        """Lose what others add meanwhile."""
        value = self.value
        time.sleep(SLOW)
        self.value = value + 1

    def add_once(self) -> None:
        """Lose nothing."""
        with FIRST:
            self.add()


class Shelf:
    """Makes an object when it is first asked for one."""

    def __init__(self) -> None:
        self.item: Counter | None = None

    def get(self) -> Counter:
        """Return the object, or one of several."""
        if self.item is None:
            time.sleep(SLOW)
            self.item = Counter()
        return self.item


class Queue:
    """Hands out what it has."""

    def __init__(self) -> None:
        self.items = list(range(20))

    def pop(self) -> int:
        """Return the next one."""
        return self.items.pop()


def cross(first: threading.Lock, second: threading.Lock) -> None:
    """Take two locks."""
    with first:
        time.sleep(SLOW)
        with second:
            time.sleep(SLOW)


def forwards() -> None:
    """Take two locks in one order."""
    cross(FIRST, SECOND)


def backwards() -> None:
    """Take two locks in the other one."""
    cross(SECOND, FIRST)


def visit() -> int:
    """Return the next number."""
    return next(NUMBERS)


def exit_if_shared() -> int:
    """End the process where two threads meet."""
    if not FIRST.acquire(blocking=False):
        os._exit(7)
    time.sleep(SLOW)
    FIRST.release()
    return 1


def refuse_if_shared() -> int:
    """Refuse a second thread."""
    if not FIRST.acquire(blocking=False):
        raise RuntimeError("another one is here")
    time.sleep(SLOW)
    FIRST.release()
    return 1


def refuse_others() -> int:
    """Refuse every thread but the main one."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("not in this thread")
    return 1


def keep() -> None:
    """Keep some memory for ever."""
    LEFT.append(bytes(10_000))


def draw() -> float:
    """Return something else each time."""
    return random.random()


def hours() -> int:
    """Return what depends on the time."""
    return int(time.monotonic() * 20)


def number_here() -> int:
    """Count in each thread of its own."""
    LOCAL.count = getattr(LOCAL, "count", 0) + 1
    return int(LOCAL.count)


def wait() -> None:
    """Wait for nobody."""
    threading.Event().wait()


def fails() -> None:
    """Raise an exception."""
    raise ValueError("no")


def total(values: list[int]) -> int:
    """Return a sum, and let others run meanwhile."""
    time.sleep(0)
    return sum(values)


def is_main() -> bool:
    """Return whether this is the main thread."""
    return threading.current_thread() is threading.main_thread()


def slow() -> None:
    """Take longer than there is time."""
    time.sleep(0.2)
