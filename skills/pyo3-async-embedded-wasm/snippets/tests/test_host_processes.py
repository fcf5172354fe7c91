"""Processes: Ctrl-C, threads, `multiprocessing`, sub-interpreters and a second start in a host."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Host

    Write = Callable[[str], Path]
    Start = Callable[[str, str], subprocess.Popen[str]]

SCRIPTS = Path(__file__).resolve().parent.parent / "host/scripts"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and processes are others on Windows")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        script = tmp_path / "script.py"
        script.write_text(text, encoding="utf-8")
        return script

    return write


@pytest.fixture
def start(programs: dict[str, Path], write: Write) -> Start:
    """Return a function that starts a script, and returns when it has printed a line."""

    def start(mode: str, script: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [programs["host-processes"], mode, write(script)], env={}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, encoding="utf-8",
            # It may be ignored where tests run in the background.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )  # fmt: skip
        assert process.stdout
        assert process.stdout.readline()
        return process

    return start


def test_ctrl_c_ends_a_program_in_which_python_has_only_been_started(start: Start) -> None:
    process = start("nobody", "pass")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT


@pytest.mark.parametrize("module", ["signal", "subprocess", "asyncio"])
def test_a_mere_import_takes_ctrl_c_away(start: Start, module: str) -> None:
    process = start("nobody", f"import {module}")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_the_program_can_keep_ctrl_c(start: Start) -> None:
    process = start("program", "import signal, asyncio")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT


def test_a_handler_of_the_program_outlasts_imports(start: Start) -> None:
    process = start("own", "import signal, asyncio")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert (output, process.returncode) == ("stopped: true\n", 0)


def test_scripts_can_have_ctrl_c(start: Start) -> None:
    script = "try:\n    print('ready', flush=True)\n    while True: pass\nfinally:\n    print('cleaned', flush=True)\n"
    process = start("python", script)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert (output, errors, process.returncode) == ("cleaned\nwaiting\n", "interrupted\n", 130)


def test_the_thread_that_starts_python_is_its_main_thread(host: Host, write: Write) -> None:
    script = write("import signal\nsignal.signal(signal.SIGUSR1, signal.SIG_IGN)")
    done = host("host-processes", "thread", script, environment={})
    assert "signal only works in main thread of the main interpreter" in done.stderr
    assert host("host-processes", "nobody", script, environment={}).returncode == 0


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_multiprocessing_starts_the_program_as_a_python(host: Host, write: Write, method: str) -> None:
    text = f"import multiprocessing, sys\nsys.path.insert(0, {str(SCRIPTS)!r})\nimport tides\n"
    text += (
        f"with multiprocessing.get_context({method!r}).Pool(2) as pool:\n    print(pool.map(tides.height, range(4)))\n"
    )
    done = host("host-processes", "nobody", write(text), environment={})
    assert done.returncode == 0, done.stderr
    assert "[100, 137, 174, 121]" in done.stdout


def test_multiprocessing_starts_whatever_sys_executable_names(host: Host, write: Write, tmp_path: Path) -> None:
    stand_in = tmp_path / "stand-in"
    stand_in.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/calls"\n', encoding="utf-8")
    stand_in.chmod(0o755)
    text = "import multiprocessing\nprocess = multiprocessing.get_context('spawn').Process(target=print)\n"
    text += "try:\n    process.start()\n    process.join()\nexcept OSError:\n    pass\n"
    host("host-processes", "nobody", write(text), stand_in, environment={})
    calls = (tmp_path / "calls").read_text(encoding="utf-8")
    assert "-c from multiprocessing.spawn import spawn_main; spawn_main(" in calls
    assert "--multiprocessing-fork" in calls


def test_a_function_of_the_script_is_not_there_in_the_child(host: Host, write: Write) -> None:
    text = "import multiprocessing\ndef height(): pass\n"
    text += "process = multiprocessing.get_context('spawn').Process(target=height)\n"
    text += "process.start()\nprocess.join()\nprint('code', process.exitcode)\n"
    done = host("host-processes", "nobody", write(text), environment={})
    assert "code 1" in done.stdout
    assert "Can't get attribute 'height' on <module '__main__'" in done.stderr


def test_sub_interpreters_refuse_modules_of_the_program_since_3_12(host: Host, write: Write) -> None:
    text = """
import sys
import clock
if sys.version_info >= (3, 13):
    import _interpreters as interpreters
    run = interpreters.exec
else:
    import _xxsubinterpreters as interpreters
    run = interpreters.run_string
sub = interpreters.create()
try:
    print(run(sub, "import clock"))
except Exception as error:
    print(error)
interpreters.destroy(sub)
"""
    done = host("host-processes", "nobody", write(text), environment={})
    assert done.returncode == 0, done.stderr
    refusal = "module clock does not support loading in subinterpreters"
    assert (refusal in done.stdout) == (sys.version_info >= (3, 12)), done.stdout


def test_python_does_not_start_again(host: Host, write: Write) -> None:
    assert "runs again: false" in host("host-processes", "again", write("pass"), environment={}).stdout
