//! Bookkeeping: money, accounts and the journal of what moved between them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;

pub mod account;
pub mod book;
pub mod entry;
pub mod errors;
pub mod journal;
pub mod money;

pub use account::{Account, CreditAccount};
pub use book::Book;
pub use entry::Entry;
pub use journal::{Journal, JournalIterator, Transaction};
pub use money::{Currency, Money, sum};

/// Add up amounts of money.
///
/// Args:
///     amounts: The amounts, all in one currency.
///     currency: The currency of the amounts, and of the sum if there are none.
///
/// Returns:
///     The sum; zero if there are no amounts.
///
/// Raises:
///     CurrencyMismatchError: If an amount is in another currency.
///     OverflowError: If the sum is too large.
#[pyfunction]
pub fn total(amounts: Vec<Money>, currency: Currency) -> errors::Result<Money> {
    sum(&amounts, currency)
}

// region: lock
/// Takes a lock for as long as plain Rust needs it.
///
/// No Python code runs under a lock: not a call, nor a comparison, nor the drop of an object, which
/// may run its `__del__`. So no thread waits for Python while another one waits for it, with or
/// without a GIL. A poisoned lock is as good as any, because all changes are made in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
// endregion: lock

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::{
        Account, CreditAccount, Currency, Entry, Journal, JournalIterator, Money, Transaction,
        total,
    };
}
