"""What is typed wrongly, modules and scripts that can't be used, and calls that fail."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import CHECKOUT
from tests.tools.async_profiler.conftest import judge, said
from tests.tools.results import finding, measure_until, timeout_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.async_profiler.conftest import Profile

TOOL = CHECKOUT / "skills/pyo3-async-embedded-wasm/scripts/async_profiler.py"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["known"], "`known` is not `MODULE:FUNCTION`"),
        (["known:waits", "b"], "`b` is one argument too many"),
        (["no_such:f"], f"`{sys.executable}` has no module `no_such`"),
        (["known:wait"], "`known` has no function `wait`"),
        (["known:waits", "--call", "f("], "`--call f(` is not an expression"),
        (["known:waits", "--call", "f(wide)"], "`wide` in `--call f(wide)` is not known"),
        (["known:plain"], "`f()` returns an object of type `int`, which can't be awaited"),
        (["known:stream"], "`f()` returns an object of type `async_generator`, which can't be awaited"),
        (["known:waits", "--make", "a"], "`--make a` is not `NAME=EXPRESSION`"),
        (["known:waits", "--make", "a=nix()"], "`--make a=nix()` fails: NameError"),
        (["known:waits", "--make", "a=await fails()"], "`--make a=await fails()` fails: ValueError: no"),
        (["known:waits", "--running", "1 +"], "`--running 1 +` is not an expression: invalid syntax"),
        (["known:waits", "--running", "tasks"], "`--running tasks` fails: NameError: name 'tasks' is not defined"),
        (["known:waits", "--tasks", "many"], "`--tasks many`: `many` is not a whole number"),
        (["known:waits", "--tasks", "1e6"], "`--tasks 1e6`: 1,000,000 tasks are too many"),
        (["known:waits", "--draw", "a.png"], "`a.png` does not end in `.svg`"),
        (["no_such.py"], "there is no script `no_such.py`"),
        (["known.py", "--call", "f()"], "`--tasks` and `--running` are for calls"),
        (["known.py", "--once"], "`--once` is for a function"),
    ],
)
def test_what_is_typed_wrongly_is_said(profile: Profile, arguments: list[str], message: str) -> None:
    error = profile(*arguments, code=2)
    assert error["message"].startswith(message)
    assert error["hint"]


def test_a_loop_that_is_not_installed_is_an_error_only_if_it_is_named(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "uvloop.py").write_text("raise ImportError('no uvloop')", encoding="utf-8")
    judge(profile, "known:waits", "--tasks", "1", "--loop", "all", expected={})
    error = profile("known:waits", "--tasks", "1", "--loop", "uvloop", code=2)
    assert error["message"] == f"`{sys.executable}` has no `uvloop`: ImportError: no uvloop"


def test_a_submodule_that_is_an_attribute_is_named_by_the_module_that_has_it(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package/__init__.py").touch()
    source = "import types\nasync def wait(): pass\nfetching = types.SimpleNamespace(wait=wait)\n"
    (tmp_path / "package/core.py").write_text(source, encoding="utf-8")
    assert profile("package.core.fetching:wait", code=2)["hint"] == "name it so: `package.core:fetching.wait`"
    assert profile("package:fetching.wait", code=2)["hint"].startswith("it has none; name the module that has it")


def test_an_import_that_fails_is_an_error(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("raise ValueError('no')", encoding="utf-8")
    assert profile("bad:f", code=1)["message"] == "importing `bad` failed: ValueError: no"


@pytest.mark.parametrize(
    ("call", "identifier", "message"),
    [
        ("fails()", "call-raises", "`fails()` raises ValueError: no"),
        ("ends()", "crash", "`ends()` on asyncio ended its process (exit code 7)"),
        ("hangs()", "hang", "`hangs()` on asyncio did not finish within 3 s"),
    ],
)
def test_a_call_that_fails_is_a_finding_and_the_next_is_measured(
    profile: Profile, call: str, identifier: str, message: str
) -> None:  # fmt: skip
    arguments = ("known:waits", "--call", call, "--call", "f()", "--tasks", "1", *timeout_for("hang" in call, "3"))

    def is_measured(result: dict[str, Any]) -> bool:
        return any(item["id"] == "awaits-well" and item["where"] == "f()" for item in result["findings"])

    result = measure_until(lambda: profile(*arguments, code=1), is_measured)
    error = finding(result, identifier)
    assert (error["level"], error["message"]) == ("error", message)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("raise ValueError('no')", "`bad.py` raises ValueError: no"),
        ("import os; os._exit(3)", "`bad.py` ended its process (exit code 3)"),
        ("import asyncio, known; asyncio.run(known.hangs())", "`bad.py` did not finish within 2 s"),
    ],
)
def test_a_script_that_fails_is_an_error(profile: Profile, tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "bad.py").write_text(source, encoding="utf-8")
    error = profile("bad.py", *timeout_for("hangs" in source, "2"), code=1)
    assert error["message"].startswith(message)
    assert error["hint"]


def test_a_script_without_a_loop_is_said(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "none.py").write_text("print(1)", encoding="utf-8")
    assert said(profile("none.py")) == {None: {"no-loop"}}


def test_a_dry_run_imports_nothing(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("open('imported', 'w')", encoding="utf-8")
    result = profile("bad:f", "--dry-run", "--call", "f()", "--call", "g()", "--draw", "a.svg")
    assert result["summary"] == f"would await `f()`, `g()`, in {sys.executable} and write a.svg"
    result = profile("--dry-run", "bad.py", "--", "-v")
    assert result["summary"] == f"would run bad.py -v, in {sys.executable}"
    assert result["dry_run"]
    assert {file.name for file in tmp_path.iterdir()} == {"bad.py", "known.py"}


def test_the_script_prints_tables(environment: dict[str, str]) -> None:
    command = [sys.executable, str(TOOL), "asyncio:sleep", "--call", "f(0.01)", "--seconds", "0.1", "--tasks", "1",
               "--loop", "asyncio", "--python", sys.executable]  # fmt: skip
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True)
    assert "Awaiting" in done.stdout
    assert "A loop with nothing to do" not in done.stdout
    done = subprocess.run([*command, "--verbose"], env=environment, capture_output=True, encoding="utf-8", check=True)
    assert "A loop with nothing to do" in done.stdout
    assert "`asyncio:sleep`: 1 call on asyncio, by Python" in done.stdout
