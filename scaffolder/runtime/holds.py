"""What was seen while a call ran, and for how long others were kept waiting."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from scaffolder.runtime.child.beats import SWITCH

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.machine.children import ChildError

    Activity = Literal["computes", "waits", "waits for own threads", "unknown"]
    Verdict = Literal["holds", "lets others in", "detaches", "short", "unclear"]

# A thread that asked for the GIL and stopped at most so often got it as soon as the other one saw that; the rest of
# its time it waited for a processor.
ASKED = 3
# The part of a time from which a thread counts as busy in it, and up to which a call counts as detached.
BUSY, DETACHED = 0.5, 0.1
# The part of a time from which other threads of the process did something in it; they may lack a processor.
SOME = 0.1
# The part of a call from which a hold is all of it.
ALL = 0.95
# A time from the limit up to so many limits is close: it has to be over the limit in most rounds, this part of them.
CLOSE, MOST = 2.0, 0.75
# The part of many calls one after another in which others have to wait at a time if no call lets them in.
UNBROKEN = 0.25
# Seconds for each object that a call gets or returns that are work with objects, and how much slower work that makes
# objects becomes when each piece of memory is traced.
PER_OBJECT, TRACED = 1e-6, 1.4


class Place(NamedTuple):
    """Where a thread was.

    Attributes:
        file: The file.
        line: The line.
        code: The call that was over; empty if it is not known.
    """

    file: str
    line: int
    code: str


@dataclass(frozen=True)
class Beat:
    """A time that another thread wanted the GIL, in seconds from the start.

    Attributes:
        due: When it wanted it.
        got: When it had it.
        cpu: How long the thread that is measured used a processor since the beat before; negative if that is not known.
        delay: How long that thread had to wait for a processor since then.
        total: How long all threads used a processor since then.
        stops: How often it stopped to wait for something; none if the system does not say.
        place: Where the thread was, if it took long and that is known.
        threads: How many threads there were.
    """

    due: float
    got: float
    cpu: float
    delay: float
    total: float
    stops: int | None
    place: Place | None
    threads: int

    @classmethod
    def read(cls, values: list[Any], noise: float) -> Self:
        """Read one from JSON; `noise` is for how long one waits for a processor, where that can't be told."""
        due, got, cpu, delay, total, stops, place, threads = values
        if stops is None and got - due <= noise:
            stops = 0
        return cls(due, got, cpu, delay, total, stops, Place(*place) if place else None, threads)

    @property
    def is_blocked(self) -> bool:
        """Whether it had to wait for the GIL: a thread that only waits for a processor does not stop."""
        return self.stops is None or self.stops > 0

    def is_known(self, seconds: float) -> bool:
        """Return whether it says something about a time: if it got no processor before its end, it does not."""
        return self.is_blocked or self.got < seconds

    def wait(self, seconds: float) -> float:
        """Return for how long it waited for the GIL, within a time from the start."""
        return max(0.0, min(self.got, seconds) - max(self.due, 0.0)) if self.is_blocked else 0.0

    def hold(self, seconds: float) -> float:
        """Return for how long the GIL was held meanwhile, without the time in which the holder had no processor."""
        wait = self.wait(seconds)
        held = min(wait, max(self.cpu, wait - self.delay))
        if self.stops is not None and self.stops <= ASKED:
            return min(held, (self.stops + 1) * SWITCH)
        return held


