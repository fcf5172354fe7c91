"""The processors that this process may use, and how busy they are."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

SYSTEM = Path("/sys/devices/system/cpu")
# Where the groups of a container are mounted, by the version of control groups.
QUOTA = Path("/sys/fs/cgroup/cpu.max")
OLD_QUOTA = tuple(Path("/sys/fs/cgroup/cpu") / name for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us"))


@dataclass(frozen=True)
class Processors:
    """What there is to run threads on.

    Attributes:
        online: How many processors the machine has.
        allowed: How many of them this process may use, by its affinity.
        quota: The processor time a second that its control group may use; none if that is not limited.
        cores: How many cores the allowed ones are on; none if the system does not say.
        governor: What decides on the frequency; none if the system does not say.
        megahertz: The frequencies of the allowed ones now; none if the system does not say.
        load: How many processes wanted to run on average in the last minute; none if the system does not say.
    """

    online: int
    allowed: int
    quota: float | None
    cores: int | None
    governor: str | None
    megahertz: tuple[float, ...]
    load: float | None

    @property
    def usable(self) -> int:
        """How many threads can run at once, all of the time."""
        return max(1, min(self.allowed, math.floor(self.quota)) if self.quota is not None else self.allowed)


def read_processors() -> Processors:
    """Return the processors that this process may use, and so the processes that it starts."""
    online = os.cpu_count() or 1
    numbers = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(online))
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    governor = read_text(SYSTEM / f"cpu{numbers[0]}/cpufreq/scaling_governor")
    return Processors(
        online, len(numbers), read_quota(), count_cores(numbers), governor, read_megahertz(numbers), load
    )  # fmt: skip


def read_quota() -> float | None:
    """Return how many processors the control group of this process may keep busy."""
    limit, _, period = (read_text(QUOTA) or "").partition(" ")
    if not period:
        limit, period = ((read_text(path) or "") for path in OLD_QUOTA)
    try:
        quota = int(limit) / int(period)
    except (ValueError, ZeroDivisionError):  # `max`, or no control groups
        return None
    return quota if quota > 0 else None


def count_cores(numbers: list[int]) -> int | None:
    """Return how many cores some processors are on: two threads of a core are not two cores."""
    siblings = [read_text(SYSTEM / f"cpu{number}/topology/thread_siblings_list") for number in numbers]
    return len(set(siblings)) if all(siblings) else None


def read_megahertz(numbers: list[int]) -> tuple[float, ...]:
    """Return the frequencies of some processors."""
    lines = (read_text(Path("/proc/cpuinfo")) or "").splitlines()
    values = [float(line.partition(":")[2]) for line in lines if line.startswith("cpu MHz")]
    return tuple(values[number] for number in numbers if number < len(values))


def read_text(path: Path) -> str | None:
    """Return what a file of the system says; nothing if there is none."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None
