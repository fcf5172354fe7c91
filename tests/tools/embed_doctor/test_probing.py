"""Programs that are built and run because it was asked for, and what a failed start means."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import CACHE, CHECKOUT
from tests.tools.embed_doctor.conftest import VERSION
from tests.tools.results import chapters_of, finding, rows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.embed_doctor.conftest import Doctor, MakeCrate, SetPython

HOST = CHECKOUT / "skills/pyo3-async-embedded-wasm/snippets/host"
TABLE = "Python as it was started"
# What cargo prints where the feature `extension-module` is set, shortened; and where libpython is not installed.
UNDEFINED = """error: linking with `cc` failed: exit status: 1
  = note: rust-lld: error: undefined symbol: Py_InitializeEx
          >>> referenced by interpreter_lifecycle.rs:36
          collect2: error: ld returned 1 exit status
error: could not compile `quotes` (bin "quotes") due to 1 previous error
"""
NOT_INSTALLED = """error: linking with `cc` failed: exit status: 1
  = note: rust-lld: error: unable to find library -lpython3.12
          collect2: error: ld returned 1 exit status
error: could not compile `quotes` (bin "quotes") due to 1 previous error
"""
WRONG = "error[E0425]: cannot find value `x` in this scope\nerror: could not compile `quotes`\n"


def facts_of(result: dict[str, object]) -> dict[str, str]:
    """Return what the program's Python said."""
    return {row["what"]: row["is"] for row in rows(result, TABLE)}


def test_a_program_says_where_its_python_is(doctor: Doctor, hosts: dict[str, Path]) -> None:
    result = doctor(hosts["local"], "--probe")
    assert finding(result, "starts")["message"].endswith("it ended with exit code 0")
    facts = facts_of(result)
    assert facts["sys.prefix"] == sys.base_prefix
    assert facts["version"].startswith(f"{VERSION}.")
    assert facts["standard library"].endswith(f"python{VERSION}")


def test_a_bundle_is_moved_and_uses_its_own_library(doctor: Doctor, whole_bundle: Path) -> None:
    result = doctor(whole_bundle, "--probe")
    facts = facts_of(result)
    assert facts["sys.prefix"] == "BUNDLE/python"
    assert facts["standard library"] == f"BUNDLE/python/lib/python{VERSION}"
    assert not [entry for entry in result["findings"] if entry["level"] in {"error", "warning"}]


def test_a_bundle_without_its_library_does_not_start(doctor: Doctor, bundle: Path) -> None:
    shutil.rmtree(bundle / f"python/lib/python{VERSION}/encodings")
    result = doctor(bundle, "--probe", code=1)
    start = finding(result, "does-not-start")
    assert start["message"] == "Python finds no standard library, and so no `encodings`"
    assert "No module named 'encodings'" in start["evidence"]
    assert chapters_of(result, "does-not-start") == {"standard-library"}


def test_a_bundle_that_uses_another_library_is_told(doctor: Doctor, hosts: dict[str, Path], bundle: Path) -> None:
    shutil.copy(hosts["local"], bundle / "quotes")
    folder = finding(doctor(bundle, "--probe", code=1), "prefix-outside")["message"]
    assert f"{sys.base_prefix}/lib/python{VERSION}" in folder


def test_a_program_without_libpython_does_not_start(doctor: Doctor, hosts: dict[str, Path], tmp_path: Path) -> None:
    program = tmp_path / "lost"
    program.write_bytes(hosts["lost"].read_bytes().replace(b".so.1.0\0", b".so.9.9\0"))
    program.chmod(0o755)
    result = doctor(program, "--probe", code=1)
    message = finding(result, "does-not-start")["message"]
    assert message == f"the loader does not find `libpython{VERSION}.so.9.9`"


def test_arguments_are_passed_and_the_exit_code_is_told(doctor: Doctor, hosts: dict[str, Path]) -> None:
    result = doctor(hosts["local"], "--probe", "--", "--quantity")
    assert finding(result, "fails")["message"] == "the program ended with exit code 4"
    assert sys.base_prefix in finding(result, "fails")["evidence"]


def test_a_program_that_goes_on_is_ended(doctor: Doctor, hosts: dict[str, Path]) -> None:
    result = doctor(hosts["local"], "--probe", "--timeout", "3", "--", "wait")
    assert finding(result, "starts")["message"].endswith("it still ran after 3 s")


def test_nothing_of_the_user_is_changed(doctor: Doctor, whole_bundle: Path) -> None:
    before = sorted(whole_bundle.rglob("*"))
    doctor(whole_bundle, "--probe")
    assert sorted(whole_bundle.rglob("*")) == before


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (UNDEFINED, "the program can't be linked: `Py_InitializeEx` is undefined"),
        (NOT_INSTALLED, "the program can't be linked: it lacks libpython3.12"),
        (WRONG, "the program can't be built"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="the cargo that stands in is a script")
def test_a_build_that_fails_is_explained(  # noqa: PLR0917
    doctor: Doctor,
    make_crate: MakeCrate,
    set_python: SetPython,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    output: str,
    message: str,
) -> None:
    set_python("/usr/lib/libpython3.12.so")
    (tmp_path / "output").write_text(output, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    cargo = tmp_path / "bin/cargo"
    cargo.write_text(f"#!/bin/sh\ncat '{tmp_path}/output' >&2\nexit 101\n", encoding="utf-8")
    cargo.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    failure = finding(doctor(make_crate(), "--probe", code=1), "build-fails")
    assert failure["message"] == message
    assert failure["where"] == "cargo build --package quotes --bin quotes"
    assert failure["evidence"].splitlines()[-1] == output.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.exclusive("skill-pyo3-async-embedded-wasm")
def test_a_crate_is_built_and_run(
    doctor: Doctor, hosts: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del hosts  # there is a libpython to link to
    crate = shutil.copytree(HOST, tmp_path / "host", ignore=shutil.ignore_patterns("target"))
    for program in (crate / "src/bin").iterdir():
        if program.name != "hosting.rs":
            program.unlink()
    monkeypatch.setenv("PYO3_PYTHON", sys.executable)
    monkeypatch.setenv("CARGO_TARGET_DIR", str(CACHE / "skills/pyo3-async-embedded-wasm/target"))
    monkeypatch.setenv("CARGO_PROFILE_DEV_DEBUG", "0")
    result = doctor(crate, "--probe", "--", "2027-01-01")
    assert finding(result, "starts")
    assert facts_of(result)["sys.prefix"] == sys.base_prefix
