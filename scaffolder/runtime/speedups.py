"""How many times as fast one way to make a call is as another, with an interval or the reason for none."""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scaffolder.runtime.scaling import LEAST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.runtime.scaling import Track

    Doubt = Literal["disturbed", "few", "noisy"]

# How often rounds are drawn again, and the part of the results that an interval leaves out on each side.
DRAWS, OUTSIDE = 400, 0.025
# How wide an interval may be, and by which part a ratio has to differ from 1.
WIDE, CLEAR = 1.3, 0.05


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
        """Whether the second way is faster, if only nobody knows how much."""
        return self.doubt in {None, "noisy"} and self.low > 1 + CLEAR

    @property
    def is_slower(self) -> bool:
        """Whether the second way is slower, if only nobody knows how much."""
        return self.doubt in {None, "noisy"} and self.high < 1 - CLEAR


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
