//! Code that `references/pools.md` shows.
//!
//! What is bound to the interpreter doesn't get into a task:
//!
//! ```compile_fail,E0277
//! use pyo3::prelude::*;
//! use rayon::prelude::*;
//!
//! fn lengths(lines: Vec<Bound<'_, PyAny>>) -> Vec<usize> {
//!     lines.par_iter().map(|line| line.len().unwrap_or(0)).collect()
//! }
//! ```

use std::mem::forget;
use std::process;
use std::sync::Arc;
use std::thread;

use arc_swap::ArcSwapOption;
use numpy::PyReadonlyArray1;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Reads an amount such as `12.50` in cents.
fn cents(line: &str) -> Result<i64, String> {
    let read = || {
        let (units, rest) = line.trim().split_once('.')?;
        let rest = (rest.len() == 2).then(|| rest.parse::<u8>().ok())??;
        units
            .parse::<i64>()
            .ok()?
            .checked_mul(100)?
            .checked_add(i64::from(rest))
    };
    read().ok_or_else(|| format!("`{line}` is not an amount"))
}

// region: all
/// Read the amounts of many lines. If lines are wrong, the first of them is named.
#[pyfunction]
#[pyo3(signature = (lines))]
fn read_amounts(py: Python<'_>, lines: Vec<PyBackedStr>) -> PyResult<Vec<i64>> {
    let read = |line: &PyBackedStr| cents(line);
    let results: Vec<_> = in_pool(py, || {
        lines.par_iter().with_min_len(1_000).map(read).collect()
    })?;
    let numbered = results.into_iter().zip(1..);
    let amounts = numbered.map(|(result, number)| {
        result.map_err(|error| PyValueError::new_err(format!("line {number}: {error}")))
    });
    amounts.collect()
}
// endregion: all

// region: each
/// The number of a line, and what is wrong with it.
type WrongLine = (usize, String);

/// Read the amounts that are right, and name all lines that are wrong.
#[pyfunction]
#[pyo3(signature = (lines))]
fn sort_amounts(py: Python<'_>, lines: Vec<PyBackedStr>) -> PyResult<(Vec<i64>, Vec<WrongLine>)> {
    let read = |(number, line): (usize, &PyBackedStr)| cents(line).map_err(|error| (number, error));
    in_pool(py, || {
        let results = lines.par_iter().enumerate().with_min_len(1_000).map(read);
        results.partition_map(|result| match result {
            Ok(amount) => rayon::iter::Either::Left(amount),
            Err(error) => rayon::iter::Either::Right(error),
        })
    })
}
// endregion: each

/// The same, stopping at some error.
#[pyfunction]
#[pyo3(signature = (lines))]
fn read_amounts_quickly(py: Python<'_>, lines: Vec<PyBackedStr>) -> PyResult<Vec<i64>> {
    let read = |line: &PyBackedStr| cents(line);
    let amounts: Result<Vec<_>, _> = in_pool(py, || lines.par_iter().map(read).collect())?;
    amounts.map_err(PyValueError::new_err)
}

// region: pool
/// The module's own pool, and the process for which its threads were started. No lock, which a fork could find locked for good.
static POOL: ArcSwapOption<(u32, ThreadPool)> = ArcSwapOption::const_empty();

fn pool(threads: Option<usize>) -> PyResult<Arc<(u32, ThreadPool)>> {
    match (POOL.load_full(), threads) {
        (Some(pool), None) if pool.0 == process::id() => return Ok(pool),
        // After a fork the threads are missing, and what they had locked stays locked: leave it all alone.
        (Some(stale), _) if stale.0 != process::id() => forget(stale),
        _ => {}
    }
    let builder = ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .thread_name(|number| format!("amounts-{number}"));
    let started = builder
        .build()
        .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    let started = Arc::new((process::id(), started));
    POOL.store(Some(started.clone()));
    Ok(started)
}

/// Runs work in the module's pool, detached.
fn in_pool<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    py.detach(|| Ok(pool(None)?.1.install(work)))
}

