"""What the chapters on WebAssembly show, built once: tested in Pyodide under node and in Chromium, and by wasmtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from tests.conftest import CACHE
from tests.wasm import sdk

if TYPE_CHECKING:
    from tests.conftest import Run
    from tests.skills.conftest import Workspace

SKILL = "pyo3-async-embedded-wasm"
CORE = "dist/core/wasm32-wasip1/release/loudness.wasm"


@pytest.mark.slow
@pytest.mark.skipif(not sdk.possible(), reason="the stand-in for the SDK is made of Debian's packages, by root")
@pytest.mark.exclusive(f"skill-{SKILL}")
def test_what_the_chapters_on_webassembly_show_passes(workspace: Workspace, build: Run) -> None:
    folder = workspace(SKILL) / "snippets/in-browser"
    tools = ["uv", "run", "--no-project", "--with", "wheel", "--with", "wasmtime>=50", "python"]
    with FileLock(CACHE / "wasm.lock"):
        variables = {"WASM_SDK": str(sdk.prepare(CACHE)), "CHROMIUM": str(sdk.chromium())}
        printed = build(*tools, "build.py", folder=folder, skill=SKILL, **variables)
    assert "imports, 0 missing in Pyodide" in printed
    for program in ("run/in_node.mjs", "run/in_chromium.mjs"):
        printed = build("node", program, folder=folder, skill=SKILL, **variables)
        assert "22 passed, 1 skipped" in printed
        assert "javascript: passed" in printed
    assert "page: used, refused, restricted and offline: passed" in printed
    assert build(*tools, "core/run_core.py", CORE, folder=folder, skill=SKILL) == "3.536\n"
