"""What is typed wrongly, and modules that can't be inspected: one error with a hint."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command
    from tests.tools.class_inspector.conftest import Inspect

TOOL = CHECKOUT / "skills/pyo3-classes-modules/scripts/class_inspector.py"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_such"], f"`{sys.executable}` has no module `no_such`"),
        (["json.no_such"], f"`{sys.executable}` has no module `json.no_such`"),
        (["./core.so"], "`./core.so` is not the name of a module"),
        (["json"], "`json` imports no extension module of its own"),
        (["_struct", "--make", "Struct"], "`--make Struct` is not `CLASS=CODE`"),
        (["_struct", "--make", "Struct=Struct("], "`Struct(` does not make a `Struct`: SyntaxError"),
        (["_struct", "--make", "Struct=nothing"], "`nothing` does not make a `Struct`: NameError"),
        (["_struct", "--make", "Struct=1"], "`1` does not make a `Struct`: it is of type `int`"),
        (["_struct", "--make", "Struckt=1"], "`_struct` has no class `Struckt`"),
        (["_struct", "--class", "Struckt"], "`_struct` has no class `Struckt`"),
        (["_struct", "--cycle", "Struct"], "`--cycle Struct` is not `CLASS=CODE`"),
        (["_struct", "--draw", "classes.png"], "`classes.png` does not end in `.svg`"),
        (["_struct", "--draw", "no/classes.svg"], "`no/classes.svg` can't be written"),
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
        ("import sys; sys.exit(3)", "importing `bad` failed: SystemExit: 3"),
        ("import os; os.abort()", "importing `bad` ended the process (signal: 6, SIGABRT)"),
        ("import os; os._exit(0)", "importing `bad` ended the process (exit code 0)"),
        ("import time; time.sleep(60)", "importing `bad` did not end within 4 s"),
    ],
)
def test_an_import_that_fails_is_an_error(inspect: Inspect, tmp_path: Path, code: str, message: str) -> None:
    if "abort" in code and sys.platform == "win32":
        pytest.skip("Windows has no such signal")
    (tmp_path / "bad.py").write_text(code, encoding="utf-8")
    error = inspect("bad", "--timeout", "4" if "sleep" in code else "60", code=1)
    assert error["message"] == message
    assert "pyo3-new" in error["hint"]


def test_a_package_names_the_extensions_in_it(inspect: Inspect, tmp_path: Path) -> None:
    import importlib.machinery

    (tmp_path / "package/inner").mkdir(parents=True)
    (tmp_path / "package/__init__.py").touch()
    (tmp_path / f"package/inner/_core{importlib.machinery.EXTENSION_SUFFIXES[0]}").touch()
    assert inspect("package", code=2)["hint"] == "name `package.inner._core`"


def test_a_file_of_the_users_does_not_hide_the_standard_library(inspect: Inspect, tmp_path: Path) -> None:
    for name in ("json", "pickle", "scaffolder"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('hidden')", encoding="utf-8")
    assert inspect("_struct")["summary"].startswith("2 classes of `_struct`")


def test_another_python_must_be_one(pyo3_new: Command, tmp_path: Path) -> None:
    done = pyo3_new("tool", "class_inspector", "_struct", "--python", "no-python", code=2)
    assert done.stderr.startswith("error: there is no Python `no-python`\n\nhint: ")
    (tmp_path / "other").write_text("#!/bin/sh\necho wrong >&2\nexit 1\n", encoding="utf-8")
    (tmp_path / "other").chmod(0o755)
    done = pyo3_new("tool", "class_inspector", "_struct", "--python", "./other", code=2)
    assert "can't be used: wrong" in done.stderr


def test_a_dry_run_imports_nothing(inspect: Inspect, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("open('imported', 'w')", encoding="utf-8")
    assert inspect("bad", "--dry-run")["summary"] == f"would import `bad` with {sys.executable}"
    assert not (tmp_path / "imported").exists()


def test_a_drawing_has_every_class_and_is_not_overwritten(inspect: Inspect, tmp_path: Path) -> None:
    result = inspect("_collections", "--draw", "classes.svg")
    assert "drawn in classes.svg" in result["summary"]
    drawing = ET.parse(tmp_path / "classes.svg")  # noqa: S314  (it is our own)
    texts = {element.text for element in drawing.iter() if element.tag.endswith("text")}
    assert {"object", "dict", "OrderedDict", "deque"} <= texts
    assert "already exists" in inspect("_collections", "--draw", "classes.svg", code=2)["message"]
    inspect("_collections", "--draw", "classes.svg", "--force")


def test_the_script_prints_tables(environment: dict[str, str]) -> None:
    command = [sys.executable, str(TOOL), "_struct", "--python", sys.executable]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True)
    assert "Objects in memory" in done.stdout
    assert "Members" not in done.stdout
    assert done.stdout.endswith(f"at {sys.executable}\n")
    done = subprocess.run([*command, "--verbose"], env=environment, capture_output=True, encoding="utf-8", check=True)
    assert "iter_unpack" in done.stdout


def test_the_environment_of_the_project_is_the_default(pyo3_new: Command, environment: dict[str, str]) -> None:
    environment["VIRTUAL_ENV"] = sys.prefix
    result = json.loads(pyo3_new("tool", "class_inspector", "_struct", "--json").stdout)
    assert f"at {sys.prefix}" in result["summary"]
