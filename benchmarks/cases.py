"""What is measured, how, and what comes of it."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

OURS = "pyo3-new"


def nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Case:
    """Some work, and who does it.

    Attributes:
        group: What it is compared with others for.
        work: What is done, in the words of the table.
        who: The tool that does it.
        action: Does it, in processes of its own.
        before: What to do first, off the clock.
        product: The folder whose files are counted afterwards.
    """

    group: str
    work: str
    who: str
    action: Callable[[], None]
    before: Callable[[], None] = nothing
    product: Path | None = None

    def measure(self) -> float:
        """Do it once, and return the seconds."""
        self.before()
        start = time.perf_counter()
        self.action()
        return time.perf_counter() - start

    def files(self) -> int | None:
        """Count the files that it made, if that is its purpose."""
        return sum(path.is_file() for path in self.product.rglob("*")) if self.product else None


@dataclass(frozen=True)
class Result:
    """How long a case took, each time."""

    group: str
    work: str
    who: str
    seconds: list[float]
    files: int | None = None

    @property
    def median(self) -> float:
        """The middle of the times, in seconds."""
        return median(self.seconds)

    def data(self) -> dict[str, Any]:
        """Return what is kept of it."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    """Run a program to its end, and stop everything if it fails."""
    done = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"error: `{' '.join(command)}` failed in {folder}\n{done.stdout}{done.stderr}")


def alternate(cases: Iterable[Case], runs: int, *, warm: bool = True) -> list[Result]:
    """Measure cases in turn, round after round, so that a busy minute of the machine meets all of them.

    Args:
        cases: What to measure.
        runs: How many rounds count.
        warm: Whether a round goes before them, to fill caches.
    """
    measured = list(cases)
    results = [Result(case.group, case.work, case.who, []) for case in measured]
    for number in range(runs + warm):
        for place, case in enumerate(measured):
            print(f"  round {number + 1} of {runs + warm}: {case.work}, {case.who}", file=sys.stderr)
            seconds = round(case.measure(), 4)
            if number >= warm:
                results[place].seconds.append(seconds)
            results[place] = replace(results[place], files=case.files())
    return results
