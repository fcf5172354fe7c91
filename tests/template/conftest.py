"""What the tests of the generated projects share: how a project is made and run, and what is said of the matrix."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

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


@pytest.fixture(scope="session")
def cache() -> Path:
    """Where builds are kept from one run to the next."""
    return CACHE


@pytest.fixture(scope="session")
def build_environment(cache: Path) -> Mapping[str, str]:
    """The variables that generated projects are built with: one target folder, and this environment's tools."""
    unwanted = {"VIRTUAL_ENV", "PYTHONPATH", "FORCE_COLOR"}
    variables = {name: value for name, value in os.environ.items() if name not in unwanted}
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


@pytest.fixture(scope="session")
def nox(cache: Path, build_environment: Mapping[str, str], run: Run) -> Run:
    """Run one of a project's own sessions and return what it printed.

    Each session has one environment for all projects, since to cargo another interpreter is a reason to build pyo3
    again, and a target folder of its own. So the test is marked `exclusive`.
    """

    def nox(session: str, *arguments: str, folder: Path, **variables: str) -> str:
        target = str(Path(build_environment["CARGO_TARGET_DIR"], session))
        command = ["nox", "--envdir", str(cache / "nox"), "--session", session, *arguments]
        return run(*command, folder=folder, **{"CARGO_TARGET_DIR": target, **variables})

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say how a cell that failed is built again."""
    report = yield
    parameters: dict[str, object] = item.callspec.params if hasattr(item, "callspec") else {}
    cell = parameters.get("cell")
    if report.failed and isinstance(cell, matrix.Cell):
        report.sections.append(("build this cell again", cell.command))
    return report
