"""Limits: what can be withheld from a script, what can't, and what a process of its own adds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Host

    Write = Callable[[str], Path]

posix = pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are those of POSIX")
# region: escape
ESCAPE = """[
    kind for kind in ().__class__.__base__.__subclasses__() if kind.__name__ == "_wrap_close"
][0].__init__.__globals__["getcwd"]()"""
# endregion: escape


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        script = tmp_path / "script.py"
        script.write_text(text, encoding="utf-8")
        return script

    return write


def test_names_that_are_taken_away_are_found_again() -> None:
    with pytest.raises(NameError):
        eval("open", {"__builtins__": {}})  # noqa: S307
    assert eval(ESCAPE, {"__builtins__": {}})  # noqa: S307


def test_a_script_that_loops_is_ended_in_the_process(host: Host, write: Write) -> None:
    done = host("limits", "here", write("while True:\n    try: pass\n    except Exception: pass\n"), "0.2")
    assert done.returncode == 1
    assert "limits.TimeIsUp" in done.stderr
    assert "script failed" in done.stderr


def test_a_script_that_ends_in_time_is_let_be(host: Host, write: Write) -> None:
    done = host("limits", "here", write("print('ready')"), "60")
    assert (done.returncode, done.stdout) == (0, "ready\n"), done.stderr


def test_cleaning_up_runs_and_the_exception_can_be_caught(host: Host, write: Write) -> None:
    script = "try:\n    while True: str(1)\nexcept BaseException as error:\n    print(type(error).__name__)\n"
    script += "print('on and on')\n"
    done = host("limits", "here", write(script), "2")
    assert (done.returncode, done.stdout) == (0, "TimeIsUp\non and on\n")


def test_what_runs_in_c_is_not_interrupted(host: Host, write: Write) -> None:
    script = "import time\nbegin = time.monotonic()\n"
    script += "try: sum(range(120_000_000))\nfinally: print(time.monotonic() - begin)\n"
    done = host("limits", "here", write(script), "0.5")
    assert "TimeIsUp" in done.stderr
    assert float(done.stdout) > 0.5


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("import subprocess; subprocess.run(['true'])", "PermissionError: subprocess.Popen"),
        ("import socket; socket.socket()", "PermissionError: socket.__new__"),
        ("import ctypes; ctypes.CDLL(None)", "PermissionError: ctypes.dlopen"),
        ("import os; os.system('true')", ""),
        ("open(__import__('os').devnull)", ""),
    ],
    ids=["subprocess", "socket", "ctypes", "os.system", "open"],
)
def test_an_audit_hook_refuses_what_it_names(host: Host, write: Write, text: str, refused: str) -> None:
    done = host("limits", "audit", write(text))
    assert (refused in done.stderr) if refused else (done.returncode == 0)


@posix
def test_a_child_that_ends_well(host: Host, write: Write) -> None:
    done = host("limits", "child", write("import os; print(dict(os.environ))"), "60", "1000")
    assert (done.returncode, done.stderr) == (0, "")
    assert "PATH" not in done.stdout


@posix
@pytest.mark.parametrize(
    "text",
    ["while True: pass", "sum(range(10**12))", "import time; time.sleep(1000)",
     "while True:\n    try:\n        while True: pass\n    except BaseException: pass\n"],
    ids=["loop", "in C", "sleep", "catches all"],
)  # fmt: skip
def test_a_child_is_killed_whatever_it_does(host: Host, write: Write, text: str) -> None:
    done = host("limits", "child", write(text), "1", "1000")
    assert (done.returncode, done.stderr) == (1, "error: killed after 1 s\n")


@posix
def test_what_the_child_starts_is_killed_too(host: Host, write: Write, tmp_path: Path) -> None:
    """Otherwise the pipe to this test would stay open, and `host` would wait for it."""
    text = "import os, time\nif not os.fork():\n    time.sleep(100)\n    os._exit(0)\ntime.sleep(100)\n"
    assert host("limits", "child", write(text), "1", "1000").returncode == 1


@pytest.mark.skipif(sys.platform != "linux", reason="macOS doesn't enforce RLIMIT_AS")
def test_a_child_gets_no_more_memory(host: Host, write: Write) -> None:
    done = host("limits", "child", write("bytes(800_000_000)"), "60", "500")
    assert done.returncode == 1
    assert "MemoryError" in done.stderr


@posix
def test_a_child_that_crashes_is_an_error(host: Host, write: Write) -> None:
    done = host("limits", "child", write("import os; os.abort()"), "60", "1000")
    assert done.returncode == 1
    assert done.stderr.startswith("error: signal: 6 (SIGABRT)")
