//! An amount in a currency, with arithmetic that reports what it cannot do.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;

use pyo3::prelude::*;
use pyo3::types::{PyInt, PyType};

use crate::errors::{Error, Result};

// region: enum
/// What an amount of money is counted in.
///
/// There is one object for each member, so `is` and `==` agree: `Currency("EUR") is Currency.EUR`.
///
/// Args:
///     code: The ISO 4217 code, as in `Currency("EUR")`.
///
/// Raises:
///     UnknownCurrencyError: If there is no currency with this code.
#[pyclass(eq, hash, frozen, from_py_object, rename_all = "UPPERCASE")]
#[pyo3(module = "ledger")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Currency {
    /// The euro, of 100 cents.
    Eur,
    /// The Japanese yen, which has no smaller unit.
    Jpy,
    /// The US dollar, of 100 cents.
    Usd,
}
// endregion: enum

impl Currency {
    /// How many digits the smallest unit has after the decimal point.
    #[must_use]
    pub const fn decimals(self) -> usize {
        match self {
            Self::Eur | Self::Usd => 2,
            Self::Jpy => 0,
        }
    }

    /// The ISO 4217 code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eur => "EUR",
            Self::Jpy => "JPY",
            Self::Usd => "USD",
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = Error;

    fn from_str(code: &str) -> Result<Self> {
        [Self::Eur, Self::Jpy, Self::Usd]
            .into_iter()
            .find(|currency| currency.as_str() == code)
            .ok_or_else(|| Error::UnknownCurrency(code.to_owned()))
    }
}

// region: enum-new
#[pymethods]
impl Currency {
    // What `new` returns as a value becomes a new object; what is converted here is the member itself.
    #[new]
    fn new(py: Python<'_>, code: &str) -> PyResult<Py<Self>> {
        Ok(code.parse::<Self>()?.into_pyobject(py)?.unbind())
    }

    /// The ISO 4217 code.
    #[getter]
    fn code(&self) -> &'static str {
        self.as_str()
    }

    fn __getnewargs__(&self) -> (&'static str,) {
        (self.as_str(),)
    }
}
// endregion: enum-new

/// An exact amount of money: a value, immutable and hashable.
///
/// Amounts in one currency can be added, subtracted and ordered. Amounts in different currencies
/// are unequal, and doing anything else with them raises `CurrencyMismatchError`. A result beyond
/// 64 bits raises `OverflowError`.
///
/// Args:
///     minor: The amount in the currency's smallest unit, such as cents.
///     currency: What it is counted in.
#[pyclass(frozen, str, get_all, from_py_object)]
#[pyo3(module = "ledger")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// The amount in the currency's smallest unit, such as cents.
    pub minor: i64,
    /// What the amount is counted in.
    pub currency: Currency,
}

impl Money {
    /// Adds an amount in the same currency.
    pub fn plus(self, other: Self) -> Result<Self> {
        self.same_currency(other)?;
        self.with(self.minor.checked_add(other.minor))
    }

    /// Subtracts an amount in the same currency.
    pub fn minus(self, other: Self) -> Result<Self> {
        self.same_currency(other)?;
        self.with(self.minor.checked_sub(other.minor))
    }

    /// Takes the amount `factor` times.
    pub fn times(self, factor: i64) -> Result<Self> {
        self.with(self.minor.checked_mul(factor))
    }

    /// Orders two amounts in the same currency.
    pub fn compare(self, other: Self) -> Result<Ordering> {
        self.same_currency(other)?;
        Ok(self.minor.cmp(&other.minor))
    }

    /// Refuses an amount in another currency.
    pub fn same_currency(self, other: Self) -> Result<()> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(Error::CurrencyMismatch(self.currency, other.currency))
        }
    }

    fn with(self, minor: Option<i64>) -> Result<Self> {
        let minor = minor.ok_or(Error::MoneyOverflow)?;
        Ok(Self { minor, ..self })
    }
}

/// Adds up amounts that are all in `currency`.
pub fn sum(amounts: &[Money], currency: Currency) -> Result<Money> {
    let zero = Money { minor: 0, currency };
    amounts
        .iter()
        .try_fold(zero, |sum, amount| sum.plus(*amount))
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals();
        let digits = format!("{:01$}", self.minor.unsigned_abs(), decimals + 1);
        let (units, cents) = digits.split_at(digits.len() - decimals);
        let sign = if self.minor < 0 { "-" } else { "" };
        let point = if cents.is_empty() { "" } else { "." };
        write!(f, "{sign}{units}{point}{cents} {}", self.currency)
    }
}

