"""Measure the limiter beside Python with a lock; `uv run maturin develop --release` first."""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from rate_limits import Limiter

CALLS = 200_000


class PlainLimiter:
    """The same with a dict and one lock."""

    def __init__(self, rate: float, burst: int) -> None:
        """Keep the limits."""
        self.token, self.burst = 1 / rate, burst / rate
        self.full: dict[str, float] = {}
        self.lock = threading.Lock()

    def take(self, client: str, cost: int = 1) -> float:
        """Take tokens, or return how long to wait."""
        now = time.monotonic()
        with self.lock:
            full = max(self.full.get(client, 0.0), now) + cost * self.token
            if full > now + self.burst:
                return full - now - self.burst
            self.full[client] = full
            return 0.0


def measure(threads: int, work: Callable[[], object]) -> float:
    """Return nanoseconds for a call, the best of five runs."""
    best = float("inf")
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(5):
            start = time.perf_counter()
            for future in [pool.submit(work) for _ in range(threads)]:
                future.result()
            best = min(best, time.perf_counter() - start)
    return best / (threads * CALLS) * 1e9


def take_each(take: Callable[[str], float], names: list[str]) -> None:
    """Call once for each name."""
    for name in names:
        take(name)


def main() -> None:
    """Measure one client and many, on one thread and on two."""
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    for count in (1, 100_000):
        names = [f"client {number % count}" for number in range(CALLS)]
        for threads in (1, 2):
            plain, limiter = PlainLimiter(1e6, 1_000_000), Limiter(1e6, 1_000_000)
            works: dict[str, Callable[[], object]] = {
                "Python": partial(take_each, plain.take, names),
                "take": partial(take_each, limiter.take, names),
                "take_many": partial(limiter.take_many, names),
            }
            figures = ", ".join(f"{title} {measure(threads, work):.0f} ns" for title, work in works.items())
            print(f"{count} clients, {threads} threads: {figures}")


if __name__ == "__main__":
    main()
