//! Parse access logs of web servers, and show what is wrong in them.

mod errors;
mod parser;

pub use parser::{Entry, Mistake, Reader, parse_line};

#[pyo3::pymodule]
mod _core {
    use std::sync::{Mutex, PoisonError};

    use pyo3::prelude::*;
    use pyo3::pybacked::PyBackedStr;

    use crate::errors::syntax_error;
    use crate::parser::Reader;

    #[pymodule_export]
    use crate::errors::LogSyntaxError;
    #[pymodule_export]
    use crate::parser::Entry;

    // region: strict
    /// Parse a log, up to the first mistake.
    ///
    /// Args:
    ///     text: Lines in the Common Log Format; empty lines are left out.
    ///     filename: What errors say the text is from.
    ///
    /// Returns:
    ///     The entries in order.
    ///
    /// Raises:
    ///     LogSyntaxError: A line is no entry.
    #[pyfunction]
    #[pyo3(signature = (text, *, filename = "<string>"))]
    fn parse(py: Python<'_>, text: &str, filename: &str) -> PyResult<Vec<Entry>> {
        // The text stays where Python has it, and other threads run.
        let parsed: Result<Vec<_>, _> = py.detach(|| Reader::default().entries(text).collect());
        parsed.map_err(|mistake| syntax_error(mistake, filename))
    }
    // endregion: strict

    // region: lenient
    /// Parse a log, and collect its mistakes.
    ///
    /// Args:
    ///     text: As for `parse`.
    ///     filename: As for `parse`.
    ///
    /// Returns:
    ///     The entries in order, and an error for each line that is none. The errors are not raised.
    #[pyfunction]
    #[pyo3(signature = (text, *, filename = "<string>"))]
    fn parse_lenient(py: Python<'_>, text: &str, filename: &str) -> (Vec<Entry>, Vec<PyErr>) {
        let (entries, mistakes) = py.detach(|| Reader::default().sort(text));
        let errors = mistakes
            .into_iter()
            .map(|mistake| syntax_error(mistake, filename))
            .collect();
        (entries, errors)
    }
    // endregion: lenient

    // region: iterator
    /// Parse a log entry by entry.
    ///
    /// After a `LogSyntaxError`, the next entry is the one after the wrong line.
    ///
    /// Args:
    ///     text: As for `parse`.
    ///     filename: As for `parse`.
    #[pyclass(frozen, module = "log_parser")]
    struct Entries {
        // A class can't borrow a `&str`; this keeps Python's own text alive, without a copy.
        text: PyBackedStr,
        filename: String,
        // Any thread may ask for the next entry. With `&mut self` the second one at a time would get an error.
        reader: Mutex<Reader>,
    }

    #[pymethods]
    impl Entries {
        #[new]
        #[pyo3(signature = (text, *, filename = "<string>"))]
        fn new(text: PyBackedStr, filename: &str) -> Self {
            Self {
                text,
                filename: filename.to_owned(),
                reader: Mutex::default(),
            }
        }

        fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
            this
        }

        fn __next__(&self) -> PyResult<Option<Entry>> {
            let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = reader.next_entry(&self.text).transpose();
            // Before anything of Python is called.
            drop(reader);
            entry.map_err(|mistake| syntax_error(mistake, &self.filename))
        }
    }
    // endregion: iterator
}
