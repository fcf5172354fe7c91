"""How many times as fast more threads are, and what Amdahl's law says, each with an interval or the reason for none."""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scaffolder.runtime.scaling import LEAST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaffolder.runtime.scaling import Track

    Doubt = Literal["disturbed", "few", "noisy"]
    Flaw = Literal["disturbed", "few", "noisy", "one-count", "slower", "too-fast", "misfit"]

# How often rounds are drawn again, and the part of the results that an interval leaves out on each side.
DRAWS, OUTSIDE = 400, 0.025
# How wide an interval of a ratio may be, and one of a part.
WIDE, VAGUE = 1.3, 0.25
# By which part a ratio has to differ from 1, and a time from the law.
CLEAR, TOLERANCE = 0.05, 0.1


@dataclass(frozen=True)
class SpeedUp:
    """How many times as long one way takes as another.

    Attributes:
        value: By what three quarters of the rounds exceed, which what disturbs them does not change.
        low: The lower end of the interval that holds 95 % of the results of drawing rounds again.
        high: The upper end.
        doubt: Why it is not to be given.
    """

    value: float
    low: float
    high: float
    doubt: Doubt | None

    @property
    def is_faster(self) -> bool:
        """Whether the second way is faster."""
        return not self.doubt and self.low > 1 + CLEAR

    @property
    def is_slower(self) -> bool:
        """Whether the second way is slower."""
        return not self.doubt and self.high < 1 - CLEAR


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
    def limit(self) -> float | None:
        """How many times as fast any number of threads would be; none if the interval has no end."""
        return 1 / self.serial if self.low > 0.01 else None


def quarter(times: Sequence[float]) -> float:
    """Return the time that three quarters of the rounds exceed."""
    return statistics.quantiles(times, n=4, method="inclusive")[0] if len(times) > 1 else times[0]


def draw(times: Sequence[float], chance: random.Random) -> float:
    """Return what as many rounds say, drawn again."""
    return quarter(chance.choices(times, k=len(times)))


def ends(values: list[float]) -> tuple[float, float]:
    """Return where an interval begins and ends."""
    values.sort()
    return values[int(len(values) * OUTSIDE)], values[int(len(values) * (1 - OUTSIDE))]


def speed_up(base: Track, other: Track) -> SpeedUp:
    """Return how many times as fast another way is."""
    doubt = doubt_of([base, other])
    left, right = used_times(base), used_times(other)
    value = quarter(left) / quarter(right)
    chance = random.Random(0)  # noqa: S311  (the same answer for the same times)
    low, high = ends([draw(left, chance) / draw(right, chance) for _ in range(DRAWS)])
    low, high = min(low, value), max(high, value)
    if doubt is None and high / low > WIDE:
        doubt = "noisy"
    return SpeedUp(value, low, high, doubt)


def used_times(track: Track) -> list[float]:
    """Return the times that count: those of quiet rounds."""
    return track.times if track.is_disturbed else track.quiet


def doubt_of(tracks: Sequence[Track]) -> Doubt | None:
    """Return why times say nothing, before they are looked at."""
    if any(len(part.rounds) < LEAST for part in tracks):
        return "few"
    return "disturbed" if any(part.is_disturbed for part in tracks) else None


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
    law = Law(share, max(0.0, low), min(1.0, high), len(curve), worst)
    return Law(law.serial, law.low, law.high, law.points, law.worst, flaw_of(low, high, worst))


def flaw_of(low: float, high: float, worst: float) -> Flaw | None:
    """Return why a fit means nothing."""
    if low > 1:
        return "slower"
    if high < 0:
        return "too-fast"
    if high - low > VAGUE:
        return "noisy"
    return "misfit" if worst > TOLERANCE else None
