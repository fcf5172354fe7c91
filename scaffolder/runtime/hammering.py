"""A child process in which a module is called from threads, and a look at it where it does not go on."""

from __future__ import annotations

import json
import os
import re
import signal
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scaffolder.errors import ScaffolderError, UsageError, listing
from scaffolder.machine.children import Child, ChildError, child_command, start_child
from scaffolder.runtime.importing import import_broken, import_failed, module_missing
from scaffolder.stacks.frames import Frame, Thread, merge_frames, python_frames
from scaffolder.stacks.gdb import look_at

if TYPE_CHECKING:
    from collections.abc import Iterator

SESSION = Path(__file__).parent / "child/hammering.py"
PANIC = re.compile(r"panicked at (\S+?:\d+):\d+:?$", re.MULTILINE)
# Seconds between two looks at a process; how many show that it waits, and how often one that computes may go on, and
# one that does so with the first call.
PAUSE, LOOKS, PATIENCE, LITTLE = 0.5, 6, 6, 2
# Clock ticks of processor time that a thread which computes has in that time, and how often one that waits for the
# interpreter with our short switch interval gives up the processor in a tick.
BUSY_TICKS, SWITCHES = 3, 20
FRAMES, THREADS, LINES, LONGEST = 8, 8, 15, 100
OURS = re.compile(r"/(?:hammering|child|threading)\.py:\d+$|^<string>")
HASH = re.compile(r"\[[0-9a-f]{16}\]")
CALLING = {"outcome_of", "try_once", "check", "fresh"}


@dataclass(frozen=True)
class Standstill:
    """How a process stands still.

    Attributes:
        is_attached: Whether a thread that waits keeps all others from running Python code.
        is_busy: Whether it computes; none where the system does not say.
        stacks: The frames of its threads.
    """

    is_attached: bool
    is_busy: bool | None
    stacks: str


