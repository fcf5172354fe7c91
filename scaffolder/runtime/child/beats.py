"""A thread that takes the GIL as often as it can, and notes how long it waited; it runs in any Python from 3.10."""

from __future__ import annotations

import functools
import gc
import linecache
import os
import sys
import threading
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Self

    Place = tuple[str, int, str]
    Row = tuple[float, float, float, float, float, int | None, Place | None, int]

# Seconds between two beats, and after which a thread that runs Python code is asked for the GIL. The latter is much
# less than Python's own 5 ms, so that code that lets others in when asked can be told from code that does not.
PERIOD, SWITCH = 2e-4, 1e-4
CLOCK = time.perf_counter


class Beats(threading.Thread):
    """Sleeps for a moment, takes the GIL, and notes when that was and what other threads did meanwhile.

    Args:
        period: The seconds of the sleep.
        limit: From how many seconds of waiting on it is noted where the other threads are.
        caller: The thread that is looked at; else all threads are.
        ours: Files whose frames say nothing.
    """

    def __init__(self, period: float, limit: float, caller: int | None, ours: tuple[str, ...]) -> None:
        super().__init__(name="gil_profiler", daemon=True)
        self.period, self.limit, self.caller, self.ours = period, limit, caller, (*ours, __file__)
        self.rows: list[Row] = []
        self.pauses: list[tuple[float, float]] = []
        self.count = 0
        # Those that are there already, but for the one that is to run a script, are our own.
        self.ignored = {*sys._current_frames()} - {threading.get_ident()}  # noqa: SLF001
        self.last = 0.0
        self.is_over = False
        self.delays: dict[int, Callable[[], float]] = {}

    def __enter__(self) -> Self:
        """Begin, with short waits before Python code is asked for the GIL."""
        self.interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH)
        gc.callbacks.append(self.note_pause)
        self.start()
        self.await_beat()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.is_over = True
        self.join()
        gc.callbacks.remove(self.note_pause)
        sys.setswitchinterval(self.interval)

    def await_beat(self) -> None:
        """Wait until there is a beat that began after now."""
        # The sleep of the first one may have begun before.
        for _ in range(2):
            mark = CLOCK()
            while self.last <= mark and self.is_alive():
                time.sleep(self.period / 4)

    def run(self) -> None:
        """Note a beat after the other."""
        switches, own, sleep, period = read_switches(), time.thread_time, time.sleep, self.period
        self.ignored.add(threading.get_ident())
        if sys.platform == "linux":
            # Where this is allowed, it does not have to wait for a processor.
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), -19)
        before, total = self.use(), time.process_time() - own()
        while not self.is_over:
            start = switches()
            due = CLOCK() + period
            sleep(period)
            got = CLOCK()
            end = switches()
            # The sleep is one; a thread that waits for a processor, and for nothing else, does not stop again.
            stops = None if start is None or end is None else end - start - 1
            after, now = self.use(), time.process_time() - own()
            self.note(due, got, stops, changes_of(before, after), now - total)
            before, total = after, now
            self.last = got

    def note(
        self, due: float, got: float, stops: int | None, changes: dict[int, tuple[float, float]], total: float
    ) -> None:
        """Keep a beat; of a script only those with a long wait, which would else be too many."""
        is_long = got - due > self.limit
        holder = self.caller or holder_of(changes, got - due)
        if holder is None and len(changes) == 1 and total < (got - due) / 2:
            # Nothing computed, and there is no other thread; one that has ended would have.
            holder = next(iter(changes))
        self.count += 1
        if not is_long and self.caller is None:
            return
        place = self.place(holder, due, got) if is_long else None
        cpu, delay = changes[holder] if holder is not None else (-1.0, 0.0)
        self.rows.append((due, got, cpu, delay, total, stops, place, len(changes)))

    def use(self) -> dict[int, tuple[float, float]]:
        """Return what each thread has used."""
        return {ident: self.used_by(ident) for ident in self.threads()}

    def threads(self) -> list[int]:
        """Return the threads that are looked at."""
        if self.caller is not None:
            return [self.caller]
        return [ident for ident in sys._current_frames() if ident not in self.ignored]  # noqa: SLF001

    def used_by(self, ident: int) -> tuple[float, float]:
        """Return the seconds of processor time that a thread has used and waited for; -1 if that is not known."""
        if ident not in self.delays:
            self.delays[ident] = read_delay(ident)
        cpu = -1.0
        if hasattr(time, "pthread_getcpuclockid"):
            with suppress(OSError):
                cpu = time.clock_gettime(time.pthread_getcpuclockid(ident))
        return cpu, self.delays[ident]()

    def place(self, holder: int | None, due: float, got: float) -> Place | None:
        """Return where the thread is that held the GIL: file, line, and the code that was just called."""
        pauses = sum(max(0.0, min(end, got) - max(start, due)) for start, end in self.pauses)
        if pauses > (got - due) / 2:
            return "", 0, "garbage collection"
        return place_of(sys._current_frames().get(holder or 0), self.ours)  # noqa: SLF001

    def note_pause(self, phase: str, _: object) -> None:
        """Note when garbage is collected."""
        if phase == "start":
            self.pauses = [*self.pauses[-20:], (CLOCK(), float("inf"))]
        elif self.pauses:
            self.pauses = [*self.pauses[:-1], (self.pauses[-1][0], CLOCK())]


