"""What an interpreter costs, and what two of them bring to Python code; needs Python 3.13 or later."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

try:
    from concurrent.futures import InterpreterPoolExecutor
except ImportError:
    InterpreterPoolExecutor = None  # Python 3.14 has it.

ROUNDS = 5


def count(limit: int) -> int:
    """Count primes below a limit: Python code that computes."""
    return sum(all(number % divisor for divisor in range(2, int(number**0.5) + 1)) for number in range(2, limit))


def lowest(run: Callable[[], object]) -> float:
    """Return the lowest of several times, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return min(times) * 1e3


def start(make: Callable[[], Executor]) -> float:
    """Measure an executor with two workers from its start to the first results of both."""

    def run() -> None:
        with make() as executor:
            list(executor.map(count, [2, 2]))

    return lowest(run)


def work(make: Callable[[], Executor]) -> float:
    """Measure two pieces of work in an executor that has been started."""
    with make() as executor:
        list(executor.map(count, [2, 2]))
        return lowest(lambda: list(executor.map(count, [60_000, 60_000])))


def main() -> None:
    """Measure and print."""
    ways: dict[str, Callable[[], Executor]] = {
        "threads": lambda: ThreadPoolExecutor(2),
        "processes, spawn": lambda: ProcessPoolExecutor(2, multiprocessing.get_context("spawn")),
        "processes, forkserver": lambda: ProcessPoolExecutor(2, multiprocessing.get_context("forkserver")),
    }
    if InterpreterPoolExecutor:
        ways["interpreters"] = lambda: InterpreterPoolExecutor(2)
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; milliseconds")
    print(f"{'':24}{'start of two':>16}{'work of two':>16}")
    print(f"{'one after the other':24}{'':>16}{lowest(lambda: [count(60_000), count(60_000)]):16,.1f}")
    for name, make in ways.items():
        print(f"{name:24}{start(make):16,.1f}{work(make):16,.1f}")


if __name__ == "__main__":
    main()
