"""The Python code that the Rust code replaces; the tests and benchmarks compare them."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from array import array


def peak(samples: array[int]) -> int:
    """Return the largest distance of a sample from 0."""
    return max(map(abs, samples), default=0)


def rms(samples: array[int]) -> float:
    """Return the root mean square."""
    return sqrt(sum(sample * sample for sample in samples) / max(1, len(samples)))


def amplify(samples: array[int], factor: float) -> int:
    """Multiply samples in place, and return how many were clipped."""
    clipped = 0
    for position, sample in enumerate(samples):
        product = sample * factor
        wanted = int(product + 0.5) if product >= 0 else -int(-product + 0.5)
        samples[position] = max(-32768, min(32767, wanted))
        clipped += samples[position] != wanted
    return clipped
