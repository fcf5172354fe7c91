"""The examples with a page: their wheels built for Pyodide, and the pages used in Chromium."""

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


PRINTED = {
    "02-demo-page": ["page: the button finds a word, and errors are shown"],
    "09-photo-filters": ["25 passed, 1 deselected", "page: photos are filtered, opened and saved"],
}


@pytest.mark.slow
@pytest.mark.skipif(not sdk.possible(), reason="the stand-in for the SDK is made of Debian's packages, by root")
@pytest.mark.parametrize("example", built(map(find_example, PRINTED)))
def test_the_page_works_in_chromium(example: Example, workspace: Workspace, build: Run) -> None:
    skill, _, name = example.name.partition("/")
    project = workspace(skill) / "examples" / name
    command = ["uv", "run", "--exact", "--with", "wheel", "--with", "pip", "pytest", "-s", "tests/test_page.py"]
    with FileLock(CACHE / "wasm.lock"):
        tools = {"WASM_SDK": str(sdk.prepare(CACHE)), "CHROMIUM": str(sdk.chromium())}
        printed = build(*command, folder=project, skill=skill, **tools)
    for line in PRINTED[name]:
        assert line in printed
    assert "1 passed" in printed
