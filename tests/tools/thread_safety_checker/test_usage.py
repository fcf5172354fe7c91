"""What is typed wrongly, modules that can't be used, and what is printed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scaffolder.guides import sections
from scaffolder.tools.thread_safety_checker.app import app
from scaffolder.tools.thread_safety_checker.findings import KINDS
from scaffolder.tools.thread_safety_checker.hazards import HAZARDS
from tests.conftest import CHECKOUT
from tests.tools.results import call_tool

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command
    from tests.tools.thread_safety_checker.conftest import Check

TOOL = CHECKOUT / "skills/pyo3-performance-gil-parallel/scripts/thread_safety_checker.py"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["./shared.so"], "`./shared.so` is not the name of a module"),
        (["no_such"], f"`{sys.executable}` has no module `no_such`"),
        (["shared"], "`shared` imports no extension module of its own"),
        (["--call", "visit()"], "`--call` and `--make` need a module"),
        (["shared", "--call", "visit("], "`--call visit(` is not an expression"),
        (["shared", "--make", "Counter()"], "`--make Counter()` is not `NAME=EXPRESSION`"),
        (["shared", "--make", "x=Counter("], "`--make Counter(` is not an expression"),
        (["shared", "--make", "x=Counter(1)"], "`--make x=Counter(1)` raises `TypeError: "),
        (["--source", "no_such"], "`--source no_such` does not exist"),
        (["--source", "shared.py"], "`--source shared.py` is not Rust source"),
    ],
)
def test_what_is_typed_wrongly_is_said(check: Check, arguments: list[str], message: str) -> None:
    error = check(*arguments, code=2)
    assert error["message"].startswith(message)
    assert error["hint"]


def test_every_finding_leads_to_a_section_that_exists() -> None:
    references = CHECKOUT / "skills/pyo3-performance-gil-parallel/references"
    places = {kind.chapter for kind in KINDS.values()} | {hazard.chapter for hazard in HAZARDS.values()}
    for place in filter(None, places):
        chapter, _, section = place.partition("#")
        headings = [name for name, _, _ in sections((references / f"{chapter}.md").read_text(encoding="utf-8"))]
        # One that has a title only is still to be written.
        assert not section or section in headings or len(headings) == 1, place


def test_a_folder_is_source(check: Check) -> None:
    assert check("src/", code=2)["hint"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise ValueError('no')", "importing `bad` failed: ValueError: no"),
        ("import os; os._exit(3)", "importing `bad` ended its process (exit code 3)"),
    ],
)
def test_an_import_that_fails_is_an_error(check: Check, tmp_path: Path, code: str, message: str) -> None:
    (tmp_path / "bad.py").write_text(code, encoding="utf-8")
    error = check("bad", code=1)
    assert error["message"] == message
    assert "pyo3-new" in error["hint"]


def test_a_folder_without_rust_is_an_error(check: Check, tmp_path: Path) -> None:
    assert check(code=1)["message"] == "there is no Rust source in `.`"
    (tmp_path / "lib.rs").write_bytes(b"fn \xff main( {{{ \x00")
    result = check()
    assert result["summary"].startswith("1 file of Rust")
    assert [finding["id"] for finding in result["findings"]] == ["unparsed"]


def test_a_dry_run_imports_nothing(check: Check, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("open('imported', 'w')", encoding="utf-8")
    summary = check("bad", "--source", ".", "--call", "f()", "--dry-run")["summary"]
    assert summary.startswith("would read the Rust source in `.`; import `bad` with ")
    assert summary.endswith(", and call `f()` in 4 threads")
    assert not (tmp_path / "imported").exists()


def test_calls_run_in_an_empty_folder(check: Check, tmp_path: Path) -> None:
    (tmp_path / "writes.py").write_text("def f():\n    return open('written', 'w').close()\n", encoding="utf-8")
    before = {path.name for path in tmp_path.iterdir()}
    check("writes", "--call", "f()")
    assert {path.name for path in tmp_path.iterdir()} == before


def test_a_result_is_printed_as_text(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    del check  # it has the folder
    words = ["shared", "--call", "refuse_if_shared()", "--python", sys.executable]
    text, _ = call_tool(app, "thread_safety_checker", words, capsys)
    assert "warning: shared: `refuse_if_shared()`: " in text
    assert "see: pyo3-new guide pyo3-performance-gil-parallel testing-threads" in text
    assert "1 call of `shared` in 4 threads, by Python 3." in text
    assert "Calls" not in text
    text, _ = call_tool(app, "thread_safety_checker", [*words, "--verbose"], capsys)
    assert "Calls" in text


def test_the_script_and_the_command_read_source(pyo3_new: Command, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "lib.rs").write_text("static mut COUNT: u64 = 0;", encoding="utf-8")
    words = ["--source", str(tmp_path / "lib.rs")]
    done = subprocess.run(
        [sys.executable, str(TOOL), *words], env=environment, capture_output=True, encoding="utf-8", check=True
    )
    assert f"warning: {tmp_path / 'lib.rs'}:1: `static mut COUNT`" in done.stdout
    assert pyo3_new("tool", "thread_safety_checker", *words).stdout == done.stdout
