"""Measure workers in threads, interpreters and processes, on Python 3.12 or later; the README says how."""

import importlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any

WORK = """
import random
from geo_cells.workers import count_part

dice = random.Random(1)
places = ((dice.uniform(-90, 90), dice.uniform(-180, 180)) for _ in range(20_000))
part = b"".join(b"%.6f,%.6f\\n" % place for place in places)
for _ in range(20):
    count_part(part, 5)
"""


def in_thread() -> None:
    """Work in the interpreter that everybody shares."""
    exec(WORK, {})  # noqa: S102


def in_interpreter() -> None:
    """Work in a new one with a lock of its own."""
    interpreters: Any = importlib.import_module("_interpreters" if find_spec("_interpreters") else "_xxsubinterpreters")
    interpreter = interpreters.create()
    (getattr(interpreters, "exec", None) or interpreters.run_string)(interpreter, WORK)
    interpreters.destroy(interpreter)


def in_process() -> None:
    """Work in a new process."""
    subprocess.run([sys.executable, "-c", WORK], check=True)


def measure(workers: int, work: Callable[[], None]) -> float:
    """Return seconds for as much work for each worker, their start included: the best of five runs."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            for future in [pool.submit(work) for _ in range(workers)]:
                future.result()
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    """Measure one worker and two."""
    for workers in (1, 2):
        times = [f"{work.__name__} {measure(workers, work):.2f} s" for work in (in_thread, in_interpreter, in_process)]
        print(f"{workers} workers: {', '.join(times)}; load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
