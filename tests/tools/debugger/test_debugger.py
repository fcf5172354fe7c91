"""`pyo3-new explain`: what it recognises in failing outputs, and what it leaves alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from docs.chapter import section
from scaffolder.tools.debugger.catalogue import load
from scaffolder.tools.debugger.explaining import explain
from scaffolder.tools.debugger.reading import decode
from scaffolder.tools.debugger.source import Output
from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Command, Run

SKILL = CHECKOUT / "skills/pyo3-fundamentals"
FAILURES = sorted((CHECKOUT / "tests/skills/failures").glob("*.txt"))
SCHEMA = json.loads((CHECKOUT / "scaffolder/tool-result.schema.json").read_text(encoding="utf-8"))
PROBLEMS = {problem.id: problem for problem in load()}
SLEEPER = "import os, sys, time\nprint(os.getpid(), file=sys.stderr, flush=True)\ntime.sleep(60)"
CARGO = CHECKOUT / "tests/skills/failures/undefined-python-symbols--cargo-test.txt"


def body(path: Path) -> bytes:
    """Return an output without the line that says where it is from."""
    return path.read_bytes().partition(b"\n")[2]


def ids(data: bytes) -> list[str]:
    """Return what is found in an output, each problem once."""
    found = explain(Output(decode(data), "build.log")).findings
    return list(dict.fromkeys(finding.id for finding in found))


def data(printed: str) -> dict[str, Any]:
    """Return a tool's JSON, which must be as its schema says."""
    result: dict[str, Any] = json.loads(printed)
    jsonschema.validate(result, SCHEMA)
    return result


def ends(process: int) -> bool:
    """Whether a process that is not this one's child ends in a moment."""
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("path", FAILURES, ids=lambda path: path.stem)
def test_an_output_shows_its_problem_and_no_other(path: Path) -> None:
    expected = path.stem.partition("--")[0]
    assert ids(body(path)) == ([] if expected == "nothing" else [expected])


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_problem_has_an_output(problem: str) -> None:
    assert any(path.stem.startswith(f"{problem}--") for path in FAILURES)


def test_every_output_says_where_it_is_from() -> None:
    for path in FAILURES:
        assert re.match(r"\$ \S|# from [\w-]+#\d+\n", path.read_text(encoding="utf-8")), path.name


def test_outputs_name_no_machine() -> None:
    for path in FAILURES:
        assert not re.search(r"/root/|/tmp/(?!work)\w+/price|/work/main", path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda problem: problem.id)
def test_the_chapter_has_each_problem(problem: Any) -> None:
    chapter = (SKILL / "references/troubleshooting.md").read_text(encoding="utf-8")
    assert f"\n### {problem.id}\n" in chapter
    assert section(problem) in chapter
    assert problem.reference.endswith(f"/references/troubleshooting.md#{problem.id}")


def test_texts_name_only_what_signs_find() -> None:
    for problem in PROBLEMS.values():
        for sign in problem.signs:
            found = dict.fromkeys(sign.groupindex, "x")
            for text in (problem.title, problem.cause, problem.fix):
                assert problem.fill(text, found), problem.id


def test_problems_are_followed_by_others_that_there_are() -> None:
    assert {name for problem in PROBLEMS.values() for name in problem.leads_to} <= set(PROBLEMS)


def test_colours_line_ends_and_stray_bytes_do_not_matter() -> None:
    text = body(CARGO).decode("utf-8")
    coloured = text.replace("error:", "\x1b[1m\x1b[91merror\x1b[0m\x1b[1m:\x1b[0m").replace("\n", "\r\n")
    assert ids(coloured.encode("utf-8") + b"\xff\xfe\x00") == ["undefined-python-symbols"]


def test_logs_of_windows_and_of_workflows_are_read() -> None:
    text = body(CARGO).decode("utf-8")
    assert ids(text.encode("utf-16")) == ["undefined-python-symbols"]
    stamped = "".join(f"2026-11-22T23:08:14.1234567Z {line}\n" for line in text.splitlines())
    assert ids(stamped.encode("utf-8")) == ["undefined-python-symbols"]


