//! Code shown in `references/testing.md`.

use std::iter;

/// What is wrong with a list of runs.
#[derive(Debug, PartialEq)]
pub enum Error {
    TooLong(usize),
}

/// The longest text that `decode` makes.
const LIMIT: usize = 1_000_000;

/// Groups equal neighbours.
fn encode(text: &str) -> Vec<(char, usize)> {
    let mut runs: Vec<(char, usize)> = Vec::new();
    for letter in text.chars() {
        match runs.last_mut() {
            Some((last, count)) if *last == letter => *count += 1,
            _ => runs.push((letter, 1)),
        }
    }
    runs
}

/// Undoes `encode`.
fn decode(runs: &[(char, usize)]) -> Result<String, Error> {
    let length = runs
        .iter()
        .fold(0_usize, |sum, (_, count)| sum.saturating_add(*count));
    if length > LIMIT {
        return Err(Error::TooLong(length));
    }
    Ok(runs
        .iter()
        .flat_map(|(letter, count)| iter::repeat_n(*letter, *count))
        .collect())
}

#[pyo3::pymodule]
pub mod testing {
    use std::sync::{Mutex, MutexGuard};

    use pyo3::exceptions::{PyRuntimeError, PyValueError};
    use pyo3::prelude::*;
    use pyo3::sync::MutexExt;

    use super::{Error, LIMIT};

    /// Group equal neighbours.
    #[pyfunction]
    #[pyo3(signature = (text))]
    fn encode(py: Python<'_>, text: &str) -> Vec<(char, usize)> {
        py.detach(|| super::encode(text))
    }

    /// Undo `encode`.
    ///
    /// Raises:
    ///     ValueError: The text would be longer than a million letters.
    #[pyfunction]
    #[pyo3(signature = (runs))]
    fn decode(py: Python<'_>, runs: Vec<(char, usize)>) -> PyResult<String> {
        py.detach(|| super::decode(&runs))
            .map_err(|Error::TooLong(length)| {
                PyValueError::new_err(format!("{length} letters are more than {LIMIT}"))
            })
    }

    /// Callables that hear of each new text.
    #[pyclass(frozen)]
    #[derive(Default)]
    struct Listeners {
        all: Mutex<Vec<Py<PyAny>>>,
    }

    #[pymethods]
    impl Listeners {
        #[new]
        fn new() -> Self {
            Self::default()
        }

        #[pyo3(signature = (listener))]
        fn add(&self, py: Python<'_>, listener: Py<PyAny>) -> PyResult<()> {
            self.lock(py)?.push(listener);
            Ok(())
        }

        #[pyo3(signature = ())]
        fn clear(&self, py: Python<'_>) -> PyResult<()> {
            let all = std::mem::take(&mut *self.lock(py)?);
            // Dropping an object may run Python code, so the lock is released by now.
            drop(all);
            Ok(())
        }
    }

    impl Listeners {
        fn lock(&self, py: Python<'_>) -> PyResult<MutexGuard<'_, Vec<Py<PyAny>>>> {
            self.all
                .lock_py_attached(py)
                .map_err(|_| PyRuntimeError::new_err("the list is unusable after a panic"))
        }
    }
}

#[cfg(test)]
mod tests {
    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;
    use pyo3::wrap_pymodule;

    use super::{Error, decode, encode, testing};

    // region: pure
    #[test]
    fn neighbours_are_counted() {
        assert_eq!(encode("aaäb"), [('a', 2), ('ä', 1), ('b', 1)]);
        assert_eq!(encode(""), []);
    }

    #[test]
    fn a_text_has_a_limit() {
        assert_eq!(
            decode(&[('a', usize::MAX), ('b', 1)]),
            Err(Error::TooLong(usize::MAX))
        );
    }
    // endregion: pure

    // region: attached
    #[test]
    fn an_error_is_a_value_error() -> PyResult<()> {
        Python::initialize();
        Python::attach(|py| {
            let module = wrap_pymodule!(testing)(py).into_bound(py);
            let error = module
                .call_method1("decode", (vec![('a', 2_000_000)],))
                .unwrap_err();
            assert!(error.is_instance_of::<PyValueError>(py));
            assert_eq!(
                error.value(py).to_string(),
                "2000000 letters are more than 1000000"
            );
            Ok(())
        })
    }
    // endregion: attached

    // region: imported
    #[test]
    fn python_code_can_use_it() -> PyResult<()> {
        Python::initialize();
        Python::attach(|py| {
            let module = wrap_pymodule!(testing)(py);
            py.import("sys")?
                .getattr("modules")?
                .set_item("runs", module)?;
            py.run(
                c"import runs\nassert runs.encode('aab') == [('a', 2), ('b', 1)]",
                None,
                None,
            )
        })
    }
    // endregion: imported
}
