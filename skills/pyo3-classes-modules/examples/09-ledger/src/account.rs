//! Accounts: a base class, a subclass in Rust, and room for subclasses in Python.

use std::sync::Mutex;

use pyo3::prelude::*;

use crate::errors::{Error, Result};
use crate::{Currency, Money, lock};

/// A named account that may not be overdrawn.
///
/// Subclass it and override `overdraft` to set other rules: the journal calls the override. A
/// subclass with further arguments overrides `__new__`, because that is what receives them.
///
/// Args:
///     name: What entries call the account.
///     currency: What its balance is counted in.
#[pyclass(frozen, subclass)]
#[pyo3(module = "ledger")]
pub struct Account {
    /// What entries call the account.
    #[pyo3(get)]
    pub name: String,
    /// What the balance is counted in.
    #[pyo3(get)]
    pub currency: Currency,
}

#[pymethods]
impl Account {
    #[new]
    fn new(name: String, currency: Currency) -> Self {
        Self { name, currency }
    }

    /// Say how far the balance may fall below zero.
    ///
    /// Returns:
    ///     An amount in the account's currency, zero unless overridden.
    fn overdraft(&self) -> Money {
        Money {
            minor: 0,
            currency: self.currency,
        }
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        Ok(format!(
            "<{} {}>",
            slf.get_type().name()?,
            slf.getattr("name")?.repr()?
        ))
    }

    // Unlike `__reduce__` this keeps the class and the attributes of a subclass in Python.
    fn __getnewargs__(&self) -> (&str, Currency) {
        (&self.name, self.currency)
    }
}

/// An account that may be overdrawn up to a limit.
///
/// Args:
///     name: What entries call the account.
///     limit: How far the balance may fall below zero; its currency is the account's.
///
/// Raises:
///     ValueError: If the limit is negative.
#[pyclass(frozen, extends = Account, subclass)]
#[pyo3(module = "ledger")]
pub struct CreditAccount {
    // A frozen class changes through a lock, so threads never meet an "already borrowed".
    limit: Mutex<Money>,
}

#[pymethods]
impl CreditAccount {
    #[new]
    fn new(name: String, limit: Money) -> Result<PyClassInitializer<Self>> {
        let limit = not_negative(limit)?;
        let base = Account::new(name, limit.currency);
        let limit = Mutex::new(limit);
        Ok(PyClassInitializer::from(base).add_subclass(Self { limit }))
    }

    /// How far the balance may fall below zero: not negative, in the account's currency.
    #[getter]
    fn limit(&self) -> Money {
        *lock(&self.limit)
    }

    #[setter]
    fn set_limit(&self, limit: Money) -> Result<()> {
        let mut current = lock(&self.limit);
        current.same_currency(limit)?;
        *current = not_negative(limit)?;
        Ok(())
    }

    /// Say how far the balance may fall below zero.
    ///
    /// Returns:
    ///     The limit.
    fn overdraft(&self) -> Money {
        self.limit()
    }

    fn __getnewargs__(slf: PyRef<'_, Self>) -> (String, Money) {
        (slf.as_super().name.clone(), slf.limit())
    }
}

fn not_negative(limit: Money) -> Result<Money> {
    if limit.minor < 0 {
        return Err(Error::NegativeLimit(limit));
    }
    Ok(limit)
}
