"""What an adopted project gets does not fail the checks that it has, or that a tool makes by itself."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.adoption.projects import FILES, commit, write
from tests.conftest import FEATURES, git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command

# Not for every layout; the programs of `wasm` have longer lines.
ELSEWHERE = {"community", "embed", "wasm", "workspace"}
# Those of the oldest ruff with settings of its own, and of somebody who wants more.
SELECTED = "B,C4,E4,E7,E9,F,I,PGH,PT,PTH,RET,RUF,SIM,UP"


def ruff(folder: Path, *arguments: str) -> str:
    """Run ruff in a project, and return what it finds."""
    command = [sys.executable, "-m", "ruff", *arguments, "--no-cache", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout if done.returncode else ""


@pytest.fixture
def adopted(tmp_path: Path, pyo3_new: Command, request: pytest.FixtureRequest) -> Path:
    """Make a project with every feature that can be in it, and nothing of ruff's in its settings."""
    files = {path: text for path, text in FILES[request.param].items() if path != "noxfile.py"}
    files["pyproject.toml"] = files["pyproject.toml"].partition("\n[tool.ruff]")[0]
    write(tmp_path, files)
    assert ruff(tmp_path, "check") == ""
    pyo3_new("adopt", cwd=tmp_path)
    commit(tmp_path)
    pyo3_new("add", *(name for name in FEATURES if name not in ELSEWHERE), cwd=tmp_path)
    return tmp_path


@pytest.mark.parametrize("adopted", ["alone", "function", "python"], indirect=True)
def test_what_is_added_passes_the_checks_of_ruff(adopted: Path) -> None:
    assert ruff(adopted, "check") == ""
    # With settings that say where the package is, and with those that do not.
    assert ruff(adopted, "check", "--select=I", "--config", 'src = ["python", "src"]') == ""
    for length in (88, 100, 120):
        assert ruff(adopted, "format", "--check", f"--line-length={length}") == ""


def test_what_is_added_passes_the_rules_that_a_project_chose(tmp_path: Path, pyo3_new: Command) -> None:
    write(tmp_path, {**FILES["alone"], "ruff.toml": f"lint.select = {SELECTED.split(',')}\n"})
    assert ruff(tmp_path, "check") == ""
    pyo3_new("adopt", "--with", "numpy", "--with", "classes", cwd=tmp_path)
    assert ruff(tmp_path, "check") == ""


def test_a_module_without_a_stub_is_not_empty_to_a_type_checker(tmp_path: Path, pyo3_new: Command) -> None:
    write(tmp_path, {**FILES["beside"], "mypy.ini": "[mypy]\nignore_missing_imports = true\n"})
    command = [sys.executable, "-m", "mypy", "--strict", "src"]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0
    done = pyo3_new("adopt", "--with", "plugins", cwd=tmp_path)
    assert "`src/soil/soil/__init__.pyi` is new, and says only that the types in the module are unknown" in done.stderr
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0


def test_the_settings_of_a_repository_still_hold_for_a_project_in_it(tmp_path: Path, pyo3_new: Command) -> None:
    files = {f"bindings/{path}": text for path, text in FILES["alone"].items()}
    write(tmp_path, {**files, "ruff.toml": 'lint.select = ["T20"]\n', "bindings/tools.py": "print()\n"})
    assert "T201" in ruff(tmp_path, "check")
    pyo3_new("adopt", "--checks", cwd=tmp_path / "bindings")
    settings = tomllib.loads((tmp_path / "bindings/pyproject.toml").read_text("utf-8"))["tool"]["ruff"]
    assert settings == {"extend": "../ruff.toml", "format": {"exclude": ["noxfile.py"]}}
    assert "T201" in ruff(tmp_path, "check")
    assert not git("diff", "--name-only", cwd=tmp_path)
