"""What is typed wrongly, modules that can't be used, calls that fail, debug builds, and the drawing."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import CHECKOUT
from tests.tools.conversion_profiler.conftest import names
from tests.tools.results import finding, rows, timeout_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command
    from tests.tools.conversion_profiler.conftest import Measure

TOOL = CHECKOUT / "skills/pyo3-type-conversion-advanced/scripts/conversion_profiler.py"
BYTES = ("--type", "bytes", "--sizes", "1,10,100")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "there is nothing to measure"),
        (["--make", "a=1"], "there is nothing to measure"),
        (["--type", "bytes", "--call", "f(b)"], "`--call` and `--reference` need a function"),
        (["--type", "bytes", "--reference", "len(a)"], "`--call` and `--reference` need a function"),
        (["measured", "--type", "bytes"], "`measured` is not `MODULE:FUNCTION`"),
        (["no_such:f", "--type", "bytes"], f"`{sys.executable}` has no module `no_such`"),
        (["measured:reeds", "--type", "bytes"], "`measured` has no function `reeds`"),
        (["measured.Holder:mro", "--type", "bytes"], "`measured.Holder` can't be imported: it is an attribute"),
        (["measured:BUILD_PROFILE", "--type", "bytes"], "`measured:BUILD_PROFILE` can't be called"),
        (["measured:reads"], "`a` in `--call f(a)` has no type"),
        (["measured:reads", "--type", "b=bytes"], "`a` in `--call f(a)` has no type"),
        (["measured:reads", "--type", "byte"], "`byte` is not a type that can be made"),
        (["measured:reads", "--type", "bytes", "--type", "str"], "`--type` has two types without a name"),
        (["measured:reads", "--type", "bytes", "--call", "f(a"], "`--call f(a` is not an expression"),
        (["measured:reads", "--type", "bytes", "--call", "len(a)"], "`--call len(a)` does not call `f`"),
        (["measured:reads", "--type", "bytes", "--call", "f()"], "`--call f()` has no input"),
        (["measured:reads", "--type", "bytes", "--call", "f(a, wide)"], "`wide` in `--call f(a, wide)` is not known"),
        (["measured:reads", "--type", "bytes", "--reference", "a +"], "`--reference a +` is not an expression"),
        (["measured:reads", "--type", "bytes", "--reference", "no(a)"], "`no` in `--reference no(a)` is not known"),
        (["measured:reads", "--make", "a"], "`--make a` is not `NAME=VALUE`"),
        (["measured:reads", "--make", "n=1"], "`n` in `--make n=1` can't be the name of an input"),
        (["measured:reads", "--make", "class=1"], "`--make class=1` is not `NAME=VALUE`"),
        (["measured:reads", "--make", "result=1"], "`result` in `--make result=1` can't be the name of an input"),
        (["measured:reads", "--type", "bytes", "--call", "f(a, n)"], "`n` in `--call f(a, n)` is the size"),
        (["measured:reads", "--make", "a=b("], "`--make b(` is not an expression"),
        (["measured:reads", "--make", "a=bytes(m)"], "`a=bytes(m)` makes no input with n = 1: NameError"),
        (
            ["measured:reads", *BYTES[:2], "--sizes", "1,ten"],
            "`--sizes 1,ten`: `ten` is not a whole number from 1 to 1e9",
        ),
        (["measured:reads", *BYTES[:2], "--sizes", "0"], "`--sizes 0`: `0` is not a whole number"),
        (["measured:reads", *BYTES[:2], "--sizes", "1e400"], "`--sizes 1e400`: `1e400` is not a whole number"),
        (["measured:reads", *BYTES, "--draw", "a.png"], "`a.png` does not end in `.svg`"),
    ],
)
def test_what_is_typed_wrongly_is_said(measure: Measure, arguments: list[str], message: str) -> None:
    error = measure(*arguments, code=2)
    assert error["message"].startswith(message)
    assert error["hint"]


def test_an_import_that_fails_is_an_error(measure: Measure, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("raise ValueError('no')", encoding="utf-8")
    assert measure("bad:f", *BYTES, code=1)["message"] == "importing `bad` failed: ValueError: no"
    (tmp_path / "bad.py").write_text("import os; os._exit(3)", encoding="utf-8")
    assert measure("bad:f", *BYTES, code=1)["message"] == "importing `bad` ended its process (exit code 3)"


def test_a_library_that_is_not_there_is_an_error(pyo3_new: Command, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "empty")], check=True)
    python = ("--python", str(tmp_path / "empty"), "--sizes", "1", "--seconds", "0.01")
    done = pyo3_new("tool", "conversion_profiler", "json:dumps", "--type", "float64", *python, code=2)
    assert "has no `numpy`: ModuleNotFoundError: No module named 'numpy'\n\nhint: install it there" in done.stderr
    # Of conversions those are left out.
    done = pyo3_new("tool", "conversion_profiler", "--type", "list[float]", *python)
    assert "array.array('d', a)" in done.stdout.replace("\n", "")
    assert "np.array" not in done.stdout


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("refuses_large", "with n = 100, `f(a)` raises ValueError: too many"),
        ("ends", "with n = 100, the call ended its process (exit code 7)"),
        ("hangs", "with n = 100, the call did not finish within 3 s"),
    ],
)
def test_a_call_that_fails_leaves_what_was_measured(measure: Measure, function: str, message: str) -> None:
    result = measure(f"measured:{function}", *BYTES, *timeout_for(function == "hangs", "3"), code=1)
    assert [item["message"] for item in result["findings"] if item["level"] == "error"] == [message]
    assert [row["n"] for row in rows(result, "Time of a call")] == ["1", "10"]


def test_sizes_that_are_too_small_are_left_out(measure: Measure) -> None:
    result = measure("measured:needs_three", "--type", "bytes", "--sizes", "1,2,10,100,5e6")
    warning = finding(result, "call-raises")
    assert warning["level"] == "warning"
    assert warning["message"] == "with n = 1; 2, `f(a)` raises ValueError: fewer values than the window has"
    assert [row["n"] for row in rows(result, "Time of a call")] == ["10", "100", "5,000,000"]
    assert rows(result, "Memory of a call")[0]["input is"] == "borrowed"


def test_a_name_that_the_function_does_not_know_is_its_own_error(measure: Measure) -> None:
    result = measure("measured:misspells", *BYTES, code=1)
    assert "`f(a)` raises NameError: name 'valeus' is not defined" in finding(result, "call-raises")["message"]


def test_measuring_for_longer_than_a_call_may_take_is_not_hanging(measure: Measure) -> None:
    result = measure("measured:reads", "--type", "bytes", "--sizes", "1", "--seconds", "3", "--timeout", "1")
    assert "hang" not in names(result)
    assert [row["n"] for row in rows(result, "Time of a call")] == ["1"]


def test_a_panic_with_one_size_is_an_error(measure: Measure) -> None:
    result = measure("measured:panics_once", *BYTES, code=1)
    assert finding(result, "call-raises")["message"] == "with n = 1, `f(a)` raises PanicException: index out of bounds"
    assert [row["n"] for row in rows(result, "Time of a call")] == ["10", "100"]


def test_a_panic_is_an_error(measure: Measure) -> None:
    result = measure("measured:panics", *BYTES, code=1)
    assert (
        finding(result, "call-raises")["message"]
        == "with n = 1; 10; 100, `f(a)` raises PanicException: index out of bounds"
    )
    assert result["tables"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="bytes after the end of a library are no part of it on Windows")
def test_a_debug_build_is_told(measure: Measure, tmp_path: Path) -> None:
    spec = importlib.util.find_spec("markupsafe._speedups")
    if spec is None or spec.origin is None:
        pytest.skip("markupsafe has no extension here, which would be copied")
    package = tmp_path / "built"
    package.mkdir()
    (package / "__init__.py").write_text("from built import _speedups\ndef size(a): return len(a)\n", encoding="utf-8")
    copy = shutil.copy(spec.origin, package)
    assert "debug-build" not in names(measure("built:size", *BYTES))
    with open(copy, "ab") as file:  # noqa: PTH123
        file.write(b"unsafe precondition(s) violated: ")
    warning = finding(measure("built:size", *BYTES), "debug-build")
    assert warning["message"] == "`built._speedups` is a debug build, many times slower than what users get"
    assert "--release" in warning["fix"]


def test_a_module_says_that_it_is_a_debug_build(measure: Measure, tmp_path: Path) -> None:
    source = (tmp_path / "measured.py").read_text(encoding="utf-8")
    assert "debug-build" not in names(measure("measured:reads", *BYTES))
    (tmp_path / "measured.py").write_text(source.replace('"release"', '"debug"'), encoding="utf-8")
    assert "`measured`" in finding(measure("measured:reads", *BYTES), "debug-build")["message"]


def test_what_can_not_be_written_is_said_before_anything_runs(measure: Measure, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("open('imported', 'w')", encoding="utf-8")
    (tmp_path / "folder.svg").mkdir()
    (tmp_path / "kept.svg").touch(mode=0o444)
    for name, reason in (("folder.svg", "it is not a regular file"), ("kept.svg", "it is read-only")):
        error = measure("bad:f", *BYTES, "--draw", name, "--force", code=2)
        assert error["message"] == f"`{name}` can't be written: {reason}"
    assert not (tmp_path / "imported").exists()


def test_a_dry_run_imports_nothing(measure: Measure, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("open('imported', 'w')", encoding="utf-8")
    result = measure("bad:f", *BYTES, "--dry-run", "--reference", "len(a)", "--draw", "a.svg")
    assert result["summary"] == f"would measure `f(a)`, `len(a)` with n up to 100, in {sys.executable} and write a.svg"
    assert result["dry_run"]
    assert {file.name for file in tmp_path.iterdir()} == {"bad.py", "measured.py"}


def test_types_are_listed(measure: Measure) -> None:
    types = {row["type"]: row["made by"] for row in rows(measure("--list"), "Types of inputs")}
    assert {"list[float]", "str", "bytes", "memoryview", "array[d]", "float64", "arrow[string]", "polars-frame"} <= set(
        types
    )
    assert types["bytearray"] == "bytearray((bytes(range(256)) * (n // 256 + 1))[:n])"


@pytest.mark.parametrize(
    "kind", ["list[dataclass]", "list[dict]", "set[str]", "tuple[int]", "dict[str, float]", "json", "memoryview",
             "array[q]", "datetime64", "bool", "float16", "complex64"],
)  # fmt: skip
def test_types_have_n_elements(measure: Measure, kind: str) -> None:
    call = "f(json.loads(a))" if kind == "json" else "f(a)"
    reference = "len(json.loads(a))" if kind == "json" else "int(str(len(a)))"
    result = measure("builtins:len", "--call", call, "--type", kind, "--sizes", "7", "--reference", reference)
    assert "results-differ" not in names(result)
    assert rows(result, "Time of a call")[0]["input"] != "unknown"


def test_the_drawing_has_a_line_for_each_call(measure: Measure, tmp_path: Path) -> None:
    arguments = ("measured:reads", *BYTES, "--reference", "a.count(b'\\x01') << 0", "--draw", "a.svg")
    assert "drawn in a.svg" in measure(*arguments)["summary"]
    drawing = list(ET.parse(tmp_path / "a.svg").iter())  # noqa: S314  (it is our own)
    texts = [element.text for element in drawing if element.tag.endswith("text")]
    assert {"measured:reads", "f(a)", "a.count(b'\\x01') << 0", "1", "10", "100"} <= set(texts)
    assert len([element for element in drawing if element.tag.endswith("circle")]) == 6
    assert "already exists" in measure(*arguments, code=2)["message"]
    measure(*arguments, "--force")


def test_the_script_prints_tables(environment: dict[str, str]) -> None:
    command = [sys.executable, str(TOOL), "builtins:sum", "--type", "list[int]", "--sizes", "1,10", "--seconds", "0.01",
               "--python", sys.executable]  # fmt: skip
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True)
    assert "Cost of a call and of an element" in done.stdout
    assert "Rounds" not in done.stdout
    done = subprocess.run([*command, "--verbose"], env=environment, capture_output=True, encoding="utf-8", check=True)
    assert "Rounds" in done.stdout
    assert "`builtins:sum` with `a` list: 2 sizes, by Python" in done.stdout
