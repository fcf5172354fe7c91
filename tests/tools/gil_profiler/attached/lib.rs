//! Functions that keep other threads waiting, and their like that do not.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// Compute for some rounds.
fn compute(rounds: u64) -> u64 {
    let mut state = black_box(88_172_645_463_325_252_u64);
    for _ in 0..rounds {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    state
}

/// Compute while attached.
#[pyfunction]
fn holds(rounds: u64) -> u64 {
    compute(rounds)
}

/// Compute while detached.
#[pyfunction]
fn detaches(py: Python<'_>, rounds: u64) -> u64 {
    py.detach(|| compute(rounds))
}

/// Compute detached, attached and detached.
#[pyfunction]
fn detaches_in_part(py: Python<'_>, rounds: u64) -> u64 {
    let first = py.detach(|| compute(rounds));
    let second = compute(rounds);
    py.detach(|| compute(rounds)) ^ first ^ second
}

/// Compute attached, and let others in after each piece.
#[pyfunction]
fn pauses(py: Python<'_>, pieces: u64, rounds: u64) -> u64 {
    (0..pieces).fold(0, |sum, _| {
        let part = compute(rounds);
        py.detach(|| thread::sleep(Duration::from_micros(50)));
        sum ^ part
    })
}

/// Wait while attached, as for a lock or a file.
#[pyfunction]
fn waits(milliseconds: u64) {
    thread::sleep(Duration::from_millis(milliseconds));
}

/// Wait while detached.
#[pyfunction]
fn waits_detached(py: Python<'_>, milliseconds: u64) {
    py.detach(|| thread::sleep(Duration::from_millis(milliseconds)));
}

/// Wait, attached, for a thread that computes.
#[pyfunction]
fn waits_for_thread(rounds: u64) -> PyResult<u64> {
    thread::spawn(move || compute(rounds)).join().map_err(|_| PyValueError::new_err("the thread panicked"))
}

/// Make many objects.
#[pyfunction]
fn makes_objects(py: Python<'_>, count: i64) -> PyResult<Bound<'_, PyList>> {
    PyList::new(py, (1_000..1_000 + count).map(|number| number.to_string()))
}

/// Read many objects.
#[pyfunction]
fn reads_objects(values: Vec<f64>) -> f64 {
    values.iter().sum()
}

/// Call a function of Python many times, and compute between.
#[pyfunction]
fn calls_back(function: &Bound<'_, PyAny>, times: u64, rounds: u64) -> PyResult<u64> {
    let mut sum = 0;
    for _ in 0..times {
        sum ^= compute(rounds);
        function.call0()?;
    }
    Ok(sum)
}

/// How many seconds some rounds take.
#[pyfunction]
fn pace(rounds: u64) -> f64 {
    let start = Instant::now();
    black_box(compute(rounds));
    start.elapsed().as_secs_f64()
}

#[pymodule]
mod attached {
    #[pymodule_export]
    use super::{
        calls_back, detaches, detaches_in_part, holds, makes_objects, pace, pauses, reads_objects, waits,
        waits_detached, waits_for_thread,
    };
}
