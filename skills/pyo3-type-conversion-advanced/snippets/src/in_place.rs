//! Code that `references/in-place.md` shows.
//!
//! A view that changes can't be made from a borrow that only reads:
//!
//! ```compile_fail,E0599
//! use numpy::PyReadonlyArray1;
//!
//! fn accrue(mut balances: PyReadonlyArray1<'_, f64>) {
//!     balances.as_array_mut().fill(0.0);
//! }
//! ```
//!
//! Nor can the borrow itself be used while detached, only a view of it:
//!
//! ```compile_fail,E0277
//! use numpy::PyReadwriteArray1;
//! use pyo3::prelude::*;
//!
//! fn accrue(py: Python<'_>, mut balances: PyReadwriteArray1<'_, f64>) {
//!     py.detach(|| balances.as_array_mut().fill(0.0));
//! }
//! ```

use std::thread;
use std::time::Duration;

use numpy::ndarray::{ArrayViewMut1, Axis};
use numpy::{
    PyArray1, PyArrayMethods, PyReadwriteArray1, PyReadwriteArrayDyn, PyUntypedArrayMethods,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::layouts::overlaps_itself;

// region: accrue
/// Add interest to each balance, in place.
#[pyfunction]
#[pyo3(signature = (balances, rate))]
fn accrue(py: Python<'_>, mut balances: PyReadwriteArrayDyn<'_, f64>, rate: f64) -> PyResult<()> {
    // Whatever can fail comes before the first write: nobody gets a half-changed array.
    if !rate.is_finite() {
        return Err(PyValueError::new_err("the rate is not a finite number"));
    }
    if overlaps_itself(&balances) {
        return Err(PyValueError::new_err("several balances share one place"));
    }
    let mut view = balances.as_array_mut();
    py.detach(|| view.mapv_inplace(|balance| balance * (1.0 + rate)));
    Ok(())
}
// endregion: accrue

// region: add
/// Add payments to balances, in place. The two may be overlapping parts of one array.
#[pyfunction]
#[pyo3(signature = (balances, payments))]
fn pay_in(
    balances: &Bound<'_, PyArray1<f64>>,
    payments: &Bound<'_, PyArray1<f64>>,
) -> PyResult<()> {
    if balances.len() != payments.len() {
        return Err(PyValueError::new_err(
            "as many payments as balances are needed",
        ));
    }
    let payments = payments.try_readonly()?;
    match balances.try_readwrite() {
        Ok(mut balances) => balances
            .as_array_mut()
            .scaled_add(1.0, &payments.as_array()),
        // They overlap, or seem to: what is to be added is copied before anything changes.
        Err(_) => {
            let copy = payments.to_owned_array();
            drop(payments);
            balances
                .try_readwrite()?
                .as_array_mut()
                .scaled_add(1.0, &copy);
        }
    }
    Ok(())
}
// endregion: add

/// Add payments to balances that must not overlap.
#[pyfunction]
#[pyo3(signature = (balances, payments))]
fn pay_in_strictly(
    balances: &Bound<'_, PyArray1<f64>>,
    payments: &Bound<'_, PyArray1<f64>>,
) -> PyResult<()> {
    let mut balances = balances.try_readwrite()?;
    balances
        .as_array_mut()
        .scaled_add(1.0, &payments.try_readonly()?.as_array());
    Ok(())
}

// region: carry
/// Make each balance the total of those up to it.
#[pyfunction]
#[pyo3(signature = (balances))]
fn carry_forward(mut balances: PyReadwriteArray1<'_, f64>) {
    let half = balances.len() / 2;
    let (first, second) = balances.as_array_mut().split_at(Axis(0), half);
    let carried = add_up(first, 0.0);
    add_up(second, carried);
}

fn add_up(mut balances: ArrayViewMut1<'_, f64>, mut total: f64) -> f64 {
    balances.map_inplace(|balance| {
        total += *balance;
        *balance = total;
    });
    total
}
// endregion: carry

// region: threads
/// Add interest to each balance, in place, in several threads.
#[pyfunction]
#[pyo3(signature = (balances, rate, threads = 2))]
fn accrue_in_threads(
    py: Python<'_>,
    mut balances: PyReadwriteArray1<'_, f64>,
    rate: f64,
    threads: usize,
) -> PyResult<()> {
    if threads == 0 {
        return Err(PyValueError::new_err("at least one thread is needed"));
    }
    if overlaps_itself(&balances) {
        return Err(PyValueError::new_err("several balances share one place"));
    }
    let size = balances.len().div_ceil(threads).max(1);
    let mut view = balances.as_array_mut();
    py.detach(|| {
        thread::scope(|scope| {
            for mut part in view.axis_chunks_iter_mut(Axis(0), size) {
                scope.spawn(move || part.mapv_inplace(|balance| balance * (1.0 + rate)));
            }
        });
    });
    Ok(())
}
// endregion: threads

/// Audit balances for some time, during which no function in Rust may change them.
#[pyfunction]
#[pyo3(signature = (balances, seconds))]
fn audit(py: Python<'_>, balances: &Bound<'_, PyArray1<f64>>, seconds: f64) -> PyResult<f64> {
    let balances = balances.try_readonly()?;
    let view = balances.as_array();
    Ok(py.detach(|| {
        thread::sleep(Duration::from_secs_f64(seconds));
        view.sum()
    }))
}

/// Move an amount from one account to another, attached from the check to the last write.
#[pyfunction]
#[pyo3(signature = (balances, source, target, amount))]
fn transfer(
    balances: &Bound<'_, PyArray1<f64>>,
    source: usize,
    target: usize,
    amount: f64,
) -> PyResult<()> {
    let mut balances = balances.try_readwrite()?;
    let mut view = balances.as_array_mut();
    let length = view.len();
    if source.max(target) >= length {
        return Err(PyValueError::new_err(format!(
            "there are {length} accounts"
        )));
    }
    if !amount.is_finite() || view[source] < amount {
        return Err(PyValueError::new_err("the balance is too small"));
    }
    view[source] -= amount;
    view[target] += amount;
    Ok(())
}

#[pymodule]
pub mod in_place {
    #[pymodule_export]
    use super::{
        accrue, accrue_in_threads, audit, carry_forward, pay_in, pay_in_strictly, transfer,
    };
}
