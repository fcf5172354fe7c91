"""What is typed wrongly, modules that can't be imported, dry runs and drawings."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import CHECKOUT
from tests.tools.buffer_inspector.conftest import made

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command
    from tests.tools.buffer_inspector.conftest import Inspect

TOOL = CHECKOUT / "skills/pyo3-type-conversion-advanced/scripts/buffer_inspector.py"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["array"], "there is no object to inspect"),
        (["no_such", "--make", "a=1"], f"`{sys.executable}` has no module `no_such`"),
        (["json.no_such", "--make", "a=1"], f"`{sys.executable}` has no module `json.no_such`"),
        (["./array.so", "--make", "a=1"], "`./array.so` is not the name of a module"),
        (["array", "--make", "a"], "`--make a` is not `NAME=EXPRESSION`"),
        (["array", "--make", "a="], "`--make a=` is not `NAME=EXPRESSION`"),
        (["array", "--make", "a==1"], "`--make a==1` is not `NAME=EXPRESSION`"),
        (["array", "--make", "class=1"], "`--make class=1` is not `NAME=EXPRESSION`"),
        (["array", "--make", "a=1", "--make", "a=2"], "`--make` has two objects named `a`"),
        (["array", "--make", "a=array("], "`array(` makes no object: SyntaxError"),
        (["array", "--make", "a=nothing"], "`nothing` makes no object: NameError"),
        (["array", "--make", "a=1", "--draw", "a.png"], "`a.png` does not end in `.svg`"),
        (["array", "--make", "a=1", "--draw", "no/a.svg"], "`no/a.svg` can't be written"),
    ],
)
def test_what_is_typed_wrongly_is_said(inspect: Inspect, arguments: list[str], message: str) -> None:
    error = inspect(*arguments, code=2)
    assert error["message"].startswith(message)
    assert error["hint"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise ValueError('no')", "importing `bad` failed: ValueError: no"),
        ("import no_such", "importing `bad` failed: ModuleNotFoundError: No module named 'no_such'"),
        ("import os; os._exit(3)", "importing `bad` ended its process (exit code 3)"),
        ("import time; time.sleep(60)", "importing `bad` did not finish within 4 s"),
    ],
)
def test_an_import_that_fails_is_an_error(inspect: Inspect, tmp_path: Path, code: str, message: str) -> None:
    (tmp_path / "bad.py").write_text(code, encoding="utf-8")
    timeout = "4" if "sleep" in code else "60"  # for those that end, what a busy machine takes
    error = inspect("bad", "--make", "a=1", "--timeout", timeout, code=1)
    assert error["message"] == message
    assert error["hint"]


def test_an_expression_that_ends_the_process_is_an_error(inspect: Inspect) -> None:
    error = inspect("os", "--make", "a=_exit(4)", code=1)
    assert error["message"] == "`_exit(4)` ended its process (exit code 4)"


def test_another_python_must_be_one(pyo3_new: Command, tmp_path: Path) -> None:
    done = pyo3_new("tool", "buffer_inspector", "array", "--make", "a=1", "--python", "no-python", code=2)
    assert done.stderr.startswith("error: there is no Python `no-python`\n\nhint: ")
    (tmp_path / "other").write_text("#!/bin/sh\necho wrong >&2\nexit 1\n", encoding="utf-8")
    (tmp_path / "other").chmod(0o755)
    done = pyo3_new("tool", "buffer_inspector", "array", "--make", "a=1", "--python", "./other", code=2)
    assert "can't be used: wrong" in done.stderr


def test_a_dry_run_imports_nothing(inspect: Inspect, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("open('imported', 'w')", encoding="utf-8")
    result = inspect("bad", *made(a="1", b="2"), "--dry-run", "--draw", "a.svg")
    assert result["summary"] == f"would import `bad` with {sys.executable}, make `a`, `b` and write a.svg"
    assert result["dry_run"]
    assert {file.name for file in tmp_path.iterdir()} == {"bad.py", "producers.py"}


def test_a_file_of_the_users_does_not_hide_the_standard_library(inspect: Inspect, tmp_path: Path) -> None:
    for name in ("array", "ctypes", "tracemalloc", "scaffolder"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('hidden')", encoding="utf-8")
    assert inspect("builtins", "--make", "a=bytearray(2)")["summary"].startswith("1 object of `builtins`")


def test_a_drawing_shows_layouts_and_shared_bytes(inspect: Inspect, tmp_path: Path) -> None:
    objects = made(data="bytearray(48)", cube="memoryview(data).cast('H', (2, 3, 4))", back="memoryview(data)[::-4]",
                   empty="b''", number="__import__('ctypes').c_double(1)")  # fmt: skip
    assert "drawn in a.svg" in inspect("builtins", *objects, "--draw", "a.svg")["summary"]
    drawing = ET.parse(tmp_path / "a.svg")  # noqa: S314  (it is our own)
    texts = [element.text for element in drawing.iter() if element.tag.endswith("text")]
    assert {"data: buffer", "cube: buffer", "back: buffer", "48 bytes", "12 bytes"} <= set(texts)
    assert "dimension 0: 2 long, +24 bytes from one element to the next" in texts
    assert {"[1,0,3]", "[11]", "-36", "+46"} <= set(texts)
    boxes = [element.get("class") for element in drawing.iter() if element.tag.endswith("rect")]
    # In the legend, of `data`, of `cube`, and the pieces of `back`.
    assert boxes.count("shared") == 1 + 1 + 1 + 12
    assert "already exists" in inspect("builtins", *objects, "--draw", "a.svg", code=2)["message"]
    inspect("builtins", *objects, "--draw", "a.svg", "--force")


def test_the_script_prints_tables(environment: dict[str, str]) -> None:
    command = [sys.executable, str(TOOL), "array", "--make", "a=array('d', [1])", "--python", sys.executable]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True)
    assert "Buffer requests accepted" in done.stdout
    assert "Growth" not in done.stdout
    assert done.stdout.endswith(f"at {sys.executable}\n")
    done = subprocess.run([*command, "--verbose"], env=environment, capture_output=True, encoding="utf-8", check=True)
    assert "Growth" in done.stdout
