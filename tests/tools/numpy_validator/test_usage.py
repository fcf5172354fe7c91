"""What is typed wrongly, modules that can't be used, the table, the drawing and the files."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import CHECKOUT
from tests.tools.numpy_validator.conftest import cells

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command
    from tests.tools.numpy_validator.conftest import Validate

TOOL = CHECKOUT / "skills/pyo3-type-conversion-advanced/scripts/numpy_validator.py"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["planted"], "`planted` is not `MODULE:FUNCTION`"),
        (["./planted.so:f"], "`./planted.so:f` is not `MODULE:FUNCTION`"),
        (["no_such:f"], f"`{sys.executable}` has no module `no_such`"),
        (["planted:goood"], "`planted` has no function `goood`"),
        (["planted:TOTAL"], "`planted:TOTAL` can't be called"),
        (["planted:good", "--call", "f(a"], "`--call f(a` is not an expression"),
        (["planted:good", "--call", "np.sum(a)"], "`--call np.sum(a)` does not call `f`"),
        (["planted:good", "--call", "f(1)"], "`--call f(1)` has no array"),
        (["planted:good", "--call", "f(values)"], "`values` in `--call f(values)` is not known"),
        (["planted:good", "--reference", "b"], "`--reference b` has no `b`"),
        (["planted:good", "--shape", "n"], "`--shape n` is not a shape"),
        (["planted:good", "--shape", "b=(n,)"], "`--shape b=(n,)`: there is no array `b`"),
        (["planted:good", "--dtypes", "float65"], "`float65` is not a type that is tried"),
        (["planted:good", "--draw", "arrays.png"], "`arrays.png` does not end in `.svg`"),
        (["planted:good", "--write", "planted.py"], "`planted.py` already exists"),
        (["planted:good", "--write", "no/test_arrays.py"], "`no/test_arrays.py` can't be written"),
    ],
)
def test_what_is_typed_wrongly_is_said(validate: Validate, arguments: list[str], message: str) -> None:
    error = validate(*arguments, code=2)
    assert error["message"].startswith(message)
    assert error["hint"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise ValueError('no')", "importing `bad` failed: ValueError: no"),
        ("import no_such", "importing `bad` failed: ModuleNotFoundError: No module named 'no_such'"),
        ("import os; os._exit(3)", "importing `bad` ended its process (exit code 3)"),
    ],
)
def test_an_import_that_fails_is_an_error(validate: Validate, tmp_path: Path, code: str, message: str) -> None:
    (tmp_path / "bad.py").write_text(code, encoding="utf-8")
    error = validate("bad:f", code=1)
    assert error["message"] == message
    assert "pyo3-new" in error["hint"]


def test_a_python_without_numpy_is_an_error(pyo3_new: Command, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "empty")], check=True)
    done = pyo3_new("tool", "numpy_validator", "json:dumps", "--python", str(tmp_path / "empty"), code=2)
    assert "has no NumPy: No module named 'numpy'\n\nhint: install it there" in done.stderr


def test_every_cell_is_told_once(validate: Validate, tmp_path: Path) -> None:
    result = validate("planted:strict", "--draw", "arrays.svg")
    table = list(cells(result))
    assert len(table) == len({(layout, dtype) for layout, dtype, _ in table}) > 300
    assert {dtype for _, dtype, word in table if word == "ok"} == {"float64"}
    assert "drawn in `arrays.svg`" in result["summary"]
    texts = [item.text for item in ET.parse(tmp_path / "arrays.svg").iter() if item.tag.endswith("text")]  # noqa: S314
    assert texts.count("ok") == sum(word == "ok" for *_, word in table)
    assert {"misaligned", "structured", "refuses"} <= set(texts)
    assert "already exists" in validate("planted:strict", "--draw", "arrays.svg", code=2)["message"]


def test_what_was_not_tried_is_said(validate: Validate) -> None:
    types = ("--dtypes", "float64,float32,int64,int32")
    result = validate("planted:aborts_misaligned", *types, code=1)
    notes = {finding["id"]: finding["message"] for finding in result["findings"] if finding["level"] == "note"}
    assert notes["skipped"] == "not tried: `misaligned int64` and `misaligned int32`"
    assert "--reference" in notes["no-reference"]
    assert "free-threaded" in notes["free-threading"]


def test_a_call_that_is_always_refused_is_told(validate: Validate) -> None:
    result = validate("planted:strict", "--dtypes", "int8,bool")
    assert [finding["id"] for finding in result["findings"] if finding["level"] == "warning"] == ["all-refused"]


def test_a_dry_run_imports_nothing(validate: Validate, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("open('imported', 'w')", encoding="utf-8")
    assert validate("bad:f", "--dry-run")["summary"].startswith("would call `bad:f` by `f(a)` with arrays of 19 types")
    assert not (tmp_path / "imported").exists()


def test_the_script_prints_a_table(environment: dict[str, str]) -> None:
    command = [sys.executable, str(TOOL), "numpy:sort", "--dtypes", "float64,int8", "--python", sys.executable]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True)
    assert "What happened" in done.stdout
    assert "float64 int8" in done.stdout
    assert "`numpy:sort` with 43 kinds of arrays: no errors" in done.stdout


def test_the_environment_of_the_project_is_the_default(pyo3_new: Command, environment: dict[str, str]) -> None:
    environment["VIRTUAL_ENV"] = sys.prefix
    result = json.loads(pyo3_new("tool", "numpy_validator", "numpy:sort", "--dtypes", "bool", "--json").stdout)
    assert result["exit_code"] == 0
