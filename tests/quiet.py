"""Let a test have the machine to itself, as far as other tests go, when a measurement failed beside them.

Each process of pytest-xdist has a lock that it holds while it runs a test. Who wants to be alone closes a gate that no
new test passes, and takes the locks of all.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Result = TypeVar("Result")
# How often a measurement is made at most.
ATTEMPTS = 4
# Seconds after which a test fails that waits for others.
PATIENCE = 1800.0


@dataclass(frozen=True)
class Locks:
    """The locks of a process of pytest-xdist.

    Attributes:
        gate: The one that each test begins with.
        own: That of this process.
        others: Those of the other processes.
    """

    gate: FileLock
    own: FileLock
    others: tuple[FileLock, ...]


# None where tests are not distributed, as in a pytest that a test starts.
_locks: Locks | None = None


def folder_of(run: str) -> Path:
    """Return where the locks of a run of pytest-xdist are."""
    return Path(tempfile.gettempdir()) / f"pyo3-new-tests-{run}"


def join(worker: Mapping[str, Any]) -> None:
    """Take part, as a process of pytest-xdist.

    Args:
        worker: What pytest-xdist gave it, `config.workerinput`.
    """
    global _locks  # noqa: PLW0603  (there is one for each process)
    folder = folder_of(worker["testrunuid"])
    # One that replaces a process that crashed has a higher number.
    names = {worker["workerid"], *(f"gw{number}" for number in range(worker["workercount"]))}
    locks = {name: FileLock(folder / name, timeout=PATIENCE) for name in sorted(names)}
    own = locks.pop(worker["workerid"])
    _locks = Locks(FileLock(folder / "gate", timeout=PATIENCE), own, tuple(locks.values()))


@contextmanager
def beside_others() -> Iterator[None]:
    """Run a test while other processes may run theirs."""
    if _locks is None:
        yield
        return
    with _locks.gate:
        _locks.own.acquire()
    try:
        yield
    finally:
        _locks.own.release()


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other process runs a test, and keep them from it; only within `beside_others`."""
    if _locks is None:
        yield
        return
    # Two that want to be alone would wait for each other if each kept its own.
    _locks.own.release()
    try:
        with ExitStack() as held:
            for lock in (_locks.gate, _locks.own, *_locks.others):
                held.enter_context(lock)
            yield
    finally:
        _locks.own.acquire()


def measure(run: Callable[[], Result], is_good: Callable[[Result], bool]) -> Result:
    """Measure beside other tests, and then alone, until a result is good or that was tried often; return the last one.

    Args:
        run: Measures.
        is_good: Whether a result is as it should be, or to be taken as it is.
    """
    result = run()
    for _ in range(ATTEMPTS - 1):
        if is_good(result):
            break
        with alone():
            result = run()
    return result
