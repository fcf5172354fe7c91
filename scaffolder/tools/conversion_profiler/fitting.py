"""A straight line through times: a fixed cost per call, and one per element."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.runtime.timing import Profile

    Point = tuple[int, float]

# Sizes that a line needs to be more than a guess, and how far a time may be from a line that describes it.
LEAST, TOLERANCE = 3, 0.25


@dataclass(frozen=True)
class Fit:
    """A line through times.

    Attributes:
        fixed: The seconds of a call without elements.
        slope: The seconds of an element.
        worst: How far the farthest time is from the line, as a part of the time.
        where: The size of that time.
        exponent: The power of the size that the time grows with at the end.
    """

    fixed: float
    slope: float
    worst: float
    where: int
    exponent: float

    @property
    def is_good(self) -> bool:
        """Whether the line describes the times."""
        return self.worst <= TOLERANCE


def fit_line(points: Sequence[Point]) -> Fit | None:
    """Return the line with the least relative errors, without negative costs; nothing for too few sizes."""
    if len(points) < LEAST:
        return None
    weights = [1 / time**2 for _, time in points]
    whole = sum(weights)
    # From the middle on, so that sizes which are close to one another differ enough.
    middle = sum(weight * size for weight, (size, _) in zip(weights, points, strict=True)) / whole
    mean = sum(weight * time for weight, (_, time) in zip(weights, points, strict=True)) / whole
    spread = sum(weight * (size - middle) ** 2 for weight, (size, _) in zip(weights, points, strict=True))
    rise = sum(weight * (size - middle) * (time - mean) for weight, (size, time) in zip(weights, points, strict=True))
    slope = rise / spread
    fixed = mean - slope * middle
    if slope < 0:
        slope, fixed = 0.0, mean
    elif fixed < 0:
        square = sum(weight * size**2 for weight, (size, _) in zip(weights, points, strict=True))
        product = sum(weight * size * time for weight, (size, time) in zip(weights, points, strict=True))
        slope, fixed = product / square, 0.0
    errors = [(abs(fixed + slope * size - time) / time, size) for size, time in points]
    worst, where = max(errors)
    (size, time), (last_size, last_time) = points[-2:]
    exponent = math.log(last_time / time) / math.log(last_size / size)
    return Fit(fixed, slope, worst, where, exponent)


def fit_call(profile: Profile, index: int) -> Fit | None:
    """Return the line through the times of a call."""
    return fit_line([(step.n, run.best) for step in profile.steps if (run := step.runs[index])])
