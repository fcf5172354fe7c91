//! Code that `references/buffers-in.md` shows.
//!
//! The pointer to a buffer does not go where Python may change the memory meanwhile:
//!
//! ```compile_fail,E0277
//! use pyo3::buffer::PyBuffer;
//! use pyo3::prelude::*;
//!
//! fn length(py: Python<'_>, log: PyBuffer<u8>) -> Option<usize> {
//!     let bytes = log.as_slice_ptr()?;
//!     Some(py.detach(|| bytes.len()))
//! }
//! ```

use std::ptr::NonNull;

use pyo3::buffer::{Element, ElementType, PyBuffer, PyUntypedBuffer};
use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use pyo3::types::{PyMemoryView, PySlice};

// region: copy
/// Return the range of water levels in metres, from any buffer of float64.
#[pyfunction]
fn tidal_range(py: Python<'_>, levels: PyBuffer<f64>) -> PyResult<f64> {
    let levels = levels.to_vec(py)?;
    Ok(py.detach(|| {
        let highest = levels.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let lowest = levels.iter().copied().fold(f64::INFINITY, f64::min);
        highest - lowest
    }))
}

/// Take the levels relative to another datum, in place.
#[pyfunction]
fn change_datum(py: Python<'_>, levels: PyBuffer<f64>, offset: f64) -> PyResult<()> {
    if levels.readonly() {
        return Err(PyBufferError::new_err("these levels are read-only"));
    }
    let mut copy = vec![0.0; levels.item_count()];
    levels.copy_to_slice(py, &mut copy)?;
    py.detach(|| copy.iter_mut().for_each(|level| *level += offset));
    levels.copy_from_slice(py, &copy)
}
// endregion: copy

// region: formats
/// Return the mean level, whatever the gauge stores: float64, float32, or millimetres as int32 or int16.
#[pyfunction]
fn mean_level(py: Python<'_>, levels: &Bound<'_, PyAny>) -> PyResult<f64> {
    let buffer = PyUntypedBuffer::get(levels)?;
    if buffer.item_size() == 0 || buffer.item_count() == 0 {
        return Err(PyBufferError::new_err("there are no levels"));
    }
    check_byte_order(&buffer)?;
    match ElementType::from_format(buffer.format()) {
        ElementType::Float { bytes: 8 } => mean::<f64>(py, &buffer),
        ElementType::Float { bytes: 4 } => mean::<f32>(py, &buffer),
        ElementType::SignedInteger { bytes: 4 } => Ok(mean::<i32>(py, &buffer)? / 1000.0),
        ElementType::SignedInteger { bytes: 2 } => Ok(mean::<i16>(py, &buffer)? / 1000.0),
        _ => {
            let format = buffer.format().to_string_lossy().into_owned();
            let message = format!("levels are float64, float32, int32 or int16, not `{format}`");
            Err(PyBufferError::new_err(message))
        }
    }
}

fn mean<T: Element + Into<f64> + Send + Sync>(
    py: Python<'_>,
    buffer: &PyUntypedBuffer,
) -> PyResult<f64> {
    let levels = buffer.as_typed::<T>()?.to_vec(py)?;
    Ok(py.detach(|| levels.iter().map(|level| (*level).into()).sum::<f64>() / levels.len() as f64))
}

/// Refuses the other byte order: PyO3 0.30 takes `>d` for `f64` on a little-endian machine.
fn check_byte_order(buffer: &PyUntypedBuffer) -> PyResult<()> {
    let swapped = if cfg!(target_endian = "little") {
        b">!".as_slice()
    } else {
        b"<"
    };
    let order = buffer.format().to_bytes().first();
    if buffer.item_size() > 1 && order.is_some_and(|order| swapped.contains(order)) {
        return Err(PyBufferError::new_err(
            "the levels are in the other byte order",
        ));
    }
    Ok(())
}
// endregion: formats

// region: pointer
/// Count the lines of a log that is too large to copy, such as a memory-mapped file.
#[pyfunction]
fn count_lines(log: PyBuffer<u8>) -> PyResult<usize> {
    let bytes = log.as_slice_ptr();
    let bytes = bytes.ok_or_else(|| PyBufferError::new_err("the log is not contiguous"))?;
    Ok(occurrences(&log, bytes, b'\n'))
}