def test_a_cause_comes_before_what_it_causes() -> None:
    first = body(CHECKOUT / "tests/skills/failures/extension-not-built--import.txt")
    second = body(CHECKOUT / "tests/skills/failures/rust-missing--maturin.txt")
    assert ids(first + second) == ["rust-missing", "extension-not-built"]


@pytest.mark.timeout(120)
def test_megabytes_are_read() -> None:
    noise = b"   Compiling serde v1.0.0\nwarning: unused variable: `x`\n --> src/lib.rs:1:1\n" * 30_000
    assert ids(noise + body(CARGO) + noise) == ["undefined-python-symbols"]


def test_a_file_is_explained(pyo3_new: Command) -> None:
    done = pyo3_new("explain", str(CARGO), code=1)
    assert "error: " in done.stdout
    assert "rust-lld: error: undefined symbol: Py" in done.stdout
    assert "fix: Remove `extension-module`" in done.stdout
    assert "troubleshooting.md#undefined-python-symbols" in done.stdout
    assert done.stdout.endswith("recognised: undefined-python-symbols\n")


def test_a_file_is_explained_as_data(pyo3_new: Command) -> None:
    result = data(pyo3_new("explain", str(CARGO), "--json", code=1).stdout)
    assert [finding["id"] for finding in result["findings"]] == ["undefined-python-symbols"]
    assert result["findings"][0]["where"].startswith(str(CARGO))


