"""What is not said of an output that does not tell it, and advice for the place that an output is from."""

from __future__ import annotations

import pytest

from scaffolder.tools.debugger.catalogue import load_problems
from scaffolder.tools.debugger.environments import load_environments
from tests.tools.debugger.outputs import FOLDER, body, findings, ids

# Lines that several causes print, and a problem that is only one of them.
OTHER_CAUSES = {
    "broken pipe": ("error: write failed: Broken pipe (os error 32)", "library-in-use"),
    "server of a program": (
        "requests.exceptions.HTTPError: 404 Client Error: Not Found for url: https://example.org/prices.json",
        "upload-refused",
    ),
    "token of a program": ("openai.AuthenticationError: Error code: 403 - token is not allowed", "upload-denied"),
    "connection of a program": ("ConnectionResetError: [Errno 104] Connection reset by peer", "index-unreachable"),
    "file of a program": ("FileExistsError: File already exists: prices.csv", "upload-exists"),
    "socket": ("OSError: AF_UNIX path too long", "path-too-long"),
    "serial port": ("PermissionError: [Errno 13] Permission denied: '/dev/ttyUSB0'", "permission-denied"),
    "library of ctypes": ("OSError: /usr/lib/libprices.so: undefined symbol: round_price\n", "symbol-not-linked"),
    "loader": (
        "python: symbol lookup error: /x/_rust.abi3.so: undefined symbol: PyUnicode_AsUTF8AndSize\n",
        "undefined-python-symbols",
    ),
    "interpreter that dyld refuses": (
        "dyld[71]: Symbol not found: _PyExc_OSError\n  Referenced from: /opt/host/rust-plugin\n",
        "undefined-python-symbols",
    ),
    "own start function on a Mac": (
        'Undefined symbols for architecture arm64:\n  "_PyInit_prices", referenced from:\n',
        "macos-undefined-symbols",
    ),
    "start function": ("ld.lld: error: undefined symbol: PyInit_prices\n>>> cargo rust\n", "undefined-python-symbols"),
    "libpython on Linux": ("ld.lld: error: unable to find library -lpython3.12", "windows-gnu-library"),
    "libraries of a wheel": (
        'Your library is not manylinux_2_28 compliant because it links the following forbidden libraries: ["libz.so"]',
        "manylinux-too-new",
    ),
    "architecture of a wheel": (
        'cannot repair "a.whl" to "manylinux_2_17_x86_64" ABI because of the presence of black-listed symbols.',
        "manylinux-too-new",
    ),
    "OpenSSL of another version": (
        (
            "failed to run custom build command for `openssl-sys v0.9.80`\n"
            "This crate is only compatible with OpenSSL 1.0.1 to 1.1.1, but a different version of OpenSSL was found"
        ),
        "openssl-missing",
    ),
    "manifest that may not be read": (
        "error: failed to read `/prices/Cargo.toml`\n\nCaused by:\n  Permission denied (os error 13)\n",
        "manifest-missing",
    ),
    "build without the standard library": (
        "error: cannot find macro `println` in this scope\n --> src/lib.rs:3:5\n",
        "std-missing",
    ),
    "unstable for good": (
        (
            "error[E0658]: use of unstable library feature 'portable_simd'\n"
            "   --> /root/.cargo/registry/src/index-1/prices-0.1.0/src/lib.rs:1:1\n"
        ),
        "rust-too-old",
    ),
    "crate that can't be unpacked": (
        "error: failed to unpack package `prices v0.1.0`\n\nCaused by:\n  No space left on device (os error 28)\n",
        "registry-cache-damaged",
    ),
    "file system without programs": (
        (
            "could not execute process `/tmp/a/build-script-build` (never executed)\n\n"
            "Caused by:\n  Permission denied (os error 13)\n"
        ),
        "permission-denied",
    ),
    "something that is not a program": ("error: prices.csv: sheet: not found", "program-missing"),
    "library of another musl": (
        "Error relocating /usr/lib/libprices.so: round_price: symbol not found",
        "musl-and-glibc",
    ),
    "derived lifetime": (
        "error: lifetime may not live long enough\n --> src/lib.rs:3:10\n  |\n3 | #[derive(IntoPyObject)]\n",
        "lives-too-short",
    ),
    "text that is replaced": (
        "error[E0599]: no method named `replace` found for reference `&pyo3::Bound<'_, PyString>`\n --> a.rs:1:1\n",
        "renamed-in-pyo3",
    ),
    "cast of something else": (
        "error[E0599]: no method named `cast` found for struct `Price` in the current scope\n --> a.rs:1:1\n",
        "renamed-in-pyo3",
    ),
    "attached file": (
        "error[E0599]: no method named `attach` found for struct `Mail` in the current scope\n --> a.rs:1:1\n",
        "renamed-in-pyo3",
    ),
    "version that is not there": (
        "Error: The version '3.19' with architecture 'x64' was not found for Ubuntu 24.04.",
        "version-read-as-number",
    ),
    "encoding of a text": ("LookupError: unknown encoding: cl100k", "encodings-missing"),
    "schema of a program": (
        "TypeError: price_schema() got an unexpected keyword argument 'currency'",
        "versions-mismatched",
    ),
    "method of a program": ("AttributeError: 'Shop' object has no attribute 'price_schema'", "versions-mismatched"),
    "folder of a program": (
        "thread '<unnamed>' panicked at 'Path does not exist: Os { code: 2 }', src/prices.rs:3:4\nPython\n",
        "sysconfigdata-missing",
    ),
    "module that Rust can do without": (
        "ModuleNotFoundError: No module named 'prices'\nthread '<unnamed>' panicked at src/lib.rs:3:4:\nno prices\n",
        "module-missing-in-panic",
    ),
    "classes of two names": ("TypeError: 'Base' object cannot be converted to 'Shop'", "argument-conversion"),
    "encoded file that is no library": ("ValueError: invalid ELF header in prices.bin", "library-damaged"),
    "signed library": (
        "ImportError: dlopen(/x.so): no suitable image found. Did find: /x.so: code signature invalid for '/x.so'",
        "library-damaged",
    ),
}


