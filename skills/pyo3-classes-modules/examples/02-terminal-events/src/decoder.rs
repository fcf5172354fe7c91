//! The layer for Python.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;

use crate::event::Event;
use crate::parser::Parser;

// region: decoder
/// Decodes what a program writes to a terminal, in pieces of any size.
///
/// A sequence or a character that a piece ends in is kept until the rest of it comes. Threads may share a decoder; what
/// one call feeds stays together.
#[pyclass(frozen, module = "terminal_events")]
pub struct Decoder(Mutex<Parser>);

impl Decoder {
    fn parser(&self) -> MutexGuard<'_, Parser> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Decoder {
    #[new]
    fn new() -> Self {
        Self(Mutex::default())
    }

    /// Decode the next piece.
    ///
    /// Args:
    ///     data: Any number of bytes; text is UTF-8, and what is not becomes U+FFFD.
    #[pyo3(signature = (data, /))]
    fn feed(&self, py: Python<'_>, data: Cow<'_, [u8]>) -> Vec<Event> {
        // Detached before it waits for the lock: who holds it may be waiting for the interpreter.
        py.detach(|| self.parser().feed(&data))
    }

    /// Return the events of what is kept, as there is no rest of it, and begin anew.
    fn flush(&self, py: Python<'_>) -> Vec<Event> {
        py.detach(|| self.parser().flush())
    }

    /// The bytes that are kept until the rest of them comes.
    ///
    /// Of a long string, such as an image, there are only the first few.
    #[getter]
    fn pending(&self, py: Python<'_>) -> Vec<u8> {
        py.detach(|| self.parser().pending().to_vec())
    }
}
// endregion: decoder
