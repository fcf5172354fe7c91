"""Imports that a migration makes superfluous go, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scaffolder.migration.matching import Edit
from scaffolder.migration.unused import superfluous, without

if TYPE_CHECKING:
    from tests.migration.conftest import MigrateCrate

CRATE = """\
[package]
name = "calls"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]

[dependencies]
pyo3 = "0.22"
"""
BEFORE = """\
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::collections::HashMap;

#[pyfunction]
fn tell(callback: &Bound<'_, PyAny>, name: &str, options: &Bound<'_, PyDict>) -> PyResult<()> {
    callback.call(PyTuple::new_bound(callback.py(), [name]), Some(options))?;
    Ok(())
}

#[pymodule]
fn calls(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(tell, m)?)
}
"""
# `HashMap` was unused before.
AFTER = BEFORE.replace("{PyDict, PyTuple}", "PyDict").replace("PyTuple::new_bound(callback.py(), [name])", "(name,)")


def edits_for(text: str, *parts: str) -> tuple[Edit, ...]:
    starts = [text.index(part) for part in parts]
    return tuple(Edit(start, start + len(part), "") for start, part in zip(starts, parts, strict=True))


@pytest.mark.parametrize(
    ("text", "parts", "after"),
    [
        ("use a::{B, C};\n\nfn f() -> B {}\n", ["{", ", C", "}"], "use a::B;\n\nfn f() -> B {}\n"),
        ("use a::B;\nuse a::c::D;\n\nfn f() -> B {}\n", ["use a::c::D;"], "use a::B;\n\nfn f() -> B {}\n"),
        ("use a::B;\r\nuse a::D;\r\n\r\nfn f() -> B {}\r\n", ["use a::D;"], "use a::B;\r\n\r\nfn f() -> B {}\r\n"),
        # The compiler takes the end of the line, too.
        ("use a::B;\nuse a::D;\n\nfn f() -> B {}\n", ["use a::D;\n"], "use a::B;\n\nfn f() -> B {}\n"),
        ("use a::B; // both\n\nfn f() {}\n", ["use a::B;"], " // both\n\nfn f() {}\n"),
    ],
)
def test_an_import_that_nothing_names_goes(text: str, parts: list[str], after: str) -> None:
    assert without(text, [*superfluous(text, [edits_for(text, *parts)])]) == after


@pytest.mark.parametrize(
    "rest",
    [
        "#[cfg(windows)]\nfn f() {}\n",
        "macro_rules! make { () => { PyTuple::empty(py) } }\n",
        "mod inner {\n    use super::PyTuple;\n}\n",
        "fn f() -> types::PyTuple {}\n",
    ],
)
def test_an_import_that_code_elsewhere_may_need_stays(rest: str) -> None:
    text = f"use pyo3::types::PyTuple;\n\n{rest}"
    assert list(superfluous(text, [edits_for(text, "use pyo3::types::PyTuple;")])) == []


@pytest.mark.slow
@pytest.mark.exclusive("migration")
def test_what_the_migration_made_unused_goes_and_what_was_unused_stays(migrate_crate: MigrateCrate) -> None:
    assert migrate_crate(CRATE, BEFORE, "0.23") == AFTER
