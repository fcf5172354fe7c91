"""`pyo3-new add` and `update` beside `copier update` for the same work.

Measured on a new project, and on one with 5,000 files and a history of 100 MB. The template is a history of three
releases; pyo3-new has it as a wheel has it, Copier as a repository on this disk.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.cases import OURS, Case, run
from tests.conftest import IDENTITY, git
from tests.history import build, commit_all, package

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from benchmarks.peers import Peers

FILES, FOLDERS = 5000, 50
MEGABYTES, PIECE = 100, 5
SOURCE = "https://github.com/pyo3-new/pyo3-new.git"


class Changes:
    """The commands that change projects, and the projects to use them on.

    Args:
        peers: The tools.
        workspace: Where all is made.
        environment: The variables that everything is measured with.
    """

    def __init__(self, peers: Peers, workspace: Path, environment: Mapping[str, str]) -> None:
        self.workspace = workspace
        history = build(workspace / "history")
        settings = workspace / "history/gitconfig"
        redirection = f'[url "{history.repository.as_posix()}"]\n  insteadOf = {SOURCE}\n'
        settings.write_text(IDENTITY + redirection, encoding="utf-8")
        installed = package(history, workspace / "installed")
        self.variables = {**environment, "GIT_CONFIG_GLOBAL": str(settings), "PYTHONPATH": str(installed)}
        self.ours = [peers.python, "-m", "scaffolder"]
        theirs = [peers.python, "-m", "copier", "update", "--quiet", "--defaults", "--conflict", "inline"]
        self.update = {OURS: [*self.ours, "update", "--offline"], "copier": theirs}
        chosen = ["--vcs-ref", ":current:", "--data", "features=[numpy]"]
        self.add = {OURS: [*self.ours, "add", "numpy"], "copier": [*theirs, *chosen]}

    def project(self, name: str) -> Path:
        """Make a project from the release before the newest."""
        project = self.workspace / "changed" / name / "price-tools"
        new = [*self.ours, "new", str(project), "--defaults", "--vcs-ref", "v0.2.0", "--quiet"]
        run(new, self.workspace, self.variables)
        return project


def changes(peers: Peers, workspace: Path, environment: Mapping[str, str]) -> Iterator[Case]:
    """Measure a feature more, and a newer template."""
    tools = Changes(peers, workspace, environment)
    for size in ("new", "large"):
        project = tools.project(size)
        if size == "large":
            record(project)
            grow(project, FILES)
        for work, commands in (("add a feature", tools.add), ("update", tools.update)):
            for who, command in commands.items():
                action = partial(run, command, project, tools.variables)
                yield Case("change", f"{work}, {size} project", who, action, partial(restore, project))


def restore(project: Path) -> None:
    """Take a project back to its last commit."""
    git("reset", "--hard", "--quiet", cwd=project)
    git("clean", "-fdq", cwd=project)


def record(project: Path) -> None:
    """Give a project a long history."""
    for number in range(MEGABYTES // PIECE):
        (project / "recording.bin").write_bytes(os.urandom(PIECE * 1024 * 1024))
        commit_all(project, f"Recording {number}")
    (project / "recording.bin").unlink()


def grow(project: Path, files: int) -> None:
    """Give a project files of its own."""
    for number in range(files):
        path = project / f"cases/{number % FOLDERS}/{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"case {number}\n" * 10, encoding="utf-8")
    commit_all(project, "Cases")
