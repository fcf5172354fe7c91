//! Code shown in `references/functions.md`.

use std::collections::HashMap;

use pyo3::exceptions::{PyDeprecationWarning, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

// region: split
/// What a parcel costs, in cents, or nothing if it is too heavy.
fn postage_of(grams: u32, zone: u32) -> Option<u64> {
    let base = match grams {
        0..=500 => 300,
        501..=5_000 => 700,
        5_001..=30_000 => 1_800,
        _ => return None,
    };
    // Two factors of 32 bits always fit into 64.
    Some(base * u64::from(zone))
}

/// Compute what a parcel costs to send.
///
/// Args:
///     grams: The weight with the box.
///     zone: 1 is inland, higher is farther.
///     insured: Add a fixed amount for insurance.
///     voucher: Cents to take off; none by default.
///
/// Returns:
///     The price in cents.
///
/// Raises:
///     ValueError: The parcel is heavier than 30 kg.
#[pyfunction]
#[pyo3(signature = (grams, /, zone = 1, *, insured = false, voucher = None))]
fn postage(grams: u32, zone: u32, insured: bool, voucher: Option<u32>) -> PyResult<u64> {
    let price = postage_of(grams, zone).ok_or_else(|| {
        PyValueError::new_err(format!("{grams} g is more than the 30000 g allowed"))
    })?;
    let insurance = if insured { 250 } else { 0 };
    Ok((price + insurance).saturating_sub(voucher.map_or(0, u64::from)))
}
// endregion: split

/// Add up the weights of what goes into one box, and what its wrapping weighs.
#[pyfunction]
#[pyo3(signature = (*grams, **wrapping))]
fn box_weight(grams: Vec<u32>, wrapping: Option<HashMap<String, u32>>) -> u64 {
    let wrapping = wrapping.unwrap_or_default();
    // As `u64`: a few weights of 32 bits may already be more than 32 bits hold.
    let weights = grams.iter().chain(wrapping.values());
    weights.map(|&weight| u64::from(weight)).sum()
}

// region: variadic
/// Call something with what is left of the arguments, as a decorator does.
#[pyfunction]
#[pyo3(signature = (function, /, *args, **kwargs))]
fn twice<'py>(
    function: &Bound<'py, PyAny>,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    Ok((function.call(args, kwargs)?, function.call(args, kwargs)?))
}
// endregion: variadic

/// Say which service carries a parcel; Python knows it by the name of an operation that Rust has taken.
#[pyfunction]
#[pyo3(name = "match", signature = (grams, r#type = "parcel"))]
fn match_service(grams: u32, r#type: &str) -> String {
    let speed = if grams <= 500 { "letter" } else { "freight" };
    format!("{speed} {}", r#type)
}

// region: defaults
/// List what is printed on a label; each call without `lines` starts with an empty list.
#[pyfunction]
#[pyo3(
    signature = (address, lines = Vec::new(), *, width = usize::from(u8::MAX)),
    text_signature = "(address, lines=[], *, width=255)"
)]
fn label(address: String, mut lines: Vec<String>, width: usize) -> Vec<String> {
    lines.push(address.chars().take(width).collect());
    lines
}

/// The same without the second signature: `inspect` and `help` show what PyO3 could write.
#[pyfunction]
#[pyo3(signature = (address, lines = Vec::new(), *, width = usize::from(u8::MAX)))]
fn plain_label(address: String, lines: Vec<String>, width: usize) -> Vec<String> {
    label(address, lines, width)
}
// endregion: defaults

// region: missing
/// An `Option` without a signature is an argument that may be `None`, not one that may be left out.
#[pyfunction]
fn recipient(name: &str, company: Option<&str>) -> String {
    company.map_or_else(|| name.to_owned(), |company| format!("{name}, {company}"))
}
// endregion: missing

// region: context
/// Make a number unique by the module that it was made in.
#[pyfunction]
#[pyo3(pass_module, signature = (number, /))]
fn tracking_number(module: &Bound<'_, PyModule>, number: u64) -> PyResult<String> {
    Ok(format!("{}:{number:06}", module.name()?))
}

/// Sum the bytes of a label; other Python threads run meanwhile.
#[pyfunction]
#[pyo3(signature = (label, /))]
fn checksum(py: Python<'_>, label: &[u8]) -> u64 {
    py.detach(|| label.iter().map(|&byte| u64::from(byte)).sum())
}
// endregion: context

// region: deprecated
/// Compute what a parcel costs inland.
#[pyfunction]
#[pyo3(
    signature = (grams, /),
    warn(message = "use `postage`, which knows zones", category = PyDeprecationWarning)
)]
fn inland_postage(grams: u32) -> PyResult<u64> {
    postage(grams, 1, false, None)
}
// endregion: deprecated

#[pymodule]
pub mod functions {
    #[pymodule_export]
    use super::{
        box_weight, checksum, inland_postage, label, match_service, plain_label, postage,
        recipient, tracking_number, twice,
    };
}
