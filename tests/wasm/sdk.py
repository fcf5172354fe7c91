"""Makes what a generated project takes for an SDK (`WASM_SDK`) out of Debian's packages; `python -m tests.wasm.sdk`.

The official route downloads a Rust standard library, Emscripten and Pyodide's build environment. Where only package
registries can be reached, Debian's `rustc-web` with its source builds the standard library, its `wasm-ld` links, and
two small programs answer for `emcc` and `pyodide`. All of it lives in one folder of the cache.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from textwrap import dedent

# What `pyodide config list` says for the release that generated projects pin; a test compares it with that release.
PYODIDE = {"pyodide_abi_version": "2026_0", "python_version": "3.14.2", "emscripten_version": "5.0.3"}
TARGETS = ("wasm32-unknown-emscripten", "wasm32-wasip1")
EMCC = Path(__file__).with_name("emcc.py")
LIBRARIES = "usr/lib/x86_64-linux-gnu"
# What LLVM itself links, and a small image may lack.
RUNTIME = ("libedit2", "libxml2", "libz3-4", "libzstd1", "zlib1g")


def output(*command: str, folder: Path | None = None) -> str:
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + dedent(text).lstrip(), encoding="utf-8")
    path.chmod(0o755)


def dependency(pattern: str, *packages: str) -> str:
    """Return the newest package of some name that the packages depend on."""
    found = re.findall(rf"Depends: ({pattern})$", output("apt-cache", "depends", *packages), re.MULTILINE)
    return str(found[0])


def unpack_debian(root: Path) -> None:
    """Unpack Debian's compiler, its source, linker and WASI's C library; the machine itself stays as it is."""
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    standard = dependency(r"libstd-rust-web-[\d.]+", "libstd-rust-web-dev")
    llvm = dependency(r"libllvm\d+", standard, "rustc-web")
    names = ["rustc-web", "libstd-rust-web-dev", standard, llvm, "rust-web-src", f"lld-{llvm.removeprefix('libllvm')}"]
    with tempfile.TemporaryDirectory() as folder:
        # Else apt looks for a user of its own that may read this folder.
        command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", *names, "wasi-libc"]
        subprocess.run(command, cwd=folder, check=True)
        partial = root.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for package in Path(folder).glob("*.deb"):
            subprocess.run(["dpkg", "-x", str(package), str(partial)], check=True)
    partial.rename(root)


def install_what_llvm_links(root: Path) -> None:
    programs = [
        root / "usr/bin/rustc",
        *root.glob(f"{LIBRARIES}/librustc_driver-*.so"),
        *root.glob("usr/lib/llvm-*/bin/lld"),
    ]
    environment = os.environ | {"LD_LIBRARY_PATH": str(root / LIBRARIES)}
    listed = subprocess.run(["ldd", *map(str, programs)], env=environment, check=True, capture_output=True, text=True)
    if "not found" in listed.stdout:
        command = ["apt-get", "install", "--yes", "-qq", "--no-install-recommends", *RUNTIME]
        subprocess.run(command, check=True)


def write_programs(root: Path, programs: Path) -> None:
    """Write the programs that a project finds on its path."""
    libraries = f'export LD_LIBRARY_PATH="{root / LIBRARIES}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"'
    (linker,) = root.glob("usr/lib/llvm-*/bin/wasm-ld")
    script(programs / "rustc", f'{libraries}\nexec "{root}/usr/bin/rustc" "$@"\n')
    script(programs / "wasm-ld", f'{libraries}\nexec "{linker}" "$@"\n')
    variables = f'EMSCRIPTEN_VERSION={PYODIDE["emscripten_version"]} WASM_LD="{programs}/wasm-ld"'
    script(programs / "emcc", f'{variables} exec "{sys.executable}" "{EMCC}" "$@"\n')
    cargo = shutil.which("cargo")
    linked = f'CARGO_TARGET_WASM32_WASIP1_LINKER="{programs}/wasm-ld"'
    # What is compiled stays beside the standard library that it is for: cargo would not notice another one.
    place = f'CARGO_TARGET_DIR="{root}/target"'
    script(programs / "cargo", f'RUSTC="{programs}/rustc" {linked} {place} exec "{cargo}" "$@"\n')
    rust = output(str(programs / "rustc"), "--version").split()[1]
    answers = [f'"config get {name}") echo {value} ;;' for name, value in {**PYODIDE, "rust_toolchain": rust}.items()]
    refusal = '*) echo "error: this pyodide does not know \\`$*\\`" >&2; exit 1 ;;'
    script(programs / "pyodide", "\n".join(['case "$*" in', *answers, refusal, "esac", ""]))


def build_standard_library(root: Path, programs: Path, target: str) -> None:
    """Build Rust's standard library from its source, and put it where rustc looks for it."""
    place = root / "usr/lib/rustlib" / target / "lib"
    with tempfile.TemporaryDirectory() as folder:
        seed = Path(folder)
        manifest = '[package]\nname = "seed"\nedition = "2024"\n[profile.release]\ndebug = 0\n'
        (seed / "src").mkdir()
        (seed / "src/lib.rs").write_text("#![no_std]\n", encoding="utf-8")
        (seed / "Cargo.toml").write_text(manifest, encoding="utf-8")
        command = ["cargo", "build", "--quiet", "--release", "--target", target, "--target-dir", folder]
        path = os.pathsep.join([str(programs), os.environ["PATH"]])
        # Projects optimise across crates, and that needs the standard library's bitcode.
        environment = os.environ | {"PATH": path, "RUSTC_BOOTSTRAP": "1", "RUSTFLAGS": "-Cembed-bitcode=yes"}
        options = ["-Zbuild-std=std,panic_unwind,panic_abort"]
        subprocess.run([str(programs / "cargo"), *command[1:], *options], cwd=seed, env=environment, check=True)
        place.mkdir(parents=True, exist_ok=True)
        libraries = (seed / target / "release/deps").glob("*.rlib")
        # The one that is looked for comes last: what was interrupted begins again.
        for library in sorted(libraries, key=lambda path: path.name.startswith("libstd-")):
            if not library.name.startswith("libseed-"):
                shutil.copy(library, place)