/// Use this many threads from now on; as many as there are cores by default.
#[pyfunction]
#[pyo3(signature = (threads = None))]
fn set_threads(py: Python<'_>, threads: Option<usize>) -> PyResult<()> {
    py.detach(|| pool(Some(threads.unwrap_or(0))).map(drop))
}
// endregion: pool

/// Return how many threads the pool has.
#[pyfunction]
fn threads(py: Python<'_>) -> PyResult<usize> {
    in_pool(py, rayon::current_num_threads)
}

// region: sum
/// Add up amounts: the same result in each run, with any number of threads.
#[pyfunction]
#[pyo3(signature = (amounts))]
fn total(py: Python<'_>, amounts: PyReadonlyArray1<'_, f64>) -> PyResult<f64> {
    let amounts = amounts.as_slice()?;
    in_pool(py, || {
        // Parts of a size that depends on nothing, added up in their order.
        let parts = amounts
            .par_chunks(4_096)
            .map(|part| part.iter().sum::<f64>());
        parts.collect::<Vec<_>>().iter().sum()
    })
}
// endregion: sum

/// The same in whatever order it comes.
#[pyfunction]
#[pyo3(signature = (amounts))]
fn total_in_any_order(py: Python<'_>, amounts: PyReadonlyArray1<'_, f64>) -> PyResult<f64> {
    let amounts = amounts.as_slice()?;
    in_pool(py, || amounts.par_iter().sum())
}

/// The same in one thread.
#[pyfunction]
#[pyo3(signature = (amounts))]
fn total_alone(py: Python<'_>, amounts: PyReadonlyArray1<'_, f64>) -> PyResult<f64> {
    let amounts = amounts.as_slice()?;
    Ok(py.detach(|| amounts.iter().sum()))
}

/// Multiply each amount in the pool, with parts of at least this size, or in one thread.
#[pyfunction]
#[pyo3(signature = (count, least))]
fn scale(py: Python<'_>, count: usize, least: Option<usize>) -> PyResult<f64> {
    let mut amounts = vec![1.5; count];
    let work = |amount: &mut f64| *amount = (*amount * 1.19).sqrt();
    match least {
        Some(least) => in_pool(py, || {
            amounts
                .par_iter_mut()
                .with_min_len(least.max(1))
                .for_each(work);
        })?,
        None => py.detach(|| amounts.iter_mut().for_each(work)),
    }
    Ok(amounts.last().copied().unwrap_or_default())
}

/// Build a pool for this call only.
#[pyfunction]
fn pool_for_one_call(py: Python<'_>) -> PyResult<usize> {
    py.detach(|| {
        let pool = ThreadPoolBuilder::new().num_threads(2).build();
        let pool = pool.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(pool.install(rayon::current_num_threads))
    })
}

/// Do nothing in the module's pool.
#[pyfunction]
fn nothing(py: Python<'_>) -> PyResult<()> {
    in_pool(py, || ())
}

/// Return the sizes of the global pool before and after an attempt to set it again.
#[pyfunction]
#[pyo3(signature = (threads))]
fn set_global_pool(py: Python<'_>, threads: usize) -> PyResult<usize> {
    py.detach(|| {
        let before = rayon::current_num_threads();
        let built = ThreadPoolBuilder::new().num_threads(threads).build_global();
        built.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(before)
    })
}

/// Panic in a task.
#[pyfunction]
fn panic_in_task(py: Python<'_>) -> PyResult<()> {
    in_pool(py, || {
        (0..100)
            .into_par_iter()
            .for_each(|number| assert_ne!(number, 42, "the amount is torn"));
    })
}

/// Return the names of the threads that did something.
#[pyfunction]
fn workers(py: Python<'_>) -> PyResult<Vec<Option<String>>> {
    let name = |_| thread::current().name().map(String::from);
    in_pool(py, || (0..100).into_par_iter().map(name).collect())
}

#[pymodule]
pub mod pools {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
    #[pymodule_export]
    use super::{
        nothing, panic_in_task, pool_for_one_call, read_amounts, read_amounts_quickly, scale,
        set_global_pool, set_threads, sort_amounts, threads, total, total_alone,
        total_in_any_order, workers,
    };
}
