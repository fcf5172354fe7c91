"""The command where folders, variables and files are unusual."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder import folders
from scaffolder.checkout import status
from scaffolder.errors import ScaffolderError
from scaffolder.folders import temporary_folder
from scaffolder.git import run
from scaffolder.template.catalog import InvalidYamlError, load_yaml
from tests.conftest import git, tree
from tests.history import commit_all

if TYPE_CHECKING:
    from tests.history import Grow


@pytest.mark.skipif(sys.platform == "win32", reason="Windows allows no such names")
@pytest.mark.parametrize("character", ["\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", '"', "\\", "\udcff"])
def test_a_path_may_hold_every_character(grow: Grow, character: str) -> None:
    project = grow.project(folder=f"a{character}b/price-tools")
    grow("status", "--offline", cwd=project)
    grow("add", "numpy", cwd=project)
    assert (project / "src/arrays.rs").exists()


def test_a_repository_of_another_user_says_how_to_trust_it(tmp_path: Path) -> None:
    git("init", "--quiet", cwd=tmp_path)
    settings = tmp_path / "settings"
    settings.touch()
    files = {"GIT_CONFIG_GLOBAL": str(settings), "GIT_CONFIG_SYSTEM": str(settings)}
    with pytest.raises(ScaffolderError) as failure:
        run("rev-parse", "--git-dir", folder=tmp_path, variables=files | {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert failure.value.hint is not None
    assert f"`git config --global --add safe.directory {tmp_path}`" in failure.value.hint


VARIABLES = {
    "GIT_ALLOW_PROTOCOL": "https:ssh",
    "GIT_ATTR_SOURCE": "HEAD",
    "GIT_DEFAULT_HASH": "sha256",
    "GIT_DIFF_OPTS": "--unified=0",
    "GIT_DIR": "/nowhere",
    "GIT_EXTERNAL_DIFF": "false",
    "GIT_GLOB_PATHSPECS": "1",
    "GIT_ICASE_PATHSPECS": "1",
    "GIT_INDEX_FILE": "/nowhere/index",
    "GIT_INDEX_VERSION": "4",
    "GIT_NAMESPACE": "else",
    "GIT_NOGLOB_PATHSPECS": "1",
    "GIT_PREFIX": "src/",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_QUARANTINE_PATH": "/nowhere",
    "GIT_SHALLOW_FILE": "/nowhere/shallow",
    "GIT_WORK_TREE": "/nowhere",
}


def test_variables_of_git_change_nothing(grow: Grow) -> None:
    project = grow.project()
    with grow.patch.context() as patch:
        for name, value in VARIABLES.items():
            patch.setenv(name, value)
        grow("status", "--offline", cwd=project)
        assert "src/arrays.rs" in grow("add", "numpy", "--dry-run", cwd=project).stdout
        grow("add", "numpy", cwd=project)
    with grow.patch.context() as patch:
        patch.setenv("GIT_ALLOW_PROTOCOL", "https:ssh")
        patch.setenv("GIT_PROTOCOL_FROM_USER", "0")
        made = grow.project("numpy", folder="made")
    assert tree(project) == tree(made)
    assert not git("status", "--porcelain", cwd=made)


def test_the_first_commit_has_what_the_user_ignores_elsewhere(grow: Grow, settings: Path, tmp_path: Path) -> None:
    (tmp_path / "ignored").write_text(".vscode/\n*.md\n", encoding="utf-8")
    with settings.open("a", encoding="utf-8") as file:
        file.write(f'[core]\n  excludesFile = "{(tmp_path / "ignored").as_posix()}"\n')
    project = grow.project()
    assert set(git("ls-files", cwd=project).splitlines()) == set(tree(project))
    grow("add", "numpy", cwd=project)
    assert "docs/numpy.md" in git("diff", "--cached", "--name-only", cwd=project).splitlines()


def test_a_partial_clone_without_all_files_is_refused(grow: Grow, tmp_path: Path) -> None:
    project = grow.project()
    git("config", "uploadpack.allowFilter", "true", cwd=project)
    git("clone", "--quiet", "--filter=blob:none", "--sparse", project.as_uri(), "partial", cwd=tmp_path)
    assert "is a sparse checkout" in grow("add", "numpy", cwd=tmp_path / "partial", code=1).stderr
    git("sparse-checkout", "disable", cwd=tmp_path / "partial")
    grow("add", "numpy", cwd=tmp_path / "partial")


def test_a_sparse_checkout_of_the_whole_project_is_fine(grow: Grow, tmp_path: Path) -> None:
    git("init", "--quiet", cwd=tmp_path)
    project = grow.project(folder="libs/price-tools")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/file").touch()
    commit_all(tmp_path)
    git("sparse-checkout", "set", "libs", cwd=tmp_path)
    assert not (tmp_path / "other").exists()
    before = tree(project)
    back = grow("add", "numpy", "--json", cwd=project).data["back"]
    assert (project / "tests/test_arrays.py").exists()
    git(*back.split()[1:], cwd=project)
    assert tree(project) == before
    assert not git("status", "--porcelain", cwd=tmp_path)


def test_a_file_that_may_not_be_read_is_named(grow: Grow, monkeypatch: pytest.MonkeyPatch) -> None:
    project = grow.project()

    def refuse(path: Path, *_: object) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    # The tests may run as root, who may read everything.
    monkeypatch.setattr(status, "differs", refuse)
    refused = grow("status", "--offline", cwd=project, code=1).stderr
    assert "can't be read: Permission denied" in refused


def let_git_run_a_program(project: Path, *settings: str) -> None:
    """Have git run a program, which leaves `.git/ran`, by these settings for every file."""
    program = project / ".git/program"
    program.write_text(f"#!/bin/sh\ntouch '{project}/.git/ran'\ncat\n", encoding="utf-8")
    program.chmod(0o755)
    for setting in settings:
        git("config", setting, str(program), cwd=project)
    (project / ".git/info").mkdir(exist_ok=True)
    (project / ".git/info/attributes").write_text("* filter=x diff=x\n", encoding="utf-8")


def test_what_git_runs_for_others_is_not_run_for_a_look(grow: Grow) -> None:
    project = grow.project()
    settings = ("core.fsmonitor", "filter.x.clean", "filter.x.smudge", "filter.x.process", "diff.x.textconv")
    let_git_run_a_program(project, *settings)
    (project / "Cargo.toml").touch()
    grow("status", "--offline", cwd=project)
    assert not (project / ".git/ran").exists()


def test_what_a_killed_run_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    left, own, link = (tmp_path / name for name in ("pyo3-new-0123abcd", "pyo3-new-mine", "pyo3-new-11111111"))
    hidden = tmp_path / ".price-tools.pyo3-new-0123abcd"
    for folder in (left, own, hidden):
        (folder / "inside").mkdir(parents=True)
    link.symlink_to(own)
    script = (
        "import sys, time; from pathlib import Path; from scaffolder.folders import temporary_folder\n"
        "with temporary_folder(Path(sys.argv[1])) as folder: print(folder, flush=True); time.sleep(900)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        used = Path(process.stdout.readline().strip())
        with temporary_folder(tmp_path) as folder:
            assert {*tmp_path.iterdir()} == {own, link, used, folder}
        process.kill()
    assert used.exists()
    with temporary_folder(tmp_path):
        assert not used.exists()
    assert {*tmp_path.iterdir()} == {own, link}


def test_removing_a_folder_changes_no_mode_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = tmp_path / "outside"
    outside.touch(mode=0o644)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    unlink = os.unlink

    def refuse_once(path: str, **_: object) -> None:
        monkeypatch.setattr(os, "unlink", unlink)
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "unlink", refuse_once)
    folders.remove(folder)
    assert not folder.exists()
    assert outside.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "text",
    [
        "2020-13-45", "!!int abc", "!!bool zz", "!!float z", "!!timestamp x", "9" * 5000, "? [a]: 1", "!!python/none x",
        "[", "\0", "!!set [1]", "<<: 3", "a: &a 1\nb: *a", "? " * 5000, "[" * 5000, b"\xff\xfe\x00", "a" * 1_000_001,
    ],
)  # fmt: skip
def test_yaml_that_can_not_be_used_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidYamlError):
        load_yaml(text)


def test_a_bomb_of_aliases_is_refused_at_once(grow: Grow) -> None:
    project = grow.project()
    path = project / ".copier-answers.yml"
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefghi", "bcdefghij", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    text = path.read_text("utf-8").replace("features: []", "features: [*j]")
    path.write_text("\n".join([*lines, text]), encoding="utf-8")
    begin = time.process_time()
    assert "aliases are not accepted" in grow("status", "--offline", cwd=project, code=1).stderr
    grow("new", "x", "--defaults", "--answers", str(path), code=1)
    assert time.process_time() - begin < 20


def test_a_repository_that_can_not_be_read_is_not_called_none(grow: Grow) -> None:
    project = grow.project()
    (project / ".git/HEAD").unlink()
    refused = grow("status", "--offline", cwd=project, code=1).stderr
    assert "can't be read as a git repository" in refused
    assert "git init" not in refused


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    from scaffolder import git as verbs

    with pytest.raises(ScaffolderError, match="can't be run in"):
        verbs.run("version", folder=tmp_path / "gone")
