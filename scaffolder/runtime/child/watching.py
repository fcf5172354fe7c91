"""Watch an event loop: how late it is, and where its thread is meanwhile; it runs in any Python from 3.10."""

from __future__ import annotations

import asyncio
import gc
import linecache
import os
import runpy
import selectors
import sys
import threading
import time
from contextlib import suppress

from scaffolder.runtime.child.beats import code_at, read_delay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, Self

    Place = tuple[str, int, str]
    Stack = list[Place]

# Seconds between two turns of the loop that are timed, and the least between two looks at a loop that is late.
PERIOD, LOOK = 0.002, 0.001
# How many lags, late turns and frames are kept at most.
MOST_LAGS, MOST_WINDOWS, MOST_FRAMES = 400, 200, 8
CLOCK = time.perf_counter
ASYNCIO = os.path.dirname(asyncio.__file__)  # noqa: PTH120
# Frames that say nothing about what keeps a loop, and those in which it waits or from which it calls.
MACHINERY = (ASYNCIO, f"{os.sep}uvloop{os.sep}", selectors.__file__, threading.__file__, runpy.__file__, __file__)
ROOTS = {"_run", "_run_once", "run_forever", "run", "select", "run_until_complete"}


class Watch(threading.Thread):
    """Times the turns of a loop, and looks from another thread where the loop's is when one is late.

    Args:
        loop: The loop, in this thread.
        limit: The seconds from which a turn is late.
        ours: The file that calls the loop.
    """

    def __init__(self, loop: AbstractEventLoop, limit: float, ours: str) -> None:
        super().__init__(name="async_profiler", daemon=True)
        self.loop, self.limit, self.ours = loop, limit, ours
        self.caller = threading.get_ident()
        self.lags: list[tuple[float, float, float]] = []
        self.windows: list[dict[str, Any]] = []
        # What the other thread saw while the loop was late.
        self.looks: list[dict[str, Any]] = []
        self.pauses: list[tuple[float, float]] = []
        self.delay = read_delay(self.caller)
        # How long the other thread waited for a processor, and how much of that without the GIL.
        self.own_delay, self.harmless = read_delay(0), 0.0
        self.uses = Uses({self.caller})
        self.before = self.uses.read()
        self.is_over = False

    def __enter__(self) -> Self:
        """Begin."""
        gc.callbacks.append(self.note_pause)
        self.start_time = self.due = self.seen = CLOCK()
        self.mark()
        self.timer = self.loop.call_later(PERIOD, self.turn)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, with the turn that is late now."""
        if CLOCK() - self.due >= self.limit:
            self.turn(is_last=True)
        self.timer.cancel()
        self.is_over = True
        gc.callbacks.remove(self.note_pause)
        self.join()

    def mark(self) -> None:
        """Note what was used until now, and when the next turn is due."""
        now = CLOCK()
        self.cpu, self.total, self.lost = time.thread_time(), time.process_time(), self.delay()
        self.lost_looking, self.unseen = self.own_delay() - self.harmless, 0.0
        self.due = now + PERIOD

    def turn(self, *, is_last: bool = False) -> None:
        """Note how late this turn of the loop is."""
        now, due = CLOCK(), self.due
        lag = max(0.0, now - due)
        lost = min(lag, self.delay() - self.lost)
        self.lags.append((due - self.start_time, lag, lost))
        if lag - lost >= self.limit and len(self.windows) < MOST_WINDOWS:
            self.windows.append(self.describe(now, due, lag, lost))
        self.looks = []
        self.mark()
        if not is_last:
            self.timer = self.loop.call_later(PERIOD, self.turn)

    def describe(self, now: float, due: float, lag: float, lost: float) -> dict[str, Any]:
        """Return where the threads were while the loop was late, and what they used."""
        looks = [look for look in self.looks if due <= look["time"] <= now]
        # Where this thread got the GIL first, it is known who had it, but no more where.
        last = looks[-1] if looks else {"stack": [], "other": self.busiest({})}
        other = last["other"]
        # The thread that let go of the GIL after the longest wait was at that place; later it is elsewhere.
        longest = max(looks, key=lambda look: look["waited"], default=last)["other"]
        if other and longest and longest["name"] == other["name"]:
            other["stack"] = longest["stack"]
        cpu = time.thread_time() - self.cpu
        unseen = now - max(due, self.seen)
        # If our other thread waits for a processor, it proves nothing that it has not looked.
        is_blind = other and unseen >= self.unseen and is_ready(self.native_id)
        return {
            "start": due - self.start_time, "lag": lag, "lost": lost, "cpu": cpu, "looks": len(looks),
            "total": time.process_time() - self.total, "limit": self.limit,
            "unseen": max(self.unseen, unseen), "delay": lag if is_blind else self.longest_delay(),
            "held": max((look["waited"] for look in looks), default=0.0),
            "is_same": len({look["place"] for look in looks}) == 1,
            # Another call of the same function, made before the loop's next turn, waits there as well.
            "is_same_code": len({look["place"][1:] for look in looks}) == 1,
            "is_step": len({look["step"] for look in looks}) == 1,
            "stack": last["stack"], "other": other,
            "pause": sum(max(0.0, min(end, now) - max(start, due)) for start, end in self.pauses),
        }  # fmt: skip

    def longest_delay(self) -> float:
        """Return how long a thread that may have had the GIL waited for a processor since the loop is late, at most."""
        delays = [delay - self.before.get(ident, (0.0, 0.0))[1] for ident, (_, delay) in self.uses.read().items()]
        return max(0.0, self.own_delay() - self.harmless - self.lost_looking, *delays)

    def run(self) -> None:
        """Look where the loop's thread is while it is late."""
        ident = threading.get_ident()
        self.uses.ignored.add(ident)
        self.own_delay = read_delay(ident)
        step = max(LOOK, self.limit / 8)
        while not self.is_over:
            lost, due = self.own_delay(), CLOCK() + step
            time.sleep(step)
            got = CLOCK()
            lost = self.own_delay() - lost
            self.harmless += lost
            seen, self.seen = self.seen, got
            if got - self.due < self.limit / 4:
                self.before = self.uses.read()
                continue
            # The longest time in which another thread may have had the GIL throughout.
            self.unseen = max(self.unseen, got - max(seen, self.due))
            frames = sys._current_frames()  # noqa: SLF001
            frame = frames.get(self.caller)
            stack, root = stack_of(frame, self.ours)
            place = (id(frame), id(frame.f_code), frame.f_lasti) if frame else (0, 0, 0)
            look = {"time": got, "waited": got - due - lost, "place": place, "step": root, "stack": stack}
            look["other"] = self.busiest(frames)
            # The first ones say how it began, and the last where it was in the end.
            self.looks = [*self.looks[:20], *self.looks[20:][-20:], look]

    def busiest(self, frames: dict[int, FrameType]) -> dict[str, Any] | None:
        """Return the other thread that has used a processor most since the loop is late, and where it is."""
        before, after = self.before, self.uses.read()
        changes = {ident: cpu - before.get(ident, (0.0, 0.0))[0] for ident, (cpu, _) in after.items()}
        ident = max(changes, key=lambda key: changes[key], default=None)
        if ident is None or changes[ident] <= 0:
            return None
        name = next((thread.name for thread in threading.enumerate() if thread.ident == ident), "a thread")
        delay = after[ident][1] - before.get(ident, (0.0, 0.0))[1]
        return {"name": name, "cpu": changes[ident], "delay": delay, "stack": stack_of(frames.get(ident), "")[0]}

    def note_pause(self, phase: str, _: object) -> None:
        """Note when garbage is collected."""
        if phase == "start":
            self.pauses = [*self.pauses[-20:], (CLOCK(), float("inf"))]
        elif self.pauses:
            self.pauses = [*self.pauses[:-1], (self.pauses[-1][0], CLOCK())]

    def result(self) -> dict[str, Any]:
        """Return what was seen."""
        own = sorted(lag - lost for _, lag, lost in self.lags)
        return {
            "lags": thin(self.lags), "windows": self.windows, "turns": len(own),
            "largest": own[-1] if own else 0.0, "p99": own[int(0.99 * (len(own) - 1))] if own else 0.0,
            "lost": sum(lost for *_, lost in self.lags),
        }  # fmt: skip


