"""A package in Python gets its slow part in Rust, by maturin or by setuptools, and works without it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

SNIPPETS = Path(__file__).resolve().parent.parent
SKILL = SNIPPETS.parent


def run(project: Path, *command: str, **extra: str) -> str:
    """Run a program in a project; whatever it prints is in the error if it fails."""
    environment = {"CARGO_TARGET_DIR": str(SKILL / "target"), **os.environ, **extra}
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "sensorlog"
    shutil.copytree(SNIPPETS / "porting", folder)
    shutil.copy(SKILL / "Cargo.lock", folder / "rust")
    return folder


def check(project: Path, place: Path, **extra: str) -> str:
    """Run the package's tests on what is in a folder, and return which implementation is used."""
    run(project, sys.executable, "-m", "pytest", "tests", PYTHONPATH=str(place), **extra)
    return run(
        project, sys.executable, "-c", "import sensorlog; print(sensorlog.BACKEND)", PYTHONPATH=str(place), **extra
    )


def test_the_old_code_works_without_a_build(project: Path) -> None:
    assert check(project, project / "src") == "python\n"


def test_maturin_puts_the_extension_into_the_package_where_it_is(project: Path) -> None:
    run(project, "maturin", "build", "--profile", "editable", "--compatibility", "linux", "--out", "dist", "--sdist")
    (wheel,) = project.glob("dist/*.whl")
    assert "-cp310-abi3-" in wheel.name
    with zipfile.ZipFile(wheel) as files:
        names = {name for name in files.namelist() if name.startswith("sensorlog/")}
    python = {f"sensorlog/{name}" for name in ("__init__.py", "_python.py", "errors.py", "_core.pyi", "py.typed")}
    assert len(names - python) == 1
    assert python < names
    with tarfile.open(next(project.glob("dist/*.tar.gz"))) as files:
        sources = {name.partition("/")[2] for name in files.getnames()}
    assert {"pyproject.toml", "rust/src/lib.rs", "src/sensorlog/__init__.py", "tests/test_sensorlog.py"} <= sources

    shutil.unpack_archive(wheel, project / "installed", "zip")
    assert check(project, project / "installed") == "rust\n"
    assert check(project, project / "installed", SENSORLOG_PURE_PYTHON="1") == "python\n"


@pytest.mark.parametrize("cargo", ["cargo", "no-cargo"])
def test_setuptools_builds_the_extension_where_there_is_rust(project: Path, cargo: str) -> None:
    shutil.copy(project / "setuptools.toml", project / "pyproject.toml")
    # Cargo and rustc are looked for under these names.
    found = {} if cargo == "cargo" else {"CARGO": "/nowhere/cargo", "RUSTC": "/nowhere/rustc", "PATH": "/nowhere"}
    build = ("-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", "dist", ".")
    run(project, sys.executable, *build, **found)
    (wheel,) = project.glob("dist/*.whl")
    shutil.unpack_archive(wheel, project / "installed", "zip")
    assert check(project, project / "installed") == ("rust\n" if cargo == "cargo" else "python\n")
