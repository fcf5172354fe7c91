"""A killed command leaves a project as it was, as it was going to be, or so that the next one says how to go on.

Whatever the user does in between, that next command loses nothing and never takes a half for a whole.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.checkout.test_update import everything
from tests.conftest import git, tree
from tests.history import commit_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.history import Grow

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")]

# `KILLS=1000 STEPS=1 STATES=9 pytest tests/checkout/test_kill.py` for more: killed so often at a random moment,
KILLS = int(os.environ.get("KILLS", "40"))
# at every so many steps,
STEPS = int(os.environ.get("STEPS", "3"))
# and after so many of these, and after the last, every act of a user is tried.
STATES = int(os.environ.get("STATES", "1"))
COMMANDS = [("add", "numpy", "classes"), ("remove", "async"), ("update", "--offline")]
# What is called while files are moved to their places; being killed before each is every way to be killed there.
CALLS = ("replace", "unlink", "rmdir", "mkdir", "open")


def start(grow: Grow, arguments: tuple[str, ...], cwd: Path, prepare: Callable[[], None] = lambda: None) -> int:
    """Run the command in a copy of this process, which has loaded everything, and return that process's number."""
    # An interrupt that comes before the copy has begun would go on with the tests in it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    if number := os.fork():
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return number
    code = 99
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.setsid()
        prepare()
        code = grow(*arguments, cwd=cwd, code=None).code
    finally:
        os._exit(code)


