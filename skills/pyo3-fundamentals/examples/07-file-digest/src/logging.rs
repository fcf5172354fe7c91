//! From Rust's `log` to Python's `logging`.

use std::sync::OnceLock;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3_log::{Caching, Logger, ResetHandle};

static RESET: OnceLock<ResetHandle> = OnceLock::new();

// region: install
/// Sends what Rust logs to Python's loggers, from now on and for as long as the process runs.
///
/// # Errors
///
/// A `RuntimeError` if this library has a logger already.
pub fn install(py: Python<'_>) -> PyResult<()> {
    // Levels are cached: a message that nobody wants costs no trip to Python. The price is `reset_logging`.
    let handle = Logger::new(py, Caching::LoggersAndLevels)?
        .filter(log::LevelFilter::Debug)
        .install()
        .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    RESET.get_or_init(|| handle);
    Ok(())
}

/// Forget which levels Python's loggers had.
///
/// Rust asks a logger for its level once, at its first message. Call this after every later change of a level, or
/// Rust goes by the old one.
#[pyfunction]
pub fn reset_logging() {
    if let Some(handle) = RESET.get() {
        handle.reset();
    }
}
// endregion: install
