"""What the tests of the generated projects share: how a project is made and run, and what is said of the matrix."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from filelock import FileLock

from tests.conftest import CACHE, CHECKOUT, FEATURES, run_or_fail
from tests.template import matrix
from tests.template.matrix import project_name, set_name

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    Make = Callable[..., Path]
    Run = Callable[..., str]

EXTREMES = [(), tuple(FEATURES)]
# As GitHub starts it.
BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]


def read_jobs(project: Path, workflow: str = "release") -> dict[str, Any]:
    """Return the jobs of one of a project's workflows."""
    text = (project / f".github/workflows/{workflow}.yml").read_text(encoding="utf-8")
    jobs: dict[str, Any] = yaml.safe_load(text)["jobs"]
    return jobs


def step(project: Path, job: str, name: str, workflow: str = "release") -> dict[str, Any]:
    """Return a step by its name."""
    (match,) = [step for step in read_jobs(project, workflow)[job]["steps"] if step.get("name") == name]
    return dict(match)


def bash(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step's lines as GitHub does."""
    environment = os.environ | variables
    return subprocess.run(
        [*BASH, script], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )


@pytest.fixture(scope="session")
def cache() -> Path:
    """Where builds are kept from one run to the next."""
    return CACHE


@pytest.fixture(scope="session")
def build_environment(cache: Path) -> Mapping[str, str]:
    """The variables that generated projects are built with: one target folder, and this environment's tools."""
    unwanted = {"VIRTUAL_ENV", "PYTHONPATH", "FORCE_COLOR"}
    # pytest-benchmark measures nothing under pytest-xdist, which these would announce.
    own = (name for name in os.environ if not name.startswith("PYTEST_"))
    variables = {name: os.environ[name] for name in own if name not in unwanted}
    settings = {
        "CARGO_TARGET_DIR": str(cache / "target"),
        "CARGO_PROFILE_DEV_DEBUG": "0",
        "CARGO_INCREMENTAL": "0",
        "MYPY_CACHE_DIR": str(cache / "mypy"),
        "NO_COLOR": "1",
    }
    tools = Path(sys.executable).parent
    return settings | variables | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="session")
def run(build_environment: Mapping[str, str]) -> Run:
    """Run a program in a folder and return what it printed; if it fails, so does the test, with all of that."""

    def run(*command: str, folder: Path, **variables: str) -> str:
        return run_or_fail(command, folder, {**build_environment, **variables})

    return run


# What is in a wheel is tested, not how fast it is: with less of optimization cargo takes a quarter less time.
RELEASE = {
    "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1",
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
}


@pytest.fixture(scope="session")
def nox(cache: Path, build_environment: Mapping[str, str], run: Run) -> Run:
    """Run one of a project's own sessions and return what it printed.

    Each session has one environment for all projects, since to cargo another interpreter is a reason to build pyo3
    again, and a target folder of its own. So the test is marked `exclusive`.
    """

    def nox(session: str, *arguments: str, folder: Path, **variables: str) -> str:
        target = str(Path(build_environment["CARGO_TARGET_DIR"], session))
        command = ["nox", "--envdir", str(cache / "nox"), "--session", session, *arguments]
        # Modules of WebAssembly have a limit of size.
        settings = {"CARGO_TARGET_DIR": target, **({} if session == "wasm" else RELEASE)}
        return run(*command, folder=folder, **{**settings, **variables})

    return nox


@pytest.fixture(scope="session")
def make(run: Run, shared: Path) -> Make:
    """Make a project as a user does, once for equal arguments; who changes it gives it a name of its own."""

    def make(
        features: Iterable[str] = (), name: str = "", git: bool = False, template: Path | None = None, **data: str
    ) -> Path:
        chosen = list(features)
        name = name or project_name("set", set_name(chosen))
        key = json.dumps([chosen, name, git, str(template), data])
        project = shared / f"{zlib.crc32(key.encode()):08x}" / name
        with FileLock(f"{project.parent}.lock"):
            if not project.exists():
                pairs = [f"--data={question}={answer}" for question, answer in data.items()]
                pairs += [f"--with={','.join(chosen)}"] if chosen else []
                pairs += [] if git else ["--no-git"]
                pairs += [f"--template={template}"] if template else []
                command = [sys.executable, "-m", "scaffolder", "new", str(project), "--defaults", "--quiet", *pairs]
                run(*command, folder=shared)
        return project

    return make


@pytest.fixture(scope="session")
def make_cell(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Callable[[matrix.Cell], Path]:
    """Make the project of a cell."""
    templates: dict[str, Path] = {}

    def holding_back(features: Iterable[str]) -> Path:
        """Copy the template and let these features hold a project back: no answer of a user's does."""
        folder = tmp_path_factory.mktemp("template")
        shutil.copy(CHECKOUT / "copier.yml", folder)
        shutil.copytree(CHECKOUT / "templates", folder / "templates")
        table = folder / "templates/versions.yml"
        versions = yaml.safe_load(table.read_text(encoding="utf-8"))
        versions["held_back"]["default"] = list(features)
        table.write_text(yaml.safe_dump(versions, sort_keys=False), encoding="utf-8")
        return folder

    def make_cell(cell: matrix.Cell) -> Path:
        if cell.off_line and cell.name not in templates:
            templates[cell.name] = holding_back(cell.features)
        project = make(cell.features, cell.name, template=templates.get(cell.name), **cell.answers)
        manifest = (project / "Cargo.toml").read_text(encoding="utf-8")
        assert re.search(rf'^pyo3 = (\{{ version = )?"{re.escape(cell.pyo3)}"', manifest, re.MULTILINE)
        return project

    return make_cell


@pytest.fixture
def programs(tmp_path: Path) -> Callable[[str, str], dict[str, str]]:
    """Put a program into a folder of its own, and return the variables that let it be found first."""
    folder = tmp_path / "programs"
    folder.mkdir()

    def programs(name: str, script: str) -> dict[str, str]:
        (folder / name).write_text(f"#!/usr/bin/env bash\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
        return {"PATH": f"{folder}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    return programs


@pytest.fixture
def workflow(build_environment: Mapping[str, str], cache: Path, programs: Callable[[str, str], dict[str, str]]) -> Run:
    """Run a step's lines with this environment's nox, in one place of the cache; if they fail, so does the test."""
    # Without a download, and without the lock file that a first build writes.
    nox = f'while [ "$1" != nox ]; do shift; done; shift; exec "{sys.executable}" -m nox --envdir "{cache}/nox" "$@"'
    programs("uvx", nox)
    variables = programs("uv", f'if [ "$1" != run ]; then exec "{shutil.which("uv")}" "$@"; fi; {nox}')

    def workflow(*lines: str, folder: Path, place: str = "build", **extra: str) -> str:
        places = {"CARGO_TARGET_DIR": f"{build_environment['CARGO_TARGET_DIR']}/{place}"}
        settings = {**build_environment, **RELEASE, **variables, **places, **extra}
        return run_or_fail([*BASH, "\n".join(lines)], folder, settings)

    return workflow


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say how a cell that failed is built again."""
    report = yield
    parameters: dict[str, object] = item.callspec.params if hasattr(item, "callspec") else {}
    cell = parameters.get("cell")
    if report.failed and isinstance(cell, matrix.Cell):
        report.sections.append(("build this cell again", cell.command))
    return report