def wait(number: int) -> int:
    """Wait for a process and return its exit code, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def kill(number: int) -> int:
    """Kill a process and all that it started."""
    os.killpg(number, signal.SIGKILL) if os.getpgid(number) == number else os.kill(number, signal.SIGKILL)
    return wait(number)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where killed processes leave their temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


class Kills:
    """A project on which one command is killed again and again."""

    def __init__(self, grow: Grow, arguments: tuple[str, ...]) -> None:
        self.grow = grow
        self.arguments = arguments
        self.project = grow.project("async", version="0.2.0")
        self.before = tree(self.project)
        assert wait(start(grow, arguments, self.project)) == 0
        self.after = tree(self.project)
        self.staged = git("write-tree", cwd=self.project)
        self.restore()
        self.longest = self.calibrate()
        self.ends = {"before": 0, "after": 0, "half": 0}

    def calibrate(self) -> float:
        """Let the command finish, and return the seconds that it takes now."""
        begin = time.monotonic()
        assert wait(start(self.grow, self.arguments, self.project)) == 0
        longest = time.monotonic() - begin
        self.restore()
        return longest

    def restore(self) -> None:
        """Go back as the command says."""
        git("restore", "--staged", "--worktree", "--", ".", cwd=self.project)
        assert tree(self.project) == self.before

    def look(self) -> None:
        """Expect the project to be as it was, complete, or half done and told so; then go back as the command says."""
        lock = self.project / ".git/index.lock"
        if not lock.exists() and tree(self.project) == self.before and is_clean(self.project):
            self.ends["before"] += 1
            return
        if not lock.exists() and not (self.project / ".git/pyo3-new-change.json").exists():
            assert tree(self.project) == self.after
            assert git("write-tree", cwd=self.project) == self.staged
            assert not git("diff", "--name-only", cwd=self.project)
            self.ends["after"] += 1
            self.restore()
            return
        found = everything(self.project)
        noted = "an earlier command was killed" in self.grow("status", "--offline", cwd=self.project).stderr
        assert noted or tree(self.project) == self.before or not (self.project / ".git/pyo3-new-change.json").exists()
        refused = self.grow(*self.arguments, cwd=self.project, code=1)
        assert everything(self.project) == found
        follow(refused.stderr, self.project)
        if tree(self.project) == self.after and not (self.project / ".git/pyo3-new-change.json").exists():
            self.ends["after"] += 1
            self.restore()
            return
        if tree(self.project) != self.before:
            follow(self.grow(*self.arguments, cwd=self.project, code=1).stderr, self.project)
        self.ends["half"] += 1
        assert tree(self.project) == self.before
        assert is_clean(self.project)
        assert not list((self.project / ".git").glob("pyo3-new-*/"))[1:]


def is_clean(project: Path) -> bool:
    """Whether git sees nothing that is not committed."""
    return not git("status", "--porcelain", cwd=project)


def follow(message: str, project: Path) -> None:
    """Do what a hint says."""
    hint = message.partition("hint: ")[2].partition("\nnote: ")[0]
    for name in re.findall(r"delete `([^`]+)`", hint) if "or delete" not in hint else ():
        Path(name).unlink()
    if "delete that file" in hint:
        (project / ".git/index.lock").unlink()
    commands = re.findall(r"`(git [^`]+)`", hint)
    assert commands or "delete" in hint, message
    for command in commands[:1]:
        undo = command.replace("git revert", "git revert --no-edit HEAD")
        subprocess.run(undo, shell=True, cwd=project, check=True, capture_output=True)  # noqa: S602


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_killed_at_a_random_moment(grow: Grow, temporary: Path, arguments: tuple[str, ...]) -> None:
    kills = Kills(grow, arguments)
    moments = random.Random(0)
    for turn in range(KILLS):
        # The machine may have become slower or faster; and what is over by then is no kill.
        kills.longest = kills.calibrate() if turn % 10 == 0 else kills.longest
        number = start(grow, arguments, kills.project)
        time.sleep(kills.longest * moments.uniform(0, 1.1))
        kill(number)
        kills.look()
        shutil.rmtree(temporary)
        temporary.mkdir()
    print(f"{kills.longest:.3f} s", kills.ends)
    # Enough on either side; how many depends on what else the machine does.
    assert KILLS / 10 < kills.ends["before"] < KILLS


def fatal(patch: pytest.MonkeyPatch, step: int) -> None:
    """Let this process die at a step of those that change the file system."""
    steps = iter(range(step + 1))

    def deadly(function: Callable[..., object]) -> Callable[..., object]:
        def call(self: Path, *arguments: object, **options: object) -> object:
            reads = function.__name__ == "open" and arguments[:1] in {(), ("r",), ("rb",)} and "mode" not in options
            if "price-tools" in str(self) and not reads and next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(self, *arguments, **options)

        return call

    for name in CALLS:
        patch.setattr(Path, name, deadly(getattr(Path, name)))


def test_a_new_project_killed_at_a_random_moment(grow: Grow, temporary: Path, tmp_path: Path) -> None:
    arguments = ("new", "killed/price-tools", "--defaults", "--with", "numpy", "--quiet")
    target = tmp_path / "killed/price-tools"

    def calibrate() -> float:
        """Let the command finish, and return the seconds that it takes now."""
        shutil.rmtree(target, ignore_errors=True)
        begin = time.monotonic()
        assert wait(start(grow, arguments, tmp_path)) == 0
        return time.monotonic() - begin

    calibrate()
    longest = calibrate()
    whole = tree(target)
    moments = random.Random(0)
    ends = {True: 0, False: 0}
    for turn in range(KILLS):
        longest = calibrate() if turn % 10 == 9 else longest
        shutil.rmtree(target.parent)
        number = start(grow, arguments, tmp_path)
        time.sleep(1.1 * longest * moments.random())
        kill(number)
        ends[target.exists()] += 1
        if target.exists():
            assert tree(target) == whole
            assert not git("status", "--porcelain", cwd=target)
        target.parent.mkdir(exist_ok=True)
    print(f"{longest:.3f} s", ends)
    assert KILLS / 10 < ends[False] < KILLS
    shutil.rmtree(temporary)


def states(grow: Grow, arguments: tuple[str, ...], folder: Path) -> tuple[Kills, list[Path]]:
    """Return copies of a project that was killed at steps from the first removal to the last write."""
    kills = Kills(grow, arguments)
    copies: list[Path] = []
    for step in range(0, 1000, STEPS):

        def prepare(step: int = step) -> None:
            fatal(grow.patch, step)

        if wait(start(grow, arguments, kills.project, prepare)) == 0:
            print(step, kills.ends)
            assert kills.ends["half"] > 20 / STEPS
            return kills, copies
        if (kills.project / ".git/pyo3-new-change.json").exists():
            copies.append(folder / f"{arguments[0]}-{step}/price-tools")
            shutil.copytree(kills.project, copies[-1], symlinks=True)
        kills.look()
    raise AssertionError


ACTS = {
    "nothing": "",
    "checkout": "git checkout .",
    "reset": "git reset",
    "reset --hard": "git reset --hard",
    "stash": "git stash",
    "stash -u": "git stash -u",
    "clean": "git checkout . && git clean -fd",
    "commit": "git commit -m x",
    "commit -a": "git commit -am x",
    "commit all": "git add -A && git commit -m x",
    "gc": "git gc --prune=now",
    "edit": "echo '# mine' >> Cargo.toml",
    "another branch": "git stash; git checkout -b dev; echo '# mine' >> README.md; git commit -am y",
    "truncated": ": > src/lib.rs && : > Cargo.toml",
    "commit and go on": "git commit -m x; echo '# mine' >> README.md; git commit -am y",
}


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_killed_before_steps_of_the_last_phase_whatever_the_user_does_then(
    grow: Grow, temporary: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    kills, copies = states(grow, arguments, tmp_path / "killed")
    apart = max(1, len(copies) // STATES)
    chosen = copies[apart // 2 :: apart]
    for copy in [*chosen, copies[-1]]:
        for name, act in ACTS.items():
            project = copy.parent / name / "price-tools"
            shutil.copytree(copy, project, symlinks=True)
            if act:
                (project / ".git/index.lock").unlink()
                subprocess.run(act, shell=True, cwd=project, check=False, capture_output=True)  # noqa: S602
            settle(grow, arguments, project, {**kills.after}, name)
            shutil.rmtree(project.parent)
    shutil.rmtree(temporary)


def settle(grow: Grow, arguments: tuple[str, ...], project: Path, after: dict[str, bytes], act: str) -> None:
    """Run the command, do what it says, and so on, until it is done and the project is as it should be."""
    for _ in range(5):
        found = everything(project)
        answer = grow(*arguments, cwd=project, code=None)
        if answer.code == 0:
            break
        assert answer.code == 1, answer.stderr
        assert everything(project) == found
        follow(answer.stderr, project)
    else:
        pytest.fail(f"{act}: {answer.stderr}")
    result = tree(project)
    if act == "edit":
        assert "+# mine" in git("stash", "show", "--patch", cwd=project)
    if act in {"commit and go on", "another branch"}:
        # It is gone where the user had to revert the commit that it came with.
        after["README.md"] += b"# mine\n" if b"# mine" in result["README.md"] else b""
        assert "+# mine" in git("log", "--patch", cwd=project)
    assert {name for name in {*result, *after} if result.get(name) != after.get(name)} == set(), act
    git("add", "--all", cwd=project)
    git("commit", "--quiet", "--allow-empty", "--message", "x", cwd=project)
    assert not git("fsck", "--connectivity-only", "--no-dangling", cwd=project)


def test_conflicts_that_are_half_written_can_be_put_back(grow: Grow, temporary: Path) -> None:
    project = grow.project(version="0.1.0")
    (project / "tests/test_distance.py").rename(project / "tests/test_words.py")
    manifest = project / "Cargo.toml"
    manifest.write_text(manifest.read_text("utf-8").replace("release line 0.1.0, before", "mine"), encoding="utf-8")
    commit_all(project)
    before = tree(project)
    half = 0
    for step in range(0, 1000, 5):

        def prepare(step: int = step) -> None:
            fatal(grow.patch, step)

        code = wait(start(grow, ("update", "--offline"), project, prepare))
        if code == 3:
            break
        for _ in range(2):
            if tree(project) == before and is_clean(project) and not (project / ".git/index.lock").exists():
                break
            half += 1
            follow(grow("update", "--offline", cwd=project, code=1).stderr, project)
        assert tree(project) == before
        assert is_clean(project)
    assert half > 3
    assert git("diff", "--name-only", "--diff-filter=U", cwd=project)
    shutil.rmtree(temporary)


@pytest.mark.usefixtures("hangup")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopped_with_a_signal(grow: Grow, temporary: Path, number: signal.Signals) -> None:
    kills = Kills(grow, COMMANDS[0])
    for turn in range(30):
        process = start(grow, COMMANDS[0], kills.project)
        time.sleep(0.02 + kills.longest * turn / 30)
        os.kill(process, number)
        code = wait(process)
        # 99: before the command took notice of signals.
        assert code in {0, 99, 128 + number, -number}
        assert tree(kills.project) == (kills.before if code else kills.after)
        kills.look()
    assert not [path for path in temporary.iterdir() if path.is_dir()]
