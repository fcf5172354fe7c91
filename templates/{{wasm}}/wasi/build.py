"""Build the Rust core as a WASI program, and the script as a component, into `dist/wasi/`.

`nox -s wasi` runs this. Set `WASM_SDK` to a folder with `cargo` and `rustc` to build with those.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

TARGET = "wasm32-wasip1"
HERE = Path(__file__).parent
OUT = Path("dist/wasi").resolve()
SEARCHED = os.pathsep.join([*filter(None, [os.environ.get("WASM_SDK")]), os.environ["PATH"]])


def run(*command: str, folder: Path) -> None:
    """Run a program in a folder; its failure is ours."""
    print("$", *command, flush=True)
    program = shutil.which(command[0], path=SEARCHED) or command[0]
    if code := subprocess.call([program, *command[1:]], cwd=folder):
        sys.exit(f"error: `{' '.join(command)}` ended with {code}")


def check_target() -> None:
    """Stop if Rust can't build for WASI."""
    rustc = shutil.which("rustc", path=SEARCHED) or "rustc"
    command = [rustc, "--print", "target-libdir", "--target", TARGET]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode or not list(Path(done.stdout.strip()).glob("libstd-*")):
        sys.exit(f"error: Rust has no target `{TARGET}`\n\nhint: run `rustup target add {TARGET}`")


def build_program() -> None:
    """Build the program; its folder has the settings for it."""
    run("cargo", "build", "--release", folder=HERE)
    cargo = shutil.which("cargo", path=SEARCHED) or "cargo"
    command = [cargo, "metadata", "--no-deps", "--format-version", "1"]
    done = subprocess.run(command, cwd=HERE, check=True, capture_output=True)
    target = Path(json.loads(done.stdout)["target_directory"])
    shutil.copy(target / TARGET / "release" / "closest.wasm", OUT)


def build_component() -> None:
    """Write the types that the script imports, for editors too, and pack it with its Python."""
    script = HERE / "script"
    shutil.rmtree(script / "bindings", ignore_errors=True)
    world = ["componentize-py", "--wit-path", "script.wit", "--world", "script"]
    run(*world, "bindings", "bindings", folder=script)
    output = ["--python-path", ".", "--output", str(OUT / "script.wasm")]
    run(*world, "componentize", "script", *output, folder=script)


if __name__ == "__main__":
    check_target()
    OUT.mkdir(parents=True, exist_ok=True)
    build_program()
    build_component()
    for path in sorted(OUT.glob("*.wasm")):
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
