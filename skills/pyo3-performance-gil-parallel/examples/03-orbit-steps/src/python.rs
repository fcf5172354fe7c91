//! The layer for Python: arrays in and out, and a look for Ctrl-C from time to time.

use std::num::NonZero;
use std::thread;
use std::time::{Duration, Instant};

use numpy::prelude::*;
use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::{PyFloatingPointError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::gravity::{Bodies, Law, State};

/// How long Ctrl-C may have to wait.
const PATIENCE: Duration = Duration::from_millis(50);

/// With fewer bodies, to wake other threads for each step takes longer than the step.
const FEW: usize = 256;

/// More threads than this are surely a mistake.
const MOST_THREADS: usize = 256;

type Array<'py> = Bound<'py, PyArray2<f64>>;

/// Compute the accelerations of bodies: see `orbit_steps.accelerate`.
#[pyfunction]
pub fn accelerate<'py>(
    py: Python<'py>,
    masses: PyReadonlyArray1<'py, f64>,
    positions: PyReadonlyArray2<'py, f64>,
    gravity: f64,
    softening: f64,
    threads: Option<usize>,
) -> PyResult<Array<'py>> {
    let masses = read_masses(&masses)?;
    let positions = read_vectors("positions", &positions, masses.len())?;
    let (law, pool) = (
        check_law(gravity, softening)?,
        make_pool(threads, masses.len())?,
    );
    let mut accelerations = vec![[0.0; 3]; masses.len()];
    py.detach(|| {
        let mut bodies = Bodies::new(&masses, law, pool);
        bodies.accelerate(&positions, &mut accelerations, &mut look_for_signals())
    })?;
    make_array(py, accelerations)
}

// region: advance
/// Move bodies by steps: see `orbit_steps.advance`.
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "the function that people call has names for them"
)]
pub fn advance<'py>(
    py: Python<'py>,
    masses: PyReadonlyArray1<'py, f64>,
    positions: PyReadonlyArray2<'py, f64>,
    velocities: PyReadonlyArray2<'py, f64>,
    seconds: f64,
    steps: u64,
    gravity: f64,
    softening: f64,
    threads: Option<usize>,
) -> PyResult<(Array<'py>, Array<'py>)> {
    // Copies: while the steps run detached, other threads may write to the arrays.
    let masses = read_masses(&masses)?;
    let mut state = State {
        positions: read_vectors("positions", &positions, masses.len())?,
        velocities: read_vectors("velocities", &velocities, masses.len())?,
    };
    if !seconds.is_finite() {
        return Err(PyValueError::new_err(format!(
            "`seconds` is {seconds}: expected a finite number"
        )));
    }
    let (law, pool) = (
        check_law(gravity, softening)?,
        make_pool(threads, masses.len())?,
    );
    py.detach(|| {
        let mut bodies = Bodies::new(&masses, law, pool);
        bodies.advance(&mut state, seconds, steps, look_for_signals())
    })?;
    Ok((
        make_array(py, state.positions)?,
        make_array(py, state.velocities)?,
    ))
}
// endregion: advance

// region: look
/// Returns what looks for Ctrl-C, if it is time to: to attach may take as long as another thread likes to run.
fn look_for_signals() -> impl FnMut() -> PyResult<()> {
    let mut last = Instant::now();
    move || {
        if last.elapsed() < PATIENCE {
            return Ok(());
        }
        last = Instant::now();
        Python::attach(|py| py.check_signals())
    }
}
// endregion: look

/// Returns the pool for a number of bodies, or none if one thread is enough.
fn make_pool(threads: Option<usize>, bodies: usize) -> PyResult<Option<ThreadPool>> {
    let cores = || thread::available_parallelism().map_or(1, NonZero::get);
    let threads = threads.unwrap_or_else(|| {
        if bodies < FEW {
            1
        } else {
            cores().min(MOST_THREADS)
        }
    });
    if !(1..=MOST_THREADS).contains(&threads) {
        let message = format!("`threads` is {threads}: expected 1 to {MOST_THREADS}");
        return Err(PyValueError::new_err(message));
    }
    if threads == 1 {
        return Ok(None);
    }
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map(Some)
        .map_err(|error| PyRuntimeError::new_err(error.to_string()))
}

fn check_law(gravity: f64, softening: f64) -> PyResult<Law> {
    let checks = [
        ("gravity", gravity, gravity.is_finite()),
        ("softening", softening, softening >= 0.0),
    ];
    for (name, value, fine) in checks {
        if !fine || value.is_infinite() {
            return Err(PyValueError::new_err(format!(
                "`{name}` is {value}, which is not possible"
            )));
        }
    }
    Ok(Law { gravity, softening })
}

fn read_masses(masses: &PyReadonlyArray1<'_, f64>) -> PyResult<Vec<f64>> {
    let masses = masses.as_array().to_vec();
    match masses
        .iter()
        .find(|mass| !(mass.is_finite() && **mass >= 0.0))
    {
        Some(mass) => Err(PyValueError::new_err(format!(
            "a mass is {mass}: expected finite numbers from 0 on"
        ))),
        None => Ok(masses),
    }
}

fn read_vectors(
    name: &str,
    array: &PyReadonlyArray2<'_, f64>,
    bodies: usize,
) -> PyResult<Vec<[f64; 3]>> {
    if array.shape() != [bodies, 3] {
        let message = format!(
            "`{name}` has the shape {:?}: expected {:?}",
            array.shape(),
            [bodies, 3]
        );
        return Err(PyValueError::new_err(message));
    }
    let array = array.as_array();
    let vectors: Vec<[f64; 3]> = array
        .rows()
        .into_iter()
        .map(|row| [row[0], row[1], row[2]])
        .collect();
    if vectors.as_flattened().iter().all(|value| value.is_finite()) {
        Ok(vectors)
    } else {
        Err(PyValueError::new_err(format!(
            "`{name}` has values that are not finite"
        )))
    }
}

fn make_array(py: Python<'_>, vectors: Vec<[f64; 3]>) -> PyResult<Array<'_>> {
    let bodies = vectors.len();
    let values = vectors.into_flattened();
    if !values.iter().all(|value| value.is_finite()) {
        let message =
            "bodies came so close, or moved so fast, that numbers are not finite any more";
        return Err(PyFloatingPointError::new_err(message));
    }
    PyArray1::from_vec(py, values).reshape([bodies, 3])
}
