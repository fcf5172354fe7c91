//! What is made of codes.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::code::Error;
use crate::isin::Isin;
use crate::lei::Lei;
use crate::text_or::{TextOr, read};

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        PyValueError::new_err(error.to_string())
    }
}

// region: compound
/// A security, and who issued it.
///
/// Args:
///     isin: Its code, or the text of one.
///     issuer: The code of who issued it, or the text of one.
///
/// Raises:
///     ValueError: If a text is no such code.
#[pyclass(frozen, eq, hash, get_all, module = "instrument_codes")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Instrument {
    /// The code of the security.
    isin: Isin,
    /// The code of who issued it, if that is known.
    issuer: Option<Lei>,
}

#[pymethods]
impl Instrument {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("isin", "issuer")
    }

    #[new]
    #[pyo3(signature = (isin, issuer = None))]
    fn new(isin: TextOr<Isin>, issuer: Option<TextOr<Lei>>) -> Self {
        Self {
            isin: isin.0,
            issuer: issuer.map(|issuer| issuer.0),
        }
    }

    fn __repr__(&self) -> String {
        match self.issuer {
            Some(issuer) => format!("Instrument(Isin('{}'), Lei('{issuer}'))", self.isin),
            None => format!("Instrument(Isin('{}'))", self.isin),
        }
    }

    fn __getnewargs__(&self) -> (Isin, Option<Lei>) {
        (self.isin, self.issuer)
    }
}
// endregion: compound

/// The codes of a column, and the rows that have none, with the reasons.
type Column = (Vec<Isin>, Vec<(usize, String)>);

// region: column
/// Read a column of ISINs, and don't stop at the first that is wrong.
///
/// Args:
///     values: The codes, or their texts.
///
/// Returns:
///     The codes that are right; and the positions of the others in `values`, with what is wrong with them.
///
/// Raises:
///     TypeError: If a value is neither a code nor a text.
#[pyfunction]
#[pyo3(signature = (values, /))]
pub fn parse_isins(values: &Bound<'_, PyAny>) -> PyResult<Column> {
    let (mut codes, mut problems) = (Vec::new(), Vec::new());
    for (row, value) in values.try_iter()?.enumerate() {
        match read(value?.as_borrowed())? {
            Ok(code) => codes.push(code),
            Err(error) => problems.push((row, error.to_string())),
        }
    }
    Ok((codes, problems))
}
// endregion: column
