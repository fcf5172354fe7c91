"""The page of the example `demo-page`: its wheel built for Pyodide, and the page used in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from scaffolder.skills import find_example
from tests.conftest import CACHE
from tests.skills.conftest import built
from tests.wasm import sdk

if TYPE_CHECKING:
    from scaffolder.skills import Example
    from tests.conftest import Run
    from tests.skills.conftest import Workspace


@pytest.mark.slow
@pytest.mark.skipif(not sdk.possible(), reason="the stand-in for the SDK is made of Debian's packages, by root")
@pytest.mark.parametrize("example", built([find_example("02-demo-page")]))
def test_the_page_works_in_chromium(example: Example, workspace: Workspace, build: Run) -> None:
    skill, _, name = example.name.partition("/")
    project = workspace(skill) / "examples" / name
    command = ["uv", "run", "--exact", "--with", "wheel", "pytest", "-s", "tests/test_page.py"]
    with FileLock(CACHE / "wasm.lock"):
        tools = {"WASM_SDK": str(sdk.prepare(CACHE)), "CHROMIUM": str(sdk.chromium())}
        printed = build(*command, folder=project, skill=skill, **tools)
    assert "page: the button finds a word, and errors are shown" in printed
    assert "1 passed" in printed