@dataclass(frozen=True)
class Round:
    """A call, or some calls without a pause, and what the other thread saw meanwhile.

    Attributes:
        seconds: How long that took.
        beats: What the other thread saw.
        delay: For how long the thread that calls had no processor.
    """

    seconds: float
    beats: tuple[Beat, ...]
    delay: float = math.inf

    @cached_property
    def longest(self) -> Beat | None:
        """The beat with the longest hold."""
        return max(self.beats, key=lambda beat: beat.hold(self.seconds), default=None)

    @property
    def hold(self) -> float:
        """The longest time that the GIL was held."""
        return self.longest.hold(self.seconds) if self.longest else 0.0

    @cached_property
    def parts(self) -> list[tuple[Beat, float]]:
        """Each beat, and the seconds from the one before in which the thread had a processor, or waited itself."""
        spans, before = [], 0.0
        for beat in self.beats:
            spans.append(max(0.0, min(beat.got, self.seconds) - before))
            before = max(before, min(beat.got, self.seconds))
        parts, delay = [], 0.0
        for beat, span in zip(reversed(self.beats), reversed(spans), strict=True):
            # The system says how long a thread had to wait when that is over, which may be some beats later.
            delay += beat.delay
            own = max(span - delay, min(span, beat.cpu), beat.hold(self.seconds), 0.0)
            delay -= span - own
            parts.append((beat, own))
        return parts[::-1]

    @property
    def own(self) -> float:
        """The seconds without those in which the thread had no processor."""
        rest = self.seconds - max((beat.got for beat in self.beats), default=0.0)
        # The first and the last beat may have seen delays before and after that time.
        return max(max(0.0, rest) + sum(own for _, own in self.parts), self.seconds - self.delay)

    @property
    def is_known(self) -> bool:
        """Whether another thread tried to take the GIL."""
        return any(beat.is_known(self.seconds) for beat in self.beats)

    @property
    def share(self) -> float | None:
        """The part of the time in which the GIL was held; none if nobody tried to take it."""
        # What a beat slept through was as what it woke up to.
        known = [(beat.is_blocked, own) for beat, own in self.parts if beat.is_known(self.seconds)]
        total = sum(own for _, own in known)
        return sum(own for is_blocked, own in known if is_blocked) / total if total else None

    @property
    def part_blocked(self) -> float | None:
        """The part of the beats that had to wait."""
        known = [beat.is_blocked for beat in self.beats if beat.is_known(self.seconds)]
        return sum(known) / len(known) if known else None


@dataclass(frozen=True)
class Work:
    """How much of a call is work with Python objects.

    Attributes:
        inputs: The objects in its inputs.
        results: Those in its result, or pieces of Python's memory that are in use after it.
        callbacks: The Python functions that it calls.
        plain: The processor time of a call.
        traced: The same while each piece of Python's memory is traced.
    """

    inputs: int
    results: int
    callbacks: int
    plain: float
    traced: float

    @property
    def objects(self) -> int:
        """The objects in inputs and result."""
        return self.inputs + self.results

    @property
    def makes_objects(self) -> bool:
        """Whether much of the time is spent on memory for objects."""
        return self.traced > TRACED * self.plain

    def explains(self, hold: float) -> bool:
        """Return whether a time is one in which these objects can be read and made."""
        return self.makes_objects or self.objects * PER_OBJECT > hold


