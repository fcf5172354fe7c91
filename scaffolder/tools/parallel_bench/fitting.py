"""Amdahl's law for a curve, with an interval or the reason for none."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scaffolder.runtime.speedups import DRAWS, doubt_of, draw, ends, quarter, used_times

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.runtime.scaling import Track

    Flaw = Literal["disturbed", "few", "noisy", "one-count", "slower", "too-fast", "misfit"]

# How wide an interval may be, and by which part a time may differ from the law.
VAGUE, TOLERANCE = 0.25, 0.1


@dataclass(frozen=True)
class Law:
    """Amdahl's law: a part of the time of one thread that more threads do not shorten.

    Attributes:
        serial: That part.
        low: The lower end of its interval.
        high: The upper end.
        points: How many numbers of threads it is from.
        worst: By which part the farthest time differs from the law.
        flaw: Why it means nothing.
    """

    serial: float = 0.0
    low: float = 0.0
    high: float = 1.0
    points: int = 0
    worst: float = 0.0
    flaw: Flaw | None = None

    @property
    def limits(self) -> tuple[float, float | None]:
        """How many times as fast any number of threads would be, from and to; none if there is no end."""
        return 1 / max(self.high, 0.01), 1 / self.low if self.low > 0.01 else None


def serial_part(times: Mapping[int, float]) -> float:
    """Return the part of the time of one thread that is not shared out, by the line through times over 1/threads."""
    points = [(1 / count, time / times[1]) for count, time in times.items()]
    # Relative errors are alike, so that a short time counts as much as a long one.
    weights = [1 / time**2 for _, time in points]
    whole = sum(weights)
    middle = sum(weight * x for weight, (x, _) in zip(weights, points, strict=True)) / whole
    mean = sum(weight * y for weight, (_, y) in zip(weights, points, strict=True)) / whole
    spread = sum(weight * (x - middle) ** 2 for weight, (x, _) in zip(weights, points, strict=True))
    slope = sum(weight * (x - middle) * (y - mean) for weight, (x, y) in zip(weights, points, strict=True)) / spread
    fixed = mean - slope * middle
    return fixed / (fixed + slope)


def fit(curve: Mapping[int, Track]) -> Law:
    """Return Amdahl's law for the times of some numbers of threads that have a processor each."""
    if len(curve) < 2 or 1 not in curve:
        return Law(flaw="one-count")
    if doubt := doubt_of(list(curve.values())):
        return Law(points=len(curve), flaw=doubt)
    lists = {count: used_times(track) for count, track in curve.items()}
    times = {count: quarter(values) for count, values in lists.items()}
    serial = serial_part(times)
    chance = random.Random(0)  # noqa: S311  (the same answer for the same times)
    draws = [serial_part({count: draw(values, chance) for count, values in lists.items()}) for _ in range(DRAWS)]
    low, high = ends(draws)
    low, high = min(low, serial), max(high, serial)
    share = min(1.0, max(0.0, serial))
    worst = max(abs(times[1] * (share + (1 - share) / count) / time - 1) for count, time in times.items())
    flaw = flaw_of(low, high, worst)
    return Law(share, min(1.0, max(0.0, low)), max(0.0, min(1.0, high)), len(curve), worst, flaw)


def flaw_of(low: float, high: float, worst: float) -> Flaw | None:
    """Return why a fit means nothing."""
    if low > 1 + TOLERANCE:
        return "slower"
    if high < 0:
        return "too-fast"
    if high - low > VAGUE:
        return "noisy"
    return "misfit" if worst > TOLERANCE else None
