//! The code of a company, ISO 17442.

use std::str::FromStr;

use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::code::{Class, Code, Error, compact, mod_97_10};
use crate::text_or::parse;

/// The code of a legal entity: eighteen letters or digits, and two check digits.
///
/// Args:
///     text: The code as ISO 17442 has it, as in `Lei("HWUPKR0MPOU8FGXBT394")`.
///
/// Raises:
///     ValueError: If it has another length, other characters or other check digits.
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
pub struct Lei(Code<20>);

impl FromStr for Lei {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let code = Code::new("LEI", text, |at| match at {
            0..18 => Class::Alphanumeric,
            _ => Class::Digit,
        })?;
        let (body, checksum) = code.as_str().split_at(18);
        // Compared with the digits that there should be: a sum that leaves 1 would also take 00, 01 and 99 for some.
        let expected = format!("{:02}", mod_97_10(body));
        if checksum == expected {
            return Ok(Self(code));
        }
        Err(Error::Checksum {
            kind: "LEI",
            text: text.to_owned(),
            checksum: checksum.to_owned(),
            expected,
        })
    }
}

impl std::fmt::Display for Lei {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

#[pymethods]
impl Lei {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("issuer", "entity", "check_digits")
    }

    #[new]
    #[pyo3(signature = (text, /))]
    fn new(text: &str) -> Result<Self, Error> {
        text.parse()
    }

    /// Read a code as people write it: in small letters, with spaces or hyphens.
    ///
    /// Raises:
    ///     ValueError: If it is no LEI, apart from that.
    #[classmethod]
    #[pyo3(signature = (text, /))]
    fn parse(_cls: &Bound<'_, PyType>, text: &str) -> Result<Self, Error> {
        compact(text).parse()
    }

    /// Make an LEI, whose check digits are computed.
    ///
    /// Args:
    ///     issuer: The four characters of who issues it.
    ///     entity: Fourteen characters that are the entity's.
    ///
    /// Raises:
    ///     ValueError: If that gives no LEI.
    #[classmethod]
    fn from_entity(_cls: &Bound<'_, PyType>, issuer: &str, entity: &str) -> Result<Self, Error> {
        let body = format!("{issuer}{entity}");
        format!("{body}{:02}", mod_97_10(&body)).parse()
    }

    /// Return whether a text is an LEI, for those who don't ask why not.
    #[staticmethod]
    #[pyo3(signature = (text, /))]
    fn is_valid(text: &Bound<'_, PyString>) -> bool {
        parse::<Self>(text).is_ok()
    }

    /// The prefix of the organisation that issued the code.
    #[getter]
    fn issuer(&self) -> &str {
        &self.0.as_str()[..4]
    }

    /// The characters of the entity.
    #[getter]
    fn entity(&self) -> &str {
        &self.0.as_str()[4..18]
    }

    /// The last two digits; a str, because they may begin with 0.
    #[getter]
    fn check_digits(&self) -> &str {
        &self.0.as_str()[18..]
    }

    fn __repr__(&self) -> String {
        format!("Lei('{self}')")
    }

    fn __format__<'py>(
        &self,
        py: Python<'py>,
        spec: &Bound<'py, PyString>,
    ) -> PyResult<Bound<'py, PyAny>> {
        PyString::new(py, self.0.as_str()).call_method1("__format__", (spec,))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __getnewargs__(&self) -> (&str,) {
        (self.0.as_str(),)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_from_02_to_98() {
        // 01 and 98 leave the same rest; only 98 is what ISO 7064 computes.
        let body = (0..1000)
            .map(|number| format!("{number:018}"))
            .find(|body| mod_97_10(body) == 98)
            .unwrap();
        assert!(format!("{body}98").parse::<Lei>().is_ok());
        assert!(format!("{body}01").parse::<Lei>().is_err());
    }
}
