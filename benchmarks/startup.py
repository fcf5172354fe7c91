"""The command alone: its help, its version, and new projects of different size."""

from __future__ import annotations

import json
import shutil
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.cases import OURS, Case, run
from scaffolder.template.catalog import load_catalog
from tests.conftest import CHECKOUT, git
from tests.history import commit_all, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from benchmarks.peers import Peers

NAME = "price-tools"
PACKAGE = "price_tools"


def commands(peers: Peers, workspace: Path, environment: Mapping[str, str]) -> Iterator[Case]:
    """Measure what everybody does first."""
    for work, flag in (("print the help", "--help"), ("print the version", "--version")):
        for who in (OURS, "copier", "cookiecutter", "uv", "maturin"):
            yield Case("command", work, who, partial(run, [peers.program(who), flag], workspace, environment))


def projects(peers: Peers, workspace: Path, environment: Mapping[str, str]) -> Iterator[Case]:
    """Measure new projects, without git: of no feature, one, two, four and all, by everybody who can make them."""
    names = [feature.name for feature in load_catalog(CHECKOUT).features]
    copied = repository(workspace / "template")
    target = workspace / "new" / NAME
    target.parent.mkdir()
    remove = partial(shutil.rmtree, target, ignore_errors=True)
    for count in sorted({min(count, len(names)) for count in (0, 1, 2, 4, len(names))}):
        work = f"new, {'all ' if count == len(names) else ''}{count} feature{'' if count == 1 else 's'}"
        chosen = names[:count]
        ours = [peers.program(OURS), "new", str(target), "--defaults", "--no-git", "--quiet"]
        ours += ["--with", ",".join(chosen)] if chosen else []
        theirs = [peers.program("copier"), "copy", "--quiet", "--defaults", "--data", f"project_name={NAME}"]
        theirs += ["--data", f"features={json.dumps(chosen)}", str(copied), str(target)]
        made = {OURS: ours, "copier": theirs}
        if count == len(names):
            cookies = cookiecutter(ours, target, workspace / "cookies", environment)
            made["cookiecutter"] = [
                peers.program("cookiecutter"), "--no-input", "--output-dir", str(target.parent), str(cookies),
            ]  # fmt: skip
        if not count:
            made["uv"] = [
                peers.program("uv"), "init", "--quiet", "--build-backend", "maturin", "--vcs", "none", str(target),
            ]  # fmt: skip
            made["maturin"] = [peers.program("maturin"), "new", "--bindings", "pyo3", "--mixed", str(target)]
        for who, command in made.items():
            yield Case("new", work, who, partial(run, command, workspace, environment), remove, target)


def repository(folder: Path, edit: Callable[[Path], None] | None = None) -> Path:
    """Make a repository with the template, edited if that is asked for, and one release, as Copier needs it."""
    snapshot(folder)
    if edit:
        edit(folder)
    git("init", "--quiet", "--initial-branch=main", cwd=folder)
    commit_all(folder, "The template")
    git("tag", "v0.1.0", cwd=folder)
    return folder


def cookiecutter(command: list[str], project: Path, folder: Path, environment: Mapping[str, str]) -> Path:
    """Make a template for Cookiecutter that gives the same project: the project itself, with its name asked for."""
    run(command, project.parent, environment)
    tree = folder / "{{cookiecutter.name}}"
    verbatim = []
    for path in [path for path in project.rglob("*") if path.is_file()]:
        name = path.relative_to(project).as_posix()
        new = tree / name.replace(PACKAGE, "{{cookiecutter.package}}")
        new.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        if any(mark in text for mark in ("{{", "{%", "{#")):
            verbatim.append(f"*{path.name}")
        else:
            text = text.replace(PACKAGE, "{{cookiecutter.package}}").replace(NAME, "{{cookiecutter.name}}")
        new.write_text(text, encoding="utf-8")
    settings = {"name": NAME, "package": PACKAGE, "_copy_without_render": verbatim}
    (folder / "cookiecutter.json").write_text(json.dumps(settings), encoding="utf-8")
    shutil.rmtree(project)
    return folder