/// Counts a byte in the memory of a buffer, which the caller still exports.
#[expect(
    unsafe_code,
    reason = "Python may share the memory, so there is no reference to it"
)]
fn occurrences(_export: &PyBuffer<u8>, bytes: NonNull<[u8]>, byte: u8) -> usize {
    let start = bytes.cast::<u8>();
    (0..bytes.len())
        // SAFETY: `_export` keeps the memory where it is. Nothing here runs Python or detaches, so no Python code writes
        // meanwhile, in a build with the GIL; and what is read is a copy of a byte, not a reference to it.
        .filter(|index| unsafe { start.add(*index).read() } == byte)
        .count()
}
// endregion: pointer

// region: parts
/// Return the highest level of each part of so many levels, copying one part at a time.
#[pyfunction]
fn highest_of_each(py: Python<'_>, levels: &Bound<'_, PyAny>, length: usize) -> PyResult<Vec<f64>> {
    let view = PyMemoryView::from(levels)?;
    let count = view.len()?;
    let length = length.max(1);
    let mut highest = Vec::with_capacity(count.div_ceil(length));
    for start in (0..count).step_by(length) {
        let end = count.min(start + length);
        let slice = PySlice::new(py, start.try_into()?, end.try_into()?, 1);
        let part: PyBuffer<f64> = view.get_item(slice)?.extract()?;
        let part = part.to_vec(py)?;
        highest.push(py.detach(|| part.into_iter().fold(f64::NEG_INFINITY, f64::max)));
        py.check_signals()?;
    }
    Ok(highest)
}
// endregion: parts

// region: hold
/// Keeps the memory of an object where it is, until it is closed.
#[pyclass(frozen)]
struct Hold {
    buffer: std::sync::Mutex<Option<PyBuffer<u8>>>,
}

#[pymethods]
impl Hold {
    #[new]
    fn new(memory: PyBuffer<u8>) -> Self {
        Self {
            buffer: std::sync::Mutex::new(Some(memory)),
        }
    }

    fn close(&self) {
        let buffer = self.buffer.lock().ok().and_then(|mut buffer| buffer.take());
        drop(buffer);
    }
}
// endregion: hold

/// The format, the number of items and their size, as a buffer says.
#[pyfunction]
fn describe(memory: &Bound<'_, PyAny>) -> PyResult<(String, usize, usize)> {
    let buffer = PyUntypedBuffer::get(memory)?;
    let format = buffer.format().to_string_lossy().into_owned();
    Ok((format, buffer.item_count(), buffer.item_size()))
}

/// Whether `PyBuffer` accepts the memory, for each type of element that PyO3 knows.
#[pyfunction]
fn accepted(memory: &Bound<'_, PyAny>) -> Vec<&'static str> {
    fn accepts<T: Element>(memory: &Bound<'_, PyAny>) -> bool {
        PyBuffer::<T>::get(memory).is_ok()
    }
    type Accepts = fn(&Bound<'_, PyAny>) -> bool;
    let candidates: [(&str, Accepts); 10] = [
        ("i8", accepts::<i8>),
        ("i16", accepts::<i16>),
        ("i32", accepts::<i32>),
        ("i64", accepts::<i64>),
        ("u8", accepts::<u8>),
        ("u16", accepts::<u16>),
        ("u32", accepts::<u32>),
        ("u64", accepts::<u64>),
        ("f32", accepts::<f32>),
        ("f64", accepts::<f64>),
    ];
    let accepted = candidates.iter().filter(|(_, accepts)| accepts(memory));
    accepted.map(|(name, _)| *name).collect()
}

/// The elements as float64, in the order of C or of Fortran.
#[pyfunction]
fn elements(py: Python<'_>, memory: PyBuffer<f64>, fortran: bool) -> PyResult<Vec<f64>> {
    if fortran {
        return memory.to_fortran_vec(py);
    }
    memory.to_vec(py)
}

/// Whether the memory is contiguous in the order of C, and in that of Fortran.
#[pyfunction]
fn contiguous(memory: PyBuffer<f64>) -> (bool, bool) {
    (
        memory.as_slice_ptr().is_some(),
        memory.as_fortran_slice_ptr().is_some(),
    )
}

/// Copies a slice of another length than the buffer has.
#[pyfunction]
fn write_three(py: Python<'_>, memory: PyBuffer<f64>) -> PyResult<()> {
    memory.copy_from_slice(py, &[1.0, 2.0, 3.0])
}

#[pyo3::pymodule]
pub mod buffers_in {
    #[pymodule_export]
    use super::{
        Hold, accepted, change_datum, contiguous, count_lines, describe, elements, highest_of_each,
        mean_level, tidal_range, write_three,
    };
}
