"""Wheels for other platforms, cross-compiled here with the C compiler of Zig, as no container can be started."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.template.matrix import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.template.conftest import Make, Run

pytestmark = [pytest.mark.slow, pytest.mark.exclusive("cross")]

ABI3T = str(QUESTIONS["abi3t"].details["default"])
# Each kind of wheel once, and each C library: the step that builds it, and its tag.
CASES = {
    "aarch64-unknown-linux-gnu": (-1, rf"cp{ABI3T.replace('.', '')}-abi3\.abi3t-manylinux_2_28_aarch64"),
    "x86_64-unknown-linux-musl": (0, r"cp311-abi3-musllinux_1_2_x86_64"),
    # Its linker gets arguments that no other one knows.
    "aarch64-apple-darwin": (0, r"cp311-abi3-macosx_11_0_arm64"),
}


@pytest.fixture(scope="module")
def zig(cache: Path, run: Run) -> Path:
    """Return the folder with the program `zig`, which the Python package of that name brings."""
    folder = cache / "zig"
    if not (folder / "bin").exists():
        run("uv", "venv", "--quiet", "--clear", str(folder), folder=cache)
        run("uv", "pip", "install", "--quiet", "--python", str(folder), "ziglang", folder=cache)
        script = folder / "bin/zig"
        script.write_text(f'#!/bin/sh\nexec "{folder}/bin/python" -m ziglang "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return folder / "bin"


@pytest.fixture
def target(request: pytest.FixtureRequest) -> str:
    """Return a target, for which rustup has Rust's standard library or gets it."""
    if shutil.which("rustup") is None:
        pytest.skip("`rustup` is not installed")
    done = subprocess.run(["rustup", "target", "add", request.param], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"`rustup target add {request.param}` failed: {done.stderr.strip().splitlines()[-1]}")
    return str(request.param)


@pytest.mark.skipif(os.name == "nt", reason="the script that starts Zig is a shell's")
@pytest.mark.parametrize("target", CASES, indirect=True)
def test_the_row_of_a_platform_makes_its_wheels(
    make: Make, run: Run, zig: Path, build_environment: Mapping[str, str], target: str
) -> None:
    step, tag = CASES[target]
    project = make((), "cross")
    text = (project / ".github/workflows/release.yml").read_text(encoding="utf-8")
    wheels = yaml.safe_load(text)["jobs"]["wheels"]
    (row,) = [row for row in wheels["strategy"]["matrix"]["include"] if row["target"] == target]
    builds = [entry for entry in wheels["steps"] if "maturin-action" in entry.get("uses", "")]
    arguments = builds[step]["with"]["args"].replace("${{ matrix.build }}", row["build"])
    # The action turns `manylinux` into this option; the lock file is made by the first build; debug is quicker.
    policy = re.sub(r"^(?=\d)", "manylinux_", row.get("manylinux", ""))
    arguments = arguments.replace("pypi", f"pypi {policy}").replace("--release --locked", "--profile editable")
    path = f"{zig}{os.pathsep}{build_environment['PATH']}"
    places = {"PATH": path, "CARGO_TARGET_DIR": f"{build_environment['CARGO_TARGET_DIR']}/cross"}
    run("maturin", "build", "--zig", "--target", target, *arguments.split(), folder=project, **places)
    names = [wheel.name for wheel in (project / "dist").glob("*.whl")]
    (name,) = [name for name in names if re.fullmatch(rf"cross-0\.1\.0-{tag}\.whl", name)]
    # If this fails because nothing is found any more, a project's session `audit` can check these wheels, too.
    mistakes = ["PyModExport__core"] if "abi3t" in name else []
    assert read_violations(project / "dist" / name) == mistakes


def read_violations(wheel: Path) -> list[str]:
    """Return what abi3audit takes for functions of Python outside of the stable ABI."""
    command = ["abi3audit", "--report", str(wheel)]
    printed = subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout
    (spec,) = json.loads(printed)["specs"].values()
    results = [library["result"] for library in spec["wheel"]]
    assert results
    assert all(result["is_abi3_baseline_compatible"] for result in results)
    return [symbol for result in results for symbol in result["non_abi3_symbols"]]
