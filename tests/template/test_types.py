"""Types that hold under every checker that an owner's editor may bring; the projects' own sessions run mypy."""

from __future__ import annotations

import json
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.conftest import FEATURES
from tests.template.conftest import EXTREMES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.template.conftest import Make, Run

pytestmark = pytest.mark.slow

SETS = [*EXTREMES, *[(feature,) for feature in FEATURES]]


@pytest.fixture(scope="module")
def projects(make: Make) -> list[Path]:
    """Make a project with no feature, one with each, one with all, and one without the sample."""
    return [*map(make, SETS), make((), "bare", bare="true")]


def test_pyright_has_no_objection(projects: list[Path], run: Run, tmp_path: Path) -> None:
    # All in one run, with this environment's numpy and pytest.
    manifest = tomllib.loads((projects[0] / "pyproject.toml").read_text(encoding="utf-8"))
    own = manifest["tool"]["pyright"]
    config = {"typeCheckingMode": "basic", "extraPaths": [str(project / "python") for project in projects], **own}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    files = [str(path) for project in projects for path in project.rglob("*.py*") if path.suffix in {".py", ".pyi"}]
    printed = run("pyright", "--warnings", "--stats", "--pythonpath", sys.executable, *files, folder=tmp_path)
    assert f"Total files checked: {len(files)}" in printed, printed


def test_ty_has_no_objection_to_the_packages(projects: list[Path], run: Run, tmp_path: Path) -> None:
    # The tests make mistakes on purpose, marked for mypy and pyright.
    folders = [str(project / "python") for project in projects]
    searched = [f"--extra-search-path={folder}" for folder in folders]
    run("ty", "check", "--error-on-warning", "--python", sys.prefix, *searched, *folders, folder=tmp_path)
