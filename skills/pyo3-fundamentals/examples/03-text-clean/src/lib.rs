//! Clean texts and text files: encodings, line ends and spaces at the end of lines.

mod encoding;
mod text;

pub use encoding::{Encoding, detect};
pub use text::{clean, line_ends, longest};

#[pyo3::pymodule]
mod _core {
    use std::borrow::Cow;
    use std::fs;
    use std::io;
    use std::path::{Path, PathBuf};

    use pyo3::exceptions::{PyOSError, PyUnicodeDecodeError, PyValueError};
    use pyo3::prelude::*;
    use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
    use pyo3::types::{PyBytes, PyString};

    use crate::Encoding;

    // region: same-object
    /// Make every line end `\n`, and remove spaces and tabs before it.
    ///
    /// Args:
    ///     text: Any text.
    ///     lossy: Replace lone surrogates, which no UTF-8 can hold, by U+FFFD instead of raising.
    ///
    /// Returns:
    ///     The cleaned text; the same object if it was clean.
    ///
    /// Raises:
    ///     UnicodeEncodeError: The text has lone surrogates.
    #[pyfunction]
    #[pyo3(signature = (text, *, lossy = false))]
    fn clean<'py>(text: &Bound<'py, PyString>, lossy: bool) -> PyResult<Bound<'py, PyString>> {
        let given = if lossy {
            text.to_string_lossy()
        } else {
            text.to_str()?.into()
        };
        match (&given, crate::clean(&given)) {
            (Cow::Borrowed(_), Cow::Borrowed(_)) => Ok(text.clone()),
            (_, cleaned) => Ok(PyString::new(text.py(), &cleaned)),
        }
    }
    // endregion: same-object

    // region: backed
    /// Find the text with the most characters.
    ///
    /// Args:
    ///     texts: A sequence of strings.
    ///
    /// Returns:
    ///     The first of the longest texts, the same object; none if there are no texts.
    #[pyfunction]
    #[pyo3(signature = (texts, /))]
    fn longest(py: Python<'_>, texts: Vec<PyBackedStr>) -> Option<PyBackedStr> {
        // A PyBackedStr holds on to its `str`, so other threads can run. They are dropped attached: what is
        // dropped detached, Python frees later.
        let position = py.detach(|| crate::longest(&texts))?;
        texts.into_iter().nth(position)
    }

    /// Count the line ends of a text in any encoding that has ASCII in it.
    ///
    /// Args:
    ///     data: `bytes`, or a `bytearray`, which is copied.
    ///
    /// Returns:
    ///     How many `\r\n`, `\n` and `\r` there are.
    #[pyfunction]
    #[pyo3(signature = (data, /))]
    fn line_ends(py: Python<'_>, data: PyBackedBytes) -> (usize, usize, usize) {
        py.detach(|| crate::line_ends(&data))
    }
    // endregion: backed

    /// Tell the encoding from the byte order mark.
    ///
    /// Args:
    ///     data: The beginning of a file, four bytes or more of it.
    ///
    /// Returns:
    ///     `utf-8-sig`, `utf-16` or `utf-32`; none if there is no mark.
    #[pyfunction]
    #[pyo3(signature = (data, /))]
    fn detect_encoding(data: &[u8]) -> Option<&'static str> {
        crate::detect(data).map(Encoding::name)
    }

    // region: decode
    /// Decode UTF-8, or what a byte order mark says.
    ///
    /// Args:
    ///     data: The whole text.
    ///
    /// Returns:
    ///     The text without the mark.
    ///
    /// Raises:
    ///     UnicodeDecodeError: The bytes from `start` to `end` are wrong, counted from the beginning of `data`.
    #[pyfunction]
    #[pyo3(signature = (data, /))]
    fn decode<'py>(data: &Bound<'py, PyBytes>) -> PyResult<Bound<'py, PyString>> {
        let py = data.py();
        match crate::detect(data.as_bytes()) {
            None | Some(Encoding::Utf8) => {
                let text = utf8(py, data.as_bytes())?;
                Ok(PyString::new(
                    py,
                    text.strip_prefix('\u{feff}').unwrap_or(text),
                ))
            }
            // Python has codecs for the rest.
            Some(Encoding::Utf16) => PyString::from_encoded_object(data, Some(c"utf-16"), None),
            Some(Encoding::Utf32) => PyString::from_encoded_object(data, Some(c"utf-32"), None),
        }
    }

    fn utf8<'data>(py: Python<'_>, data: &'data [u8]) -> PyResult<&'data str> {
        std::str::from_utf8(data)
            .map_err(|error| PyUnicodeDecodeError::new_err_from_utf8(py, data, error))
    }
    // endregion: decode

    // region: encode
    /// Encode as UTF-8 with other line ends.
    ///
    /// Args:
    ///     text: A text whose line ends are `\n`.
    ///     newline: What to write for each: `\n`, `\r\n` or `\r`.
    ///
    /// Returns:
    ///     The bytes to write to a file.
    ///
    /// Raises:
    ///     ValueError: `newline` is something else.
    #[pyfunction]
    #[pyo3(signature = (text, *, newline = "\n"))]
    fn encode<'py>(py: Python<'py>, text: &str, newline: &str) -> PyResult<Bound<'py, PyBytes>> {
        match newline {
            "\n" => Ok(PyBytes::new(py, text.as_bytes())),
            "\r\n" | "\r" => Ok(PyBytes::new(py, text.replace('\n', newline).as_bytes())),
            _ => Err(PyValueError::new_err(format!(
                "{newline:?} is not a line end"
            ))),
        }
    }
    // endregion: encode

    // region: paths
    /// Write what a file of UTF-8 text says into another file, cleaned.
    ///
    /// Args:
    ///     path: The file, as `str` or `os.PathLike`.
    ///     target: Where to write the result.
    ///
    /// Returns:
    ///     The target as a `pathlib.Path`.
    ///
    /// Raises:
    ///     OSError: A file can't be read or written; its subclasses, such as `FileNotFoundError`, as usual.
    ///     UnicodeDecodeError: The file is not UTF-8.
    #[pyfunction]
    #[pyo3(signature = (path, target))]
    fn clean_file(py: Python<'_>, path: PathBuf, target: PathBuf) -> PyResult<PathBuf> {
        let decoded = py
            .detach(|| fs::read(&path).map(String::from_utf8))
            .map_err(|error| os_error(error, &path))?;
        let text = decoded?; // this error has the bytes, so `?` makes a UnicodeDecodeError of it
        py.detach(|| fs::write(&target, crate::clean(&text).as_bytes()))
            .map_err(|error| os_error(error, &target))?;
        Ok(target)
    }

    /// Makes an `OSError` that has the system's number, which decides the subclass, and the path.
    fn os_error(error: io::Error, path: &Path) -> PyErr {
        match error.raw_os_error() {
            // Windows has numbers of its own: there Python takes the fourth argument, and works out `errno` from it.
            Some(code) => PyOSError::new_err((code, error.to_string(), path.to_owned(), code)),
            // Not from the system, for instance a path with a NUL in it.
            None => error.into(),
        }
    }
    // endregion: paths
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use pyo3::exceptions::{PyFileNotFoundError, PyUnicodeDecodeError};
    use pyo3::prelude::*;
    use pyo3::pybacked::PyBackedBytes;
    use pyo3::types::{PyBytes, PyString};

    // region: accepted
    #[test]
    fn what_each_type_accepts() -> PyResult<()> {
        Python::initialize();
        Python::attach(|py| {
            for (expression, expected) in [
                (c"b'ab'", [true, true, true, true]),
                (c"bytearray(b'ab')", [false, true, true, true]),
                (c"memoryview(b'ab')", [false, true, true, false]),
                (c"[97, 98]", [false, true, true, false]),
                (c"'ab'", [false, false, false, false]),
            ] {
                let value = py.eval(expression, None, None)?;
                let accepted = [
                    value.extract::<&[u8]>().is_ok(),
                    value.extract::<Vec<u8>>().is_ok(),
                    value.extract::<Cow<'_, [u8]>>().is_ok(),
                    value.extract::<PyBackedBytes>().is_ok(),
                ];
                assert_eq!(accepted, expected, "{expression:?}");
            }
            Ok(())
        })
    }
    // endregion: accepted

    // region: returned
    #[test]
    fn what_bytes_become() -> PyResult<()> {
        Python::initialize();
        Python::attach(|py| {
            assert!(vec![97_u8].into_pyobject(py)?.is_instance_of::<PyBytes>());
            assert!(!vec![97_i8].into_pyobject(py)?.is_instance_of::<PyBytes>());
            Ok(())
        })
    }

    #[test]
    fn a_borrowed_cow_is_copied_for_python() {
        Python::initialize();
        Python::attach(|py| {
            let text = PyString::new(py, "nothing to clean");
            let Ok(cow) = Cow::Borrowed("nothing to clean").into_pyobject(py);
            assert_eq!(cow, "nothing to clean");
            assert!(!cow.is(&text));
        });
    }
    // endregion: returned

    // region: question-mark
    #[test]
    fn an_error_that_has_the_bytes_converts_by_itself() {
        Python::initialize();
        Python::attach(|py| {
            // There is no such conversion of a Utf8Error: the exception must have the bytes.
            let error = PyErr::from(String::from_utf8(b"caf\xe9".to_vec()).unwrap_err());
            assert!(error.is_instance_of::<PyUnicodeDecodeError>(py), "{error}");
        });
    }

    #[test]
    fn an_io_error_converts_without_its_number() -> PyResult<()> {
        Python::initialize();
        Python::attach(|py| {
            let error = PyErr::from(std::io::Error::from_raw_os_error(2));
            assert!(error.is_instance_of::<PyFileNotFoundError>(py));
            assert!(error.value(py).getattr("errno")?.is_none());
            Ok(())
        })
    }
    // endregion: question-mark
}
