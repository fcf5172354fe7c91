"""A command that is killed leaves a project as it was, or one that the next command completes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import git, tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.history import Grow

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")]

# `KILLS=1000 pytest tests/checkout/test_kill.py` for more.
KILLS = int(os.environ.get("KILLS", "100"))
COMMANDS = [("add", "numpy", "classes"), ("remove", "async"), ("update", "--offline")]
# What is called while files are moved to their places; being killed before each is every way to be killed there.
CALLS = ("replace", "unlink", "rmdir", "open")


def start(grow: Grow, arguments: tuple[str, ...], cwd: Path, prepare: Callable[[], None] = lambda: None) -> int:
    """Run the command in a copy of this process, which has loaded everything, and return that process's number."""
    if number := os.fork():
        return number
    code = 99
    try:
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
        self.ends = {"before": 0, "after": 0, "recovered": 0}

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
        """Expect the project to be as it was or complete, once another command has run."""
        journal = (self.project / ".git/pyo3-new-journal.json").exists()
        if not journal and tree(self.project) == self.before:
            assert not git("status", "--porcelain", cwd=self.project)
            assert not (self.project / ".git/index.lock").exists()
            self.ends["before"] += 1
            return
        done = self.grow("status", "--offline", "--json", cwd=self.project)
        assert ("had been interrupted, and is complete now" in done.stderr) == journal
        assert tree(self.project) == self.after
        assert git("write-tree", cwd=self.project) == self.staged
        assert not git("diff", "--name-only", cwd=self.project)
        self.ends["recovered" if journal else "after"] += 1
        assert not (self.project / ".git/index.lock").exists()
        assert not (self.project / ".git/pyo3-new-journal.json").exists()
        self.restore()


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


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_killed_before_every_step_of_the_last_phase(grow: Grow, temporary: Path, arguments: tuple[str, ...]) -> None:
    kills = Kills(grow, arguments)
    for step in range(1000):

        def prepare(step: int = step) -> None:
            fatal(grow.patch, step)

        if wait(start(grow, arguments, kills.project, prepare)) == 0:
            break
        kills.look()
    print(step, kills.ends)
    assert kills.ends["recovered"] > 20
    shutil.rmtree(temporary)


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


def test_an_edit_after_the_kill_is_not_lost(grow: Grow) -> None:
    kills = Kills(grow, COMMANDS[0])
    for step in range(1000):

        def prepare(step: int = step) -> None:
            fatal(grow.patch, step)

        assert wait(start(grow, COMMANDS[0], kills.project, prepare)) != 0
        if (kills.project / ".git/pyo3-new-journal.json").exists():
            break
        kills.look()
    shared = kills.project / "Cargo.toml"
    shared.write_text(shared.read_text("utf-8") + "# mine\n", encoding="utf-8")
    done = grow("add", "numpy", cwd=kills.project, code=1)
    assert "`Cargo.toml` was edited" in done.stderr
    assert "git restore --staged --worktree" in done.stderr
    assert shared.read_text("utf-8").endswith("# mine\n")
    assert "was interrupted" in grow("add", "numpy", "--dry-run", cwd=kills.project, code=1).stderr
    shared.write_bytes(kills.before["Cargo.toml"])
    assert "is complete now" in grow("status", "--offline", cwd=kills.project).stderr
    assert tree(kills.project) == kills.after


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
