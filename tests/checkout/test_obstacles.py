"""Edits that `git status` does not show, and whatever else is in the way on the disk, stop a change beforehand."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder.checkout import apply
from tests.checkout.test_update import append, everything
from tests.conftest import git, tree
from tests.history import commit_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.history import Grow


def edit(project: Path) -> None:
    append(project / "Cargo.toml", "# mine\n")


def skipped(project: Path) -> None:
    git("update-index", "--skip-worktree", "Cargo.toml", cwd=project)
    edit(project)


def skipped_and_deleted(project: Path) -> None:
    git("update-index", "--skip-worktree", "Cargo.toml", cwd=project)
    (project / "Cargo.toml").unlink()


def assumed(project: Path) -> None:
    git("update-index", "--assume-unchanged", "Cargo.toml", cwd=project)
    edit(project)


def ignored_times(project: Path) -> None:
    git("config", "core.ignoreStat", "true", cwd=project)
    commit_all(project)
    git("rm", "--quiet", "--cached", "Cargo.toml", cwd=project)
    git("add", "Cargo.toml", cwd=project)
    edit(project)


def same_time_and_size(project: Path) -> None:
    path = project / "Cargo.toml"
    git("config", "core.trustctime", "false", cwd=project)
    git("config", "core.checkStat", "minimal", cwd=project)
    details = path.stat()
    os.utime(path, ns=(details.st_atime_ns, details.st_mtime_ns - 10**12))
    git("update-index", "--refresh", cwd=project)
    details = path.stat()
    text = path.read_text("utf-8")
    path.write_text(text.replace("features", "FEATURES", 1), encoding="utf-8")
    os.utime(path, ns=(details.st_atime_ns, details.st_mtime_ns))


def monitored(project: Path) -> None:
    program = project / ".git/monitor"
    program.write_text('#!/bin/sh\ntouch "$(dirname "$0")/ran"\nprintf "1\\0"\n', encoding="utf-8")
    program.chmod(0o755)
    git("config", "core.fsmonitor", ".git/monitor", cwd=project)
    git("status", cwd=project)
    git("update-index", "--fsmonitor", cwd=project)
    git("status", cwd=project)
    edit(project)
    (project / ".git/ran").unlink()


@pytest.mark.parametrize("spoil", [skipped, skipped_and_deleted, assumed, ignored_times, same_time_and_size, monitored])
@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_an_edit_that_git_does_not_show_is_not_lost(
    grow: Grow, spoil: Callable[[Path], None], options: list[str]
) -> None:
    project = grow.project()
    spoil(project)
    before = everything(project)
    refused = grow("add", "numpy", *options, cwd=project, code=1)
    assert "`Cargo.toml`" in refused.stderr
    assert "hint: " in refused.stderr
    assert everything(project) == before
    assert not (project / ".git/ran").exists()


def empty_folder(project: Path) -> None:
    (project / "docs/numpy.md").mkdir(parents=True)


def ignored_file(project: Path) -> None:
    append(project / ".gitignore", "src/arrays.rs\n")
    commit_all(project)
    (project / "src/arrays.rs").write_text("// mine\n", encoding="utf-8")


def own_repository(project: Path) -> None:
    (project / "docs").mkdir()
    git("init", "--quiet", cwd=project / "docs")


def submodule(project: Path) -> None:
    git("rm", "-r", "--quiet", "tests", cwd=project)
    git("clone", "--quiet", str(project), str(project.parent / "other"), cwd=project)
    allowed = ["-c", "protocol.file.allow=always"]
    git(*allowed, "submodule", "--quiet", "add", str(project.parent / "other"), "tests", cwd=project)
    commit_all(project)


def sparse(project: Path) -> None:
    git("sparse-checkout", "set", "src", "python", cwd=project)


def not_committed(project: Path) -> None:
    append(project / ".gitignore", ".copier-answers.yml\n")
    git("rm", "--quiet", "--cached", ".copier-answers.yml", cwd=project)
    commit_all(project)


def mailing(project: Path) -> None:
    (project / ".git/rebase-apply").mkdir()
    (project / ".git/rebase-apply/applying").touch()


def elsewhere(project: Path) -> None:
    (project.parent / "elsewhere").mkdir()
    git("config", "core.worktree", str(project.parent / "elsewhere"), cwd=project)


def computed_answer(project: Path) -> None:
    append(project / ".copier-answers.yml", "base: /tmp\n")
    commit_all(project)


def features_as_text(project: Path) -> None:
    path = project / ".copier-answers.yml"
    path.write_text(path.read_text("utf-8").replace("features: []", "features: numpy"), encoding="utf-8")
    commit_all(project)


@pytest.mark.parametrize(
    ("spoil", "error", "hint"),
    [
        (empty_folder, "`docs/numpy.md` is in the way", "move it or delete it"),
        (ignored_file, "`src/arrays.rs` is in the way", "move it or delete it"),
        (own_repository, "`docs` is a repository of its own", "move it elsewhere"),
        (submodule, "`tests` is a repository of its own", "git mv"),
        (sparse, "is a sparse checkout", "git sparse-checkout disable"),
        (not_committed, ".copier-answers.yml` is not committed", "git add --force .copier-answers.yml"),
        (mailing, "`git am` is in progress", "git am --abort"),
        (elsewhere, "has its working tree elsewhere", "core.worktree"),
        (computed_answer, "`base` in `", "delete those lines"),
        (features_as_text, "must be a list", "git checkout HEAD"),
    ],
)
def test_what_is_in_the_way_stops_a_change_before_it_begins(
    grow: Grow, spoil: Callable[[Path], None], error: str, hint: str
) -> None:
    project = grow.project()
    spoil(project)
    before = tree(project)
    refused = grow("add", "numpy", cwd=project, code=1)
    message, _, advice = refused.stderr.strip().partition("\n\nhint: ")
    assert error in message
    assert hint in advice
    assert tree(project) == before
    assert not list((project / ".git").glob("pyo3-new*"))


def test_a_folder_that_may_not_be_written_is_looked_at_before(grow: Grow, monkeypatch: pytest.MonkeyPatch) -> None:
    project = grow.project()
    before = everything(project)
    # The tests may run as root, who may write everywhere.
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: access(path, mode) and Path(path).name != "src")
    assert "src` can't be written" in grow("add", "numpy", cwd=project, code=1).stderr
    assert everything(project) == before


@pytest.mark.parametrize("step", [0, 3, 9])
def test_a_write_that_fails_is_undone(grow: Grow, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    project = grow.project("async")
    before, modes = tree(project), {path: stat.S_IMODE(path.stat().st_mode) for path in project.rglob("*.rs")}
    move, calls = apply.move, iter(range(100))

    def fail(waiting: Path, place: Path) -> None:
        if next(calls) == step:
            raise OSError(28, "No space left on device", str(place))
        move(waiting, place)

    with monkeypatch.context() as patch:
        patch.setattr(apply, "move", fail)
        refused = grow("add", "numpy", cwd=project, code=1)
    assert "No space left on device; nothing was changed" in refused.stderr
    assert tree(project) == before
    assert {path: stat.S_IMODE(path.stat().st_mode) for path in project.rglob("*.rs")} == modes
    assert not git("status", "--porcelain", cwd=project)
    assert not [*(project / ".git").glob("pyo3-new*"), *(project / ".git").glob("index.lock")]
    grow("add", "numpy", cwd=project)


@pytest.mark.parametrize(
    "mark", ["", "{", "{}", "null", "[1]", '{"../victim": null}', '{"a": [1, 2]}', '{"a": [null, null]}', "\udcff"]
)
def test_a_marker_of_somebody_elses_does_no_harm(grow: Grow, mark: str) -> None:
    project = grow.project()
    (project / ".git/pyo3-new-change.json").write_text(mark, encoding="utf-8", errors="surrogateescape")
    before = everything(project)
    assert "note:" not in grow("status", "--offline", cwd=project).stderr
    assert everything(project) == before
    grow("add", "numpy", cwd=project)
    assert not (project / ".git/pyo3-new-change.json").exists()


def test_no_file_outside_is_touched_for_a_marker_that_names_it(grow: Grow, tmp_path: Path) -> None:
    project = grow.project()
    victim = tmp_path / "victim.txt"
    victim.write_text("precious\n", encoding="utf-8")
    (project / ".git/pyo3-new-00000000").symlink_to(tmp_path)
    (project / ".git/pyo3-new-change.json").write_text('{"../victim.txt": ["a", null]}', encoding="utf-8")
    grow("status", "--offline", cwd=project)
    grow("add", "numpy", cwd=project)
    assert victim.read_text("utf-8") == "precious\n"
    assert tmp_path.stat().st_mode & 0o77 == project.parent.stat().st_mode & 0o77
