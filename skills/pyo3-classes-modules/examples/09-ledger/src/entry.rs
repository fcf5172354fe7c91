//! What can be written into a journal.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::Money;

/// One line of a journal: a value, immutable and hashable, made for `match`.
#[pyclass(eq, hash, frozen, from_py_object)]
#[pyo3(module = "ledger")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// Money that comes from outside.
    Deposit {
        /// The name of the account that receives it.
        account: String,
        /// How much, more than zero.
        amount: Money,
    },
    /// Money that leaves.
    Withdrawal {
        /// The name of the account that pays it.
        account: String,
        /// How much, more than zero.
        amount: Money,
    },
    /// Money that moves from one account to another.
    Transfer {
        /// The name of the account that pays.
        payer: String,
        /// The name of the account that receives.
        payee: String,
        /// How much, more than zero.
        amount: Money,
    },
}

impl Entry {
    /// The account that pays, if one does.
    #[must_use]
    pub fn payer(&self) -> Option<&str> {
        match self {
            Self::Deposit { .. } => None,
            Self::Withdrawal { account: payer, .. } | Self::Transfer { payer, .. } => Some(payer),
        }
    }

    /// The account that receives, if one does.
    #[must_use]
    pub fn payee(&self) -> Option<&str> {
        match self {
            Self::Withdrawal { .. } => None,
            Self::Deposit { account: payee, .. } | Self::Transfer { payee, .. } => Some(payee),
        }
    }

    /// How much moves.
    #[must_use]
    pub fn amount(&self) -> Money {
        match self {
            Self::Deposit { amount, .. }
            | Self::Withdrawal { amount, .. }
            | Self::Transfer { amount, .. } => *amount,
        }
    }
}

/// Writes a call as Python does; the `repr` of a tuple would end in `,)` where there is one argument.
fn call(class: &str, arguments: &[String]) -> String {
    format!("{class}({})", arguments.join(", "))
}

#[pymethods]
impl Entry {
    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let class = slf.as_any().get_type().qualname()?;
        let values = Self::__getnewargs__(slf)?;
        let values = values.iter().map(|value| Ok(value.repr()?.to_string()));
        Ok(call(
            &class.to_string(),
            &values.collect::<PyResult<Vec<_>>>()?,
        ))
    }

    // Every variant is a class of its own, and its `__match_args__` are what makes it.
    fn __getnewargs__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let entry = slf.as_any();
        let names: Vec<String> = entry.getattr("__match_args__")?.extract()?;
        let values = names.iter().map(|name| entry.getattr(name));
        PyTuple::new(slf.py(), values.collect::<PyResult<Vec<_>>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::call;

    #[test]
    fn a_call_of_one_argument_has_no_comma() {
        assert_eq!(call("Entry.Fee", &["5".into()]), "Entry.Fee(5)");
        assert_eq!(
            call("Entry.Gift", &["5".into(), "'Ada'".into()]),
            "Entry.Gift(5, 'Ada')"
        );
    }
}
