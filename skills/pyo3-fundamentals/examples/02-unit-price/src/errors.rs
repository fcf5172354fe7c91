//! What can be wrong: one enum for Rust, and what Python gets for each of its variants.

use std::num::ParseIntError;

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyKeyError, PyOverflowError, PyValueError};
use pyo3::prelude::*;

// region: enum
/// What can be wrong with a price, a code or a total.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("`{text}` is not a price")]
    NotAPrice { text: String, source: ParseIntError },
    #[error("`{0}` has more than two digits after the point")]
    TooPrecise(String),
    #[error("the total does not fit into 64 bits")]
    TooLarge,
    #[error("there is no discount code `{0}`")]
    UnknownCode(String),
    #[error("there is no item `{0}`")]
    UnknownItem(String),
    #[error("`{code}` is for {required} pieces or more, and these are {quantity}")]
    TooFew {
        code: String,
        required: u32,
        quantity: u32,
    },
}
// endregion: enum

// region: exceptions
create_exception!(
    unit_price,
    PriceError,
    PyException,
    "Base of the errors that only this package has."
);

create_exception!(
    unit_price,
    DiscountError,
    PriceError,
    "A discount code does not apply.

Attributes:
    code: The discount code.
    required: How many pieces it takes.
    quantity: How many there are."
);

create_exception!(
    unit_price,
    UnknownItemError,
    PriceError,
    "There is no such item.

Attributes:
    item: What was looked for."
);
// endregion: exceptions

// region: mapping
impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::NotAPrice { source, .. } => {
                // PyO3 already has a conversion for this one: to ValueError.
                caused_by(PyValueError::new_err(message), source.into())
            }
            Error::TooPrecise(_) => PyValueError::new_err(message),
            Error::TooLarge => PyOverflowError::new_err(message),
            // A KeyError shows its argument's repr, so it gets the key and no sentence.
            Error::UnknownCode(code) => PyKeyError::new_err(code),
            Error::UnknownItem(item) => {
                with_attributes(UnknownItemError::new_err(message), |value| {
                    value.setattr("item", item)
                })
            }
            Error::TooFew {
                code,
                required,
                quantity,
            } => with_attributes(DiscountError::new_err(message), |value| {
                value.setattr("code", code)?;
                value.setattr("required", required)?;
                value.setattr("quantity", quantity)
            }),
        }
    }
}
// endregion: mapping

fn caused_by(error: PyErr, cause: PyErr) -> PyErr {
    Python::attach(|py| error.set_cause(py, Some(cause)));
    error
}

// region: attributes
/// Sets attributes of an exception; what goes wrong in doing so is raised in its place.
fn with_attributes(error: PyErr, set: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<()>) -> PyErr {
    match Python::attach(|py| set(error.value(py).as_any())) {
        Ok(()) => error,
        Err(failure) => failure,
    }
}
// endregion: attributes

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_reaches_python() {
        Python::initialize();
        Python::attach(|py| {
            let error = PyErr::from(crate::parse_price("ten").unwrap_err());
            assert!(error.is_instance_of::<PyValueError>(py));
            let cause = error.cause(py).expect("set by the conversion");
            assert_eq!(cause.value(py).to_string(), "invalid digit found in string");
        });
    }

    #[test]
    fn a_conversion_that_fails_is_the_error() {
        Python::initialize();
        Python::attach(|py| {
            let error = with_attributes(PriceError::new_err("fine"), |_| {
                Err(PyKeyError::new_err("broken"))
            });
            assert!(error.is_instance_of::<PyKeyError>(py));
        });
    }
}
