"""Measure how large the module is under several settings of the release profile.

It needs what a build needs (see `references/building-wasm.md`) and `npm ci`; each row is a build of its own.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import zlib
from pathlib import Path
from zipfile import ZipFile

HERE = Path(__file__).parent
TARGET = "wasm32-unknown-emscripten"
WAYS = {
    "release as it is": {},
    "strip, s": {"STRIP": "symbols", "OPT_LEVEL": "s"},
    "strip, s, one unit, thin LTO": {"STRIP": "symbols", "OPT_LEVEL": "s", "CODEGEN_UNITS": "1", "LTO": "thin"},
    "strip, s, one unit, fat LTO": {"STRIP": "symbols", "OPT_LEVEL": "s", "CODEGEN_UNITS": "1", "LTO": "fat"},
    "strip, z, one unit, fat LTO": {"STRIP": "symbols", "OPT_LEVEL": "z", "CODEGEN_UNITS": "1", "LTO": "fat"},
}


def main() -> None:
    """Print a table, in kB."""
    print(f"{'profile':<32}{'module':>10}{'wasm-opt':>10}{'zipped':>10}")
    for name, profile in WAYS.items():
        with tempfile.TemporaryDirectory() as folder:
            module = build(Path(folder), profile)
            small = optimise(module)
            sizes = (module.stat().st_size, small.stat().st_size, len(zlib.compress(small.read_bytes())))
        print(f"{name:<32}" + "".join(f"{size / 1000:>10.0f}" for size in sizes), flush=True)


def build(folder: Path, profile: dict[str, str]) -> Path:
    """Build the wheel and return the module in it."""
    variables = {f"CARGO_PROFILE_RELEASE_{name}": value for name, value in profile.items()}
    command = ["maturin", "build", "--quiet", "--release", "--target", TARGET, "--out", str(folder)]
    subprocess.run(command, cwd=HERE, env=os.environ | variables, check=True, stderr=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    with ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if re.search(r"\.so$", name)]
        return Path(archive.extract(name, folder))


def optimise(module: Path) -> Path:
    """Run Binaryen's optimiser on a module and return the result."""
    small = module.with_suffix(".small")
    program = HERE / "node_modules/binaryen/bin/wasm-opt"
    options = ["-Oz", "--strip-debug", "--strip-producers", "--output", str(small)]
    subprocess.run(["node", str(program), str(module), *options], check=True)
    return small


if __name__ == "__main__":
    main()
