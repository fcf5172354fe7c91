//! The layer for Python: buffers in, exceptions out, and long work that Ctrl-C ends.

use std::time::{Duration, Instant};

use pyo3::buffer::{PyBuffer, PyUntypedBuffer};
use pyo3::exceptions::{PyBufferError, PyMemoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::samples::Samples;
use crate::signal::{self, Error};

/// How long Ctrl-C may have to wait.
const PATIENCE: Duration = Duration::from_millis(50);

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Rate(_) => PyValueError::new_err(message),
            Error::Memory(_) => PyMemoryError::new_err(message),
        }
    }
}

// region: open
/// Takes any object with a one-dimensional buffer of 16-bit samples.
fn open(samples: &Bound<'_, PyAny>) -> PyResult<PyBuffer<i16>> {
    let buffer = PyUntypedBuffer::get(samples)?;
    let (format, dimensions) = (buffer.format().to_string_lossy(), buffer.dimensions());
    let expected = "expected 16-bit samples, as `array('h')` or `memoryview(data).cast('h')` has";
    let message = format!("{expected}, not the format `{format}` in {dimensions} dimension(s)");
    // PyO3 0.30 takes the order of a big-endian machine for that of a little-endian one.
    let swapped = cfg!(target_endian = "little") && format.starts_with(['>', '!']);
    match buffer.into_typed() {
        Ok(buffer) if dimensions == 1 && !swapped => Ok(buffer),
        _ => Err(PyTypeError::new_err(message)),
    }
}

/// Copies what is in a buffer. Others may write to it at any time, so Rust must not have a slice of it.
fn read(samples: &Bound<'_, PyAny>) -> PyResult<Vec<i16>> {
    open(samples)?.to_vec(samples.py())
}
// endregion: open

/// Return the largest distance of a sample from 0.
///
/// Args:
///     samples: A buffer of 16-bit samples.
///
/// Returns:
///     From 0 to 32768; 0 if there are no samples.
///
/// Raises:
///     TypeError: If `samples` has no such buffer.
#[pyfunction]
#[pyo3(signature = (samples, /))]
pub fn peak(samples: &Bound<'_, PyAny>) -> PyResult<u16> {
    let copy = read(samples)?;
    Ok(samples.py().detach(|| signal::peak(&copy)))
}

/// Return the root mean square, which is how loud samples are.
///
/// Args:
///     samples: A buffer of 16-bit samples.
///
/// Returns:
///     From 0 to 32768; 0 if there are no samples.
///
/// Raises:
///     TypeError: If `samples` has no such buffer.
#[pyfunction]
#[pyo3(signature = (samples, /))]
pub fn rms(samples: &Bound<'_, PyAny>) -> PyResult<f64> {
    let copy = read(samples)?;
    Ok(samples.py().detach(|| signal::rms(&copy)))
}

// region: amplify
/// Multiply samples in place; what becomes too loud is clipped.
///
/// Args:
///     samples: A buffer of 16-bit samples that can be written to.
///     factor: What to multiply by.
///
/// Returns:
///     How many samples were clipped.
///
/// Raises:
///     BufferError: If the buffer is read-only.
///     TypeError: If `samples` has no such buffer.
///     ValueError: If `factor` is infinite or NaN.
#[pyfunction]
#[pyo3(signature = (samples, factor, /))]
pub fn amplify(samples: &Bound<'_, PyAny>, factor: f64) -> PyResult<usize> {
    let py = samples.py();
    if !factor.is_finite() {
        return Err(PyValueError::new_err(format!(
            "`factor` must be a finite number, not {factor}"
        )));
    }
    let buffer = open(samples)?;
    if buffer.readonly() {
        return Err(PyBufferError::new_err("the samples are read-only"));
    }
    // As long as `buffer` lives, its owner can't change its size.
    let mut copy = buffer.to_vec(py)?;
    let clipped = py.detach(|| signal::amplify(&mut copy, factor));
    buffer.copy_from_slice(py, &copy)?;
    Ok(clipped)
}
// endregion: amplify

// region: interrupt
/// Convert samples of one channel to another rate.
///
/// Other Python threads run meanwhile.
///
/// Args:
///     samples: A buffer of 16-bit samples.
///     old_rate: How many of them make a second.
///     new_rate: How many should.
///
/// Returns:
///     The new samples, which are read-only.
///
/// Raises:
///     KeyboardInterrupt: On Ctrl-C, within about 50 ms.
///     MemoryError: If the result does not fit into memory.
///     TypeError: If `samples` has no such buffer.
///     ValueError: If a rate is not from 1 to 768000.
#[pyfunction]
#[pyo3(signature = (samples, old_rate, new_rate))]
pub fn resample(samples: &Bound<'_, PyAny>, old_rate: u32, new_rate: u32) -> PyResult<Samples> {
    let copy = read(samples)?;
    let resampled = samples.py().detach(|| {
        let mut checked = Instant::now();
        signal::resample(&copy, old_rate, new_rate, || {
            if checked.elapsed() < PATIENCE {
                return Ok(());
            }
            checked = Instant::now();
            // Attached only for this: another thread may have the interpreter meanwhile.
            Python::attach(|py| py.check_signals())
        })
    });
    resampled.map(Samples::from)
}
// endregion: interrupt
