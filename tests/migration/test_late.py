"""A project may have been raised before, and still use what older releases deprecated."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.conftest import git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command

CRATE = """\
[package]
name = "late"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]

[dependencies]
pyo3 = "0.27"
"""
BEFORE = """\
use pyo3::prelude::*;
use pyo3::sync::GILOnceCell;

static CELL: GILOnceCell<PyObject> = GILOnceCell::new();

pub fn start() -> i32 {
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| py.allow_threads(|| 1) + CELL.get(py).is_some() as i32)
}
"""
AFTER = """\
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

static CELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

pub fn start() -> i32 {
    pyo3::Python::initialize();
    Python::attach(|py| py.detach(|| 1) + CELL.get(py).is_some() as i32)
}
"""


@pytest.mark.slow
@pytest.mark.exclusive("migration")
def test_what_older_releases_deprecated_goes_before_it_is_gone(
    pyo3_new: Command, environment: dict[str, str], shared_target: str, tmp_path: Path
) -> None:
    folder = tmp_path / "late"
    (folder / "src").mkdir(parents=True)
    (folder / "Cargo.toml").write_text(CRATE, encoding="utf-8")
    (folder / "src/lib.rs").write_text(BEFORE, encoding="utf-8")
    git("init", "--quiet", ".", cwd=folder)
    git("add", "--all", cwd=folder)
    git("commit", "--quiet", "--message", "Start", cwd=folder)
    environment["CARGO_TARGET_DIR"] = shared_target
    done = pyo3_new("migrate", "--to", "0.28", "--json", cwd=folder, code=0)
    result = json.loads(done.stdout)
    assert result["errors"] == result["left"] == []
    assert (folder / "src/lib.rs").read_text(encoding="utf-8") == AFTER
