"""What others do with a project: build it, install it and test it with tools that are not its own sessions."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import FEATURES
from tests.template.matrix import PYTHONS, THIS_PYTHON
from tests.template.test_build import find_python

if TYPE_CHECKING:
    from tests.template.conftest import Make, Run

pytestmark = [pytest.mark.slow, pytest.mark.exclusive("plain")]

# Capitals and each character that a name may hold, in a path with spaces.
NAME = "Price.Tools_RS-2"
PACKAGE = "price_tools_rs_2"
NAMES = ["price_tools", "Price.Tools", "x-Y.z_9"]
VENDORED = """[source.crates-io]
replace-with = "vendored-sources"

[source.vendored-sources]
directory = "vendor"
"""


def python_of(environment: Path) -> str:
    """Return the interpreter of a virtual environment."""
    return str(environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose path has spaces."""
    folder = tmp_path_factory.mktemp("distribution") / "my own projects"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def dist(make: Make, run: Run, folder: Path) -> Path:
    """Let uv build what is published, the wheel from the source distribution."""
    project = folder / "the project"
    shutil.copytree(make(FEATURES, NAME, python_min="3.10"), project)
    run("uv", "build", folder=project)
    return project / "dist"


@pytest.fixture(scope="module")
def sources(dist: Path, folder: Path) -> Path:
    """Unpack the source distribution."""
    (archive,) = dist.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def outside(sources: Path, folder: Path) -> Path:
    """Copy the tests and what they read, but not the package: only an installed one can be imported."""
    copy = folder / "tests only"
    shutil.copytree(sources, copy)
    shutil.rmtree(copy / "python")
    return copy


def test_uv_builds_both_archives(dist: Path) -> None:
    names = sorted(path.name for path in dist.iterdir() if path.name != ".gitignore")
    assert names[1] == f"{PACKAGE}-0.1.0.tar.gz"
    assert names[0].startswith(f"{PACKAGE}-0.1.0-cp310-abi3-")
    assert len(names) == 2


def test_the_source_distribution_is_complete(sources: Path, make: Make) -> None:
    project = make(FEATURES, NAME, python_min="3.10")
    there = {path.relative_to(sources).as_posix() for path in sources.rglob("*") if path.is_file()}
    needed = {"Cargo.toml", "Cargo.lock", "pyproject.toml", "build.rs", "README.md", "LICENSE-MIT", "PKG-INFO"}
    for part in ("src", "python", "tests"):
        needed |= {path.relative_to(project).as_posix() for path in (project / part).rglob("*") if path.is_file()}
    assert needed <= there


@pytest.mark.parametrize("version", PYTHONS)
def test_the_wheel_passes_the_tests_in_a_clean_environment(dist: Path, outside: Path, run: Run, version: str) -> None:
    python = sys.executable if version == THIS_PYTHON else find_python(version)
    if python is None:
        pytest.skip(f"there is no Python {version} on this machine")
    environment = outside.parent / f"python {version}"
    (wheel,) = dist.glob("*.whl")
    run("uv", "venv", "--quiet", "--python", str(python), str(environment), folder=outside)
    install = ["uv", "pip", "install", "--quiet", "--python", python_of(environment)]
    run(*install, str(wheel), "--group", "dev", folder=outside)
    where = f"import {PACKAGE}; print({PACKAGE}.__file__)"
    assert str(environment) in run(python_of(environment), "-c", where, folder=outside)
    # The tests of `plugins` compile one, against this interpreter: once is enough.
    without = [] if version == THIS_PYTHON else ["--ignore=tests/test_plugins.py"]
    printed = run(python_of(environment), "-m", "pytest", *without, folder=outside)
    assert re.search(r"^=+ \d+ passed", printed, re.MULTILINE), printed


def test_the_source_distribution_builds_offline(sources: Path, run: Run, tmp_path: Path) -> None:
    project = tmp_path / "from scratch"
    shutil.copytree(sources, project)
    run("cargo", "vendor", "--locked", folder=project)
    home = tmp_path / "cargo"
    home.mkdir()
    settings = VENDORED.replace('"vendor"', f'"{(project / "vendor").as_posix()}"')
    (home / "config.toml").write_text(settings, encoding="utf-8")
    nothing_else = {"CARGO_HOME": str(home), "CARGO_NET_OFFLINE": "true", "CARGO_TARGET_DIR": str(tmp_path / "target")}
    # Which profile it is makes no difference to where the crates come from, and this one is built sooner.
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    run(*command, folder=project, MATURIN_PEP517_ARGS="--profile editable", **nothing_else)
    assert len(list((project / "dist").glob("*.whl"))) == 1
    assert not (home / "registry").exists()


@pytest.fixture(scope="module")
def pip_python(run: Run, folder: Path) -> str:
    """Make an environment with nothing but pip."""
    environment = folder / "for pip"
    run(sys.executable, "-m", "venv", str(environment), folder=folder)
    run(python_of(environment), "-m", "pip", "install", "--quiet", "--upgrade", "pip", folder=folder)
    return python_of(environment)


@pytest.mark.parametrize("name", NAMES)
def test_pip_installs_in_place_under_any_name(make: Make, run: Run, folder: Path, pip_python: str, name: str) -> None:
    project = folder / f"{name} in place"
    shutil.copytree(make((), name), project)
    run(pip_python, "-m", "pip", "install", "--quiet", "--editable", ".", folder=project)
    package = name.lower().replace("-", "_").replace(".", "_")
    code = f"import {package} as it, importlib.metadata as m; print(m.version('{name}'), it.closest('cat', ['hat']))"
    assert run(pip_python, "-c", code, folder=folder).split() == ["0.1.0", "hat"]
    where = run(pip_python, "-c", f"import {package}; print({package}.__file__)", folder=folder).strip()
    assert Path(where).is_relative_to(project)
