//! Code that `references/memory.md` shows: memory of Rust, and who sees it.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyAnyMethods;

// region: sizeof
/// A page of a book, which lies in Rust's memory.
#[pyclass(frozen)]
struct Page {
    text: String,
}

#[pymethods]
impl Page {
    #[new]
    #[pyo3(signature = (text))]
    fn new(text: String) -> Self {
        Self { text }
    }

    /// Return the bytes of the object, and of what only it holds.
    fn __sizeof__(slf: &Bound<'_, Self>) -> PyResult<usize> {
        let object: usize = slf
            .py()
            .get_type::<PyAny>()
            .call_method1("__sizeof__", (slf,))?
            .extract()?;
        Ok(object + slf.get().text.capacity())
    }
}
// endregion: sizeof

/// Lines that wait to be written.
#[pyclass(frozen)]
#[derive(Default)]
struct Journal {
    lines: Mutex<Vec<String>>,
}

#[pymethods]
impl Journal {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn note(&self, line: String) {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
    }

    /// Forget the lines, and keep room for as many.
    fn clear(&self) {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Forget the lines, and give their room back.
    fn reset(&self) {
        *self.lines.lock().unwrap_or_else(PoisonError::into_inner) = Vec::new();
    }

    /// Return for how many lines there is room.
    fn capacity(&self) -> usize {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .capacity()
    }
}

/// Pieces of memory that are freed when Python says so.
#[pyclass(frozen)]
struct Pieces {
    pieces: Mutex<Vec<Box<[u8]>>>,
}

#[pymethods]
impl Pieces {
    #[new]
    #[pyo3(signature = (count, size))]
    fn new(count: usize, size: usize) -> Self {
        // Ones, not zeros: pages of zeros cost nothing until they are written.
        let pieces = (0..count).map(|_| vec![1; size].into_boxed_slice());
        Self {
            pieces: Mutex::new(pieces.collect()),
        }
    }

    /// Free all pieces but every `kept`-th.
    #[pyo3(signature = (kept = usize::MAX))]
    fn free(&self, kept: usize) {
        let mut index = 0;
        let mut pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        pieces.retain(|_| {
            index += 1;
            index % kept == 0
        });
        pieces.shrink_to_fit();
    }
}

/// Ask glibc to give free pages back to the system; says whether there were any.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[pyfunction]
fn give_back(py: Python<'_>) -> bool {
    #[expect(unsafe_code, reason = "a function of C")]
    unsafe extern "C" {
        safe fn malloc_trim(pad: usize) -> i32;
    }
    py.detach(|| malloc_trim(0) == 1)
}

#[pymodule]
pub mod memory {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[pymodule_export]
    use super::give_back;

    #[pymodule_export]
    use super::{Journal, Page, Pieces};
}
