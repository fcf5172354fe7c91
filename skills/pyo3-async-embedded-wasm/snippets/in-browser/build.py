"""Build the wheel for Pyodide, and lay out in `dist/` what its tests and its page load.

`WASM_SDK` is a folder with `pyodide`, `emcc`, `cargo` and `rustc`; without it they come from the path.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
DIST = HERE / "dist"
MODULES = HERE / "node_modules"
# region: profile
# A browser downloads the module before anything else happens. Panics unwind: they become exceptions.
SMALL = {"CODEGEN_UNITS": "1", "LTO": "fat", "OPT_LEVEL": "s", "STRIP": "symbols"}
# endregion: profile
RUNTIME = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"]


def main() -> None:
    """Do all of it."""
    path = os.pathsep.join([os.environ.get("WASM_SDK", ""), os.environ["PATH"]])
    os.environ["PATH"] = path.removeprefix(os.pathsep)
    shutil.rmtree(DIST, ignore_errors=True)
    run("npm", "ci", "--no-audit", "--no-fund", "--silent")
    wheel = build()
    optimise(wheel)
    lay_out(wheel)
    run(
        "cargo",
        "build",
        "--release",
        "--target",
        "wasm32-wasip1",
        "--manifest-path",
        "core/Cargo.toml",
        "--target-dir",
        "dist/core",
    )


def run(*command: str, **environment: str) -> None:
    """Run a program here."""
    subprocess.run(command, cwd=HERE, env=os.environ | environment, check=True)


def build() -> Path:
    """Build the wheel by the official command."""
    # region: build
    profile = {f"CARGO_PROFILE_RELEASE_{name}": value for name, value in SMALL.items()}
    abi = subprocess.check_output(["pyodide", "config", "get", "pyodide_abi_version"], text=True).strip()
    command = ["maturin", "build", "--release", "--target", "wasm32-unknown-emscripten", "--out", "dist"]
    run(*command, MATURIN_PYEMSCRIPTEN_PLATFORM_VERSION=abi, **profile)
    # endregion: build
    (wheel,) = DIST.glob(f"*-pyemscripten_{abi}_wasm32.whl")
    return wheel


def optimise(wheel: Path) -> None:
    """Make the module in the wheel smaller, and compare its imports with Pyodide."""
    with tempfile.TemporaryDirectory() as folder:
        # region: optimise
        run(sys.executable, "-m", "wheel", "unpack", "--dest", folder, str(wheel))
        (unpacked,) = Path(folder).iterdir()
        (module,) = unpacked.glob("**/*.so")
        options = ["-Oz", "--strip-debug", "--strip-producers", "--output", str(module)]
        run("node", "node_modules/binaryen/bin/wasm-opt", str(module), *options)
        run("node", "check_imports.mjs", str(module))
        run(sys.executable, "-m", "wheel", "pack", "--dest-dir", str(DIST), str(unpacked))
        # endregion: optimise


# region: lock
def enter(wheel: Path, folder: Path) -> None:
    """Put a wheel beside Pyodide and into its lock file: pages load it by its name, and check what they get."""
    shutil.copy(wheel, folder)
    name, version, *_ = wheel.name.split("-")
    package = {
        "name": name.replace("_", "-"),
        "version": version,
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "imports": [name],
        "depends": [],
    }
    path = folder / "pyodide-lock.json"
    lock = json.loads(path.read_text(encoding="utf-8"))
    lock["packages"][package["name"]] = package
    path.write_text(json.dumps(lock), encoding="utf-8")


# endregion: lock


def lay_out(wheel: Path) -> None:
    """Put Pyodide, the page and the tests with their tools beside the wheel."""
    (DIST / "pyodide").mkdir()
    for name in RUNTIME:
        shutil.copy(MODULES / "pyodide" / name, DIST / "pyodide")
    enter(wheel, DIST / "pyodide")
    shutil.copy(HERE / "service-worker.mjs", DIST)
    for name in ("run", "web"):
        shutil.copytree(HERE / name, DIST / name)
    with tempfile.TemporaryDirectory() as folder:
        suite = Path(folder)
        # Pure Python: the same files as anywhere.
        options = ["--quiet", "--python-version", "3.14", "--target", str(suite / "tools")]
        run("uv", "pip", "install", *options, "pytest>=9", "micropip>=0.11")
        shutil.copytree(HERE / "tests", suite / "tests")
        shutil.copy(HERE / "pyproject.toml", suite)
        shutil.make_archive(str(DIST / "suite"), "zip", suite)
    (DIST / "suite.json").write_text(json.dumps({"wheel": wheel.name}), encoding="utf-8")


if __name__ == "__main__":
    main()
