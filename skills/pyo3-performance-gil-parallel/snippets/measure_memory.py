"""Measure what the system gets back when Rust frees memory: resident megabytes at each step. Linux with glibc."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

from performance_snippets._core import memory

STEPS: dict[str, tuple[int, int, int]] = {
    "1 piece of 64 MB": (1, 64 << 20, 0),
    "1,024 pieces of 64 KB": (1024, 64 << 10, 0),
    "1,048,576 pieces of 64 B": (1 << 20, 64, 0),
    "the same, every 1,000th kept": (1 << 20, 64, 1000),
    "the same, every 10th kept": (1 << 20, 64, 10),
}


# region: resident
def resident() -> float:
    """Return how many megabytes of this process are in memory: Python's, Rust's, and everybody else's."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


# endregion: resident


def show(count: int, size: int, kept: int) -> None:
    """Print what is resident after each step, less what was there before."""
    start, steps = resident(), []
    pieces = memory.Pieces(count, size)
    # Something small comes behind them, as in any program that goes on.
    behind = memory.Pieces(100, 1024)
    steps.append(resident() - start)
    pieces.free(kept or sys.maxsize)
    steps.append(resident() - start)
    memory.give_back()
    steps.append(resident() - start)
    behind.free()
    print("".join(f"{max(step, 0):>13.0f} MB" for step in steps))


def main() -> None:
    """Print a line for each case, measured in a process of its own."""
    print(f"{'':<38}{'made':>16}{'freed':>16}{'given back':>16}")
    for place in ("main", "thread"):
        for name, step in STEPS.items():
            if place == "thread" and step[2]:
                continue
            command = [sys.executable, __file__, place, *map(str, step)]
            line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            print(f"{name + (', in a thread' if place == 'thread' else ''):<38}{line}", end="", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "main":
        show(*map(int, sys.argv[2:]))
    else:
        worker = Thread(target=show, args=tuple(map(int, sys.argv[2:])))
        worker.start()
        worker.join()
