"""Let child processes make calls in many ways, in rounds that take turns, whatever becomes of them."""

from __future__ import annotations

import math
import time
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scaffolder import runtime
from scaffolder.errors import UsageError
from scaffolder.folders import temporary_folder
from scaffolder.machine.children import ChildError
from scaffolder.machine.processors import read_processors
from scaffolder.runtime.calls import Runner, refuse_unknown, refuse_unmade
from scaffolder.runtime.scaling import LEAST, Round, Scaling, Stage, Track, Way, usual_chunk
from scaffolder.runtime.timing import LONGEST, exceeds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scaffolder.runtime.scaling import Setup
    from scaffolder.runtime.timing import Show

SESSION = Path(runtime.__file__).parent / "child/parallel.py"
# Seconds of a round, so long that threads meet.
ROUND = 0.03
# Bytes of input from which one of the usual sizes is left out.
HEAVIEST = 200_000_000
# By how many times measuring may take longer to get quiet rounds, and how many rounds are enough.
PATIENCE, ENOUGH = 3, 9
# How many chunks a thread gets in the sweep, if no sizes are given.
SHARES = (1, 4, 16, 64, 256)


class Crew:
    """The child processes: one, or one for each number of threads where a variable says it."""

    def __init__(self, setup: Setup, python: Path, timeout: float, peak: int) -> None:
        self.setup, self.peak, self._stack = setup, peak, ExitStack()
        counts = setup.counts if setup.variable else (1,)
        self.runners = {
            count: Runner(setup.target, python, timeout, SESSION, setup.details, variables_of(setup.variable, count))
            for count in counts
        }
        self.keys: set[str] = set()

    def __enter__(self) -> Self:
        """Import the function in each."""
        self.folder = self._stack.enter_context(temporary_folder())
        for runner in self.runners.values():
            try:
                self._stack.enter_context(runner)
            except BaseException:
                self._stack.close()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        """End them all."""
        self._stack.close()

    def runner(self, way: Way) -> Runner:
        """Return the process for a way; what the function is compared with may use all processors."""
        if not self.setup.variable:
            return self.runners[1]
        return self.runners[self.peak if way.kind == "alone" else 1 if way.kind == "processes" else way.count]

    def attempt(self, way: Way, stage: Stage) -> Track | None:
        """Try a way, and return where its rounds go; nothing if it raises an exception."""
        is_whole = way.kind in {"alone", "inside"}
        key, whole = f"{stage.n}" if is_whole else f"{stage.n}-{way.chunk}", None if is_whole else f"{stage.n}"
        file = str(self.folder / key) if self.setup.variable and is_whole else ""
        answer = self.runner(way).ask(
            "attempt", way=asdict(way), key=key, whole=whole, file=file, is_first=key not in self.keys
        )
        self.keys.add(key)
        if "error" in answer:
            option, expression = "--reference" if way.index else "--call", self.setup.expressions[way.index]
            refuse_unknown(option, expression, self.setup.makes, answer["unknown"])
            stage.errors[way] = answer["error"]
            return None
        return Track(way, answer["verdict"], answer["seconds"], joined=answer["joined"])


def variables_of(name: str | None, count: int) -> dict[str, str]:
    """Return the variable that sets the number of threads."""
    return {name: str(count)} if name else {}


def bench(setup: Setup, python: Path, timeout: float, show: Show) -> Scaling:
    """Measure all ways with all sizes, and then the sizes of chunks with the largest.

    Raises:
        UsageError: There is no such module, function, library or name, or an input can't be made or split.
        ScaffolderError: The module can't be imported.
    """
    processors = read_processors()
    scaling = Scaling(setup, processors, processors)
    with Crew(setup, python, timeout, scaling.peak) as crew:
        versions = next(iter(crew.runners.values())).versions
        scaling.python, scaling.has_gil = versions["python"], versions["has_gil"]
        scaling.debug = tuple(versions["debug"])
        try:
            measure_sizes(crew, scaling, show)
            if scaling.stages and setup.has_chunks:
                measure_chunks(crew, scaling, show)
        except ChildError as error:
            text = f"`{setup.expressions[0]}`" if len(setup.expressions) == 1 else "one of the calls"
            scaling.breakdown = (text, error)
            for stage in scaling.stages:
                stage.tracks = [track for track in stage.tracks if track.rounds]
    scaling.after = read_processors()
    return scaling