@dataclass
class Hold:
    """All that was seen of a call.

    Attributes:
        expression: The call.
        number: How many calls are a round.
        once: The seconds of one call.
        rounds: All rounds.
        limit: How many seconds others may wait.
        work: What it does with objects; none if that is not known.
    """

    expression: str
    number: int
    once: float
    rounds: list[Round]
    limit: float
    work: Work | None = None

    @cached_property
    def typical(self) -> Round:
        """The round whose longest hold is the usual one."""
        rounds = sorted(self.known_rounds, key=lambda part: part.hold)
        # Where a wait for a processor may be taken for one for the GIL, the round counts that has the fewest.
        is_blind = any(beat.stops is None for part in rounds for beat in part.beats)
        return rounds[0 if is_blind else len(rounds) // 2]

    @cached_property
    def known_rounds(self) -> list[Round]:
        """The rounds in which another thread tried to take the GIL."""
        return [part for part in self.rounds if part.is_known] or self.rounds

    @property
    def never_lets_go(self) -> bool:
        """Whether many calls one after another never let others in."""
        return self.number > 1 and self.typical.hold > UNBROKEN * self.typical.own

    @property
    def hold(self) -> float:
        """The longest time that a call holds the GIL, at most the time of a call."""
        if self.number > 1:
            return self.seconds if self.never_lets_go else min(self.seconds, self.typical.hold)
        return self.typical.hold

    @property
    def seconds(self) -> float:
        """The seconds of a call, without those in which it had no processor."""
        return max(self.typical.hold, min(part.own for part in self.known_rounds)) / self.number

    @property
    def share(self) -> float | None:
        """The part of a call in which it holds the GIL; none if that is not known."""
        if self.never_lets_go:
            return 1.0
        parts = [part.part_blocked if self.number > 1 else part.share for part in self.rounds]
        known = [part for part in parts if part is not None]
        return statistics.median(known) if known else None

    @property
    def is_mostly_detached(self) -> bool:
        """Whether even the longest time that it holds the GIL is a small part of a call in which others mostly run."""
        return self.hold < DETACHED * self.seconds and (self.share or 0.0) < BUSY

    @property
    def activity(self) -> Activity:
        """What the thread does that holds the GIL for the longest time."""
        beat = self.typical.longest
        return activity_of(beat, self.typical.hold) if beat else "unknown"

    @property
    def place(self) -> Place | None:
        """Where in Python code the GIL is held for the longest time, if that is in any."""
        return self.typical.longest.place if self.typical.longest else None

    @property
    def is_all_held(self) -> bool:
        """Whether the longest time that it holds the GIL is all of a call."""
        return self.hold >= ALL * self.seconds

    @property
    def lets_others_in(self) -> bool:
        """Whether others get in while it is attached: not if the longest time is most of that."""
        return self.hold < BUSY * (self.share or 0.0) * self.seconds

    @property
    def is_close(self) -> bool:
        """Whether the longest time that it holds the GIL is over the limit, but not by much and not in most rounds."""
        over = [part.hold >= self.limit for part in self.known_rounds]
        return self.limit <= self.hold < CLOSE * self.limit and self.number == 1 and sum(over) < MOST * len(over)

    @property
    def verdict(self) -> Verdict:
        """What a call does to others."""
        share = self.share
        if share is None:
            return "short" if self.seconds < self.limit else "unclear"
        if self.hold >= self.limit:
            return "unclear" if self.is_close else "holds"
        if self.never_lets_go:
            return "short"
        if share <= DETACHED:
            return "detaches"
        return "lets others in" if self.lets_others_in else "short"


@dataclass
class Profile:
    """All that was measured.

    Attributes:
        python: The Python's version.
        size: The size of inputs.
        limit: How many seconds others may wait.
        has_gil: Whether that Python has a GIL.
        is_exact: Whether the system tells waiting for the GIL from waiting for a processor.
        debug: The extensions that are debug builds.
        holds: What was seen of each call.
        controls: What was seen of calls that are known.
        errors: The calls that failed, and how.
        fresh: The calls that got new inputs each time.
        others: How many processors other processes kept busy; none if the system does not say.
    """

    python: str
    size: int
    limit: float
    has_gil: bool
    is_exact: bool
    debug: tuple[str, ...]
    holds: list[Hold] = field(default_factory=list)
    controls: list[Hold] = field(default_factory=list)
    errors: dict[str, ChildError | str] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    others: float | None = None


@dataclass(frozen=True)
class ScriptRun:
    """All that was seen of a script.

    Attributes:
        script: The script.
        seconds: How long it ran.
        count: How often others wanted the GIL.
        code: What it gave to `sys.exit`, if that is a failure.
        beats: When others had to wait for long.
    """

    script: Path
    seconds: float
    count: int
    code: str | None
    beats: tuple[Beat, ...]

    @cached_property
    def spots(self) -> list[Spot]:
        """Where the GIL was held for long, the place first that held it the longest in all."""
        groups: dict[Place | None, list[Beat]] = {}
        for beat in self.beats:
            groups.setdefault(beat.place, []).append(beat)
        spots = [Spot(place, tuple(beats), self.seconds) for place, beats in groups.items()]
        return sorted(spots, key=lambda spot: spot.total, reverse=True)


@dataclass(frozen=True)
class Spot:
    """A place that held the GIL for long.

    Attributes:
        place: Where; none if that is not known.
        beats: When others had to wait for it.
        seconds: How long the script ran.
    """

    place: Place | None
    beats: tuple[Beat, ...]
    seconds: float

    @property
    def longest(self) -> float:
        """The longest time."""
        return max(beat.hold(self.seconds) for beat in self.beats)

    @property
    def total(self) -> float:
        """All of its times."""
        return sum(beat.hold(self.seconds) for beat in self.beats)

    @property
    def activity(self) -> Activity:
        """What its thread did in the longest of them."""
        beat = max(self.beats, key=lambda beat: beat.hold(self.seconds))
        return activity_of(beat, beat.hold(self.seconds))


def activity_of(beat: Beat, hold: float) -> Activity:
    """Return what the thread did that held the GIL."""
    if beat.cpu < 0:
        return "unknown"
    if beat.cpu >= BUSY * hold:
        return "computes"
    return "waits for own threads" if beat.total - beat.cpu >= SOME * hold else "waits"
