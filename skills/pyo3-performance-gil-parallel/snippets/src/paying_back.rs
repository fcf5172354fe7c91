//! Code that `references/paying-back.md` shows: work of several sizes behind one border.

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

/// Count the readings above a limit.
#[pyfunction]
#[pyo3(signature = (readings, limit))]
fn count_above(readings: Vec<f64>, limit: f64) -> usize {
    above(&readings, limit)
}

fn above(readings: &[f64], limit: f64) -> usize {
    readings.iter().filter(|reading| **reading > limit).count()
}

// region: conversion
/// Take readings as `count_above` does, and do nothing with them.
#[pyfunction]
#[pyo3(signature = (readings, limit))]
fn take_readings(readings: Vec<f64>, limit: f64) -> usize {
    // Without a use the compiler might drop the conversion's result.
    readings.len() + usize::from(limit.is_nan())
}
// endregion: conversion

/// Count the readings of an array above a limit.
#[pyfunction]
#[pyo3(signature = (readings, limit))]
fn count_above_in_array(readings: PyReadonlyArray1<'_, f64>, limit: f64) -> PyResult<usize> {
    Ok(above(readings.as_slice()?, limit))
}

/// Say whether one reading is above a limit.
#[pyfunction]
#[pyo3(signature = (reading, limit))]
fn is_above(reading: f64, limit: f64) -> bool {
    reading > limit
}

// region: kept
/// Readings that were taken over once, and are asked often.
#[pyclass(frozen)]
struct Readings {
    values: Vec<f64>,
}

#[pymethods]
impl Readings {
    #[new]
    fn new(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        Self { values }
    }

    fn count_above(&self, limit: f64) -> usize {
        self.values.len() - self.values.partition_point(|reading| *reading <= limit)
    }
}
// endregion: kept

/// Count the account numbers whose check digits are right.
#[pyfunction]
#[pyo3(signature = (accounts))]
fn count_valid(accounts: Vec<PyBackedStr>) -> usize {
    accounts.iter().filter(|account| is_valid(account)).count()
}

/// Computes the remainder by 97 of the number that an IBAN spells, country and check digits last.
fn is_valid(account: &str) -> bool {
    let Some((head, tail)) = account.split_at_checked(4) else {
        return false;
    };
    let digits = tail.chars().chain(head.chars()).map(|c| c.to_digit(36));
    let remainder = digits.into_iter().try_fold(0, |remainder, digit| {
        let digit = digit?;
        Some((remainder * if digit < 10 { 10 } else { 100 } + digit) % 97)
    });
    remainder == Some(1)
}

/// Take account numbers, and do nothing with them.
#[pyfunction]
#[pyo3(signature = (accounts))]
fn take_accounts(accounts: Vec<PyBackedStr>) -> usize {
    accounts.len()
}

/// Count the pairs of visits that began within a gap of each other, by looking at each pair.
#[pyfunction]
#[pyo3(signature = (starts, gap))]
fn close_pairs(starts: Vec<f64>, gap: f64) -> usize {
    let pairs = |index: usize| {
        let later = starts[index + 1..].iter();
        later
            .filter(|start| (*start - starts[index]).abs() <= gap)
            .count()
    };
    (0..starts.len()).map(pairs).sum()
}

#[pymodule]
pub mod paying_back {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);

    #[pymodule_export]
    use super::{
        Readings, close_pairs, count_above, count_above_in_array, count_valid, is_above,
        take_accounts, take_readings,
    };
}
