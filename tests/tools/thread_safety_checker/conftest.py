"""The tool as a program in this process, a built extension with planted faults, and modules of Python with some."""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from scaffolder.tools.thread_safety_checker.app import app
from scaffolder.tools.type_converter.known_types import CRATES
from tests.tools.results import call_tool, result_or_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conftest import Run

PLANTED = Path(__file__).parent / "planted"
# The skill's examples have built its dependencies there.
PLACE = "skills/pyo3-performance-gil-parallel"
MANIFEST = f"""[package]
name = "planted"
version = "0.1.0"
edition = "2024"

[lib]
crate-type = ["cdylib"]

[dependencies]
pyo3 = {{ version = "{CRATES["pyo3"]}", features = ["abi3-py311"] }}
"""


class Check(Protocol):
    """Runs the tool in an empty folder with this Python, and returns its JSON: a result, or an error."""

    def __call__(self, *arguments: str, code: int = 0) -> dict[str, Any]: ...


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Run the tool in this process; what it tries is in a process of its own anyway."""
    shutil.copy(PLANTED / "shared.py", tmp_path)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0) -> dict[str, Any]:
        words = [*arguments, "--python", sys.executable, "--json"]
        return result_or_error(call_tool(app, "thread_safety_checker", words, capsys, code)[0])

    return run


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory, build_run: Run) -> Path:
    """The project of an extension `planted`, with a fault in each function or class, and its like without it."""
    project = tmp_path_factory.mktemp("planted")
    (project / "src").mkdir()
    shutil.copy(PLANTED / "lib.rs", project / "src")
    (project / "Cargo.toml").write_text(MANIFEST, encoding="utf-8")
    build_run("maturin", "build", "--profile", "dev", "--out", "wheels", folder=project, place=PLACE)
    zipfile.ZipFile(next(project.glob("wheels/*.whl"))).extractall(project / "installed")
    return project


def serious(result: dict[str, Any]) -> list[str]:
    """Return the names of errors and warnings."""
    return [finding["id"] for finding in result["findings"] if finding["level"] in {"error", "warning"}]


def of(result: dict[str, Any], name: str) -> Iterable[dict[str, Any]]:
    """Return the findings of a name."""
    return [finding for finding in result["findings"] if finding["id"] == name]
