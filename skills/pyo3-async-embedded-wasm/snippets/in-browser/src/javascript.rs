//! Rust, Python and JavaScript in one page.

use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

// region: normalise
/// Make a recording (an `array.array` of `f`) as loud as it can be, in place, and return its peak.
#[pyfunction]
fn normalise(py: Python<'_>, samples: PyBuffer<f32>) -> PyResult<f32> {
    let mut values = samples.to_vec(py)?;
    let peak = values.iter().fold(0.0, |peak, value| value.abs().max(peak));
    if peak > 0.0 {
        values.iter_mut().for_each(|value| *value /= peak);
        samples.copy_from_slice(py, &values)?;
    }
    Ok(peak)
}
// endregion: normalise

// region: callback
/// Call a Python or JavaScript function with the loudness of each part of a recording.
#[pyfunction]
fn scan(samples: Vec<f32>, size: usize, report: &Bound<'_, PyAny>) -> PyResult<()> {
    for (number, part) in samples.chunks(size.max(1)).enumerate() {
        let power = part.iter().map(|value| value * value).sum::<f32>() / part.len() as f32;
        report.call1((number, power.sqrt()))?;
    }
    Ok(())
}
// endregion: callback

// region: page
/// Write a line into the page's element `status`; without a page do nothing.
#[pyfunction]
fn show(py: Python<'_>, text: &str) -> PyResult<()> {
    let Some(document) = py.import("js")?.getattr_opt("document")? else {
        return Ok(());
    };
    let status = document.call_method1("getElementById", ("status",))?;
    status.setattr("textContent", text)
}
// endregion: page

// region: wait
/// Wait for a promise or a coroutine, from a function that is not async.
#[pyfunction]
fn wait_for<'py>(awaitable: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let ffi = awaitable.py().import("pyodide.ffi")?;
    ffi.call_method1("run_sync", (awaitable,))
}
// endregion: wait

#[pyfunction]
fn next_number(number: Option<i64>) -> Option<i64> {
    number.map(|number| number + 1)
}

#[pyfunction]
fn count_bytes(bytes: &[u8]) -> usize {
    bytes.len()
}

#[pyfunction]
fn type_name(value: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(value.get_type().name()?.to_string())
}

/// What the page calls.
#[pymodule]
pub mod javascript {
    #[pymodule_export]
    use super::{count_bytes, next_number, normalise, scan, show, type_name, wait_for};
}