@pytest.mark.parametrize(("text", "problem"), OTHER_CAUSES.values(), ids=OTHER_CAUSES)
def test_a_line_of_several_causes_is_not_taken_for_one(text: str, problem: str) -> None:
    names = ids(text)
    assert names
    assert problem not in names


@pytest.mark.parametrize(
    ("case", "never"),
    [
        ("cdylib-missing--maturin", "the crate is not built as a library"),
        ("manifest-invalid--key", "too old"),
        ("dll-procedure-missing--german", "finds a DLL"),
        ("argument-conversion--text", "another library"),
        ("wheel-not-supported--pip", "Mac"),
        ("library-not-linkable--static", "Python"),
        ("numpy-missing--panic", "a part"),
        ("python-too-old--cargo", "wrongly"),
        ("libpython-not-found--framework", "machine that built it"),
        ("panic--package", "exception of Python"),
    ],
)
def test_what_the_output_does_not_tell_is_not_said(case: str, never: str) -> None:
    (finding,) = findings(body(FOLDER / f"{case}.txt"))
    assert never not in finding.message


@pytest.mark.parametrize(
    ("place", "step"),
    [
        ("platform: OpenBSD-7.3-amd64-64bit-ELF", "On a BSD"),
        ("creating build/lib.linux-riscv64-cpython-312", "For this processor"),
        ("builder for '/nix/store/abc-prices.drv' failed", "In Nix"),
        ("copying build/lib.linux-armv7l-cpython-311", "On a 32-bit ARM system"),
        ("FROM python:3.12-alpine", "On Alpine"),
        ("/usr/lib/pypy3.10/site.py", "This is PyPy"),
        ("creating build/lib.win32-cpython-311", "32-bit"),
        ("C:/msys64/mingw64/bin/python3.exe", "MSYS2"),
        ("await micropip.install('prices')", "In Pyodide"),
        ("buildozer android debug", "python-for-android"),
        ("==> spack install py-prices", "In Spack"),
        ("Last 15 lines from /Users/ada/Library/Logs/Homebrew/prices/02.pip.log:", "In a formula of Homebrew"),
        ("--target i686-pc-windows-msvc", "32-bit"),
    ],
)
def test_advice_that_an_environment_rules_out_is_said_to_be_for_elsewhere(place: str, step: str) -> None:
    (finding,) = findings(f"{place}\nERROR: Failed building wheel for prices\n")
    assert finding.id == "wheel-not-built"
    assert step in (finding.fix or "").partition("\n")[0]


