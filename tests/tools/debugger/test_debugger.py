"""`explain` and `debug`: what they read and run, print and write, and how they end."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from scaffolder.tools.debugger.app import app, debug_app, explain_app
from scaffolder.tools.debugger.catalogue import load_problems
from tests.conftest import CHECKOUT
from tests.tools.debugger.outputs import FOLDER, body
from tests.tools.results import call_tool, read_result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Run

TOOL = CHECKOUT / "skills/pyo3-fundamentals/scripts/debugger.py"
PROBLEMS = [problem.id for problem in load_problems()]
SLEEPER = "import os, sys, time\nprint(os.getpid(), file=sys.stderr, flush=True)\ntime.sleep(900)"
CARGO = FOLDER / "undefined-python-symbols--cargo-test.txt"
PROGRAMS = {"explain": explain_app, "debug": debug_app, "tool": app}


class Printed(Protocol):
    """Runs a program of the tool in an empty folder, and returns its stdout and stderr."""

    def __call__(self, program: str, *arguments: str, code: int = 0) -> tuple[str, str]: ...


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Printed:
    """Run a program in this process."""
    monkeypatch.chdir(tmp_path)

    def run(program: str, *arguments: str, code: int = 0) -> tuple[str, str]:
        return call_tool(PROGRAMS[program], f"pyo3-new {program}", arguments, capsys, code)

    return run


def ends(process: int) -> bool:
    """Whether a process that is not this one's child ends; it has to get a processor for that."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("program", ["explain", "tool"])
def test_a_file_is_explained(printed: Printed, program: str) -> None:
    stdout, _ = printed(program, str(CARGO), code=1)
    assert "error: " in stdout
    assert "rust-lld: error: undefined symbol: Py" in stdout
    assert "fix: " in stdout
    assert "project-anatomy.md#cargo-manifest" in stdout
    assert stdout.endswith("recognised: undefined-python-symbols\n")


def test_a_file_is_explained_as_data(printed: Printed) -> None:
    result = read_result(printed("explain", str(CARGO), "--json", code=1)[0])
    assert [finding["id"] for finding in result["findings"]] == ["undefined-python-symbols"]
    assert result["findings"][0]["where"].startswith(str(CARGO))


def test_stdin_is_explained(printed: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body(CARGO).encode("utf-8"))))
    assert "[undefined-python-symbols]" in printed("explain", "-", code=1)[0]


