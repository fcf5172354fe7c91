"""Measure a ring beside one in NumPy; `uv run maturin develop --release` first, a debug build says nothing."""

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from audio_ring import AudioRing

TOTAL, CAPACITY = 4_800_000, 4800


class NumpyRing:
    """A ring as it is written without Rust, with the same rules, and a lock."""

    def __init__(self, frames: int) -> None:
        """Make room for frames of two channels."""
        self.samples = np.zeros((frames, 2), "f4")
        self.first = self.unread = 0
        self.changed = threading.Condition()

    def _places(self, start: int, count: int) -> list[slice]:
        start %= len(self.samples)
        before_end = min(count, len(self.samples) - start)
        return [slice(start, start + before_end), slice(0, count - before_end)]

    def write(self, block: Any, timeout: float | None) -> None:
        """Write frames, and wait for room."""
        while len(block):
            with self.changed:
                while self.unread == len(self.samples):
                    self.changed.wait(timeout)
                count = min(len(block), len(self.samples) - self.unread)
                done = 0
                for place in self._places(self.first + self.unread, count):
                    size = place.stop - place.start
                    self.samples[place] = block[done : done + size]
                    done += size
                self.unread += count
                self.changed.notify_all()
            block = block[count:]

    def read_into(self, target: Any, timeout: float | None) -> None:
        """Read frames, and wait for them."""
        while len(target):
            with self.changed:
                while not self.unread:
                    self.changed.wait(timeout)
                count = min(len(target), self.unread)
                done = 0
                for place in self._places(self.first, count):
                    size = place.stop - place.start
                    target[done : done + size] = self.samples[place]
                    done += size
                self.first = (self.first + count) % len(self.samples)
                self.unread -= count
                self.changed.notify_all()
            target = target[count:]


def pass_on(make: Callable[[int], Any], size: int, *, threads: bool) -> float:
    """Return how many million frames a second go from a writer to a reader, in blocks."""
    ring, block, target = make(CAPACITY), np.zeros((size, 2), "f4"), np.zeros((size, 2), "f4")
    count = min(TOTAL // size, 100_000)

    def write() -> None:
        for _ in range(count):
            ring.write(block, None)

    start = time.perf_counter()
    if threads:
        thread = threading.Thread(target=write)
        thread.start()
        for _ in range(count):
            ring.read_into(target, None)
        thread.join()
    else:
        for _ in range(count):
            ring.write(block, None)
            ring.read_into(target, None)
    return count * size / (time.perf_counter() - start) / 1e6


def main() -> None:
    """Pass blocks of some sizes on, in one thread and between two."""
    for size in (64, 480, 2400):
        for threads in (False, True):
            theirs = max(pass_on(NumpyRing, size, threads=threads) for _ in range(5))
            ours = max(pass_on(AudioRing, size, threads=threads) for _ in range(5))
            title = f"{size} frames a block, {'two threads' if threads else 'one thread'}"
            print(f"{title:<40}{theirs:>9.1f} with NumPy{ours:>9.1f} here, million frames/s; {ours / theirs:.1f} times")


if __name__ == "__main__":
    main()
