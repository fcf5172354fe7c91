"""What the tests of the skills share: what there is, and how code of theirs is built."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import CACHE, CHECKOUT, run_or_fail

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., str]

SKILLS = CHECKOUT / "skills"
ENVIRONMENT = CACHE / "skills-environment"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let no two tests of the skills build at the same time: they share a target folder and an environment."""
    for item in items:
        if "build_run" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.exclusive("skills"))


@pytest.fixture(scope="session")
def build_run() -> Run:
    """Run a program on an example or on snippets and return what it printed; if it fails, so does the test."""
    unwanted = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYO3_", "FORCE_COLOR")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)} | {
        # An example has one name wherever it is copied, so nothing else is built here.
        "CARGO_TARGET_DIR": str(CACHE / "skills"),
        # One for all: to cargo another interpreter is a reason to build pyo3 again.
        "UV_PROJECT_ENVIRONMENT": str(ENVIRONMENT),
        "CARGO_PROFILE_DEV_DEBUG": "0",
        "CARGO_INCREMENTAL": "0",
        "MYPY_CACHE_DIR": str(CACHE / "mypy"),
        "NO_COLOR": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    def build_run(*command: str, folder: Path, **more: str) -> str:
        return run_or_fail(command, folder, variables | more)

    return build_run
