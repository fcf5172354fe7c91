"""What to measure, and what was measured."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from scaffolder.machine.children import ChildError
    from scaffolder.machine.processors import Processors
    from scaffolder.runtime.calls import Target

    # All the input in one call by one thread; the same, with threads of its own; chunks in threads; in processes.
    Kind = Literal["alone", "inside", "threads", "processes"]

# The part of its time that a thread may wait for a processor in a round that counts as quiet, and how many of those
# say something.
QUIET, LEAST = 0.05, 5
# Processors that others may keep busy before it matters whether threads wait, and where the system does not say that.
IDLE, BUSY = 0.1, 0.25
# How many chunks a thread gets, so that one that is slower holds nobody up.
SHARES = 4


@dataclass(frozen=True)
class Setup:
    """What to measure.

    Attributes:
        target: The function.
        kind: How its threads come about.
        expressions: The call, and what it is compared with.
        makes: The inputs, in the order in which they are made.
        libraries: The modules that expressions name, by alias.
        sizes: The sizes in ascending order.
        counts: The numbers of threads in ascending order, from 1 on.
        chunks: The sizes of chunks; none for the usual ones.
        splits: The inputs that are split for threads and processes.
        join: What makes one result of `parts`.
        variable: The environment variable that says how many threads the function uses.
        has_chunks: Whether the work is in chunks.
        with_processes: Whether to compare with processes.
        seconds: How long to measure each way with each size.
        may_omit: Whether large sizes may be left out.
    """

    target: Target
    kind: Kind
    expressions: tuple[str, ...]
    makes: dict[str, str]
    libraries: dict[str, str]
    sizes: tuple[int, ...]
    counts: tuple[int, ...]
    chunks: tuple[int, ...]
    splits: tuple[str, ...]
    join: str | None
    variable: str | None
    has_chunks: bool
    with_processes: bool
    seconds: float
    may_omit: bool

    @property
    def details(self) -> dict[str, Any]:
        """What the child needs beside the function."""
        names = {"expressions": list(self.expressions), "makes": self.makes, "libraries": self.libraries}
        return {**names, "splits": list(self.splits), "join": self.join}


@dataclass(frozen=True)
class Way:
    """A way to make a call.

    Attributes:
        kind: How.
        count: By how many threads or processes.
        chunk: How many elements are a chunk.
        index: Which expression.
    """

    kind: Kind
    count: int = 1
    chunk: int = 1
    index: int = 0


@dataclass(frozen=True)
class Round:
    """A round of calls.

    Attributes:
        seconds: The seconds of a call.
        elapsed: The seconds of the round.
        used: The seconds of processors that it used.
        others: Those that other processes used; none if the system does not say.
        delayed: The seconds that its threads waited for a processor; none if the system does not say.
    """

    seconds: float
    elapsed: float
    used: float
    others: float | None
    delayed: float | None

    def is_quiet(self, count: int) -> bool:
        """Whether threads got a processor when they were ready to run."""
        # Own threads may wait for each other, too, so that is only a sign where others were busy.
        if self.delayed is not None and self.others is not None and self.others > IDLE * self.elapsed:
            return self.delayed <= QUIET * self.elapsed * count
        return (self.others or 0.0) <= BUSY * self.elapsed


@dataclass
class Track:
    """The rounds of a way.

    Attributes:
        way: The way.
        verdict: How equal its results are to those of one thread.
        guess: The seconds of a call when it was tried.
        rounds: The rounds.
        joined: How equal its parts, if they are joined, are to the result of all of the input.
    """

    way: Way
    verdict: str
    guess: float
    rounds: list[Round] = field(default_factory=list)
    joined: str | None = None

    @property
    def times(self) -> list[float]:
        """The seconds of a call in each round."""
        return [turn.seconds for turn in self.rounds]

    @property
    def quiet(self) -> list[float]:
        """The seconds of a call in rounds that nothing disturbed."""
        # Workers are processes of their own, whose waiting is not seen.
        is_seen = self.way.kind != "processes"
        return [turn.seconds for turn in self.rounds if not is_seen or turn.is_quiet(self.way.count)]

    @property
    def is_disturbed(self) -> bool:
        """Whether too few rounds were quiet."""
        return len(self.quiet) < min(LEAST, len(self.rounds))

    @property
    def best(self) -> float:
        """The shortest time."""
        return min(self.times)

    @property
    def median(self) -> float:
        """The usual time of quiet rounds, or of all if there are too few."""
        return statistics.median(self.times if self.is_disturbed else self.quiet)

    @property
    def processors(self) -> float:
        """How many processors it kept busy, not counting others."""
        return sum(turn.used for turn in self.rounds) / sum(turn.elapsed for turn in self.rounds)

    @property
    def others(self) -> float | None:
        """How many processors other processes kept busy meanwhile."""
        if any(turn.others is None for turn in self.rounds) or self.way.kind == "processes":
            return None
        return max(0.0, sum(turn.others or 0.0 for turn in self.rounds) / sum(turn.elapsed for turn in self.rounds))


@dataclass
class Stage:
    """All ways with one size.

    Attributes:
        n: The size.
        length: How many elements are split, or `n`.
        payload: The bytes of the input; none if they are not known.
        tracks: What was measured.
        errors: What ways raised.
        pickling: The seconds and bytes of pickling chunks and results, both ways; none without processes.
    """

    n: int
    length: int
    payload: int | None
    tracks: list[Track] = field(default_factory=list)
    errors: dict[Way, str] = field(default_factory=dict)
    pickling: tuple[float, int] | None = None

    def find(self, kind: Kind, count: int = 1, index: int = 0) -> Track | None:
        """Return what was measured of a way."""
        ways = ((track.way, track) for track in self.tracks)
        return next((track for way, track in ways if (way.kind, way.count, way.index) == (kind, count, index)), None)

    def curve(self, kind: Kind, most: int = 10**9) -> dict[int, Track]:
        """Return the tracks of up to some threads, by their number."""
        return {
            track.way.count: track
            for track in self.tracks
            if track.way.kind == kind and track.way.index == 0 and track.way.count <= most
        }


@dataclass
class Scaling:
    """All that was measured.

    Attributes:
        setup: What was to be.
        before: The processors at the start.
        after: The processors at the end.
        python: The Python's version.
        has_gil: Whether it has a GIL.
        debug: The extensions that are debug builds.
        types: The types of the inputs.
        changed: The inputs that a call changes or uses up.
        stages: What was measured by size.
        sweep: What was measured by the size of chunks, with the largest size.
        omitted: The sizes that were left out.
        starting: The seconds that starting the processes took.
        breakdown: What ended the process: what was done, and how it ended.
    """

    setup: Setup
    before: Processors
    after: Processors
    python: str = ""
    has_gil: bool = True
    debug: tuple[str, ...] = ()
    types: dict[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    stages: list[Stage] = field(default_factory=list)
    sweep: Stage | None = None
    omitted: tuple[int, ...] = ()
    starting: float | None = None
    breakdown: tuple[str, ChildError] | None = None

    @property
    def peak(self) -> int:
        """The largest number of threads that have a processor each."""
        return max(count for count in self.setup.counts if count <= max(self.before.usable, 1))


def usual_chunk(length: int, count: int, shares: int = SHARES) -> int:
    """Return the size of chunks of which each thread gets some."""
    return max(1, math.ceil(length / (count * shares)))