def possible() -> bool:
    """Find out whether this machine can install the packages: Debian or one of its kin, and its administrator."""
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def prepare(cache: Path) -> Path:
    """Return the folder for `WASM_SDK`; make it if the cache is empty."""
    root = cache / "wasm-sdk"
    programs = root / "bin"
    if not root.exists():
        unpack_debian(root)
    install_what_llvm_links(root)
    # rustc stops if its own linker's folder is not there, even if another linker is used.
    (root / "usr/lib/rustlib/x86_64-unknown-linux-gnu/bin/gcc-ld").mkdir(parents=True, exist_ok=True)
    write_programs(root, programs)
    for target in TARGETS:
        if not list(root.glob(f"usr/lib/rustlib/{target}/lib/libstd-*.rlib")):
            build_standard_library(root, programs, target)
    contained = root / "usr/lib/rustlib/wasm32-wasip1/lib/self-contained"
    if not contained.exists():
        contained.symlink_to(root / "usr/lib/wasm32-wasi")
    return programs


def chromium() -> Path:
    """Return the browser; install Debian's if there is none."""
    for name in ["chromium", "chromium-browser", "google-chrome"]:
        if found := shutil.which(name):
            return Path(found)
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    command = ["apt-get", "install", "--yes", "-qq", "--no-install-recommends", "chromium"]
    subprocess.run(command, check=True)
    return Path("/usr/bin/chromium")


def main() -> None:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    started = time.perf_counter()
    print(f"WASM_SDK={prepare(Path(base) / 'pyo3-new')}")
    print(f"CHROMIUM={chromium()}")
    print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
