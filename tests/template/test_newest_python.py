"""The newest Python, for real: the wheel for both kinds of Python is built, installed and tested there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.conftest import FEATURES, run_or_fail
from tests.template import newest_python
from tests.template.newest_python import VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from tests.template.conftest import Make

pytestmark = [pytest.mark.slow, pytest.mark.exclusive("newest-python")]

SCRIPT = f"""
python{VERSION} -m venv /tmp/tools
/tmp/tools/bin/pip install --quiet 'maturin>=1.16,<2' 'nox[uv]'
export PATH=/tmp/tools/bin:$PATH
maturin build --profile editable --out dist --interpreter python{VERSION}
nox --envdir /tmp/environments --session wheels --pythons {VERSION}
"""


@pytest.fixture(scope="module")
def root(cache: Path) -> Path:
    """Return the folder of a small system with the newest Python."""
    if reason := newest_python.obstacle():
        pytest.skip(f"Python {VERSION}: {reason}")
    try:
        return newest_python.prepare(cache)
    except subprocess.CalledProcessError as error:
        lines = f"{error.stdout}\n{error.stderr}".strip().splitlines()
        pytest.skip(f"Python {VERSION}: `{error.cmd[0]}` failed: {lines[-1] if lines else error.returncode}")


def test_the_wheel_for_both_kinds_of_python_passes_the_tests(make: Make, root: Path, tmp_path: Path) -> None:
    project = tmp_path / "newest"
    shutil.copytree(make(FEATURES, "newest"), project)
    unwanted = ("VIRTUAL_ENV", "PYENV_", "PYTHON", "FORCE_COLOR")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    settings = {"CARGO_PROFILE_DEV_DEBUG": "0", "CARGO_INCREMENTAL": "0", "NO_COLOR": "1"}
    printed = run_or_fail(newest_python.enter(root, project, SCRIPT), project, variables | settings)
    (wheel,) = (project / "dist").glob("*.whl")
    assert f"-cp{VERSION.replace('.', '')}-abi3.abi3t-" in wheel.name
    assert re.search(r"^=+ [1-9]\d* passed", printed, re.MULTILINE), printed
