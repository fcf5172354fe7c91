//! The code of a security, ISO 6166.

use std::str::FromStr;

use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::code::{Class, Code, Error, compact, luhn};
use crate::text_or::parse;

// region: class
/// The code of a security: two letters, nine letters or digits, and a check digit.
///
/// Args:
///     text: The code as ISO 6166 has it, as in `Isin("US0378331005")`.
///
/// Raises:
///     ValueError: If it has another length, other characters or another check digit.
#[pyclass(
    frozen,
    eq,
    ord,
    hash,
    str,
    from_py_object,
    module = "instrument_codes"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Isin(Code<12>);

impl FromStr for Isin {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let code = Code::new("ISIN", text, |at| match at {
            0..2 => Class::Letter,
            2..11 => Class::Alphanumeric,
            _ => Class::Digit,
        })?;
        let (body, checksum) = code.as_str().split_at(11);
        let expected = luhn(body).to_string();
        if checksum == expected {
            return Ok(Self(code));
        }
        Err(Error::Checksum {
            kind: "ISIN",
            text: text.to_owned(),
            checksum: checksum.to_owned(),
            expected,
        })
    }
}
// endregion: class

impl std::fmt::Display for Isin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

// region: constructors
#[pymethods]
impl Isin {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("country", "number", "check_digit")
    }

    #[new]
    #[pyo3(signature = (text, /))]
    fn new(text: &str) -> Result<Self, Error> {
        text.parse()
    }

    /// Read a code as people write it: in small letters, with spaces or hyphens.
    ///
    /// Raises:
    ///     ValueError: If it is no ISIN, apart from that.
    #[classmethod]
    #[pyo3(signature = (text, /))]
    fn parse(_cls: &Bound<'_, PyType>, text: &str) -> Result<Self, Error> {
        compact(text).parse()
    }

    /// Make the ISIN of a national number, whose check digit is computed.
    ///
    /// Args:
    ///     country: Two letters, as in "US".
    ///     number: The number in that country; zeros are put before it until it has nine characters.
    ///
    /// Raises:
    ///     ValueError: If that gives no ISIN.
    #[classmethod]
    fn from_number(_cls: &Bound<'_, PyType>, country: &str, number: &str) -> Result<Self, Error> {
        let width = if number.is_empty() { 0 } else { 9 };
        let body = format!("{country}{number:0>width$}");
        format!("{body}{}", luhn(&body)).parse()
    }

    /// Return whether a text is an ISIN, for those who don't ask why not.
    #[staticmethod]
    #[pyo3(signature = (text, /))]
    fn is_valid(text: &Bound<'_, PyString>) -> bool {
        parse::<Self>(text).is_ok()
    }
    // endregion: constructors

    /// The country, or a prefix such as `XS` that stands for none.
    #[getter]
    fn country(&self) -> &str {
        &self.0.as_str()[..2]
    }

    /// The nine characters of the national number.
    #[getter]
    fn number(&self) -> &str {
        &self.0.as_str()[2..11]
    }

    /// The last digit.
    #[getter]
    fn check_digit(&self) -> Option<u32> {
        self.0.as_str()[11..].chars().last()?.to_digit(10)
    }

    fn __repr__(&self) -> String {
        format!("Isin('{self}')")
    }

    // region: format
    /// What follows the colon in an f-string means what it means for a str.
    fn __format__<'py>(
        &self,
        py: Python<'py>,
        spec: &Bound<'py, PyString>,
    ) -> PyResult<Bound<'py, PyAny>> {
        PyString::new(py, self.0.as_str()).call_method1("__format__", (spec,))
    }
    // endregion: format

    // region: copies
    // What never changes is its own copy.
    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    // Pickle calls the constructor with these, so what comes from a file is checked, too.
    fn __getnewargs__(&self) -> (&str,) {
        (self.0.as_str(),)
    }
    // endregion: copies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_digit_is_mistyped() {
        let error = "US0378331006".parse::<Isin>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the ISIN `US0378331006` is mistyped: its checksum is 6, and should be 5"
        );
    }

    #[test]
    fn codes_are_ordered_as_their_texts() {
        let [first, second] = ["DE000BAY0017", "US0378331005"].map(|text| text.parse::<Isin>());
        assert!(first.unwrap() < second.unwrap());
    }
}