def thin(lags: list[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """Return a limited number of lags: of several neighbours the largest."""
    size = max(1, -(-len(lags) // MOST_LAGS))
    groups = (lags[start : start + size] for start in range(0, len(lags), size))
    return [max(((time, lag - lost) for time, lag, lost in group), key=lambda pair: pair[1]) for group in groups]


class Uses:
    """What Python's other threads have used.

    Args:
        ignored: The threads that are not looked at.
    """

    def __init__(self, ignored: set[int]) -> None:
        self.ignored = ignored
        self.delays: dict[int, Callable[[], float]] = {}

    def read(self) -> dict[int, tuple[float, float]]:
        """Return the seconds for which each thread had a processor, and waited for one."""
        uses = {}
        if hasattr(time, "pthread_getcpuclockid"):
            for ident in set(sys._current_frames()) - self.ignored:  # noqa: SLF001
                if ident not in self.delays:
                    self.delays[ident] = read_delay(ident)
                with suppress(OSError):
                    uses[ident] = time.clock_gettime(time.pthread_getcpuclockid(ident)), self.delays[ident]()
        return uses


def is_ready(native: int | None) -> bool:
    """Return whether a thread waits for a processor now, which is not yet counted; never where the system is silent."""
    try:
        with open(f"/proc/self/task/{native}/stat", "rb") as file:  # noqa: PTH123
            return file.read().rpartition(b")")[2].split()[0] == b"R"
    except (OSError, IndexError):
        return False


def stack_of(frame: FrameType | None, ours: str) -> tuple[Stack, int]:
    """Return where a thread is, the innermost first, up to the loop; and what tells one step of a task from another."""
    stack: Stack = []
    step = 0
    while frame and len(stack) < MOST_FRAMES:
        file = frame.f_code.co_filename
        if file == ours:
            break
        if file.startswith(("<frozen", *MACHINERY)) or MACHINERY[1] in file:
            if stack or frame.f_code.co_name in ROOTS:
                break
        else:
            line, code = code_at(frame.f_code, frame.f_lasti)
            if file.startswith("<call "):
                line, code = 2, linecache.getline(file, 2).strip().removeprefix("_result = ")
            stack.append((file, line or frame.f_lineno, code))
            step = id(frame)
        frame = frame.f_back
    return stack, step
