"""Show for arrays of 1 GB what is copied, by address and by the peak of memory.

It needs Linux, 5 GB of memory and a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from conversion_snippets._core import proving
from conversion_snippets.proof import address_of, peak_growth

if TYPE_CHECKING:
    from collections.abc import Callable

GIGABYTE = 1_000_000_000
Call = tuple[object, int]


@dataclass
class Proof:
    """What a call did with its gigabyte."""

    same_address: bool
    growth: int
    seconds: float


def prove(call: Callable[[], tuple[object, int]], address: int | None) -> Proof:
    """Run a call, which returns something and where Rust had the elements.

    Args:
        call: What to run.
        address: Where Python has the elements; None if they are what the call returns.
    """
    results: list[tuple[object, int]] = []
    start = perf_counter()
    growth = peak_growth(lambda: results.append(call()))
    seconds = perf_counter() - start
    result, rust = results.pop()
    return Proof(rust == (address_of(result) if address is None else address), growth, seconds)


def proofs(size: int = GIGABYTE) -> dict[str, Proof]:
    """Prove each way with so many bytes, one after the other."""
    count = size // 8
    # Filled, as memory that nobody wrote to yet does not count as resident.
    samples = np.full(count, 0.5)
    arrow = pa.array(samples)
    image = np.full(size, 7, dtype=np.uint8).tobytes()
    own, in_arrow, in_bytes = address_of(samples), arrow.buffers()[1].address, address_of(image)
    calls: dict[str, tuple[Callable[[], tuple[object, int]], int | None]] = {
        "PyReadonlyArray1, borrowed": (lambda: proving.loudest_borrowed(samples), own),
        "PyReadonlyArray1, copied inside": (lambda: proving.loudest_of_hidden_copy(samples), own),
        "PyReadwriteArray1, in place": (lambda: proving.scale(samples, 0.5), own),
        "NumPy, samples *= 0.5": (lambda: (np.multiply(samples, 0.5, out=samples), own), own),
        "NumPy, samples * 0.5": (lambda: with_address(samples * 0.5), own),
        "Arrow array, borrowed": (lambda: proving.loudest_of_arrow(arrow), in_arrow),
        "&[u8] of bytes, borrowed": (lambda: proving.brightest(image), in_bytes),
        "Vec<f64> of the array": (lambda: proving.loudest_of_vec(samples), own),
        "Vec<u8> of bytes": (lambda: proving.brightest_of_vec(image), in_bytes),
        "Vec returned by into_pyarray": (lambda: proving.tone_moved(count), None),
        "Vec returned by to_pyarray": (lambda: proving.tone_copied(count), None),
    }
    return {name: prove(call, address) for name, (call, address) in calls.items()}


def with_address(result: object) -> tuple[object, int]:
    """Return a result, and where its elements lie."""
    return result, address_of(result)


def main() -> int:
    """Print a row for each way and return the exit code."""
    if proving.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    print(f"{GIGABYTE:,} bytes{'':<19}{'same address':>14}{'peak grows by':>18}{'time':>10}")
    for name, proof in proofs().items():
        same = "yes" if proof.same_address else "no"
        print(f"{name:<32}{same:>14}{proof.growth / 1e6:>15,.1f} MB{proof.seconds:>8.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
