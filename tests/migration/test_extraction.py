"""Conversions that only several rules together bring to the next release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.migration.conftest import MigrateCrate

CRATE = """\
[package]
name = "pairs"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]

[dependencies]
pyo3 = "0.26"
"""
BEFORE = """\
use pyo3::prelude::*;

pub struct Pair<'py, A, B>(A, B, Bound<'py, PyAny>, Py<PyAny>);

impl<'py, A, B> FromPyObject<'py> for Pair<'py, A, B>
where
    A: FromPyObject<'py>,
    B: FromPyObject<'py>,
{
    fn extract_bound(ob: &Bound<'py, PyAny>) -> PyResult<Self> {
        let second = ob.get_item(1)?.extract::<B>()?;
        Ok(Pair(first(ob)?, second, ob.clone(), ob.clone().unbind()))
    }
}

pub fn first<'py, T: FromPyObject<'py>>(object: &Bound<'py, PyAny>) -> PyResult<T> {
    object.get_item(0)?.extract::<T>()
}
"""
AFTER = """\
use pyo3::prelude::*;

pub struct Pair<'py, A, B>(A, B, Bound<'py, PyAny>, Py<PyAny>);

impl<'py, A, B> FromPyObject<'_, 'py> for Pair<'py, A, B>
where
    A: FromPyObjectOwned<'py>,
    B: FromPyObjectOwned<'py>,
{
    type Error = PyErr;

    fn extract(ob: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let second = ob.get_item(1)?.extract::<B>().map_err(Into::into)?;
        Ok(Pair(
            first(&ob)?,
            second,
            ob.to_owned(),
            ob.to_owned().unbind(),
        ))
    }
}

pub fn first<'py, T: FromPyObjectOwned<'py>>(object: &Bound<'py, PyAny>) -> PyResult<T> {
    object.get_item(0)?.extract::<T>().map_err(Into::into)
}
"""


@pytest.mark.slow
@pytest.mark.exclusive("migration")
def test_generic_conversions_are_brought_to_0_27(migrate_crate: MigrateCrate) -> None:
    assert migrate_crate(CRATE, BEFORE, "0.27") == AFTER
