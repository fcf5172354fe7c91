"""What the child process does with a module: it finds calls that succeed, and makes them in several threads at once.

Calls are expressions with the names of the module. All threads make the same calls, so that whatever order they come in
the results must be those of one thread, unless that gets others each time, too.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import importlib
import itertools
import json
import mmap
import os
import random
import signal
import struct
import sys
import threading
import time
import warnings
from contextlib import suppress
from pathlib import Path

_own = sys.path[:]
# Only our own modules are looked for there.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from scaffolder.runtime.child.arguments import CONTENTS, FORMS, USES, VALUES, candidates  # noqa: E402
from scaffolder.runtime.child.calls import describe, import_problem, resident  # noqa: E402
from scaffolder.runtime.child.classes import find_classes, look_up, members_of, native_modules  # noqa: E402
from scaffolder.runtime.child.outcomes import (  # noqa: E402
    Outcomes,
    exceptions_of,
    grows,
    judge_outcomes,
    outcome_key,
    problems_of,
    state_of,
)
from scaffolder.runtime.child.program import beneath  # noqa: E402
from scaffolder.runtime.child.workload import ROUND, Workload  # noqa: E402

sys.path[:] = _own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType
    from typing import Any

    Answer = dict[str, Any]

# Of a round that is weighed: its seconds, the calls of a thread, and the seconds of a call.
WEIGHED, MOST_WEIGHED, SLOWEST_WEIGHED = 0.1, 250, 0.02
ROUNDS, GROWING, OBJECTS, ORDERS = 5, 4, 12, 20
MOST_TRIES = 150
# Of a class that is not built into the interpreter.
HEAP_TYPE = 1 << 9
PR_SET_PTRACER, ANY_PROCESS = 0x59616D61, -1


class Callback:
    """An object that lets other threads run wherever Rust code calls into Python."""

    def __call__(self, *arguments: Any) -> Any:
        """Return the first argument, or 1."""
        time.sleep(0.001)
        return arguments[0] if arguments else 1

    def __eq__(self, other: object) -> bool:
        """Compare by identity."""
        time.sleep(0)
        return self is other

    def __hash__(self) -> int:
        """Return a number."""
        time.sleep(0)
        return 77_777_777

    def __repr__(self) -> str:
        """Return its name."""
        time.sleep(0)
        return "callback"


class Session:
    """A module whose functions and objects are tried."""

    def __init__(self) -> None:
        self.finished = 0
        self.names: dict[str, Any] = {}
        self.natives: dict[str, Any] = {}
        self.skip: list[str] = []
        self.panics: list[tuple[str, str]] = []

    def load(self, folder: str, scratch: str, module: str) -> Answer:
        """Import the module, and go to an empty folder; what is wrong with the import is in the answer."""
        sys.path.insert(0, folder)
        os.chdir(scratch)
        sys.dont_write_bytecode = True
        # A panic's message is enough.
        os.environ["RUST_BACKTRACE"] = "0"
        self.step = Path(scratch, "step.json")
        warnings.simplefilter("ignore")
        try:
            imported = importlib.import_module(module)
        except BaseException as error:  # noqa: BLE001  (a Rust panic is none of `Exception`)
            return import_problem(module, error)
        self.natives = native_modules(module)
        for native in reversed(list(self.natives.values())):
            self.names.update(vars(native))
        top = module.partition(".")[0]
        self.names.update(vars(imported), **{top: sys.modules[top], "callback": Callback()})
        has_gil = getattr(sys, "_is_gil_enabled", lambda: True)()
        is_built_without = bool(importlib.import_module("sysconfig").get_config_var("Py_GIL_DISABLED"))
        self.begin_pulse()
        return {
            "python": sys.version.split()[0], "free_threaded": not has_gil, "gil_again": is_built_without and has_gil,
            "natives": list(self.natives), "beneath": [] if self.natives else beneath(imported),
        }  # fmt: skip

    def begin_pulse(self) -> None:
        """Let the parent see whether calls come to an end, and whether Python code can run."""
        with suppress(AttributeError, OSError):  # a debugger that the parent starts may look at this process
            ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANY_PROCESS, 0, 0, 0)
        if hasattr(faulthandler, "register"):
            faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
        with self.step.with_name("pulse").open("w+b") as file:
            file.write(bytes(16))
            file.flush()
            memory = mmap.mmap(file.fileno(), 16)

        def beat() -> None:
            for count in itertools.count(1):
                memory[:] = struct.pack("<QQ", count, self.finished)
                time.sleep(0.05)

        threading.Thread(target=beat, name="pulse", daemon=True).start()

    # -- what can be called ------------------------------------------------------------------------------------------

    def survey(self) -> Answer:
        """Return the functions and classes of the extensions, as expressions."""
        functions: dict[int, str] = {}
        for key, native in self.natives.items():
            for name, value in vars(native).items():
                is_function = callable(value) and not isinstance(value, type) and not name.startswith("__")
                if is_function and id(value) not in functions and (path := self.expression(key, name, value)):
                    functions[id(value)] = path
        classes = (
            self.expression(*path.rpartition(".")[::2], value)
            for path, value in find_classes(self.natives).items()
            if not issubclass(value, BaseException)
        )
        return {"functions": list(functions.values()), "classes": list(filter(None, classes))}

    def expression(self, key: str, name: str, value: object) -> str | None:
        """Return what a value of an extension is called."""
        for text in (name, f"{key}.{name}", f"{key.partition('.')[2]}.{name}"):
            with suppress(Exception):
                if eval(text, self.names) is value:  # noqa: S307
                    return text
        return None

    def fit(self, path: str, skip: list[str]) -> Answer:
        """Return calls of a function that succeed, or a way to make an object and what can be done with it."""
        self.skip, self.panics = skip, []
        self.record([], path)
        value = eval(path, self.names)  # noqa: S307
        calls, makes = self.try_arguments(path, value, []), list[list[str]]()
        if isinstance(value, type):
            members = [f"{path}.{name}" for name, member in vars(value).items() if type(member) is value]
            # An object with something in it can do more.
            full = (call for value in CONTENTS for call in self.try_once(f"{path}({value})", []))
            texts = [*(call["text"] for call in [*itertools.islice(full, 1), *calls]), *members]
            makes = [["x", text] for text in texts[:1]]
            calls = list(self.uses("x", value, makes)) if makes else []
        return {"makes": makes, "calls": calls, "panics": self.panics}

    def fit_object(self, name: str, makes: list[list[str]], skip: list[str]) -> Answer:
        """Return what can be done with an object that somebody says how to make, or why it can't be made."""
        self.skip, self.panics = skip, []
        self.record(makes, name)
        try:
            kind = type(self.fresh(makes)[name])
        except BaseException as error:  # noqa: BLE001
            return {"raises": describe(error)}
        return {"raises": None, "makes": makes, "calls": list(self.uses(name, kind, makes)), "panics": self.panics}

    def uses(self, name: str, kind: type, makes: list[list[str]]) -> Iterator[Answer]:
        """Yield the calls that succeed with an object."""
        for member in members_of(kind):
            path = f"{name}.{member['name']}"
            if member["what"] == "method":
                yield from self.try_arguments(path, getattr(kind, member["name"]), makes, bound=True)
            elif member["what"] == "attribute":
                yield from self.try_once(path, makes, kind="attribute")
                yield from self.try_once(f"setattr({name}, {member['name']!r}, {path})", makes)
        for special, text in USES.items():
            if look_up(kind, special):
                yield from self.try_once(text.format(name), makes, kind="use")
        for special, form in FORMS.items():
            if look_up(kind, special):
                texts = (form.format(name, value) for value in VALUES)
                yield from itertools.islice((call for text in texts for call in self.try_once(text, makes)), 1)

    def try_arguments(self, path: str, value: Any, makes: list[list[str]], *, bound: bool = False) -> list[Answer]:
        """Return the first call that succeeds, and the first one with a callback."""
        calls: list[Answer] = []
        for text in itertools.islice(candidates(path, value, bound=bound), MOST_TRIES):
            has_callback = "callback" in text
            if len(calls) < 1 + has_callback and not (calls and "callback" in calls[0]["text"]):
                calls += self.try_once(text, makes)
        return calls

    def try_once(self, text: str, makes: list[list[str]], kind: str = "call") -> list[Answer]:
        """Return a call if it succeeds."""
        if text in self.skip:
            return []
        try:
            seconds = self.time_call(text, makes)
        except Exception:  # noqa: BLE001
            return []
        except BaseException as error:  # noqa: BLE001
            self.panics.append((text, describe(error)))
            return []
        finally:
            self.finished += 1
        return [{"text": text, "kind": kind, "seconds": seconds}]

    def record(self, makes: list[list[str]], text: str) -> None:
        """Let the parent know the call that is made next, which may end this process."""
        self.step.write_text(json.dumps({"makes": makes, "call": text}), encoding="utf-8")

    def check(self, text: str, makes: list[list[str]]) -> Answer:
        """Make one call that somebody wrote, and return how long it takes, or the exception."""
        try:
            return {"raises": None, "seconds": self.time_call(text, makes)}
        except BaseException as error:  # noqa: BLE001
            return {"raises": describe(error)}

    def time_call(self, text: str, makes: list[list[str]]) -> float:
        """Make one call, and return how long it takes."""
        self.record(makes, text)
        names = self.fresh(makes)
        start = time.perf_counter()
        eval(compile(text, f"<{text}>", "eval"), names)  # noqa: S307
        return time.perf_counter() - start

    def fresh(self, makes: list[list[str]]) -> dict[str, Any]:
        """Return the names of expressions, with new objects."""
        names = dict(self.names)
        for name, text in makes:
            names[name] = eval(compile(text, f"<{text}>", "eval"), names)  # noqa: S307
        return names

    # -- threads -----------------------------------------------------------------------------------------------------

    def hammer(self, makes: list[list[str]], calls: list[str], seconds: float, threads: int) -> Answer:
        """Make the same call in all threads, and compare with one thread."""
        if hasattr(faulthandler, "register"):
            faulthandler.cancel_dump_traceback_later()  # the parent asks when it is time
        work = Workload(makes, calls, seconds, threads)
        # The first use of all is one of several threads.
        first = self.run(work, "together")
        if len(calls) > 1:
            return {"problems": self.mix(work, first), "basis": "errors"}
        usual, again, others = (self.run(work, how) for how in ("alone", "alone", "one by one"))
        repeated = ROUNDS - 1 if seconds * work.total < 10 * ROUND else 1
        rounds = [first, *(self.run(work, "together") for _ in range(repeated))]
        problems = list(exceptions_of(usual, others, rounds))
        basis = "errors"
        if not problems:
            basis, problems = judge_outcomes([usual, again, others], rounds)
        if problems and basis != "errors":
            basis, problems = self.confirm(work, usual, first, problems)
        if not problems and seconds < SLOWEST_WEIGHED:
            problems = self.weigh(work)
        return {"problems": problems, "basis": basis}

    def mix(self, work: Workload, first: Outcomes) -> list[Answer]:
        """Return the exceptions of different calls at the same time that they do not get in one thread."""
        rounds = [first, *(self.run(work, "together") for _ in range(2))]
        problems = list(problems_of(rounds, set(), None))
        # What another order of the same calls does in one thread as well is no matter of threads.
        shuffled = [self.run(work, "shuffled") for _ in range(ORDERS if problems else 0)]
        alone = {problem["id"] for problem in problems_of(shuffled, set(), None)}
        return [problem for problem in problems if problem["id"] not in alone]

    def run(self, work: Workload, how: str, pace: float = 0.0, *, keep: bool = True) -> Outcomes:
        """Make all calls, and return what came of them."""
        names = self.fresh(work.makes)
        results: list[list[tuple[str, Any]]] = [[] for _ in range(work.threads)]
        barrier = threading.Barrier(work.threads if how == "together" else 1)

        def call(number: int) -> None:
            barrier.wait()
            for place in range(work.count):
                code = random.choice(work.codes) if how == "shuffled" else work.code(number, place)  # noqa: S311
                outcome = outcome_of(code, names)
                if keep or outcome[0] == "raises":
                    results[number].append(outcome)
                self.finished += 1
                if pace:
                    time.sleep(pace / work.total)

        start = time.perf_counter()
        run_threads(call, work.threads, how)
        seconds = time.perf_counter() - start
        state = (
            [key for name, _ in work.makes for key in state_of(names[name])] if keep and len(work.codes) == 1 else []
        )
        flat = list(itertools.chain.from_iterable(results))
        objects = [value for kind, value in flat if kind == "returns" and type(value).__flags__ & HEAP_TYPE]
        return Outcomes(list(map(outcome_key, flat)), state, objects, seconds)

    def confirm(
        self, work: Workload, usual: Outcomes, first: Outcomes, problems: list[Answer]
    ) -> tuple[str, list[Answer]]:
        """Return what is still wrong in further rounds, between rounds of one thread that are as they were.

        What depends on time differs when one thread takes as long, or afterwards.
        """
        slow, others = self.run(work, "alone", first.seconds), self.run(work, "one by one")
        rounds = [self.run(work, "together") for _ in range(ROUNDS)]
        basis, again = judge_outcomes([usual, slow, others, self.run(work, "alone")], rounds)
        if (again or basis != "nothing") and self.varies(work, usual):
            return "nothing", []
        # The first use is never repeated.
        once = [problem for problem in problems if problem["id"] == "made-twice" and basis == "results"]
        return basis, again or once

    def varies(self, work: Workload, usual: Outcomes) -> bool:
        """Return whether one thread gets other results with other objects, such as by a random order."""
        few = Workload(work.makes, work.calls, work.seconds, 1, most=2)
        runs = [self.run(few, "alone") for _ in range(OBJECTS if work.makes else 0)]
        return any(run.keys != usual.keys[: len(run.keys)] or run.state != runs[0].state for run in runs)

    def weigh(self, work: Workload) -> list[Answer]:
        """Return whether each round leaves memory behind."""
        heavy = Workload(work.makes, work.calls, work.seconds, work.threads, WEIGHED, MOST_WEIGHED)
        sizes: list[tuple[int, int]] = []
        for number in range(2 * (GROWING + 2)):
            self.run(heavy, "together", keep=False)
            gc.collect()
            sizes.append((resident() or 0, getattr(sys, "getallocatedblocks", int)()))
            if number in {GROWING + 1, 2 * GROWING + 3} and not any(grows(sizes[-GROWING - 1 :], heavy.total)):
                return []
        size = (sizes[-1][0] - sizes[2][0]) // ((len(sizes) - 3) * heavy.total)
        return [{"id": "memory-grows", "bytes": size if grows(sizes[2:], heavy.total)[0] else None, "texts": []}]


def outcome_of(code: CodeType, names: dict[str, Any]) -> tuple[str, Any]:
    """Return what a call returns or raises."""
    try:
        return "returns", eval(code, names)  # noqa: S307
    except BaseException as error:  # noqa: BLE001
        return "raises", (type(error).__name__, describe(error), isinstance(error, Exception))


def run_threads(work: Callable[[int], None], threads: int, how: str) -> None:
    """Do the work of all threads: in this one, in one after another, or in all together."""
    if how in {"alone", "shuffled"}:
        for number in range(threads):
            work(number)
        return
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    waiting = [threading.Thread(target=work, args=[number], name=f"caller {number}") for number in range(threads)]
    try:
        for thread in waiting:
            thread.start()
            if how == "one by one":
                thread.join()
        for thread in waiting:
            thread.join()
    finally:
        sys.setswitchinterval(usual)
