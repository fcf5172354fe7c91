"""Measure what cargo's profiles cost and bring, with the example 10-pcm-tools.

Each row is built from nothing in a folder of its own, then once more after a touched source file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SKILL = Path(__file__).resolve().parent.parent
PREFIX = "CARGO_PROFILE_RELEASE_"
ROWS: dict[str, list[str]] = {
    "dev": [],
    "dev, opt-level=1": ["CARGO_PROFILE_DEV_OPT_LEVEL=1"],
    "release": [],
    "release, lto=thin": [f"{PREFIX}LTO=thin"],
    "release, lto=fat, 1 unit, strip": [f"{PREFIX}LTO=fat", f"{PREFIX}CODEGEN_UNITS=1", f"{PREFIX}STRIP=symbols"],
    "release, opt-level=s": [f"{PREFIX}OPT_LEVEL=s"],
}
MEASURE = """
from timeit import Timer
from array import array
from pcm_tools import rms
samples, nothing = array("h", range(10_000)), array("h")
for statement, number, unit in [("rms(samples)", 10, 1e6), ("rms(nothing)", 1000, 1e9)]:
    print(round(min(Timer(statement, globals=globals()).repeat(500, number)) / number * unit))
"""


def build(project: Path, profile: str, variables: list[str]) -> float:
    """Build a wheel into `dist`, and return the seconds that it took."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(project / "target")}
    for name in ("CARGO_INCREMENTAL", "CARGO_PROFILE_DEV_DEBUG"):
        environment.pop(name, None)
    environment |= dict(variable.split("=") for variable in variables)
    command = [
        "maturin",
        "build",
        "--profile",
        profile,
        "--compatibility",
        "linux",
        "--out",
        "dist",
    ]
    start = time.perf_counter()
    subprocess.run(command, cwd=project, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def measure(folder: Path, row: str, variables: list[str]) -> str:
    """Return the figures of a row."""
    project = folder / "project"
    shutil.copytree(SKILL / "examples/10-pcm-tools", project, ignore=shutil.ignore_patterns(".venv", "*.so", "dist"))
    shutil.copy(SKILL / "Cargo.lock", project)
    first = build(project, row.partition(",")[0], variables)
    (project / "src/signal.rs").touch()
    again = build(project, row.partition(",")[0], variables)
    (wheel,) = project.glob("dist/*.whl")
    shutil.unpack_archive(wheel, project / "installed", "zip")
    (library,) = project.glob("installed/*/*.so")
    command = [sys.executable, "-c", MEASURE]
    run = subprocess.run(command, cwd=project / "installed", check=True, capture_output=True, text=True)
    work, call = map(int, run.stdout.split())
    return f"{first:>8.1f} s{again:>8.1f} s{library.stat().st_size // 1024:>8} KB{work:>8} us{call:>8} ns"


def main() -> None:
    """Print a line for each row."""
    print(f"{'profile':<32}{'build':>10}{'again':>10}{'library':>11}{'work':>11}{'call':>11}")
    for row, variables in ROWS.items():
        with tempfile.TemporaryDirectory() as folder:
            print(f"{row:<32}{measure(Path(folder), row, variables)}", flush=True)


if __name__ == "__main__":
    main()
