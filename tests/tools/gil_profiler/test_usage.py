"""What is typed wrongly, modules and scripts that can't be used, and calls that fail."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import CHECKOUT
from tests.tools.gil_profiler.conftest import CALLS, names
from tests.tools.results import finding, rows, timeout_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.gil_profiler.conftest import Profile

TOOL = CHECKOUT / "skills/pyo3-performance-gil-parallel/scripts/gil_profiler.py"
BYTES = ("--type", "bytes", "--size", "100")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["known"], "`known` is not `MODULE:FUNCTION`"),
        (["known:hashes", "b", *BYTES], "`b` is one argument too many"),
        (["no_such:f", *BYTES], f"`{sys.executable}` has no module `no_such`"),
        (["known:hash", *BYTES], "`known` has no function `hash`"),
        (["known.HARD:search", *BYTES], "`known.HARD` can't be imported: it is an attribute"),
        (["known:HARD", *BYTES], "`known:HARD` can't be called"),
        (["known:hashes"], "`a` in `--call f(a)` has no type"),
        (["known:hashes", "--type", "byte"], "`byte` is not a type that can be made"),
        (["known:hashes", "--call", "f(a", *BYTES], "`--call f(a` is not an expression"),
        (["known:hashes", "--call", "f(wide)", *BYTES], "`wide` in `--call f(wide)` is not known"),
        (["known:hashes", "--call", "f(n)", *BYTES], "`n` in `--call` is the size"),
        (["known:hashes", "--make", "a"], "`--make a` is not `NAME=VALUE`"),
        (["known:hashes", "--make", "a=bytes(m)"], "`a=bytes(m)` makes no input with n = 1,000,000: NameError"),
        (
            ["known:hashes", "--type", "bytes", "--size", "ten"],
            "`--size ten`: `ten` is not a whole number from 1 to 1e9",
        ),
        (["known:hashes", "--type", "bytes", "--size", "1,2"], "`--size 1,2` is more than one size"),
        (["known:hashes", *BYTES, "--draw", "a.png"], "`a.png` does not end in `.svg`"),
        (["no_such.py"], "there is no script `no_such.py`"),
        (["known.py", "--call", "f(a)"], "`--call`, `--type`, `--make` and `--size` are for a function"),
    ],
)
def test_what_is_typed_wrongly_is_said(profile: Profile, arguments: list[str], message: str) -> None:
    error = profile(*arguments, code=2)
    assert error["message"].startswith(message)
    assert error["hint"]


def test_an_import_that_fails_is_an_error(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("raise ValueError('no')", encoding="utf-8")
    assert profile("bad:f", *BYTES, code=1)["message"] == "importing `bad` failed: ValueError: no"
    (tmp_path / "bad.py").write_text("import os; os._exit(3)", encoding="utf-8")
    assert profile("bad:f", *BYTES, code=1)["message"] == "importing `bad` ended its process (exit code 3)"


@pytest.mark.parametrize(
    ("function", "identifier", "message"),
    [
        ("refuses", "call-raises", "`f(a)` raises ValueError: no"),
        ("ends", "crash", "`f(a)` ended its process (exit code 7)"),
        ("hangs", "hang", "`f(a)` did not finish within 2 s"),
    ],
)
def test_a_call_that_fails_is_an_error(profile: Profile, function: str, identifier: str, message: str) -> None:
    result = profile(f"known:{function}", *BYTES, *timeout_for(function == "hangs", "2"), code=1)
    assert finding(result, identifier)["message"] == message
    assert finding(result, identifier)["level"] == "error"


@pytest.mark.parametrize(("function", "identifier"), [("refuses", "call-raises"), ("ends", "crash"), ("hangs", "hang")])
def test_a_call_that_fails_leaves_what_was_measured(profile: Profile, function: str, identifier: str) -> None:
    calls = ("--call", "f(a)", "--call", "len(a)")
    result = profile(f"known:{function}", *calls, *BYTES, *timeout_for(function == "hangs", "4"), code=1)
    assert [row["call"] for row in rows(result, CALLS)] == ["len(a)"]
    assert finding(result, identifier)["message"].startswith("`f(a)` ")
    assert names(result) == {identifier, "short"}


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("def f():\n    raise ValueError('no')\nf()\n", "`bad.py` raises ValueError: no", "run it alone: "),
        ("import os; os._exit(3)", "`bad.py` ended its process (exit code 3)", "run it alone: "),
        ("import time; time.sleep(60)", "`bad.py` did not finish within 2 s", "raise `--timeout`"),
    ],
)
def test_a_script_that_fails_is_an_error(
    profile: Profile, tmp_path: Path, source: str, message: str, hint: str
) -> None:
    (tmp_path / "bad.py").write_text(source, encoding="utf-8")
    error = profile("bad.py", *timeout_for("sleep" in source, "2"), code=1)
    assert error["message"].startswith(message)
    assert error["hint"].startswith(hint)


def test_a_dry_run_imports_nothing(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("open('imported', 'w')", encoding="utf-8")
    result = profile("bad:f", *BYTES, "--dry-run", "--call", "f(a)", "--call", "g(a)", "--draw", "a.svg")
    assert result["summary"] == f"would call `f(a)`, `g(a)`, in {sys.executable} and write a.svg"
    result = profile("bad.py", "--dry-run", "--", "-v")
    assert result["summary"] == f"would run bad.py -v, in {sys.executable}"
    assert result["dry_run"]
    assert {file.name for file in tmp_path.iterdir()} == {"bad.py", "known.py"}


def test_the_script_prints_tables(environment: dict[str, str]) -> None:
    command = [sys.executable, str(TOOL), "hashlib:sha256", "--type", "bytes", "--seconds", "0.05", "--python",
               sys.executable]  # fmt: skip
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True)
    assert "How long calls hold the GIL" in done.stdout
    assert "What known calls do" not in done.stdout
    done = subprocess.run([*command, "--verbose"], env=environment, capture_output=True, encoding="utf-8", check=True)
    assert "What known calls do" in done.stdout
    assert "`hashlib:sha256`: 1 call, by Python" in done.stdout
