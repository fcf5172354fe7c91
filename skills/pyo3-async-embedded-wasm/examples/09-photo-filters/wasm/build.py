"""Build the wheel for Pyodide into `dist/wasm/`, and the page that shows it into `dist/web/`.

Set `WASM_SDK` to a folder with `pyodide`, `emcc`, `cargo` and `rustc` to build with those and to download no SDK.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

TARGET = "wasm32-unknown-emscripten"
# Filters should be fast, so it isn't optimised for size. Panics must unwind: they become Python exceptions.
PROFILE = {"CODEGEN_UNITS": "1", "LTO": "thin", "OPT_LEVEL": "3", "STRIP": "symbols"}
HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
WHEELS = Path("dist/wasm")
PAGE = Path("dist/web")
# What a browser loads of Pyodide before the first package.
RUNTIME = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"]


@dataclass(frozen=True)
class Sdk:
    """What a release of Pyodide must be built for with, in its own words: `pyodide config list`."""

    abi: str
    python: str
    emscripten: str
    rust: str
    environment: Mapping[str, str]


def fail(message: str, hint: str) -> NoReturn:
    """End with what went wrong and the next step."""
    sys.exit(f"error: {message}\n\nhint: {hint}")


def run(*command: str, **environment: str) -> None:
    """Run a program, and end with its failure."""
    print("$", *command, flush=True)
    program, *arguments = command
    path = shutil.which(program, path=environment.get("PATH"))
    if path is None:
        fail(f"there is no `{program}` on the path", "`README.md` says what to install")
    done = subprocess.run([path, *arguments], env={**os.environ, **environment}, check=False)
    if done.returncode:
        fail(f"`{' '.join(command)}` ended with {done.returncode}", "its messages are above")


def ask(*command: str, **environment: str) -> str | None:
    """Return what a program prints, or None if there is no such program, or it fails."""
    program, *arguments = command
    if (path := shutil.which(program, path=environment.get("PATH"))) is None:
        return None
    variables = {**os.environ, **environment}
    done = subprocess.run([path, *arguments], env=variables, check=False, capture_output=True, text=True)
    return None if done.returncode else done.stdout.strip()


def check_node(needed: str) -> None:
    """Stop if node is missing or too old."""
    version = ask("node", "--version")
    oldest = needed.removeprefix(">=")
    if version is None or int(version[1:].split(".")[0]) < int(oldest):
        fail(
            f"Node.js {oldest} or newer is needed, and {version or 'none'} was found",
            f"install it with npm, for example by `nvm install {oldest}`",
        )


def find_sdk(pyodide: str) -> Sdk:
    """Find or install what Pyodide's own packages are built with, and stop if a part doesn't fit."""
    environment: dict[str, str] = {}
    if own := os.environ.get("WASM_SDK"):
        environment["PATH"] = os.pathsep.join([own, os.environ["PATH"]])
    else:
        run("pyodide", "xbuildenv", "install", pyodide)
        run("pyodide", "xbuildenv", "install-emscripten")
    names = ["pyodide_abi_version", "python_version", "emscripten_version", "rust_toolchain"]
    answers = [ask("pyodide", "config", "get", name, **environment) for name in names]
    abi, python, emscripten, rust = [answer or "" for answer in answers]
    if not (abi and python and emscripten and rust):
        fail("`pyodide config` has no answer", f"run `pyodide xbuildenv install {pyodide}`")
    if not own:
        folder = ask("pyodide", "config", "get", "emscripten_dir") or ""
        environment["PATH"] = os.pathsep.join([folder, os.environ["PATH"]])
        environment["RUSTUP_TOOLCHAIN"] = rust
    return Sdk(abi, python, emscripten, rust, environment)


def check_sdk(sdk: Sdk, pyodide: str) -> None:
    """Stop if the compiler or the linker is not the one that this Pyodide was built with."""
    printed = ask("emcc", "--version", **sdk.environment) or ""
    version = next(iter(re.findall(r"\d+\.\d+\.\d+", printed)), "none")
    if version != sdk.emscripten:
        fail(
            f"Pyodide {pyodide} needs Emscripten {sdk.emscripten}, and {version} was found",
            "run `pyodide xbuildenv install-emscripten --force`",
        )
    libraries = ask("rustc", "--print", "target-libdir", "--target", TARGET, **sdk.environment)
    if libraries is None or not list(Path(libraries).glob("libstd-*")):
        fail(
            f"Rust {sdk.rust} with the target `{TARGET}` is needed",
            f"run `rustup toolchain install {sdk.rust} --profile minimal --target {TARGET}`",
        )


def build(sdk: Sdk) -> Path:
    """Build the wheel, and return its path."""
    shutil.rmtree(WHEELS, ignore_errors=True)
    command = ["maturin", "build", "--release", "--target", TARGET, "--out", str(WHEELS)]
    profile = {f"CARGO_PROFILE_RELEASE_{name}": value for name, value in PROFILE.items()}
    run(*command, MATURIN_PYEMSCRIPTEN_PLATFORM_VERSION=sdk.abi, **profile, **sdk.environment)
    (wheel,) = WHEELS.glob("*.whl")
    if not wheel.stem.endswith(f"-pyemscripten_{sdk.abi}_wasm32"):
        fail(f"`{wheel.name}` is not for Pyodide's `{sdk.abi}`", "upgrade maturin")
    return wheel


def optimise(wheel: Path, limit: int) -> None:
    """Make the module in a wheel smaller, and stop if it stays larger than the limit, in kB."""
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-m", "wheel", "unpack", "--dest", folder, str(wheel))
        (unpacked,) = Path(folder).iterdir()
        (module,) = unpacked.glob("**/*.so")
        before = module.stat().st_size
        # Of the new instructions only those that the module has already: browsers must know them.
        options = ["-Oz", "--strip-debug", "--strip-producers", "--output", str(module)]
        run("node", str(MODULES / "binaryen/bin/wasm-opt"), str(module), *options)
        after = module.stat().st_size
        run("node", str(HERE / "check_imports.mjs"), str(module))
        run(sys.executable, "-m", "wheel", "pack", "--dest-dir", str(WHEELS), str(unpacked))
    print(f"module: {before / 1000:.0f} kB, {after / 1000:.0f} kB after wasm-opt, limit {limit} kB")
    if after > limit * 1000:
        fail(
            f"the module has {after / 1000:.0f} kB, and {limit} kB is the limit",
            "make it smaller, or raise `max_module_kb` in `wasm/package.json`",
        )


def gather_tools(sdk: Sdk) -> None:
    """Download what runs the tests in Pyodide: pytest and what it needs."""
    platform = ["--platform", f"pyemscripten_{sdk.abi}_wasm32", "--only-binary", ":all:"]
    command = ["pip", "download", "--quiet", "--dest", str(WHEELS / "tools"), *platform, "pytest"]
    run(sys.executable, "-m", *command, "--implementation", "cp", "--python-version", sdk.python)


def lay_out_page(wheel: Path, pyodide: str | None) -> None:
    """Copy the page and what it loads; Pyodide itself only if it comes from no other address."""
    shutil.rmtree(PAGE, ignore_errors=True)
    shutil.copytree("web", PAGE)
    shutil.copy(wheel, PAGE)
    site = {"pyodide": pyodide or "./pyodide/", "wheel": wheel.name}
    (PAGE / "site.json").write_text(json.dumps(site, indent=2), encoding="utf-8")
    if pyodide is None:
        (PAGE / "pyodide").mkdir()
        for name in [*RUNTIME, "pyodide-lock.json"]:
            shutil.copy(MODULES / "pyodide" / name, PAGE / "pyodide")


def main() -> None:
    """Do all of it."""
    package = json.loads((HERE / "package.json").read_text(encoding="utf-8"))
    pyodide = package["dependencies"]["pyodide"]
    check_node(package["engines"]["node"])
    sdk = find_sdk(pyodide)
    check_sdk(sdk, pyodide)
    run("npm", "ci", "--no-audit", "--no-fund", "--prefix", str(HERE))
    wheel = build(sdk)
    optimise(wheel, package["config"]["max_module_kb"])
    gather_tools(sdk)
    lay_out_page(wheel, os.environ.get("WASM_PYODIDE_URL"))


if __name__ == "__main__":
    main()