def measure_sizes(crew: Crew, scaling: Scaling, show: Show) -> None:
    """Measure all ways with each size."""
    for n in scaling.setup.sizes:
        if scaling.setup.may_omit and is_omitted(scaling, n):
            scaling.omitted = (*scaling.omitted, n)
            continue
        with show(f"Trying with n = {n:,}"):
            stage = prepare(crew, scaling, n)
            stage.tracks = [track for way in ways(scaling, stage) if (track := crew.attempt(way, stage))]
            weigh_pickling(crew, scaling, stage)
        scaling.stages.append(stage)
        with show(f"Measuring {len(stage.tracks)} ways with n = {n:,}"):
            run_rounds(crew, stage.tracks, scaling.setup.seconds)


def is_omitted(scaling: Scaling, n: int) -> bool:
    """Return whether measuring a size would take long, by what the size before took."""
    if not scaling.stages:
        return False
    stage = scaling.stages[-1]
    return exceeds(n / stage.n, stage.payload, [track.guess for track in stage.tracks], HEAVIEST)


def prepare(crew: Crew, scaling: Scaling, n: int) -> Stage:
    """Make the inputs of a size in all processes."""
    setup = scaling.setup
    answer: dict[str, Any] = {}
    for runner in crew.runners.values():
        answer = runner.ask("prepare", n=n)
        refuse_unmade(answer, setup.makes, n)
        if "unsplit" in answer:
            hint = "name what can be sliced: `--split NAME`; or pass the number of threads to the call as `t`"
            raise UsageError(f"`{answer['unsplit']}` can't be split into chunks: {answer['text']}", hint)
    scaling.types, scaling.changed = answer["types"], tuple(answer["changed"])
    return Stage(n, answer["length"] or n, answer["payload"])


def ways(scaling: Scaling, stage: Stage) -> Iterator[Way]:
    """Yield all ways to make the call; one thread comes first."""
    setup = scaling.setup
    chunk = setup.chunks[0] if len(setup.chunks) == 1 else usual_chunk(stage.length, scaling.peak)
    if setup.kind == "threads":
        yield Way("alone")
    yield from (Way(setup.kind, count, chunk) for count in setup.counts)
    if setup.with_processes:
        yield Way("processes", scaling.peak, chunk)
    yield from (Way("alone", 1, chunk, index) for index in range(1, len(setup.expressions)))


def weigh_pickling(crew: Crew, scaling: Scaling, stage: Stage) -> None:
    """Measure what is a part of calling processes, and of nothing else."""
    track = stage.find("processes", scaling.peak)
    if track is None:
        return
    answer = crew.runner(track.way).ask("pickle", chunk=track.way.chunk, index=0)
    stage.pickling = answer["seconds"], answer["bytes"]
    scaling.starting = scaling.starting or answer["starting"]


def measure_chunks(crew: Crew, scaling: Scaling, show: Show) -> None:
    """Measure many sizes of chunks, with the largest input and as many threads as have a processor each."""
    setup, last = scaling.setup, scaling.stages[-1]
    usual = {usual_chunk(last.length, scaling.peak, shares) for shares in SHARES}
    chunks = sorted({chunk for chunk in setup.chunks or usual if chunk <= last.length})
    if len(chunks) < 2 or not last.tracks:
        return
    stage = replace(last, tracks=[], errors={}, pickling=None)
    with show(f"Measuring {len(chunks)} sizes of chunks with n = {last.n:,}"):
        tries = (crew.attempt(Way(setup.kind, scaling.peak, chunk), stage) for chunk in chunks)
        stage.tracks = [track for track in tries if track]
        run_rounds(crew, stage.tracks, setup.seconds)
    scaling.sweep = stage


def run_rounds(crew: Crew, tracks: list[Track], seconds: float) -> None:
    """Measure all ways in turns, until time is over, and for longer where others disturb."""
    start = time.monotonic()
    limit = seconds * len(tracks)
    number = 0
    while tracks and not is_enough(tracks, time.monotonic() - start, limit):
        # Each comes after another one in the next round.
        for part in tracks if number % 2 == 0 else reversed(tracks):
            calls = max(1, math.ceil(min(ROUND, seconds / ENOUGH) / max(part.guess, 1e-9)))
            runner = crew.runner(part.way)
            answer = runner.ask("run", runner.timeout + seconds, way=asdict(part.way), number=calls)
            part.rounds.append(Round(**{name: answer[name] for name in Round.__dataclass_fields__}))
        number += 1


def is_enough(tracks: Iterable[Track], elapsed: float, limit: float) -> bool:
    """Return whether there are enough rounds, or no time for more."""
    rounds = min(len(part.rounds) for part in tracks)
    quiet = min(len(part.quiet) for part in tracks)
    if rounds < LEAST:
        return rounds > 0 and elapsed > max(limit * 10, LONGEST * 10)
    return elapsed > limit and (quiet >= ENOUGH or elapsed > limit * PATIENCE)
