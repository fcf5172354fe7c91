"""The tool as a program in this process, crates of a few lines, and hosts in C with bundles round them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any, Protocol

import pytest

from scaffolder.tools.embed_doctor.app import app
from tests.tools.results import call_tool, result_or_error

SOURCE = Path(__file__).with_name("host.c")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
STDLIB = Path(sysconfig.get_paths()["stdlib"])
LIBRARY_FOLDER = Path(sysconfig.get_config_var("LIBDIR") or "")
LIBRARY = str(sysconfig.get_config_var("INSTSONAME") or "")
MANIFEST = """[package]
name = "quotes"
version = "0.1.0"
edition = "2024"

[dependencies]
pyo3 = { version = "0.30", features = [FEATURES] }
"""
LOCK = """version = 4

[[package]]
name = "pyo3"
version = "0.30.1"
dependencies = ["pyo3-ffi"]

[[package]]
name = "pyo3-ffi"
version = "0.30.1"

[[package]]
name = "quotes"
version = "0.1.0"
dependencies = ["pyo3"]
"""
RIGHT = """use pyo3::prelude::*;

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(quotes);
    Python::initialize();
    Python::attach(|py| py.run(c"import quotes", None, None))
}
"""


class Doctor(Protocol):
    """The tool, which returns its JSON."""

    def __call__(self, *words: str | Path, code: int = 0) -> dict[str, Any]: ...


class MakeCrate(Protocol):
    """What writes a crate."""

    def __call__(self, main: str = RIGHT, features: str = "", **files: str) -> Path: ...


class SetPython(Protocol):
    """What puts a Python on PATH."""

    def __call__(self, library: str | None) -> None: ...


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str]) -> Doctor:
    def call(*words: str | Path, code: int = 0) -> dict[str, Any]:
        text, _ = call_tool(app, "embed_doctor", ["--json", *map(str, words)], capsys, code)
        return result_or_error(text)

    return call


@pytest.fixture
def make_crate(tmp_path: Path) -> MakeCrate:
    """Write a crate; the names of further files have `__` for `/`, and `_dot_` for a dot."""

    def make(main: str = RIGHT, features: str = "", **files: str) -> Path:
        folder = tmp_path / "quotes"
        (folder / "src").mkdir(parents=True)
        (folder / "Cargo.toml").write_text(MANIFEST.replace("FEATURES", features), encoding="utf-8")
        (folder / "Cargo.lock").write_text(LOCK, encoding="utf-8")
        (folder / "src/main.rs").write_text(main, encoding="utf-8")
        for name, text in files.items():
            path = folder / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    return make


@pytest.fixture
def set_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SetPython:
    """Put a Python on PATH that says which libpython it has, and nothing else."""

    def set_up(library: str | None) -> None:
        folder = tmp_path / "pythons"
        folder.mkdir()
        text = f'"{library}"' if library else "null"
        answer = (
            '{"version": "3.12.4", "implementation": "CPython", "prefix": "/opt/python", "machine": "x86_64", '
            f'"bits": 64, "headers": true, "library": {text}, "free_threaded": false}}'
        )
        python = folder / "python"
        python.write_text(
            f"#!/bin/sh\n[ \"$1\" = --version ] && echo Python 3.12.4 || echo '{answer}'\n", encoding="utf-8"
        )
        python.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return set_up


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what chooses another Python, or tells the loader."""
    names = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYO3_PYTHON", "PYO3_CONFIG_FILE", "PYO3_BUILD_EXTENSION_MODULE")
    for name in (*names, "LD_LIBRARY_PATH", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A host that is linked to this Python, one for a bundle, and one that finds no libpython."""
    if sys.platform != "linux" or ".so" not in LIBRARY or not (LIBRARY_FOLDER / LIBRARY).is_file():
        pytest.skip("there is no shared libpython for Linux to link to")
    folder = tmp_path_factory.mktemp("hosts")
    kinds = {
        "local": [f"-Wl,-rpath,{LIBRARY_FOLDER}"],
        "bundled": ["-DBUNDLED", "-Wl,-rpath,$ORIGIN/python/lib"],
        "lost": ["-Wl,-rpath,$ORIGIN/nowhere"],
    }
    includes = f"-I{sysconfig.get_paths()['include']}"
    for name, flags in kinds.items():
        link = [f"-L{LIBRARY_FOLDER}", f"-l:{LIBRARY}", *flags, "-o", str(folder / name)]
        subprocess.run(["cc", includes, str(SOURCE), *link], check=True, timeout=120)
    return {name: folder / name for name in kinds}


@pytest.fixture(scope="session")
def whole_bundle(hosts: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that lacks nothing: program, libpython, the part of the standard library that is needed."""
    bundle = tmp_path_factory.mktemp("whole") / "quotes"
    library = bundle / "python/lib"
    library.mkdir(parents=True)
    shutil.copy(hosts["bundled"], bundle / "quotes")
    shutil.copy(LIBRARY_FOLDER / LIBRARY, library / LIBRARY)
    unneeded = shutil.ignore_patterns(
        "test", "tests", "site-packages", "dist-packages", "__pycache__", "config-*", "idlelib", "ensurepip", "lib2to3",
        "_tkinter*", "_test*", "_xx*", "xx*", "pydoc_data", "tkinter", "turtledemo", "distutils",
    )  # fmt: skip
    shutil.copytree(STDLIB, library / f"python{VERSION}", ignore=unneeded)
    return bundle


@pytest.fixture
def bundle(whole_bundle: Path, tmp_path: Path) -> Path:
    """A copy of the bundle, to be broken."""
    return Path(shutil.copytree(whole_bundle, tmp_path / "quotes"))
