"""The package in Pyodide, and its page in a browser: `wasm/build.py` builds both if the tools are there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
SDK = os.environ.get("WASM_SDK") or shutil.which("emcc")


@pytest.mark.skipif(not SDK, reason="needs Emscripten: see README.md, or set WASM_SDK")
def test_the_package_works_in_node_and_the_page_in_chromium() -> None:
    subprocess.run([sys.executable, "wasm/build.py"], cwd=PROJECT, check=True)
    subprocess.run(["node", "wasm/test_in_node.mjs"], cwd=PROJECT, check=True)
    subprocess.run(["node", "wasm/test_page.mjs"], cwd=PROJECT, check=True)
    for name in ("page", "page-error", "page-narrow", "page-failed"):
        assert (PROJECT / f"dist/wasm/{name}.png").stat().st_size > 1000
    (wheel,) = (PROJECT / "dist/web").glob("*.whl")
    assert wheel.name.startswith("photo_filters-0.1.0-cp311-abi3-pyemscripten_")
