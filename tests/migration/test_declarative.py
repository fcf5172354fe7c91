"""A module function becomes a declarative module if it means the same."""

from __future__ import annotations

import pytest

from scaffolder.migration.matching import apply_rules, edits_of, find_matches
from scaffolder.migration.rewrites.undecided import Undecided
from scaffolder.migration.rules import load_rules

[RULE] = load_rules("declarative")
ITEMS = """\
use pyo3::prelude::*;

mod shapes {
    use pyo3::prelude::*;

    #[pyclass]
    pub struct Grid;
}

#[pyfunction]
fn total() -> i32 {
    1
}

"""
FUNCTION = """\
/// Sums.
#[pymodule]
#[pyo3(name = "_sums")]
pub fn sums(py: Python<'_>, m: &Bound<'_, PyModule>) -> PyResult<()> {
    // What is counted.
    m.add_class::<shapes::Grid>()?;
    #[cfg(unix)]
    m.add_function(wrap_pyfunction!(total, m)?)?;
    // The release.
    m.add(
        "__version__",
        env!("CARGO_PKG_VERSION"),
    )?;
    m.add("none", py.None())?;
    Ok(())
}
"""
MODULE = """\
/// Sums.
#[pymodule]
#[pyo3(name = "_sums")]
pub mod sums {
    use super::*;

    // What is counted.
    #[pymodule_export]
    use super::shapes::Grid;

    #[cfg(unix)]
    #[pymodule_export]
    use super::total;

    #[pymodule_init]
    fn init(m: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = m.py();
        // The release.
        m.add(
            "__version__",
            env!("CARGO_PKG_VERSION"),
        )?;
        m.add("none", py.None())?;
        Ok(())
    }
}
"""


def test_registrations_become_exports_and_the_rest_stays() -> None:
    result = apply_rules(ITEMS + FUNCTION, [RULE])
    assert result.text == ITEMS + MODULE
    assert apply_rules(result.text, [RULE]).text == result.text


def test_a_module_that_only_registers_needs_no_function() -> None:
    body = "m.add_function(wrap_pyfunction!(total, m)?)?;\n    m.add_class::<crate::Pair>()"
    text = f"#[pymodule]\nfn sums(m: &Bound<'_, PyModule>) -> PyResult<()> {{\n    {body}\n}}\n"
    exports = "    #[pymodule_export]\n    use super::total;\n\n    #[pymodule_export]\n    use crate::Pair;\n"
    assert apply_rules(text, [RULE]).text == f"#[pymodule]\nmod sums {{\n{exports}}}\n"


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        ("m.add_class::<other::Grid>()?;", "may be in another crate"),
        ("m.add_class::<Grid>()?; m.add_class::<shapes::Grid>()?;", "two exports have one name"),
        ("if cfg!(test) { return Ok(()); } m.add_class::<Grid>()?;", "it may return before"),
        ("m.add_class::<Grid>()?; super::fill(m)?;", "a path from this module on"),
        ("let m = submodule(m)?; m.add_class::<Grid>()?;", "another module in the end"),
    ],
)
def test_a_body_whose_place_matters_is_left(statements: str, reason: str) -> None:
    head = "use crate::shapes;\n#[pymodule]\nfn sums(m: &Bound<'_, PyModule>) -> PyResult<()> {"
    text = f"{head}\n    {statements}\n    Ok(())\n}}\n"
    assert apply_rules(text, [RULE]).text == text
    with pytest.raises(Undecided, match=reason):
        edits_of(next(find_matches(text, RULE)))


def test_a_module_that_is_called_is_left() -> None:
    text = (
        f"{ITEMS}{FUNCTION}fn again(py: Python<'_>, m: &Bound<'_, PyModule>) -> PyResult<()> {{\n    sums(py, m)\n}}\n"
    )
    assert apply_rules(text, [RULE]).text == text
