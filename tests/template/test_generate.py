"""What is left on disk, and what is not."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder.template import generate
from scaffolder.template.source import open_template
from tests.conftest import git, tree

if TYPE_CHECKING:
    from tests.conftest import Command

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")


def test_dry_run_writes_nothing_and_prints_every_file(pyo3_new: Command, tmp_path: Path) -> None:
    done = pyo3_new("new", "a/price-tools", "--defaults", "--all", "--dry-run")
    assert not list(tmp_path.iterdir())
    pyo3_new("new", "price-tools", "--defaults", "--all", "--no-git")
    names = {Path(name).name for name in tree(tmp_path / "price-tools")}
    assert all(f" {name}\n" in f"{done.stdout}\n" for name in names)


@posix
def test_git_is_not_started_for_each_file(pyo3_new: Command, tmp_path: Path, environment: dict[str, str]) -> None:
    log, program = tmp_path / "log", tmp_path / "bin/git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {shutil.which("git")} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    environment["PATH"] = f"{program.parent}{os.pathsep}{environment['PATH']}"
    pyo3_new("new", "price-tools", "--defaults", "--all")
    assert 0 < len(log.read_text(encoding="utf-8").splitlines()) < 20
    assert len(tree(tmp_path / "price-tools")) > 50


def test_folders_on_the_way_are_made(pyo3_new: Command, tmp_path: Path) -> None:
    pyo3_new("new", "a/b/price-tools", "--defaults")
    assert (tmp_path / "a/b/price-tools/Cargo.toml").is_file()
    assert [path.name for path in (tmp_path / "a/b").iterdir()] == ["price-tools"]


def test_an_empty_folder_is_taken(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "price-tools").mkdir()
    pyo3_new("new", "price-tools", "--defaults")
    assert (tmp_path / "price-tools/Cargo.toml").is_file()


@posix
def test_the_current_folder_is_taken(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "price tools").mkdir()
    done = pyo3_new("new", ".", "--defaults", cwd=tmp_path / "price tools")
    assert (tmp_path / "price tools/Cargo.toml").is_file()
    assert "note: the current folder was replaced; run `cd .` before you go on" in done.stderr
    assert f"  cd '{tmp_path}/price tools'\n" in done.stdout


@pytest.mark.parametrize("folder", ["Price Tools", "prix été", "价格", "it's $HOME"])
def test_any_path_will_do_for_a_project_with_a_name(pyo3_new: Command, tmp_path: Path, folder: str) -> None:
    pyo3_new("new", folder, "--name", "price-tools", "--defaults")
    assert (tmp_path / folder / "python/price_tools/__init__.py").is_file()


@posix
def test_a_link_to_an_empty_folder_stays_a_link(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    pyo3_new("new", "link", "--name", "price-tools", "--defaults")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real/Cargo.toml").is_file()


def test_the_mode_of_the_folder_is_the_usual_one(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    pyo3_new("new", "price-tools", "--defaults")
    assert (tmp_path / "price-tools").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("kind", ["file", "full", "link", "below a file"])
def test_a_destination_that_holds_something_is_refused(pyo3_new: Command, tmp_path: Path, kind: str) -> None:
    target = tmp_path / "price-tools"
    if kind in {"file", "below a file"}:
        target.write_text("mine", encoding="utf-8")
    else:
        (tmp_path / "other").mkdir()
        folder = target if kind == "full" else tmp_path / "other"
        folder.mkdir(exist_ok=True)
        (folder / "mine.txt").write_text("mine", encoding="utf-8")
        if kind == "link":
            target.symlink_to(folder)
    before = tree(tmp_path)
    done = pyo3_new("new", "price-tools/x" if kind == "below a file" else "price-tools", "--defaults", code=1)
    assert done.stderr.startswith("error: ")
    assert "hint: choose a folder that" in done.stderr
    assert tree(tmp_path) == before


def test_a_second_run_into_the_same_folder_is_refused(pyo3_new: Command) -> None:
    pyo3_new("new", "price-tools", "--defaults")
    assert "`price-tools` is not empty" in pyo3_new("new", "price-tools", "--defaults", code=1).stderr


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_writable_is_refused(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o555)
    done = pyo3_new("new", "locked/price-tools", "--defaults", code=1)
    assert "Permission denied" in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_a_file_system_that_takes_no_folders_is_refused(pyo3_new: Command) -> None:
    done = pyo3_new("new", "/proc/price-tools", "--defaults", code=1)
    assert done.stderr.startswith("error: `/proc` is not writable")


def test_without_git_there_is_one_clear_error(pyo3_new: Command, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    environment["PATH"] = str(tmp_path / "empty")
    assert "error: `git` was not found on PATH\n\nhint: " in pyo3_new("new", "x", "--defaults", code=1).stderr


def test_the_first_commit_has_everything(pyo3_new: Command, tmp_path: Path) -> None:
    pyo3_new("new", "price-tools", "--defaults")
    project = tmp_path / "price-tools"
    assert (
        git("log", "--format=%an <%ae> %s", cwd=project) == "Ada Lovelace <ada@example.org> Start from pyo3-new v0.1.0"
    )
    assert git("branch", "--show-current", cwd=project) == "main"
    assert not git("status", "--porcelain", cwd=project)


def test_no_git_makes_no_repository(pyo3_new: Command, tmp_path: Path) -> None:
    pyo3_new("new", "price-tools", "--defaults", "--no-git")
    assert not (tmp_path / "price-tools/.git").exists()


def test_inside_a_repository_no_other_is_made(pyo3_new: Command, tmp_path: Path) -> None:
    git("init", "--quiet", cwd=tmp_path)
    done = pyo3_new("new", "a/price-tools", "--defaults")
    assert not (tmp_path / "a/price-tools/.git").exists()
    assert f"note: no repository was created, because `{tmp_path}` is already one" in done.stderr
    assert f"move `a/price-tools/.github` to `{tmp_path}`" in done.stderr
    assert "set `working-directory: a/price-tools`" in done.stderr


@pytest.mark.parametrize("excluded", [[], ["old"]])
def test_a_cargo_workspace_above_is_told_of_the_project(pyo3_new: Command, tmp_path: Path, excluded: list[str]) -> None:
    (tmp_path / "core/src").mkdir(parents=True)
    (tmp_path / "core/src/lib.rs").touch()
    member = '[package]\nname = "core-part"\nversion = "0.1.0"\nedition = "2024"\n'
    (tmp_path / "core/Cargo.toml").write_text(member, encoding="utf-8")
    root = '[workspace]\nresolver = "3"\nmembers = ["core", "bindings/*"]\n'
    listed = f"{root}exclude = {excluded}\n" if excluded else root
    (tmp_path / "Cargo.toml").write_text(listed, encoding="utf-8")
    done = pyo3_new("new", "bindings/python", "--defaults")
    line = re.search(r"set `(exclude = .*?)` in its `\[workspace\]`", done.stderr)
    assert line, done.stderr
    (tmp_path / "Cargo.toml").write_text(f"{root}{line[1]}\n", encoding="utf-8")
    command = ["cargo", "locate-project", "--workspace", "--message-format=plain"]
    project = tmp_path / "bindings/python"
    found = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()) == project / "Cargo.toml"
    assert "is a Cargo workspace" not in pyo3_new("new", "old/python", "--defaults").stderr or not excluded


@pytest.mark.parametrize("members", ["core", "bindings/*"])
def test_a_workspace_may_be_in_a_workspace_that_does_not_list_it(
    pyo3_new: Command, tmp_path: Path, members: str
) -> None:
    (tmp_path / "Cargo.toml").write_text(f'[workspace]\nmembers = ["{members}"]\n', encoding="utf-8")
    done = pyo3_new("new", "bindings/python", "--defaults", "--with", "workspace")
    line = re.search(r"lists the project as a member.* set `(exclude = .*?)` in its `\[workspace\]`", done.stderr)
    assert bool(line) == (members != "core"), done.stderr
    assert done.stderr.count("is a Cargo workspace") == bool(line)
    if line:
        (tmp_path / "Cargo.toml").write_text(f'[workspace]\nmembers = ["{members}"]\n{line[1]}\n', encoding="utf-8")
        command = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
        subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)


def test_nothing_is_said_where_nothing_is_above(pyo3_new: Command) -> None:
    assert "note:" not in pyo3_new("new", "price-tools", "--defaults").stderr


@pytest.mark.parametrize("content", ["", "[user]\n  name = Ada\n"])
def test_without_an_identity_nothing_is_committed(
    pyo3_new: Command, tmp_path: Path, settings: Path, content: str
) -> None:
    settings.write_text(content, encoding="utf-8")
    done = pyo3_new("new", "price-tools", "--defaults")
    assert "note: nothing was committed, because git does not know your name and email address" in done.stderr
    assert git("status", "--porcelain", cwd=tmp_path / "price-tools").startswith("A ")


def test_hooks_and_signing_do_not_disturb(pyo3_new: Command, tmp_path: Path, settings: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "commit-msg", "post-checkout", "post-commit"):
        (hooks / name).write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        (hooks / name).chmod(0o755)
    with settings.open("a", encoding="utf-8") as file:
        file.write(f"[core]\n  hooksPath = {hooks.as_posix()}\n[commit]\n  gpgSign = true\n[gpg]\n  program = false\n")
    done = pyo3_new("new", "price-tools", "--defaults")
    assert not done.stderr
    assert git("log", "--oneline", cwd=tmp_path / "price-tools")


def test_a_run_from_within_a_hook_touches_no_other_repository(
    pyo3_new: Command, tmp_path: Path, environment: dict[str, str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git("init", "--quiet", cwd=other)
    environment |= {"GIT_DIR": str(other / ".git"), "GIT_INDEX_FILE": str(other / ".git/index")}
    pyo3_new("new", "price-tools", "--defaults")
    assert git("log", "--oneline", cwd=tmp_path / "price-tools")
    assert not (other / ".git/index").exists()


@posix
@pytest.mark.slow
@pytest.mark.usefixtures("hangup")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_run_that_is_killed_leaves_all_or_nothing(
    environment: dict[str, str], tmp_path: Path, pyo3_new: Command, number: signal.Signals
) -> None:
    start = time.monotonic()
    pyo3_new("new", "whole", "--name", "price-tools", "--defaults")
    longest = time.monotonic() - start
    names = set(tree(tmp_path / "whole"))
    moments = random.Random(number)
    for turn in range(6):
        target = tmp_path / f"folder-{turn}/price-tools"
        command = [sys.executable, "-m", "scaffolder", "new", str(target), "--defaults", "--quiet"]
        process = subprocess.Popen(command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.2, 1.0) * longest)
        os.killpg(process.pid, number)
        code = process.wait(timeout=60)
        if target.exists():
            assert set(tree(target)) == names
        elif number != signal.SIGKILL:
            # Python itself ends with 1 if Ctrl-C comes while it starts.
            assert code in {128 + number, -number, *([1] if number == signal.SIGINT else [])}
            assert not target.parent.exists() or not list(target.parent.iterdir())
        shutil.rmtree(target.parent, ignore_errors=True)


def test_a_dry_run_lists_what_is_made(tmp_path: Path) -> None:
    answers = {"project_name": "price-tools", "author_name": "Ada", "author_email": "a@b.c", "features": ["numpy"]}
    with open_template() as source:
        preview = generate.new_project(source, answers, tmp_path / "x", dry_run=True)
        made = generate.new_project(source, answers, tmp_path / "x", use_git=False)
    assert preview.files == made.files == tuple(sorted(tree(tmp_path / "x")))