def run_script(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tool as a process of its own."""
    command = [sys.executable, str(TOOL), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)


def test_a_command_is_run_and_its_output_passed_on(environment: dict[str, str]) -> None:
    text = "ModuleNotFoundError: No module named 'price_tools._core'"
    done = run_script(environment, "--", sys.executable, "-c", f"import sys; sys.exit({text!r})")
    assert done.returncode == 1
    assert text in done.stderr
    assert "[extension-not-built]" in done.stdout


def test_a_command_that_succeeds_needs_no_word(environment: dict[str, str]) -> None:
    done = run_script(environment, "--", sys.executable, "-c", "print('error: not at all')")
    assert (done.returncode, done.stdout) == (0, "nothing in it looks like a failure\n")


def test_a_command_that_fails_silently_is_a_failure(environment: dict[str, str]) -> None:
    done = run_script(environment, "--", sys.executable, "-c", "raise SystemExit(3)")
    assert "the command failed with exit code 3 and printed nothing [unknown]" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_command_that_a_signal_ends_is_a_failure(environment: dict[str, str]) -> None:
    done = run_script(environment, "--", sys.executable, "-c", "import os; os.kill(os.getpid(), 11)")
    assert done.returncode == 1
    assert "[native-crash]" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="it takes a POSIX shell")
def test_a_background_child_is_not_waited_for(environment: dict[str, str]) -> None:
    start = time.monotonic()
    done = run_script(environment, "--", "sh", "-c", "sleep 300 & echo $!; echo 'ValueError: no prices'; exit 1")
    os.kill(int(done.stderr.splitlines()[0]), signal.SIGTERM)
    assert time.monotonic() - start < 120
    assert "ValueError: no prices" in done.stdout


def test_an_unknown_failure_shows_its_lines(printed: Printed, tmp_path: Path) -> None:
    (tmp_path / "build.log").write_text("all well\nValueError: no prices\n", encoding="utf-8")
    (finding,) = read_result(printed("explain", "build.log", "--json", code=1)[0])["findings"]
    assert (finding["id"], finding["evidence"]) == ("unknown", "ValueError: no prices")


def test_a_file_without_a_failure_is_not_called_a_success(printed: Printed, tmp_path: Path) -> None:
    (tmp_path / "build.log").write_text("all well\n", encoding="utf-8")
    assert printed("explain", "build.log")[0] == "no failure is recognised in it\n"


@pytest.mark.parametrize(
    "text",
    [
        "Killed",
        "error: process didn't exit successfully: `target/debug/prices` (signal: 9, SIGKILL: kill)",
        "Aborted (core dumped)",
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "ImportError: dlopen(/x/_core.so, 0x0002): code signature in <1> not valid for use in process",
        "Error: Process completed with exit code 1.",
        "free(): invalid pointer",
        "make: *** [Makefile:3: test] Error 2",
    ],
)
def test_aborts_signals_and_refused_loads_are_failures(printed: Printed, tmp_path: Path, text: str) -> None:
    (tmp_path / "build.log").write_text(f"all well\n{text}\n", encoding="utf-8")
    result = read_result(printed("explain", "build.log", "--json", code=1)[0])
    assert text[:30] in result["findings"][0]["evidence"]


def test_nothing_to_read_is_an_error_with_a_hint(printed: Printed, tmp_path: Path) -> None:
    (tmp_path / "build.log").write_text("\n", encoding="utf-8")
    _, stderr = printed("explain", "build.log", code=2)
    assert stderr.startswith("error: `build.log` is empty")
    assert "\n\nhint: " in stderr


def test_a_dry_run_runs_nothing(printed: Printed, tmp_path: Path) -> None:
    stdout, _ = printed("explain", "--dry-run", "--json", "--", sys.executable, "-c", "open('made', 'w')")
    assert read_result(stdout)["dry_run"] is True
    assert not (tmp_path / "made").exists()


def test_problems_are_listed(printed: Printed) -> None:
    result = read_result(printed("tool", "problems", "--json")[0])
    assert [row[0] for row in result["tables"][0]["rows"]] == PROBLEMS
    assert "$" not in str(result["tables"])


def test_a_problem_is_described(printed: Printed) -> None:
    stdout, _ = printed("tool", "problems", "linker-missing")
    assert "the linker `LINKER` is missing" in stdout
    assert "apt install build-essential" in stdout


@pytest.mark.parametrize(
    ("program", "arguments", "code", "message", "hint"),
    [
        ("explain", (), 2, "there is nothing to explain", "name a file"),
        ("explain", ("nowhere.log",), 2, "there is no file `nowhere.log`", "explain -- cargo test"),
        ("explain", (".",), 2, "`.` is a folder", "name a file"),
        ("explain", ("a\0b",), 2, "there is no file `ab`", ""),
        ("explain", ("x" * 300,), 1, f"`{'x' * 300}` can't be read", ""),
        ("explain", (os.devnull,), 2, f"`{os.devnull}` is not a regular file", "pipe it"),
        ("explain", ("git", "status", "--short"), 2, "`git status --short` is a command", "-- git status --short`"),
        ("explain", ("--verbose", "git"), 2, "`git` is a command", "-- git`"),
        ("debug", ("backtrace", "git", "status"), 2, "`git status` is a command", "backtrace -- git status`"),
        ("explain", ("--", "no-such-program"), 1, "`no-such-program` is not installed", "activate"),
        ("explain", ("--no-such-option",), 2, "no such option", "--help"),
        ("tool", ("problems", "linker-mising"), 2, "there is no problem `linker-mising`", "`linker-missing`"),
        ("debug", ("backtrace",), 2, "there is no command to run", "name it after `--`"),
        ("debug", ("backtrace", "--", "no-such-program"), 1, "`no-such-program` is not installed", "activate"),
        ("debug", ("backtrace", "--timeout", "never", "--", "python"), 2, "invalid value", "--help"),
        ("debug", ("backtrace", "--timeout", "1e999", "--", "python"), 2, "invalid value", "--help"),
        ("debug", ("backtrace", "--", "cargo", "test"), 2, "`cargo` starts other programs", "target/debug/deps"),
        ("debug", ("configs",), 2, "`.` has no Cargo.toml", "folder of a project"),
    ],
)
def test_bad_input_is_an_error_with_a_hint(
    printed: Printed, program: str, arguments: tuple[str, ...], code: int, message: str, hint: str
) -> None:
    stdout, stderr = printed(program, *arguments, code=code)
    assert stderr.startswith(f"error: {message}")
    assert hint in stderr
    assert not stdout


def test_help_shows_how_to_use_it(printed: Printed) -> None:
    assert "pyo3-new explain -- cargo test" in printed("explain", "--help")[0]
    assert "backtrace" in printed("debug", "--help")[0]


def test_configurations_are_written_once(printed: Printed, tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text("[package]\n", encoding="utf-8")
    planned = read_result(printed("debug", "configs", "--dry-run", "--json")[0])
    assert not (tmp_path / ".vscode").exists()
    printed("debug", "configs")
    for document in planned["documents"]:
        assert (tmp_path / document["path"]).read_text(encoding="utf-8") == document["text"]
    launches = json.loads((tmp_path / ".vscode/launch.json").read_text(encoding="utf-8"))
    assert {launch["type"] for launch in launches["configurations"]} == {"debugpy", "lldb"}


def test_configurations_of_the_user_stay(printed: Printed, tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text("[package]\n", encoding="utf-8")
    (tmp_path / "debug.gdb").write_text("mine\n", encoding="utf-8")
    assert "`debug.gdb` already exists; nothing was written" in printed("debug", "configs", code=1)[1]
    assert not (tmp_path / ".vscode").exists()
    printed("debug", "configs", "--replace")
    assert "break rust_panic" in (tmp_path / "debug.gdb").read_text(encoding="utf-8")


def test_configurations_are_written_through_no_link(printed: Printed, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "sub").mkdir(parents=True)
    (project / "Cargo.toml").write_text("[package]\n", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    (project / ".vscode").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert "links out of the project" in printed("debug", "configs", "project", code=1)[1]
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.usefixtures("hangup")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_tool_that_is_stopped_stops_what_it_runs(environment: dict[str, str], number: signal.Signals) -> None:
    command = [sys.executable, str(TOOL), "--", sys.executable, "-c", SLEEPER]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        sleeper = int(running.stderr.readline())
        running.send_signal(number)
        assert running.stderr.read() == "error: stopped, the tool did not finish\n"
    assert running.returncode == 128 + number
    assert ends(sleeper)


@pytest.fixture(scope="module")
def broken_project(tmp_path_factory: pytest.TempPathFactory, build_run: Run) -> Path:
    """A project whose functions crash and hang, built and installed into an environment of its own."""
    folder = tmp_path_factory.mktemp("broken") / "price-tools"
    shutil.copytree(FOLDER / "project", folder)
    build_run("uv", "venv", "--quiet", "--python", sys.executable, ".venv", folder=folder)
    environment = str(folder / ".venv")
    build_run("maturin", "develop", "--quiet", folder=folder, VIRTUAL_ENV=environment, CARGO_PROFILE_DEV_DEBUG="1")
    return folder


@pytest.fixture
def traced(broken_project: Path, environment: dict[str, str]) -> Callable[..., dict[str, Any]]:
    """Run a program of the broken project under gdb and return what is found."""
    if not shutil.which("gdb"):
        pytest.skip("there is no gdb")

    def traced(program: str, *options: str, code: int = 1) -> dict[str, Any]:
        (broken_project / "program.py").write_text(program, encoding="utf-8")
        python = str(broken_project / ".venv/bin/python")
        command = [sys.executable, str(TOOL), "backtrace", "--json", *options, "--", python, "program.py"]
        done = subprocess.run(
            command, cwd=broken_project, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return read_result(done.stdout)

    return traced


def functions(table: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the language and the last part of the name of each frame that is not of a library."""
    rows = ((language, name.rpartition("::")[2]) for _, language, name, where in table["rows"] if where)
    return [row for row in rows if row[1] not in {"write_volatile", "panic_cannot_unwind"}]


@pytest.mark.slow
def test_a_crash_has_one_backtrace_of_rust_and_python(traced: Callable[..., dict[str, Any]]) -> None:
    result = traced(
        "from price_tools import Basket, _core\n"
        "def pay(price):\n    return charge(price)\n"
        "def charge(price):\n    _core.write_nowhere()\n"
        "def main():\n    Basket([1.0]).reprice(pay)\n"
        "main()\n"
    )
    assert result["findings"][0]["id"] == "crash"
    assert result["findings"][0]["message"] == "SIGSEGV in `price_tools_core::_core::write_nowhere`"
    assert result["findings"][0]["where"].startswith("src/lib.rs:")
    shown = functions(result["tables"][0])
    if any("is unknown" in row[2] for row in result["tables"][0]["rows"]):
        # Without debug info of Python's, as Debian's has none, its frames come last.
        assert [name for _, name in shown] == ["write_nowhere", "call1", "reprice", "charge", "pay", "main", "<module>"]
        return
    assert shown == [
        ("rust", "write_nowhere"), ("python", "charge"), ("python", "pay"), ("rust", "call1"), ("rust", "reprice"),
        ("python", "main"), ("python", "<module>"),
    ]  # fmt: skip


@pytest.mark.slow
def test_an_abort_is_traced_and_explained(traced: Callable[..., dict[str, Any]]) -> None:
    result = traced("from price_tools import _core\n_core.give_up()\n")
    assert [finding["id"] for finding in result["findings"]] == ["crash", "panic-abort"]
    assert ("rust", "give_up") in functions(result["tables"][0])
    assert ("python", "<module>") in functions(result["tables"][0])


@pytest.mark.slow
def test_a_deadlock_is_found(traced: Callable[..., dict[str, Any]]) -> None:
    result = traced("from price_tools import _core\n_core.book()\n", "--timeout", "5")
    assert [finding["id"] for finding in result["findings"]] == ["hang", "interpreter-deadlock"]
    assert functions(result["tables"][0])[-3:] == [("rust", "lock"), ("rust", "book"), ("python", "<module>")]
    # What a stripped interpreter still names, if not where it is.
    assert "PyGILState_Ensure" in {name for _, _, name, _ in result["tables"][1]["rows"]}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="gdb takes POSIX signals")