def test_the_advice_of_an_environment_is_for_problems_that_there_are() -> None:
    assert {name for place in load_environments() for name in place.problems} <= {
        problem.id for problem in load_problems()
    }


@pytest.mark.parametrize(
    "line",
    [
        "Couldn't open prices.toml",
        "the prices could not be read",
        "prices: nothing provides libprices",
        "no such table: prices",
        "It was refused by the server",
        "prices v2 conflicts with prices v1",
        "Your Python is too old for prices",
        "the configuration of prices is invalid",
        "Der Vorgang ist fehlgeschlagen",
        "  -> build of prices failed after 3 attempts",
    ],
)
def test_a_failure_in_any_words_is_no_success(line: str) -> None:
    (finding,) = findings(f"Updating prices\n{line}\nall else is well\n")
    assert finding.id == "unknown"
    assert line.strip() in (finding.evidence or "")


@pytest.mark.parametrize(
    ("frame", "is_frozen"),
    [("PyInstaller/loader/pyimod02_importers.py", True), ("C:/app/library.zip/app.py", True), ("app.py", False)],
)
@pytest.mark.parametrize("module", ["prices.rounding", "prices", "numpy"])
def test_a_frozen_program_is_not_told_to_install(frame: str, is_frozen: bool, module: str) -> None:
    (finding,) = findings(f"File \"{frame}\", line 1, in <module>\nModuleNotFoundError: No module named '{module}'\n")
    assert (finding.fix or "").startswith("In a frozen program") == is_frozen


@pytest.mark.parametrize(
    ("release", "step"),
    [("pyo3 v0.19.2", "older than 0.21"), ("pyo3 v0.24.0", "before 0.26"), ("pyo3 v0.30.1", "")],
)
def test_what_an_older_pyo3_calls_things_is_said_below(release: str, step: str) -> None:
    (finding,) = findings(
        f"   Compiling {release}\nerror[E0425]: cannot find value `py` in this scope\n --> a.rs:1:1\n"
    )
    last = (finding.fix or "").splitlines()[-1]
    assert step in last
    assert ("allow_threads" in last) == bool(step)


@pytest.mark.parametrize(("release", "is_known"), [("pyo3 v0.30.1", True), ("prices v0.30.1", False)])
def test_where_no_version_is_shown_the_older_names_are_given_as_well(release: str, is_known: bool) -> None:
    (finding,) = findings(
        f"   Compiling {release}\nerror[E0277]: `*mut pyo3::Python<'static>` cannot be sent between threads safely\n"
    )
    assert "Python::attach" in (finding.fix or "")
    assert ("Before: `Python::with_gil`" in (finding.fix or "")) != is_known


@pytest.mark.parametrize(("release", "is_old"), [("0.12.9", True), ("1.16.0", False)])
def test_an_unknown_failure_of_an_old_maturin_is_answered_with_a_newer_one(release: str, is_old: bool) -> None:
    (finding,) = findings(f"Collecting maturin=={release}\n\U0001f4a5 maturin failed\n  Caused by: No prices\n")
    assert finding.id == "unknown"
    assert ("first update maturin" in (finding.fix or "")) == is_old
