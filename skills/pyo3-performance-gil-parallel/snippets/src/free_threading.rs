//! The chapter `free-threading`: lots of an auction.
//!
//! A class that is neither `Send` nor `Sync` is refused, with a GIL, too:
//!
//! ```compile_fail,E0277
//! use pyo3::prelude::*;
//! use std::cell::RefCell;
//!
//! #[pyclass(frozen)]
//! struct Lot {
//!     bids: RefCell<Vec<u64>>,
//! }
//! ```

#[pyo3::pymodule]
pub mod free_threading {
    #[pymodule_export]
    use super::dictionary::total;
    #[pymodule_export]
    use super::flagged::flagged;
    #[pymodule_export]
    use super::lots::Lot;
    #[pymodule_export]
    use super::sections::BidBook;
}

mod lots {
    use pyo3::prelude::*;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    // region: lot
    /// A lot of an auction, on which many threads bid.
    #[pyclass(frozen)]
    #[derive(Default)]
    pub struct Lot {
        /// A number by itself: an atomic.
        refused: AtomicU64,
        /// What belongs together: a lock.
        best: Mutex<Option<(u64, String)>>,
    }

    #[pymethods]
    impl Lot {
        /// Bid, and say whether this is now the best bid. Looking and changing are one step.
        fn bid(&self, amount: u64, bidder: String) -> bool {
            let mut best = self.best();
            let accepted = best.as_ref().is_none_or(|(highest, _)| amount > *highest);
            if accepted {
                *best = Some((amount, bidder));
            } else {
                self.refused.fetch_add(1, Relaxed);
            }
            accepted
        }
        // endregion: lot

        #[new]
        fn new() -> Self {
            Self::default()
        }

        /// The best bid, and whose it is: of one moment.
        #[getter(best)]
        fn best_bid(&self) -> Option<(u64, String)> {
            self.best().clone()
        }

        #[getter]
        fn refused(&self) -> u64 {
            self.refused.load(Relaxed)
        }
    }

    impl Lot {
        fn best(&self) -> MutexGuard<'_, Option<(u64, String)>> {
            self.best.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}

mod sections {
    use pyo3::prelude::*;
    use pyo3::sync::critical_section::{with_critical_section, with_critical_section2};

    // region: section
    /// The bids of a bidder. Its methods change it without a `Mutex`.
    #[pyclass]
    #[derive(Default)]
    pub struct BidBook {
        bids: Vec<u64>,
    }

    #[pymethods]
    impl BidBook {
        /// Add bids. Another thread waits, where `&mut self` would refuse it.
        fn add(slf: &Bound<'_, Self>, bids: Vec<u64>) {
            // The arguments are Rust's values already: nothing in here runs Python.
            with_critical_section(slf.as_any(), || slf.borrow_mut().bids.extend(bids));
        }

        /// Take over the bids of another book, which is empty then.
        fn merge(slf: &Bound<'_, Self>, other: &Bound<'_, Self>) {
            if slf.is(other) {
                return;
            }
            // Both at once: two nested sections would not hold the outer one.
            with_critical_section2(slf.as_any(), other.as_any(), || {
                slf.borrow_mut().bids.append(&mut other.borrow_mut().bids);
            });
        }
        // endregion: section

        #[new]
        fn new() -> Self {
            Self::default()
        }

        fn __len__(slf: &Bound<'_, Self>) -> usize {
            with_critical_section(slf.as_any(), || slf.borrow().bids.len())
        }
    }
}

mod dictionary {
    use pyo3::prelude::*;
    use pyo3::types::{PyDict, PyInt};
    use std::cell::Cell;

    // region: locked
    /// Add up the bids of a dict, of one moment.
    #[pyfunction]
    #[pyo3(signature = (bids))]
    pub fn total(bids: &Bound<'_, PyDict>) -> PyResult<u64> {
        let total = Cell::new(0);
        bids.locked_for_each(|_, bid| {
            // An `int` is read without running Python code. A value with `__index__` would run some, so it is refused.
            let bid: u64 = bid.cast::<PyInt>()?.extract()?;
            total.set(total.get() + bid);
            Ok(())
        })?;
        Ok(total.get())
    }
    // endregion: locked
}

mod flagged {
    // region: gil-used
    /// Wraps a C library that is not safe for threads.
    #[pyo3::pymodule(gil_used = true)]
    pub mod flagged {}
    // endregion: gil-used
}
