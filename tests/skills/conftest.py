"""What the tests of the skills share: a copy of each skill to build in, and the tests that share it."""

from __future__ import annotations

import filecmp
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.conftest import CACHE, CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from scaffolder.skills import Example, Skill
    from tests.conftest import Run

    Workspace = Callable[[str], Path]


def place_of(skill: str) -> str:
    """Return where a skill is built, in the cache."""
    return f"skills/{skill}"


def built(values: Iterable[Skill | Example]) -> list[object]:
    """Return parameters for tests that build: one process at a time builds a skill."""
    return [
        pytest.param(value, id=value.name, marks=pytest.mark.exclusive(f"skill-{value.name.partition('/')[0]}"))
        for value in values
    ]


@pytest.fixture(scope="session")
def workspace() -> Workspace:
    """Copy a skill to the cache, where cargo builds only what changed since the last run; the checkout stays clean."""
    ready: dict[str, Path] = {}

    def workspace(skill: str) -> Path:
        if skill not in ready:
            ready[skill] = CACHE / place_of(skill) / "source"
            renew(CHECKOUT / "skills" / skill, ready[skill])
        return ready[skill]

    return workspace


def renew(source: Path, target: Path) -> None:
    """Copy what git has or would add of a folder; what is equal already, and what a build made, stays as it is."""
    listing = ["git", "ls-files", "-z", "-co", "--exclude-standard"]
    output = subprocess.run(listing, cwd=source, capture_output=True, check=True, encoding="utf-8").stdout
    names = {name for name in output.split("\0") if name and (source / name).is_file()}
    copied = target / ".copied"
    for name in set(copied.read_text(encoding="utf-8").splitlines() if copied.is_file() else ()) - names:
        (target / name).unlink(missing_ok=True)
    # Of an example that is gone, what a build made is left, and cargo would take the folder for a member.
    for folder in target.glob("examples/*/"):
        if not any(name.startswith(f"examples/{folder.name}/") for name in names):
            shutil.rmtree(folder)
    target.mkdir(parents=True, exist_ok=True)
    copied.write_text("\n".join(sorted(names)), encoding="utf-8")
    for name in names:
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists() or not filecmp.cmp(source / name, copy, shallow=False):
            shutil.copyfile(source / name, copy)


@pytest.fixture
def build(build_run: Run) -> Run:
    """Run a program on the code of a skill."""

    def build(*command: str, folder: Path, skill: str, **extra: str) -> str:
        return build_run(*command, folder=folder, place=place_of(skill), **extra)

    return build
