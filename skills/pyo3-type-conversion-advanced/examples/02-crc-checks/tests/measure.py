"""Measure checksums beside Python and zlib; `uv run maturin develop --release` first, a debug build says nothing."""

import time
import zlib
from collections.abc import Callable

import numpy as np
from crc_checks import adler32, crc32c
from reference import plain_crc32c

SIZE = 256 * 1024 * 1024


def measure(title: str, size: int, work: Callable[[], object]) -> None:
    """Print the shortest of five runs."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    print(f"{title:<40}{size / best / 1e9:>10.3f} GB/s")


def main() -> None:
    """Sum 256 MiB at once, and less where that would take too long."""
    data = np.random.default_rng(1).bytes(SIZE)
    small = data[: 1 << 20]
    measure("crc32c, a loop in Python", len(small), lambda: plain_crc32c(small))
    measure("zlib.crc32 (another polynomial)", SIZE, lambda: zlib.crc32(data))
    measure("crc32c", SIZE, lambda: crc32c(data))
    measure("zlib.adler32", SIZE, lambda: zlib.adler32(data))
    measure("adler32", SIZE, lambda: adler32(data))
    view = np.frombuffer(data, "f8")[::2]
    measure("crc32c(values[::2].tobytes())", view.nbytes, lambda: crc32c(view.tobytes()))
    measure("crc32c(values[::2])", view.nbytes, lambda: crc32c(view))


if __name__ == "__main__":
    main()
