"""A project may have been raised before, and still use what older releases deprecated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.migration.conftest import MigrateCrate

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
# PyO3 0.22 takes references into the pool where nothing is called on them.
REFERENCES = """\
use pyo3::prelude::*;
use pyo3::types::PyBytes;

#[pyclass]
pub struct Id(u128);

#[pymethods]
impl Id {
    fn __getnewargs__(&self) -> (Option<&str>, Option<&PyBytes>, u128) {
        (None, None, self.0)
    }
}
"""


@pytest.mark.slow
@pytest.mark.exclusive("migration")
def test_what_older_releases_deprecated_goes_before_it_is_gone(migrate_crate: MigrateCrate) -> None:
    assert migrate_crate(CRATE, BEFORE, "0.28") == AFTER


@pytest.mark.slow
@pytest.mark.exclusive("migration")
def test_references_into_the_pool_that_were_left_go_before_they_are_gone(migrate_crate: MigrateCrate) -> None:
    result = migrate_crate(CRATE.replace("0.27", "0.22"), REFERENCES, "0.23")
    assert result == REFERENCES.replace("&PyBytes", "Bound<'_, PyBytes>")
