//! Code shown in `references/logging.md`.

use log::{Level, debug, log_enabled, warn};

// region: messages
/// Returns the readings that a sensor can have measured, and logs the others.
fn plausible(readings: &[f64]) -> Vec<f64> {
    let (kept, dropped): (Vec<f64>, Vec<f64>) = readings
        .iter()
        .partition(|reading| (-40.0..=85.0).contains(*reading));
    if !dropped.is_empty() {
        warn!(target: "weather.sensors", "{} readings are out of range", dropped.len());
    }
    if log_enabled!(target: "weather.sensors", Level::Debug) {
        let mut sorted = dropped;
        sorted.sort_by(f64::total_cmp);
        debug!(target: "weather.sensors", "dropped {sorted:?}");
    }
    kept
}
// endregion: messages

#[pyo3::pymodule]
pub mod logging {
    use std::ffi::CString;
    use std::sync::OnceLock;
    use std::thread;

    use log::LevelFilter;
    use pyo3::exceptions::{PyDeprecationWarning, PyRuntimeError};
    use pyo3::intern;
    use pyo3::prelude::*;
    use pyo3_log::{Caching, Logger, ResetHandle};

    // region: install
    static CACHE: OnceLock<ResetHandle> = OnceLock::new();

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let logger =
            Logger::new(module.py(), Caching::LoggersAndLevels)?.filter(LevelFilter::Trace);
        let handle = logger
            .install()
            .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        CACHE.get_or_init(|| handle);
        Ok(())
    }

    /// Ask Python's loggers for their levels again; to be called after they have changed.
    #[pyfunction]
    fn reset_logging() {
        if let Some(handle) = CACHE.get() {
            handle.reset();
        }
    }
    // endregion: install

    // region: pending
    /// Return the readings that a sensor can have measured.
    #[pyfunction]
    #[pyo3(signature = (readings))]
    fn plausible(py: Python<'_>, readings: Vec<f64>) -> PyResult<Vec<f64>> {
        let kept = py.detach(|| super::plausible(&readings));
        // A handler or filter that raised has left its exception behind.
        PyErr::take(py).map_or(Ok(kept), Err)
    }
    // endregion: pending

    /// Log a message with the path of this module as its target.
    #[pyfunction]
    fn log_by_path() {
        log::warn!("logged by path");
    }

    /// Log a message of the lowest level.
    #[pyfunction]
    fn log_trace() {
        log::trace!(target: "weather.trace", "logged at level 5");
    }

    // region: thread
    /// Log from a thread of Rust, and wait for it detached or attached.
    #[pyfunction]
    #[pyo3(signature = (*, detach = true))]
    fn log_from_thread(py: Python<'_>, detach: bool) -> PyResult<()> {
        let wait = || thread::spawn(|| log::info!(target: "weather.threads", "hello")).join();
        let result = if detach { py.detach(wait) } else { wait() };
        result.map_err(|_| PyRuntimeError::new_err("the thread panicked"))
    }
    // endregion: thread

    // region: warn
    /// Convert degrees Fahrenheit; out of use.
    #[pyfunction]
    #[pyo3(signature = (value))]
    fn from_fahrenheit(py: Python<'_>, value: f64) -> PyResult<f64> {
        let category = py.get_type::<PyDeprecationWarning>();
        let message = CString::new(format!("{value} °F: pass degrees Celsius"))?;
        PyErr::warn(py, &category, &message, 1)?;
        Ok((value - 32.0) / 1.8)
    }
    // endregion: warn

    // region: print
    /// Print a report through Python, so that redirection and capture see it.
    #[pyfunction]
    #[pyo3(signature = (readings))]
    fn print_report(py: Python<'_>, readings: Vec<f64>) -> PyResult<()> {
        let print = py
            .import(intern!(py, "builtins"))?
            .getattr(intern!(py, "print"))?;
        for reading in readings {
            print.call1((format!("{reading:6.1}"),))?;
        }
        Ok(())
    }
    // endregion: print

    /// Print a report as Rust does, to the file descriptor.
    #[pyfunction]
    #[pyo3(signature = (readings))]
    fn print_raw(readings: Vec<f64>) {
        for reading in readings {
            println!("{reading:6.1}");
        }
    }

    /// Smooth readings, with news for a progress bar every thousand of them, and Ctrl-C.
    #[pyfunction]
    #[pyo3(signature = (readings, progress = None))]
    fn smooth(
        py: Python<'_>,
        readings: Vec<f64>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Vec<f64>> {
        py.detach(|| {
            let mut smoothed = Vec::with_capacity(readings.len());
            let mut level = readings.first().copied().unwrap_or(0.0);
            for chunk in readings.chunks(1000) {
                for reading in chunk {
                    level += 0.25 * (reading - level);
                    smoothed.push(level);
                }
                Python::attach(|py| {
                    py.check_signals()?;
                    progress
                        .as_ref()
                        .map_or(Ok(()), |call| call.call1(py, (smoothed.len(),)).map(drop))
                })?;
            }
            Ok(smoothed)
        })
    }

    /// Log a message as often as told; for measurements.
    #[pyfunction]
    #[pyo3(signature = (times))]
    fn log_debug(times: usize) {
        for number in 0..times {
            log::debug!(target: "weather.measured", "reading {number}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::plausible;

    #[test]
    fn readings_out_of_range_are_dropped() {
        assert_eq!(plausible(&[20.0, 900.0, f64::NAN, -40.0]), [20.0, -40.0]);
    }
}
