"""Measure everything in one run, and keep the times.

    python -m benchmarks [--only GROUP] [--runs N] [--output FILE]

Every time is that of whole processes, and the tools take turns. Exits with 1 if something takes longer than it may.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import files, journey, show, startup, update
from benchmarks.cases import OURS, Result, alternate
from benchmarks.peers import install

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.peers import Peers

# How often each group is measured; where it is cheap, a round that does not count goes before.
RUNS = {"first test": 3, "edit": 3, "command": 9, "new": 5, "change": 3, "files": 3}
# What our time may be as a part of another's.
LIMITS = {
    ("print the help", "copier"): 0.5,
    **{(work, "copier"): 1.0 for work in ("new, 0 features", "add a feature, new project", "update, new project")},
}


def main() -> int:
    """Measure, keep, show, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=RUNS, action="append", help="measure this group only; can be repeated")
    parser.add_argument("--runs", type=int, help="how often everything is measured")
    parser.add_argument("--output", type=Path, default=show.RESULTS, help="where the times go (default: %(default)s)")
    options = parser.parse_args()
    runs = {name: options.runs or number for name, number in RUNS.items() if name in (options.only or RUNS)}
    with tempfile.TemporaryDirectory(prefix="pyo3-new-bench-") as folder:
        workspace = Path(folder)
        peers = install(workspace)
        facts, started = machine(peers), time.monotonic()
        facts |= {"load before": [round(value, 2) for value in os.getloadavg()]}
        results: list[Result] = []
        for measured in measure(peers, workspace, runs):
            results += measured
            facts |= {"load after": [round(value, 2) for value in os.getloadavg()]}
            facts |= {"minutes": round((time.monotonic() - started) / 60, 1)}
            # After each group, so that nothing is lost to an error in the last one.
            data = {"machine": facts, "results": [result.data() for result in results]}
            options.output.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(show.lines(results))
    slow = list(too_slow(results))
    for line in slow:
        print(f"error: {line}", file=sys.stderr)
    return int(bool(slow))


def measure(peers: Peers, workspace: Path, runs: Mapping[str, int]) -> Iterator[list[Result]]:
    """Measure the groups that are asked for."""
    environment = peers.variables(workspace)
    groups = {"command": startup.commands, "new": startup.projects, "change": update.changes, "files": files.series}
    if {"first test", "edit"} & runs.keys():
        journey.download(peers, workspace, environment)
    if "first test" in runs:
        cases = partial(journey.first_tests, peers, workspace, environment)
        yield alternate(cases(cold=True), runs["first test"], warm=False)
        yield alternate(cases(cold=False), runs["first test"], warm=False)
    if "edit" in runs:
        yield alternate(journey.edits(peers, workspace, environment), runs["edit"], warm="first test" not in runs)
    for group, prepare in groups.items():
        if group in runs:
            yield alternate(prepare(peers, workspace, environment), runs[group])


def machine(peers: Peers) -> dict[str, Any]:
    """Say what the times depend on."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "system": f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}",
        "processors": os.cpu_count(),
        "processor": processor(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "python": platform.python_version(),
        "versions": peers.versions(),
    }


def processor() -> str:
    """Return what the processor is called, as far as the system tells."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or "unknown")


def too_slow(results: Sequence[Result]) -> list[str]:
    """Say what takes longer than it may."""
    medians = {(result.work, result.who): result.median for result in results}
    ratios = {(work, who): medians[work, OURS] / medians[work, who] for work, who in LIMITS if (work, who) in medians}
    return [
        f"{work}: {ratio:.2f} of the time of {who}, and {LIMITS[work, who]:.2f} is the most"
        for (work, who), ratio in ratios.items()
        if ratio > LIMITS[work, who]
    ]


if __name__ == "__main__":
    sys.exit(main())
