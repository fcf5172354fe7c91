"""Let a test have the machine to itself, as far as other tests go, when a measurement failed beside them.

Each process of pytest-xdist has a lock that it holds while it runs a test. Who wants to be alone closes a gate that no
new test passes, and takes the locks of all.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator


def folder_of(run: str) -> Path:
    """Return where the locks of a run of pytest-xdist are."""
    return Path(tempfile.gettempdir()) / f"pyo3-new-tests-{run}"


RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID")
FOLDER = folder_of(RUN or "")
OWN = os.environ.get("PYTEST_XDIST_WORKER", "")
ALL = [f"gw{number}" for number in range(int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")))]
# Seconds after which a measurement is taken beside others after all.
PATIENCE = 600.0
_held = FileLock(FOLDER / OWN)


@contextmanager
def beside_others() -> Iterator[None]:
    """Run a test while other processes may run theirs."""
    if RUN is None:
        yield
        return
    with FileLock(FOLDER / "gate"):
        _held.acquire()
    try:
        yield
    finally:
        _held.release()


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other process runs a test, and keep them from it; only within `beside_others`."""
    if RUN is None:
        yield
        return
    # Two that want to be alone would wait for each other if each kept its own.
    _held.release()
    try:
        with ExitStack() as locks:
            locks.enter_context(FileLock(FOLDER / "gate", timeout=PATIENCE))
            for name in ALL:
                locks.enter_context(FileLock(FOLDER / name, timeout=PATIENCE))
            yield
    finally:
        _held.acquire()