def changes_of(
    before: dict[int, tuple[float, float]], after: dict[int, tuple[float, float]]
) -> dict[int, tuple[float, float]]:
    """Return what threads have used since then; a new one began with nothing."""
    changes = {}
    for ident, (cpu, delay) in after.items():
        old_cpu, old_delay = before.get(ident, (0.0, 0.0))
        changes[ident] = cpu - old_cpu, delay - old_delay
    return changes


def holder_of(changes: dict[int, tuple[float, float]], wait: float) -> int | None:
    """Return the thread that was busy while another one waited, if that is one alone."""
    first, second = (*sorted(changes, key=lambda ident: changes[ident][0], reverse=True), None, None)[:2]
    if first is None:
        return None
    # The time in which it had no processor is none in which it could be busy.
    cpu, delay = changes[first]
    runner_up = changes[second][0] if second is not None else 0.0
    return first if cpu > max(wait - delay, 2 * runner_up, wait / 20) / 2 else None


def place_of(frame: FrameType | None, ours: tuple[str, ...]) -> Place | None:
    """Return where a thread is, outside of the import system; nothing if it is in our own code."""
    while frame and frame.f_code.co_filename.startswith("<frozen "):
        frame = frame.f_back
    if frame is None or frame.f_code.co_filename in ours:
        return None
    file = frame.f_code.co_filename
    line, code = code_at(frame.f_code, frame.f_lasti)
    return file, line or frame.f_lineno, code or linecache.getline(file, frame.f_lineno).strip()


@functools.lru_cache(1000)
def code_at(code: CodeType, offset: int) -> tuple[int, str]:
    """Return the line and the text of the expression that an instruction belongs to."""
    # Python 3.10 knows lines only.
    positions = list(code.co_positions()) if hasattr(code, "co_positions") else []
    start, end, first, last = positions[offset // 2] if offset // 2 < len(positions) else (None,) * 4
    if start is None:
        return 0, ""
    text = linecache.getline(code.co_filename, start).rstrip("\n").encode()
    part = text[first : last if end == start else None].decode(errors="replace").strip()
    return start, part


def read_switches() -> Callable[[], int | None]:
    """Return what says how often this thread has stopped to wait for something, where the system counts that."""
    with suppress(ImportError, AttributeError):
        import resource

        function, who = resource.getrusage, resource.RUSAGE_THREAD
        return lambda: function(who).ru_nvcsw
    return lambda: None


def read_delay(ident: int) -> Callable[[], float]:
    """Return what says for how long a thread had to wait for a processor; 0 where the system does not."""
    native = next((thread.native_id for thread in threading.enumerate() if thread.ident == ident), None)
    try:
        file = os.open(f"/proc/self/task/{native}/schedstat", os.O_RDONLY)
    except OSError:
        return lambda: 0.0

    def delay() -> float:
        try:
            return int(os.pread(file, 64, 0).split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            return 0.0

    return delay
