"""Compare the time of `pyo3-new` with Copier's, on this machine, in alternating runs.

    python benchmarks/startup.py [--runs N]

Both commands are those of the environment that runs this script. Each time is that of a whole process. Exits with 1 if
`--help` takes more than half of `copier --version`, or `new` takes longer than `copier copy` of the same template.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from statistics import median

CHECKOUT = Path(__file__).resolve().parent.parent
# What each pair may cost: the first command's time as a part of the second's.
LIMITS = {("pyo3-new --help", "copier --version"): 0.5, ("pyo3-new new", "copier copy"): 1.0}


def program(name: str) -> str:
    """Return the path of a command of this environment."""
    path = shutil.which(name, path=sysconfig.get_path("scripts"))
    if path is None:
        sys.exit(f"error: `{name}` is not installed for {sys.executable}")
    return path


def commands(target: Path) -> dict[str, list[str]]:
    """Return what is measured; whatever makes a project makes it in `target`."""
    features = subprocess.run([program("pyo3-new"), "list", "--json"], capture_output=True, text=True, check=True)
    names = [feature["name"] for feature in json.loads(features.stdout)["features"]]
    copier = [program("copier"), "copy", "--quiet", "--defaults", "--data", "project_name=price-tools"]
    return {
        "pyo3-new --help": [program("pyo3-new"), "--help"],
        "copier --version": [program("copier"), "--version"],
        "pyo3-new new": [program("pyo3-new"), "new", str(target), "--defaults", "--all", "--no-git"],
        "copier copy": [*copier, "--data", f"features=[{', '.join(names)}]", str(CHECKOUT), str(target)],
    }


def measure(command: list[str], target: Path) -> float:
    """Run a command once and return its time in seconds."""
    shutil.rmtree(target, ignore_errors=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(command, env=environment, capture_output=True, check=True)
    return time.perf_counter() - start


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=11, help="how often each command runs (default: %(default)s)")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="pyo3-new-") as folder:
        target = Path(folder, "price-tools")
        measured = commands(target)
        rounds = [{name: measure(command, target) for name, command in measured.items()} for _ in range(runs + 1)]
    # The first round fills caches and does not count.
    return report({name: [times[name] for times in rounds[1:]] for name in measured})


def report(times: dict[str, list[float]]) -> int:
    """Print the medians and their ratios, and return 1 if one is above its limit."""
    medians = {name: median(values) for name, values in times.items()}
    for name, values in times.items():
        print(f"{name:<17} median {medians[name] * 1000:6.0f} ms   least {min(values) * 1000:6.0f} ms")
    ratios = {pair: medians[pair[0]] / medians[pair[1]] for pair in LIMITS}
    for pair, ratio in ratios.items():
        print(f"{pair[0]} / {pair[1]}: {ratio:.2f}, and {LIMITS[pair]:.2f} is the most")
    return int(any(ratio > LIMITS[pair] for pair, ratio in ratios.items()))


if __name__ == "__main__":
    sys.exit(main())
