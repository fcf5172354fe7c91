"""Hosting: a program that runs Python, what it is linked with, and its tests."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Host

HOST = Path(__file__).resolve().parent.parent / "host"
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads ELF files")


def test_the_program_runs_python(host: Host) -> None:
    done = host("hosting", "2027-01-01")
    assert (done.returncode, done.stdout) == (0, "week 53 of 2026\n")


def test_an_error_of_python_is_one_line(host: Host) -> None:
    done = host("hosting", "2027-02-30")
    assert done.returncode == 1
    assert done.stderr == "error: `2027-02-30` is no day: ValueError: day is out of range for month\n"
