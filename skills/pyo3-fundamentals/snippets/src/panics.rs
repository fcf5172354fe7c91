//! Code shown in `references/panics.md`.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

// region: catch
/// Runs a foreign library's code, and makes an exception of its panic.
fn shielded<T>(work: impl FnOnce() -> T) -> PyResult<T> {
    // What `work` may have left half-changed is dropped with it and not looked at again.
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        PyRuntimeError::new_err(format!("the decoder failed: {}", message(payload.as_ref())))
    })
}

/// Returns the text of a panic.
fn message(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "unknown reason"
    }
}
// endregion: catch

/// Stands for a decoder of somebody else, which does not check its input.
fn decode_length(frame: &[u8]) -> usize {
    usize::from(frame[0]) * 256 + usize::from(frame[1])
}

/// Returns the part of a frame behind its header, as long as the header says.
fn payload(frame: &[u8]) -> Option<&[u8]> {
    let (header, rest) = frame.split_at_checked(2)?;
    rest.get(..decode_length(header))
}

#[pyo3::pymodule]
pub mod panics {
    use std::sync::{Mutex, PoisonError};
    use std::thread;

    use pyo3::exceptions::{PyIndexError, PyRuntimeError, PyValueError};
    use pyo3::prelude::*;

    // region: export
    #[pymodule_export]
    use pyo3::panic::PanicException;
    // endregion: export

    /// Return a price; panics if there is none at the index.
    #[pyfunction]
    #[pyo3(signature = (prices, index))]
    fn price_or_panic(prices: Vec<f64>, index: usize) -> f64 {
        prices[index]
    }

    /// Return a price.
    #[pyfunction]
    #[pyo3(signature = (prices, index))]
    fn price(prices: Vec<f64>, index: usize) -> PyResult<f64> {
        let count = prices.len();
        prices.get(index).copied().ok_or_else(|| {
            PyIndexError::new_err(format!("there is no price {index} among {count}"))
        })
    }

    /// Return the length in a frame's header, by the decoder that does not check.
    #[pyfunction]
    #[pyo3(signature = (frame))]
    fn frame_length(frame: &[u8]) -> PyResult<usize> {
        super::shielded(|| super::decode_length(frame))
    }

    /// Return the part of a frame behind its header.
    #[pyfunction]
    #[pyo3(signature = (frame))]
    fn frame_payload(frame: &[u8]) -> PyResult<&[u8]> {
        super::payload(frame).ok_or_else(|| PyValueError::new_err("the frame is too short"))
    }

    // region: thread
    /// Add up prices in a thread; a panic in it becomes an exception.
    #[pyfunction]
    #[pyo3(signature = (prices, first))]
    fn sum_from(py: Python<'_>, prices: Vec<f64>, first: usize) -> PyResult<f64> {
        let worker = move || prices[first..].iter().sum();
        py.detach(|| thread::spawn(worker).join())
            .map_err(|payload| PyRuntimeError::new_err(super::message(payload.as_ref()).to_owned()))
    }
    // endregion: thread

    /// A till that several threads use.
    #[pyclass(frozen)]
    struct Till {
        cents: Mutex<Vec<i64>>,
    }

    #[pymethods]
    impl Till {
        #[new]
        fn new() -> Self {
            Self {
                cents: Mutex::default(),
            }
        }

        /// Add an amount; panics, on purpose, with the lock in hand if it is 0.
        #[pyo3(signature = (amount))]
        fn add(&self, amount: i64) -> PyResult<()> {
            // region: poison
            let mut cents = self
                .cents
                .lock()
                .map_err(|_| PyRuntimeError::new_err("the till is unusable after a panic"))?;
            // endregion: poison
            assert_ne!(amount, 0, "nothing to add");
            cents.push(amount);
            Ok(())
        }

        // region: go-on
        /// Return the sum, even after a panic: an amount is either there or not.
        fn total(&self) -> i64 {
            self.cents
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .iter()
                .sum()
        }
        // endregion: go-on
    }

    /// Return a sum that is checked in a `dev` build only.
    #[pyfunction]
    #[pyo3(signature = (left, right))]
    fn add_amounts(left: u8, right: u8) -> u8 {
        left + right
    }

    /// Say whether this is a build with assertions and overflow checks, as `dev` is by default.
    #[pyfunction]
    fn has_debug_assertions() -> bool {
        cfg!(debug_assertions)
    }

    /// A connection that panics when it is dropped.
    #[pyclass]
    struct Connection;

    #[pymethods]
    impl Connection {
        #[new]
        fn new() -> Self {
            Self
        }

        /// Panic while the connection is open: the second panic ends the process.
        #[staticmethod]
        fn panic_twice() {
            let _connection = Connection;
            panic!("the first");
        }
    }

    impl Drop for Connection {
        fn drop(&mut self) {
            panic!("the connection was not closed");
        }
    }

    /// Call a function that may itself be Rust, and treat every error of it as 0.
    #[pyfunction]
    #[pyo3(signature = (function))]
    fn value_or_zero(function: &Bound<'_, PyAny>) -> f64 {
        function
            .call0()
            .and_then(|value| value.extract())
            .unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{decode_length, payload};

    // region: tests
    #[test]
    #[should_panic(expected = "index out of bounds")]
    fn the_decoder_trusts_its_input() {
        decode_length(&[1]);
    }

    #[test]
    fn no_frame_of_up_to_three_bytes_panics() {
        for length in 0..=3 {
            for bits in 0..1u32 << (8 * length) {
                let frame = &bits.to_le_bytes()[..length];
                assert!(payload(frame).is_none_or(|payload| payload.len() + 2 <= length));
            }
        }
    }
    // endregion: tests
}
