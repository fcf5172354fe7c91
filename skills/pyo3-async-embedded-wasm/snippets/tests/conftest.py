"""What the tests of hosts share: the programs in `host`, built once, and a way to run them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from bundle import bundle

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST = Path(__file__).resolve().parent.parent / "host"
SECONDS = 120


class Host(Protocol):
    """Runs a program of `host`."""

    def __call__(
        self, program: str, *arguments: str | Path, environment: Mapping[str, str] | None = None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run it, with the standard library of the tests' Python unless an environment is given."""


@pytest.fixture(scope="session")
def cargo_environment() -> dict[str, str]:
    """Return what cargo needs to build for the Python of the tests, and a program to find that Python."""
    if shutil.which("cargo") is None:
        pytest.skip("cargo is not installed")
    if sys.platform != "win32" and not sysconfig.get_config_var("Py_ENABLE_SHARED"):
        pytest.skip("this Python has no shared library to link a program with")
    # Windows looks for python3.dll on PATH.
    path = os.pathsep.join([sys.base_prefix, os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYO3_PYTHON": sys.executable, "PYTHONHOME": sys.base_prefix}


@pytest.fixture(scope="session")
def programs(cargo_environment: dict[str, str]) -> dict[str, Path]:
    """Build the programs; return where each is."""
    command = ["cargo", "build", "--bins", "--locked", "--message-format=json-render-diagnostics"]
    done = subprocess.run(
        command, cwd=HOST, env=cargo_environment, check=False, capture_output=True, encoding="utf-8"
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    messages = map(json.loads, done.stdout.splitlines())
    executables = [Path(message["executable"]) for message in messages if message.get("executable")]
    return {path.stem: path for path in executables}


@pytest.fixture(scope="session")
def host(programs: dict[str, Path], cargo_environment: dict[str, str]) -> Host:
    """Return a function that runs a program, and returns how it ended and what it printed."""

    def host(
        program: str, *arguments: str | Path, environment: Mapping[str, str] | None = None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        variables = cargo_environment if environment is None else environment
        return subprocess.run(
            [programs[program], *arguments], env=variables, input=stdin, check=False, capture_output=True,
            encoding="utf-8", timeout=SECONDS,
        )  # fmt: skip

    return host


@pytest.fixture(scope="session")
def bundled(programs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two programs and their Python, which was made in one place and moved to another one."""
    if sys.platform != "linux":
        pytest.skip("the bundle is one for Linux")
    folder = tmp_path_factory.mktemp("bundled")
    bundle(programs["distribution"], folder / "made")
    shutil.copy2(programs["standard-library"], folder / "made")
    return (folder / "made").rename(folder / "Planner für alle")
