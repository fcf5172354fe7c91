//! Calculate prices exactly, and say precisely what is wrong with them.

mod errors;
mod price;

pub use errors::Error;
pub use price::{parse_price, total};

#[pyo3::pymodule]
mod _core {
    use pyo3::exceptions::PyLookupError;
    use pyo3::prelude::*;

    use crate::Error;

    #[pymodule_export]
    use crate::errors::{DiscountError, PriceError, UnknownItemError};

    // region: question-mark
    /// Turn a price in decimal notation into cents.
    ///
    /// Args:
    ///     text: Digits, and at most two more after a point: `12`, `12.5` or `12.50`.
    ///
    /// Returns:
    ///     The price in cents.
    ///
    /// Raises:
    ///     ValueError: The text is no such price.
    #[pyfunction]
    #[pyo3(signature = (text, /))]
    fn parse_price(text: &str) -> Result<u64, Error> {
        crate::parse_price(text)
    }

    /// Calculate what a quantity of an item costs.
    ///
    /// Args:
    ///     look_up: Called with the item; returns its price in decimal notation, or raises `LookupError`.
    ///     item: What is bought.
    ///     quantity: How many are bought.
    ///     code: A discount code: `MEMBER` or `BULK`.
    ///
    /// Returns:
    ///     The total in cents, half cents rounded up.
    ///
    /// Raises:
    ///     UnknownItemError: `look_up` raised `LookupError`, which is the `__cause__`.
    ///     ValueError: The item's price is no price.
    ///     KeyError: There is no such code.
    ///     DiscountError: The quantity is too small for the code.
    ///     OverflowError: The total does not fit into 64 bits.
    #[pyfunction]
    #[pyo3(signature = (look_up, item, quantity = 1, *, code = None))]
    fn quote(
        look_up: &Bound<'_, PyAny>,
        item: &str,
        quantity: u32,
        code: Option<&str>,
    ) -> PyResult<u64> {
        let text = found(look_up, item)?;
        let price = crate::parse_price(&text)?;
        Ok(crate::total(price, quantity, code)?)
    }
    // endregion: question-mark

    // region: catch
    /// Asks Python for a price, and makes one kind of its errors ours.
    fn found(look_up: &Bound<'_, PyAny>, item: &str) -> PyResult<String> {
        let py = look_up.py();
        match look_up.call1((item,)) {
            Ok(text) => text.extract(),
            // The type and its subclasses, as `except LookupError` does: KeyError and IndexError.
            Err(error) if error.is_instance_of::<PyLookupError>(py) => {
                let unknown = PyErr::from(Error::UnknownItem(item.to_owned()));
                unknown.set_cause(py, Some(error));
                Err(unknown)
            }
            // Anything else is not ours to judge; KeyboardInterrupt and SystemExit come this way, too.
            Err(error) => Err(error),
        }
    }
    // endregion: catch
}
