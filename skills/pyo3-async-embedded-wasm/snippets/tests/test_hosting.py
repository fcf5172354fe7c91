"""Hosting: a program that runs Python, what it is linked with, how it ends, and its tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Host

HOST = Path(__file__).resolve().parent.parent / "host"
MONTH = "    January 2027\nMo Tu We Th Fr Sa Su\n             1  2  3\n"


def test_both_languages_print(host: Host) -> None:
    done = host("hosting", "2027-01-01")
    assert (done.returncode, done.stderr) == (0, "")
    assert MONTH in done.stdout
    assert "week 53 of 2026\n" in done.stdout


def test_a_pipe_gets_the_lines_of_python_last(host: Host, cargo_environment: dict[str, str]) -> None:
    buffered = {name: value for name, value in cargo_environment.items() if name != "PYTHONUNBUFFERED"}
    assert host("hosting", "2027-01-01", environment=buffered).stdout.startswith("week 53 of 2026\n    January 2027\n")


def test_without_an_end_the_output_of_python_is_lost(host: Host, cargo_environment: dict[str, str]) -> None:
    buffered = {name: value for name, value in cargo_environment.items() if name != "PYTHONUNBUFFERED"}
    done = host("hosting", "2027-01-01", "--hurry", environment=buffered)
    assert (done.returncode, done.stdout) == (0, "week 53 of 2026\n")


def test_an_error_of_python_is_one_line(host: Host) -> None:
    done = host("hosting", "2027-02-30")
    assert done.returncode == 1
    assert done.stderr == "error: `2027-02-30` is not a day: ValueError: day is out of range for month\n"


@pytest.mark.skipif(sys.platform != "linux", reason="reads an ELF file")
def test_the_program_names_the_library_and_its_folder(programs: dict[str, Path]) -> None:
    if shutil.which("readelf") is None:
        pytest.skip("readelf is not installed")
    done = subprocess.run(["readelf", "-d", programs["hosting"]], check=True, capture_output=True, text=True)
    assert f"Shared library: [{sysconfig.get_config_var('INSTSONAME')}]" in done.stdout
    assert "RUNPATH" in done.stdout
    assert sysconfig.get_config_var("LIBDIR") in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="`home` of a Python is laid out differently")
def test_the_first_python_on_path_lends_its_library(host: Host, tmp_path: Path) -> None:
    """The program looks for a `python3` on PATH, whether or not it was built with that."""
    library = tmp_path / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    library.parent.mkdir()
    library.symlink_to(sysconfig.get_path("stdlib"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").touch(mode=0o755)
    done = host("hosting", "2027-02-30", environment={"PATH": str(tmp_path / "bin"), "PYTHONVERBOSE": "1"})
    assert f"{library}/datetime.py" in done.stderr or f"{library}/__pycache__/datetime" in done.stderr


def test_the_tests_of_the_programs_pass(cargo_environment: dict[str, str], programs: dict[str, Path]) -> None:
    command = ["cargo", "test", "--locked", "--bin", "hosting", "--bin", "reloading"]
    done = subprocess.run(
        command, cwd=HOST, env=cargo_environment, check=False, capture_output=True, encoding="utf-8"
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("1 passed") == 2
