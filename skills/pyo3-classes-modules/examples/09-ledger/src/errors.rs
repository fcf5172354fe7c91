//! What can go wrong, and the Python exception that it becomes.

use std::num::ParseIntError;

use pyo3::PyErr;
use pyo3::exceptions::{PyOverflowError, PyRuntimeError, PyValueError};

use crate::{Currency, Money};

// Written in Python, where an exception can have two bases.
pyo3::import_exception! { ledger.errors, CurrencyMismatchError }
pyo3::import_exception! { ledger.errors, DuplicateAccountError }
pyo3::import_exception! { ledger.errors, OverdrawnError }
pyo3::import_exception! { ledger.errors, UnknownAccountError }
pyo3::import_exception! { ledger.errors, UnknownCurrencyError }

/// Everything that can go wrong with money and journals.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A code that is not an ISO 4217 code, or one that is not supported.
    #[error("there is no currency `{0}`")]
    UnknownCurrency(String),
    /// Text that is not money.
    #[error("`{0}` is not an amount of money such as `12.50 EUR`")]
    InvalidMoney(String),
    /// Digits that are more money than 64 bits can count.
    #[error("the amount of money is too large")]
    TooManyDigits(#[from] ParseIntError),
    /// A result that is more money than 64 bits can count.
    #[error("the amount of money is too large")]
    MoneyOverflow,
    /// Two amounts of money that cannot be added or compared.
    #[error("{0} and {1} are different currencies")]
    CurrencyMismatch(Currency, Currency),
    /// A limit that would ask for money instead of lending it.
    #[error("the limit is {0}, and must not be negative")]
    NegativeLimit(Money),
    /// An entry that moves nothing, or moves it backwards.
    #[error("the amount is {0}, and must be more than zero")]
    NotPositive(Money),
    /// Two accounts that entries could not tell apart.
    #[error("there are two accounts `{0}`")]
    DuplicateAccount(String),
    /// An entry for an account that is not in the journal.
    #[error("there is no account `{0}`")]
    UnknownAccount(String),
    /// An account that pays more than it may.
    #[error("account `{0}` has not enough money")]
    Overdrawn(String),
    /// An entry that is not in the journal.
    #[error("the entry is not in the journal")]
    NotPosted,
    /// A transaction that is entered twice.
    #[error("the transaction is open already")]
    TransactionOpen,
    /// A transaction that is used outside its `with` block.
    #[error("the transaction is not open")]
    TransactionClosed,
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::UnknownCurrency(_) => UnknownCurrencyError::new_err(message),
            Error::CurrencyMismatch(..) => CurrencyMismatchError::new_err(message),
            Error::DuplicateAccount(_) => DuplicateAccountError::new_err(message),
            Error::Overdrawn(_) => OverdrawnError::new_err(message),
            // The key alone: a KeyError prints its argument as `repr`, quotes and all.
            Error::UnknownAccount(account) => UnknownAccountError::new_err(account),
            Error::InvalidMoney(_)
            | Error::NegativeLimit(_)
            | Error::NotPositive(_)
            | Error::NotPosted => PyValueError::new_err(message),
            Error::TooManyDigits(_) | Error::MoneyOverflow => PyOverflowError::new_err(message),
            Error::TransactionOpen | Error::TransactionClosed => PyRuntimeError::new_err(message),
        }
    }
}