def test_stdin_is_explained(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "scaffolder", "explain", "-"]
    done = subprocess.run(command, input=body(CARGO), env=environment, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"[undefined-python-symbols]" in done.stdout


def test_a_command_is_run_and_its_output_passed_on(pyo3_new: Command) -> None:
    text = "ModuleNotFoundError: No module named 'price_tools._core'"
    done = pyo3_new("explain", "--", sys.executable, "-c", f"import sys; sys.exit({text!r})", code=1)
    assert text in done.stderr
    assert "[extension-not-built]" in done.stdout


def test_a_command_that_succeeds_needs_no_word(pyo3_new: Command) -> None:
    done = pyo3_new("explain", "--", sys.executable, "-c", "print('error: not at all')")
    assert done.stdout == "nothing in it looks like a failure\n"


def test_a_command_that_fails_silently_is_a_failure(pyo3_new: Command) -> None:
    done = pyo3_new("explain", "--", sys.executable, "-c", "raise SystemExit(3)", code=1)
    assert "the command failed with exit code 3 and printed nothing [unknown]" in done.stdout


def test_an_unknown_failure_shows_its_first_lines(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "build.log").write_text("all well\nValueError: no prices\n", encoding="utf-8")
    result = data(pyo3_new("explain", "build.log", "--json", code=1).stdout)
    assert [(finding["id"], finding["evidence"]) for finding in result["findings"]] == [
        ("unknown", "ValueError: no prices")
    ]


@pytest.mark.parametrize("case", ["npm", "command-not-found", "go-panic"])
def test_failures_of_other_programs_are_no_success(case: str) -> None:
    path = CHECKOUT / f"tests/skills/failures/unknown--{case}.txt"
    result = explain(Output(decode(body(path)), "build.log"))
    assert result.findings[0].evidence
    assert result.summary == "not recognised"


def test_a_file_without_a_failure_is_not_called_a_success(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "build.log").write_text("all well\n", encoding="utf-8")
    assert pyo3_new("explain", "build.log").stdout == "no failure is recognised in it\n"


@pytest.mark.parametrize(
    ("case", "guess"),
    [
        ("module-not-installed", "if `nowhere_to_be_found` is your own package"),
        ("name-of-a-package", "if `rounded` comes from your Rust code"),
        ("attribute-of-a-package", "if `rounded` comes from your Rust code"),
    ],
)
def test_what_may_be_meant_is_said_as_a_guess(case: str, guess: str) -> None:
    path = CHECKOUT / f"tests/skills/failures/unknown--{case}.txt"
    (found,) = explain(Output(decode(body(path)), "build.log")).findings
    assert found.id == "unknown"
    assert guess in (found.fix or "")


def test_a_problem_of_many_names_is_explained_once() -> None:
    path = CHECKOUT / "tests/skills/failures/renamed-in-pyo3--imports.txt"
    result = explain(Output(decode(body(path)), "build.log"))
    names = ["PyLong", "ToPyObject", "PyTryFrom", "PyObject", "PyDowncastError", "PyCell", "IntoPy"]
    assert [finding.message.split("`")[1] for finding in result.findings] == names
    assert [bool(finding.cause and finding.reference) for finding in result.findings] == [True] + [False] * 6
    assert result.findings[1].fix == "`ToPyObject` → `IntoPyObject`"
    assert result.summary == "recognised: renamed-in-pyo3 (7 times)"


def test_code_in_a_fix_is_whole() -> None:
    text = "".join(
        f"error[E0277]: the trait bound `PyErr: From<{name}>` is not satisfied\n" for name in ("Lost", "Old")
    )
    first, second = explain(Output(text, "build.log")).findings
    assert "impl From<Lost> for PyErr {" in (first.fix or "")
    assert second.fix == (first.fix or "").replace("Lost", "Old")
    assert second.cause is None


def test_a_fix_names_what_is_missing() -> None:
    path = CHECKOUT / "tests/skills/failures/init-function-missing--other-name.txt"
    (found,) = explain(Output(decode(body(path)), "build.log")).findings
    assert "mod prices {" in (found.fix or "")
    assert "_core" not in f"{found.fix}{found.cause}"


def test_the_versions_that_there_are_are_shown() -> None:
    path = CHECKOUT / "tests/skills/failures/version-unknown--pyo3.txt"
    (found,) = explain(Output(decode(body(path)), "build.log")).findings
    assert "candidate versions found which didn't match: 0." in (found.evidence or "")


def test_nothing_to_read_is_an_error_with_a_hint(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "build.log").write_text("\n", encoding="utf-8")
    done = pyo3_new("explain", "build.log", code=2)
    assert done.stderr.startswith("error: `build.log` is empty")
    assert "\n\nhint: " in done.stderr


def test_a_dry_run_runs_nothing(pyo3_new: Command, tmp_path: Path) -> None:
    program = "open('made', 'w')"
    result = data(pyo3_new("explain", "--dry-run", "--json", "--", sys.executable, "-c", program).stdout)
    assert result["dry_run"] is True
    assert not (tmp_path / "made").exists()


def test_problems_are_listed(pyo3_new: Command) -> None:
    result = data(pyo3_new("explain", "problems", "--json").stdout)
    assert [row[0] for row in result["tables"][0]["rows"]] == list(PROBLEMS)
    assert "$" not in str(result["tables"])


def test_a_problem_is_described(pyo3_new: Command) -> None:
    done = pyo3_new("explain", "problems", "linker-missing")
    assert "the linker `LINKER` is missing" in done.stdout
    assert "apt install build-essential" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "there is nothing to explain"),
        (("nowhere.log",), 2, "there is no file `nowhere.log`"),
        ((".",), 2, "`.` is a folder"),
        (("problems", "linker-mising"), 2, "there is no problem `linker-mising`"),
        (("--", "no-such-program"), 1, "`no-such-program` is not installed"),
        (("--no-such-option",), 2, "no such option"),
    ],
)
def test_bad_input_is_an_error_with_a_hint(
    pyo3_new: Command, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = pyo3_new("explain", *arguments, code=code)
    assert done.stderr.startswith(f"error: {message}")
    assert "\n\nhint: " in done.stderr
    assert not done.stdout


def test_help_names_the_verbs(pyo3_new: Command) -> None:
    printed = pyo3_new("explain", "--help").stdout
    assert "pyo3-new explain -- cargo test" in printed
    assert pyo3_new("explain", "explain", "--help").stdout


def test_configurations_are_written_once(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text("[package]\n", encoding="utf-8")
    planned = data(pyo3_new("explain", "configs", "--dry-run", "--json").stdout)
    assert not (tmp_path / ".vscode").exists()
    pyo3_new("explain", "configs")
    for document in planned["documents"]:
        assert (tmp_path / document["path"]).read_text(encoding="utf-8") == document["text"]
    launches = json.loads((tmp_path / ".vscode/launch.json").read_text(encoding="utf-8"))
    assert {launch["type"] for launch in launches["configurations"]} == {"debugpy", "lldb"}


def test_configurations_of_the_user_stay(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text("[package]\n", encoding="utf-8")
    (tmp_path / "debug.gdb").write_text("mine\n", encoding="utf-8")
    done = pyo3_new("explain", "configs", code=1)
    assert "`debug.gdb` is there already, and nothing was written" in done.stderr
    assert not (tmp_path / ".vscode").exists()
    pyo3_new("explain", "configs", "--replace")
    assert "break rust_panic" in (tmp_path / "debug.gdb").read_text(encoding="utf-8")


def test_configurations_are_for_projects(pyo3_new: Command) -> None:
    assert "has no Cargo.toml" in pyo3_new("explain", "configs", code=2).stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("program", [["-m", "scaffolder", "explain"], [str(SKILL / "scripts/debugger.py")]])
def test_a_tool_that_is_stopped_stops_what_it_runs(
    environment: dict[str, str], program: list[str], number: signal.Signals
) -> None:
    command = [sys.executable, *program, "--", sys.executable, "-c", SLEEPER]
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
    shutil.copytree(CHECKOUT / "tests/skills/failures/project", folder)
    build_run("uv", "venv", "--quiet", "--python", sys.executable, ".venv", folder=folder)
    environment = str(folder / ".venv")
    build_run("maturin", "develop", "--quiet", folder=folder, VIRTUAL_ENV=environment, CARGO_PROFILE_DEV_DEBUG="1")
    return folder


@pytest.fixture
def traced(broken_project: Path, pyo3_new: Command) -> Callable[..., dict[str, Any]]:
    """Run a program of the broken project under gdb and return what is found."""
    if not shutil.which("gdb"):
        pytest.skip("there is no gdb")

    def traced(program: str, *options: str, code: int = 1) -> dict[str, Any]:
        (broken_project / "program.py").write_text(program, encoding="utf-8")
        python = str(broken_project / ".venv/bin/python")
        command = ["explain", "backtrace", "--json", *options, "--", python, "program.py"]
        return data(pyo3_new(*command, cwd=broken_project, code=code).stdout)

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
    if any("can't be told" in row[2] for row in result["tables"][0]["rows"]):
        pytest.skip("this Python has no debug info")
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
    # What a stripped interpreter still names.
    assert ("native", "PyGILState_Ensure") in functions(result["tables"][1])


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
    command = [sys.executable, "-m", "scaffolder", "explain", "backtrace", "--json", "--", python, "program.py"]
    with subprocess.Popen(
        command, cwd=broken_project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stderr is not None
        while b"begun" not in running.stderr.readline():
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        printed, _ = running.communicate(timeout=60)
    result = data(printed.decode("utf-8"))
    assert result["findings"][0]["message"].startswith("it did not end, and was stopped by Ctrl-C")
    assert ("rust", "reprice") in functions(result["tables"][0])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="gdb takes POSIX signals")
def test_a_backtrace_that_is_stopped_stops_the_program(environment: dict[str, str]) -> None:
    if not shutil.which("gdb"):
        pytest.skip("there is no gdb")
    command = [sys.executable, "-m", "scaffolder", "explain", "backtrace", "--", sys.executable, "-c", SLEEPER]
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


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "there is no command to run"),
        (("--", "no-such-program"), 1, "`no-such-program` is not installed"),
        (("--timeout", "never", "--", "python"), 2, "invalid value"),
        (("--", "cargo", "test"), 2, "`cargo` runs other programs"),
    ],
)
def test_a_backtrace_of_nothing_is_an_error(
    pyo3_new: Command, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = pyo3_new("explain", "backtrace", *arguments, code=code)
    assert done.stderr.startswith(f"error: {message}")
    assert "\n\nhint: " in done.stderr


def test_gdb_is_optional(pyo3_new: Command, environment: dict[str, str], tmp_path: Path) -> None:
    environment["PATH"] = str(tmp_path)
    done = pyo3_new("explain", "backtrace", "--", sys.executable, code=1)
    assert done.stderr.startswith("error: `gdb` is not installed")