def test_ctrl_c_asks_for_the_backtrace(
    traced: Callable[..., dict[str, Any]], broken_project: Path, environment: dict[str, str]
) -> None:
    assert traced("raise SystemExit\n", code=0)["findings"] == []
    # Rust is at work already when the program says so.
    (broken_project / "program.py").write_text(
        "import time\nfrom price_tools import Basket\n"
        "def wait(price):\n    print('begun', flush=True)\n    time.sleep(60)\n"
        "Basket([1.0]).reprice(wait)\n",
        encoding="utf-8",
    )
    python = str(broken_project / ".venv/bin/python")
    command = [sys.executable, str(TOOL), "backtrace", "--json", "--", python, "program.py"]
    with subprocess.Popen(
        command, cwd=broken_project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stderr is not None
        while b"begun" not in running.stderr.readline():
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        printed, _ = running.communicate(timeout=300)
    result = read_result(printed.decode("utf-8"))
    assert result["findings"][0]["message"].startswith("the program did not end and was interrupted by Ctrl-C")
    assert ("rust", "reprice") in functions(result["tables"][0])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="gdb takes POSIX signals")
def test_a_backtrace_that_is_stopped_stops_the_program(environment: dict[str, str]) -> None:
    if not shutil.which("gdb"):
        pytest.skip("there is no gdb")
    command = [sys.executable, str(TOOL), "backtrace", "--", sys.executable, "-c", SLEEPER]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        lines = iter(running.stderr.readline, "")
        sleeper = int(next(line for line in lines if line.strip().isdigit()))
        running.send_signal(signal.SIGTERM)
        assert running.stderr.read().endswith("error: stopped, the tool did not finish\n")
    assert running.returncode == 128 + signal.SIGTERM
    assert ends(sleeper)


@pytest.mark.slow
def test_a_long_run_is_no_deadlock(traced: Callable[..., dict[str, Any]]) -> None:
    result = traced("from price_tools import wait_for\nwait_for(60)\n", "--timeout", "5")
    assert [finding["id"] for finding in result["findings"]] == ["hang"]
    assert ("rust", "wait_for") in functions(result["tables"][0])


@pytest.mark.slow
def test_a_program_that_ends_is_left_alone(traced: Callable[..., dict[str, Any]]) -> None:
    assert traced("print('error: no')\n", code=0)["findings"] == []
    assert [finding["id"] for finding in traced("import sys; sys.exit(3)\n")["findings"]] == ["unknown"]
    known = traced("import sys; sys.exit('RuntimeError: Already borrowed')\n")
    assert [finding["id"] for finding in known["findings"]] == ["already-borrowed"]


def test_gdb_is_optional(printed: Printed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    _, stderr = printed("debug", "backtrace", "--", sys.executable, code=1)
    assert stderr.startswith("error: `gdb` is not installed; `backtrace` needs it")
