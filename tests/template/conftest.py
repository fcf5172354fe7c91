"""What the tests of the generated projects share: the sets of features, and how a project is made and run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder.catalog import load_catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Make = Callable[..., Path]
    Run = Callable[..., str]

REPOSITORY = Path(__file__).resolve().parents[2]
FEATURES = [feature.name for feature in load_catalog(REPOSITORY).features]
ALL_SETS = [chosen for size in range(len(FEATURES) + 1) for chosen in combinations(FEATURES, size)]
# Every pair that can disturb each other is there, and the whole.
BUILT_SETS = [chosen for chosen in ALL_SETS if len(chosen) <= 2 or len(chosen) == len(FEATURES)]
EXTREMES = [ALL_SETS[0], ALL_SETS[-1]]


def set_name(features: Iterable[str]) -> str:
    """Name a set of features, for the tests' ids and for projects that must not share a name."""
    chosen = list(features)
    return "all" if chosen == FEATURES else "-".join(chosen) or "none"


@pytest.fixture(scope="session")
def cache() -> Path:
    """Where builds are kept from one run to the next."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "pyo3-new"


@pytest.fixture(scope="session")
def environment(cache: Path) -> Mapping[str, str]:
    """The variables that generated projects are built with: one target folder, and this environment's tools."""
    variables = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    settings = {
        "CARGO_TARGET_DIR": str(cache / "target"),
        "CARGO_PROFILE_DEV_DEBUG": "0",
        "CARGO_INCREMENTAL": "0",
        "MYPY_CACHE_DIR": str(cache / "mypy"),
        "NO_COLOR": "1",
    }
    tools = Path(sys.executable).parent
    return settings | variables | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="session")
def run(environment: Mapping[str, str]) -> Run:
    """Run a program in a folder and return what it printed; if it fails, so does the test, with all of that."""

    def run(*command: str, folder: Path, **variables: str) -> str:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if done.returncode:
            pytest.fail(
                f"`{' '.join(command)}` in {folder} ended with {done.returncode}:\n{done.stdout}", pytrace=False
            )
        return done.stdout

    return run


@pytest.fixture(scope="session")
def nox(cache: Path, run: Run) -> Run:
    """Run one of a project's own sessions and return what it printed."""

    def nox(session: str, *arguments: str, folder: Path) -> str:
        # One place for every project: to cargo another interpreter is a reason to build pyo3 again.
        return run("nox", "--envdir", str(cache / "nox"), "--session", session, *arguments, folder=folder)

    return nox


@pytest.fixture(scope="session")
def make(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Make a project as a user does, once for equal arguments."""
    made: dict[str, Path] = {}

    def make(features: Iterable[str] = (), name: str = "", git: bool = False, **data: str) -> Path:
        chosen = list(features)
        name = name or f"set-{set_name(chosen)}"
        key = json.dumps([chosen, name, git, data])
        if key not in made:
            project = tmp_path_factory.mktemp("projects") / name
            pairs = [f"--data={question}={answer}" for question, answer in data.items()]
            pairs += [f"--with={','.join(chosen)}"] if chosen else []
            pairs += [] if git else ["--no-git"]
            command = [sys.executable, "-m", "scaffolder", "new", str(project), "--defaults", "--quiet", *pairs]
            run(*command, folder=project.parent)
            made[key] = project
        return made[key]

    return make
