"""What files cost: a new project from a template with many, and an update of a project with many."""

from __future__ import annotations

import json
import shutil
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.cases import OURS, Case, run
from benchmarks.startup import NAME, repository
from benchmarks.update import Changes, grow, restore
from scaffolder.template.bundle import write_bundle
from tests.conftest import git
from tests.history import BASE, History, package

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from benchmarks.peers import Peers

IN_TEMPLATE = (0, 200, 1000)
IN_PROJECT = (100, 1000, 5000)


def series(peers: Peers, workspace: Path, environment: Mapping[str, str]) -> Iterator[Case]:
    """Measure both."""
    yield from templates(peers, workspace / "files", environment)
    yield from projects(peers, workspace / "files", environment)


def templates(peers: Peers, workspace: Path, environment: Mapping[str, str]) -> Iterator[Case]:
    """Measure new projects, without git, from the template with more files in it."""
    target = workspace / "new" / NAME
    target.parent.mkdir(parents=True)
    remove = partial(shutil.rmtree, target, ignore_errors=True)
    for number in IN_TEMPLATE:
        folder = workspace / f"template-{number}"
        copied = repository(folder / "template", partial(add_files, number))
        history = History(copied, folder / "template.bundle")
        write_bundle(copied, "0.1.0", history.bundle)
        installed = package(history, folder / "installed", "0.1.0")
        ours = [peers.python, "-m", "scaffolder", "new", str(target), "--defaults", "--no-git", "--quiet"]
        theirs = [peers.python, "-m", "copier", "copy", "--quiet", "--defaults", "--data", f"project_name={NAME}"]
        theirs += ["--data", f"features={json.dumps([])}", str(copied), str(target)]
        variables = {**environment, "PYTHONPATH": str(installed)}
        for who, command in ((OURS, ours), ("copier", theirs)):
            action = partial(run, command, workspace, variables)
            yield Case("files", f"new, template with {number:,} extra files", who, action, remove, target)


def add_files(number: int, template: Path) -> None:
    """Give a template more files, half of them to be rendered."""
    for index in range(number):
        path = template / BASE / f"cases/{index % 20}/{index}.txt{'.jinja' if index % 2 else ''}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{{ project_name }}\n" * 10, encoding="utf-8")


def projects(peers: Peers, workspace: Path, environment: Mapping[str, str]) -> Iterator[Case]:
    """Measure updates of projects with more files of the user's own."""
    tools = Changes(peers, workspace, environment)
    for number in IN_PROJECT:
        project = tools.project(f"files-{number}")
        grow(project, number - count(project))
        work = f"update, project with {count(project):,} files"
        for who, command in tools.update.items():
            yield Case("files", work, who, partial(run, command, project, tools.variables), partial(restore, project))


def count(project: Path) -> int:
    """Count the files that git has of a project."""
    return len(git("ls-files", cwd=project).splitlines())