@dataclass(frozen=True)
class Activity:
    """What a thread does.

    Attributes:
        is_running: Whether it has a processor, or waits for one.
        ticks: Its processor time in clock ticks.
        switches: How often it gave up the processor.
    """

    is_running: bool
    ticks: int
    switches: int

    @classmethod
    def read(cls, task: Path) -> Self:
        """Read what Linux says of a thread."""
        fields = (task / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        lines = (task / "status").read_text(encoding="utf-8").splitlines()
        switches = next(line for line in lines if line.startswith("voluntary_ctxt_switches"))
        return cls(fields[0] == "R", int(fields[11]) + int(fields[12]), int(switches.split()[1]))


@dataclass
class ModuleRunner:
    """A child process that has the module; a new one after each that ended.

    Attributes:
        module: The module.
        python: The Python that imports it.
        scratch: An empty folder in which it works.
        timeout: When to look whether calls still come to an end, in seconds.
        facts: What the import says.
        standstill: How the last one stood still.
    """

    module: str
    python: Path
    scratch: Path
    timeout: float
    facts: dict[str, Any] = field(default_factory=dict)
    standstill: Standstill | None = None
    _child: Child | None = None
    _output: list[bytes] = field(default_factory=list)
    _waits: int = 0
    _is_alone: bool = False

    def close(self) -> None:
        """End the child."""
        if self._child:
            self._child.close()
        self._child = None

    def begin(self) -> None:
        """Start a child, and let it import the module.

        Raises:
            ScaffolderError: It can't be imported.
        """
        self._child = start_child(child_command(self.python, SESSION), self._output.append)
        try:
            self.facts = self._child.ask(
                "load", max(self.timeout, 60), folder=str(Path.cwd()), scratch=str(self.scratch), module=self.module
            )
        except ChildError as error:
            self.close()
            raise import_broken(self.python, self.module, error.message) from error
        match self.facts:
            case {"problem": "no-module", "text": text}:
                raise module_missing(self.python, self.module, text)
            case {"problem": "raises", "text": text}:
                raise import_failed(self.python, self.module, text)
        self._child.give_up = self.is_stuck

    def ask(self, verb: str, **request: Any) -> dict[str, Any]:
        """Ask the child, or a new one.

        Raises:
            ChildError: It crashed, or hangs.
        """
        if self._child is None:
            self.begin()
        assert self._child is not None  # noqa: S101
        self._output.clear()
        self._waits, self.standstill, self._is_alone = 0, None, verb != "hammer"
        try:
            return self._child.ask(verb, self.timeout, **request)
        except ChildError:
            self.close()
            raise

    def refuse_python(self, *, is_told: bool) -> None:
        """Refuse a module without an extension, unless it is said what to try.

        Raises:
            UsageError: It has none.
        """
        if not self.facts["natives"] and not is_told:
            beneath = self.facts["beneath"]
            hint = f"name {listing(beneath)}" if beneath else "name a module that is built from Rust or C, or `--call`"
            raise UsageError(f"`{self.module}` imports no extension module of its own", hint)

    @property
    def step(self) -> tuple[tuple[tuple[str, str], ...], str]:
        """What makes the objects of the call that the child made last, and the call."""
        step = json.loads((self.scratch / "step.json").read_text(encoding="utf-8"))
        return tuple((name, make) for name, make in step["makes"]), step["call"]

    @property
    def output(self) -> str:
        """What the child has printed since the last question."""
        return b"".join(self._output).decode("utf-8", "replace")

    @property
    def panic_place(self) -> str | None:
        """Where the last panic was, as Rust prints it."""
        match = PANIC.search(self.output)
        return match[1] if match else None

    # -- a process that gives no answer --------------------------------------------------------------------------

    def is_stuck(self) -> bool:
        """Return whether the child does not go on, and record how it stands still."""
        looks = [self.look()]
        for _ in range(LOOKS):
            time.sleep(PAUSE)
            looks.append(self.look())
        (beats, calls, _), (last_beats, last_calls, threads) = looks[0], looks[-1]
        if calls != last_calls:
            return False
        does = [computes([look[2][name] for look in looks if name in look[2]]) for name in threads]
        is_busy = any(does) if does else None
        self._waits += 1
        if is_busy is not False and self._waits < (LITTLE if self._is_alone else PATIENCE):
            return False
        is_attached = beats == last_beats
        # To wait alone, detached, is no fault.
        self.standstill = Standstill(is_attached, is_busy, self.stacks() if is_attached or not self._is_alone else "")
        return True

    def look(self) -> tuple[int, int, dict[str, Activity]]:
        """Return the beats of the child's pulse, how many calls came to an end, and what its threads do."""
        beats, calls = struct.unpack("<QQ", (self.scratch / "pulse").read_bytes())
        threads = {}
        with suppress(OSError):  # only Linux has that
            for task in Path(f"/proc/{self.process}/task").iterdir():
                with suppress(OSError, IndexError, ValueError, StopIteration):
                    threads[task.name] = Activity.read(task)
        return beats, calls, threads

    @property
    def process(self) -> int:
        """The child's process id."""
        return self._child.process.pid if self._child else 0

    def stacks(self) -> str:
        """Return the frames of the child's threads: Python's, and native ones where there is gdb."""
        if hasattr(signal, "SIGUSR1"):
            self._output.clear()
            os.kill(self.process, signal.SIGUSR1)
            time.sleep(PAUSE)
        python = python_frames(self.output)
        try:
            report = look_at(self.process)
        except ScaffolderError as error:
            return "\n".join([*print_threads(list(python.values())), f"no Rust frames: {error.message}"])
        if report is None:
            return "\n".join([*print_threads(list(python.values())), "no Rust frames: gdb may not look at the process"])
        threads = [frames_of(thread) for thread in merge_frames(report, python)]
        return "\n".join(print_threads(threads))


def computes(looks: list[Activity]) -> bool:
    """Return whether a thread does more than wait; on a busy machine it may only wait for a processor."""
    if all(look.is_running for look in looks):
        return True
    ticks, switches = looks[-1].ticks - looks[0].ticks, looks[-1].switches - looks[0].switches
    return ticks > BUSY_TICKS and switches < SWITCHES * ticks


def frames_of(thread: Thread) -> list[Frame]:
    """Return the frames of a thread that are worth showing."""
    return [frame for frame in thread.frames if frame.telling] + list(thread.apart)


def print_threads(threads: list[list[Frame]]) -> Iterator[str]:
    """Yield the lines of threads that make calls, or run Rust code; those that do the same once."""
    groups: dict[tuple[str, ...], int] = {}
    for frames in threads:
        is_ours = all(OURS.search(frame.place) for frame in frames if frame.language == "python")
        calls = any(frame.function in CALLING for frame in frames)
        is_rust = any(frame.language != "python" and not frame.plumbing for frame in frames)
        if calls or (is_rust and is_ours and all(frame.function != "beat" for frame in frames)):
            shown = [frame for frame in frames if not OURS.search(frame.place)][:FRAMES]
            lines = tuple(f"  {describe_frame(frame)}" for frame in shown if frame.function != "??")
            groups[lines] = groups.get(lines, 0) + 1
    for lines, count in list(groups.items())[:THREADS]:
        yield f"{count} thread{'s' if count != 1 else ''}:"
        yield from lines


def describe_frame(frame: Frame) -> str:
    """Return a frame in words, without the hashes of crates and the folder of a library."""
    is_library = frame.language == "native" and ":" not in frame.place
    place = Path(frame.place).name if is_library else frame.place
    function = HASH.sub("", frame.function)
    return f"{function if len(function) <= LONGEST else f'{function[:LONGEST]}...'} at {place}"


def without_ours(evidence: str) -> str | None:
    """Return the end of a traceback without our frames."""
    lines = [line for line in evidence.splitlines() if not OURS.search(line.partition('", line ')[0] + ":0")]
    return "\n".join(lines[-LINES:]) or None
