"""Compare the time of `pyo3-new add` and `update` with that of `copier update` for the same work, in alternating runs.

    python -m benchmarks.update [--runs N]

Measured on a new project, and on one with 5,000 files and a history of 100 MB. Each time is that of a whole process.
The template is a history of three releases; pyo3-new has it as a wheel has it, Copier as a repository on this disk.
Exits with 1 if pyo3-new takes longer than Copier.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.conftest import IDENTITY, git
from tests.history import NEWEST, build, commit_all, package

FILES, FOLDERS = 5000, 50
MEGABYTES, PIECE = 100, 5
SOURCE = "https://github.com/pyo3-new/pyo3-new.git"


@dataclass(frozen=True)
class Bench:
    """The commands to compare.

    Attributes:
        projects: The projects to run them in, by what is said of them.
        environment: The variables that they run with.
    """

    projects: dict[str, Path]
    environment: dict[str, str]

    def commands(self) -> dict[tuple[str, str], list[str]]:
        """Return what is measured: the work and who does it."""
        copier = [sys.executable, "-m", "copier", "update", "--quiet", "--defaults", "--conflict", "inline"]
        scaffolder = [sys.executable, "-m", "scaffolder"]
        return {
            ("add", "pyo3-new"): [*scaffolder, "add", "numpy"],
            ("add", "copier"): [*copier, "--vcs-ref", ":current:", "--data", "features=[numpy]"],
            ("update", "pyo3-new"): [*scaffolder, "update", "--offline"],
            ("update", "copier"): copier,
        }

    def measure(self, command: list[str], project: Path) -> float:
        """Run a command once in a project as it is committed, and return the seconds."""
        git("reset", "--hard", "--quiet", cwd=project)
        git("clean", "-fdq", cwd=project)
        start = time.perf_counter()
        done = subprocess.run(command, cwd=project, env=self.environment, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - start
        if done.returncode or not git("status", "--porcelain", cwd=project):
            sys.exit(f"error: `{' '.join(command)}` failed in {project}\n{done.stdout}{done.stderr}")
        return seconds


def prepare(folder: Path) -> Bench:
    """Make the template's history and the projects."""
    history = build(folder)
    settings = folder / "gitconfig"
    redirection = f'[url "{history.repository.as_posix()}"]\n  insteadOf = {SOURCE}\n'
    settings.write_text(IDENTITY + redirection, encoding="utf-8")
    unwanted = ("GIT_", "COPIER_", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    environment |= {
        "GIT_CONFIG_GLOBAL": str(settings),
        "GIT_CONFIG_NOSYSTEM": "1",
        "COPIER_CACHE_DIR": str(folder / "cache"),
        "PYTHONPATH": str(package(history, folder / "installed")),
    }
    projects = {name: folder / name / "price-tools" for name in ("new", "large")}
    for project in projects.values():
        command = [
            sys.executable,
            "-m",
            "scaffolder",
            "new",
            str(project),
            "--defaults",
            "--vcs-ref",
            "v0.2.0",
            "--quiet",
        ]
        subprocess.run(command, cwd=folder, env=environment, check=True)
    grow(projects["large"])
    return Bench(projects, environment)


def grow(project: Path) -> None:
    """Give a project many files and a long history."""
    for number in range(MEGABYTES // PIECE):
        (project / "recording.bin").write_bytes(os.urandom(PIECE * 1024 * 1024))
        commit_all(project, f"Recording {number}")
    (project / "recording.bin").unlink()
    for number in range(FILES):
        path = project / f"cases/{number % FOLDERS}/{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"case {number}\n" * 10, encoding="utf-8")
    commit_all(project, "Cases")


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=7, help="how often each command runs (default: %(default)s)")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="pyo3-new-") as folder:
        bench = prepare(Path(folder))
        measured = bench.commands().items()
        # The first round fills caches and does not count.
        rounds = [
            {
                (size, *who): bench.measure(command, project)
                for who, command in measured
                for size, project in bench.projects.items()
            }
            for _ in range(runs + 1)
        ]
    return report({key: [times[key] for times in rounds[1:]] for key in rounds[0]})


def report(times: dict[tuple[str, str, str], list[float]]) -> int:
    """Print the medians and their ratios, and return 1 if one is above 1."""
    medians = {key: median(values) for key, values in times.items()}
    worst = 0.0
    for (size, work, who), own in medians.items():
        if who == "copier":
            continue
        other = medians[size, work, "copier"]
        worst = max(worst, own / other)
        pair = f"pyo3-new {own * 1000:5.0f} ms   copier {other * 1000:5.0f} ms"
        print(f"{work:<6} {size:<5} project  {pair}   {own / other:.2f}")
    print(f"medians of {len(next(iter(times.values())))} runs, template v0.2.0 and v{NEWEST}; 1.00 is the most")
    return int(worst > 1)


if __name__ == "__main__":
    sys.exit(main())