impl FromStr for Money {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let invalid = || Error::InvalidMoney(text.to_owned());
        let (amount, code) = text.split_once(' ').ok_or_else(invalid)?;
        let currency: Currency = code.parse()?;
        let (sign, amount) = amount
            .strip_prefix('-')
            .map_or(("", amount), |rest| ("-", rest));
        let (units, cents) = match amount.split_once('.') {
            Some((units, cents)) if cents.len() == currency.decimals() => (units, cents),
            None if currency.decimals() == 0 => (amount, ""),
            _ => return Err(invalid()),
        };
        if units.is_empty() || !(units.bytes().chain(cents.bytes())).all(|b| b.is_ascii_digit()) {
            return Err(invalid());
        }
        // The sign goes first, because the smallest number has no positive twin.
        let minor = format!("{sign}{units}{cents}").parse()?;
        Ok(Self { minor, currency })
    }
}

#[pymethods]
impl Money {
    #[new]
    fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Read an amount such as `12.50 EUR` or `-300 JPY`.
    ///
    /// Args:
    ///     text: All decimals that the currency has, a space, and the currency's code.
    ///
    /// Raises:
    ///     ValueError: If the text is anything else.
    ///     OverflowError: If the amount is too large.
    #[classmethod]
    #[pyo3(signature = (text, /))]
    fn parse(_cls: &Bound<'_, PyType>, text: &str) -> Result<Self> {
        text.parse()
    }

    /// No money at all.
    ///
    /// Args:
    ///     currency: What it is counted in.
    #[staticmethod]
    #[pyo3(signature = (currency, /))]
    fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    fn __repr__(&self) -> String {
        format!("Money({}, Currency.{})", self.minor, self.currency)
    }

    // What pickle and copy call the class with.
    fn __getnewargs__(&self) -> (i64, Currency) {
        (self.minor, self.currency)
    }

    fn __bool__(&self) -> bool {
        self.minor != 0
    }

    // Comparisons are written out, because `ord` would answer False where there is no order, and
    // the macro's `eq` and `hash` come with all six or none.
    fn __eq__(&self, other: &Self) -> bool {
        self == other
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    fn __lt__(&self, other: &Self) -> Result<bool> {
        self.compare(*other).map(Ordering::is_lt)
    }

    fn __le__(&self, other: &Self) -> Result<bool> {
        self.compare(*other).map(Ordering::is_le)
    }

    fn __gt__(&self, other: &Self) -> Result<bool> {
        self.compare(*other).map(Ordering::is_gt)
    }

    fn __ge__(&self, other: &Self) -> Result<bool> {
        self.compare(*other).map(Ordering::is_ge)
    }

    fn __add__(&self, other: &Self) -> Result<Self> {
        self.plus(*other)
    }

    fn __sub__(&self, other: &Self) -> Result<Self> {
        self.minus(*other)
    }

    fn __neg__(&self) -> Result<Self> {
        self.times(-1)
    }

    // An `i64` argument would make a too large factor a TypeError: "unsupported operand".
    fn __mul__(&self, factor: &Bound<'_, PyInt>) -> PyResult<Self> {
        Ok(self.times(factor.extract()?)?)
    }

    fn __rmul__(&self, factor: &Bound<'_, PyInt>) -> PyResult<Self> {
        self.__mul__(factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euro(minor: i64) -> Money {
        Money::new(minor, Currency::Eur)
    }

    #[test]
    fn text_and_money_are_each_other() {
        for (text, money) in [
            ("12.50 EUR", euro(1250)),
            ("-0.05 EUR", euro(-5)),
            ("300 JPY", Money::new(300, Currency::Jpy)),
            ("-92233720368547758.08 EUR", euro(i64::MIN)),
        ] {
            assert_eq!(text.parse::<Money>().unwrap(), money);
            assert_eq!(money.to_string(), text);
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "12.50",
            "12.5 EUR",
            "12 EUR",
            ".50 EUR",
            "+1.00 EUR",
            "1.-5 EUR",
            "3.00 JPY",
        ] {
            let error = text.parse::<Money>().unwrap_err();
            assert!(matches!(error, Error::InvalidMoney(given) if given == text));
        }
        let error = "1.00 XYZ".parse::<Money>().unwrap_err();
        assert!(matches!(error, Error::UnknownCurrency(code) if code == "XYZ"));
        let error = "92233720368547758.08 EUR".parse::<Money>().unwrap_err();
        assert!(matches!(error, Error::TooManyDigits(_)));
    }

    #[test]
    fn arithmetic_reports_overflow() {
        for result in [
            euro(i64::MAX).plus(euro(1)),
            euro(i64::MIN).minus(euro(1)),
            euro(i64::MIN).times(-1),
            sum(&[euro(i64::MAX), euro(1)], Currency::Eur),
        ] {
            assert!(matches!(result, Err(Error::MoneyOverflow)));
        }
    }

    #[test]
    fn currencies_do_not_mix() {
        let error = sum(&[Money::new(1, Currency::Jpy)], Currency::Eur).unwrap_err();
        assert!(matches!(
            error,
            Error::CurrencyMismatch(Currency::Eur, Currency::Jpy)
        ));
    }
}
