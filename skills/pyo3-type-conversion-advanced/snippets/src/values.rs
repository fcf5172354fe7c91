//! Code that `references/values.md` shows.

use std::collections::HashMap;
use std::path::PathBuf;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use num_bigint::{BigInt, BigUint};
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDateTime, PyInt, PyType, PyTzInfo, PyTzInfoAccess};
use pyo3::{Borrowed, intern};
use rust_decimal::Decimal;
use uuid::Uuid;

// region: big
/// Raise a number to a power modulo another one, whatever their size.
#[pyfunction]
fn power(base: BigUint, exponent: BigUint, modulus: BigUint) -> PyResult<BigUint> {
    if modulus == BigUint::ZERO {
        return Err(PyValueError::new_err("the modulus is zero"));
    }
    Ok(base.modpow(&exponent, &modulus))
}
// endregion: big

#[pyfunction]
fn negate(number: BigInt) -> BigInt {
    -number
}

/// An `int` and nothing that merely turns into one: no `bool`, no NumPy integer, no float.
struct ExactInt(i64);

impl FromPyObject<'_, '_> for ExactInt {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        value.cast_exact::<PyInt>()?.extract().map(Self)
    }
}

#[pyfunction]
fn exact(number: ExactInt) -> i64 {
    number.0
}

#[pyfunction]
fn whole(number: i64) -> i64 {
    number
}

#[pyfunction]
fn flag(value: bool) -> bool {
    value
}

#[pyfunction]
fn real(value: f64) -> f64 {
    value
}

// region: decimal
/// Add a tax to a price; both are exact.
#[pyfunction]
fn gross(net: Decimal, rate: Decimal) -> PyResult<Decimal> {
    let factor = rate.checked_add(Decimal::ONE);
    factor
        .and_then(|factor| net.checked_mul(factor))
        .ok_or_else(|| PyOverflowError::new_err("the price has more than 28 digits"))
}
// endregion: decimal

#[pyfunction]
fn decimal(value: Decimal) -> Decimal {
    value
}

// region: fraction
/// A number as numerator and denominator: an `int`, `Fraction`, `Decimal` or `float`, none of them rounded.
struct Ratio {
    numerator: BigInt,
    denominator: BigInt,
}

impl FromPyObject<'_, '_> for Ratio {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let ratio = value.call_method0(intern!(value.py(), "as_integer_ratio"))?;
        let (numerator, denominator) = ratio.extract()?;
        Ok(Self {
            numerator,
            denominator,
        })
    }
}
// endregion: fraction

impl<'py> IntoPyObject<'py> for Ratio {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        static FRACTION: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let class = FRACTION.import(py, "fractions", "Fraction")?;
        class.call1((self.numerator, self.denominator))
    }
}

#[pyfunction]
fn halve(number: Ratio) -> Ratio {
    Ratio {
        denominator: number.denominator * 2,
        ..number
    }
}

#[pyfunction]
fn naive(value: NaiveDateTime) -> NaiveDateTime {
    value
}

#[pyfunction]
fn date(value: NaiveDate) -> NaiveDate {
    value
}

#[pyfunction]
fn utc(value: DateTime<Utc>) -> DateTime<Utc> {
    value
}

#[pyfunction]
fn offset(value: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
    value
}

#[pyfunction]
fn delta(value: TimeDelta) -> TimeDelta {
    value
}

/// Return a span of milliseconds as `timedelta`.
#[pyfunction]
fn span(milliseconds: i64) -> PyResult<TimeDelta> {
    TimeDelta::try_milliseconds(milliseconds)
        .ok_or_else(|| PyOverflowError::new_err("the span is too long"))
}

#[pyfunction]
fn nanoseconds(nanoseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(nanoseconds)
}

// region: instant
/// A point in time from an aware `datetime` in any zone. The zone itself stays in Python.
struct Instant(DateTime<Utc>);

impl FromPyObject<'_, '_> for Instant {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let py = value.py();
        let time = value.cast::<PyDateTime>()?;
        if time.call_method0(intern!(py, "utcoffset"))?.is_none() {
            return Err(PyValueError::new_err("the time has no zone"));
        }
        let utc = time.call_method1(intern!(py, "astimezone"), (PyTzInfo::utc(py)?,))?;
        utc.extract().map(Self)
    }
}

/// Add minutes to a time, and return it in the zone in which it came.
#[pyfunction]
fn later<'py>(time: &Bound<'py, PyDateTime>, minutes: i32) -> PyResult<Bound<'py, PyAny>> {
    let py = time.py();
    let Instant(start) = time.extract()?;
    let end = start
        .checked_add_signed(TimeDelta::minutes(minutes.into()))
        .ok_or_else(|| PyOverflowError::new_err("the time is out of range"))?;
    let zone = time.get_tzinfo();
    end.into_pyobject(py)?
        .call_method1(intern!(py, "astimezone"), (zone,))
}
// endregion: instant

/// Return the identifier that follows in numeric order.
#[pyfunction]
fn following(id: Uuid) -> PyResult<Uuid> {
    let next = id.as_u128().checked_add(1);
    next.map(Uuid::from_u128)
        .ok_or_else(|| PyOverflowError::new_err("there is no identifier after the last"))
}

#[pyfunction]
fn parent(path: PathBuf) -> Option<PathBuf> {
    path.parent().map(PathBuf::from)
}

/// The members of `conversion_snippets.roasts.Roast`, an `enum.Enum`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Roast {
    Light,
    Medium,
    Dark,
}

const ROASTS: [(&str, Roast); 3] = [
    ("LIGHT", Roast::Light),
    ("MEDIUM", Roast::Medium),
    ("DARK", Roast::Dark),
];

// region: enum
/// The class, and its members by their variant in Rust; looked up once.
struct RoastClass {
    class: Py<PyType>,
    members: HashMap<Roast, Py<PyAny>>,
}

impl RoastClass {
    fn get(py: Python<'_>) -> PyResult<&Self> {
        static CLASS: PyOnceLock<RoastClass> = PyOnceLock::new();
        CLASS.get_or_try_init(py, || {
            let class = py.import("conversion_snippets.roasts")?.getattr("Roast")?;
            let members = ROASTS.map(|(name, roast)| Ok((roast, class.getattr(name)?.unbind())));
            Ok(Self {
                class: class.cast::<PyType>()?.clone().unbind(),
                members: members.into_iter().collect::<PyResult<_>>()?,
            })
        })
    }
}

impl FromPyObject<'_, '_> for Roast {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let py = value.py();
        let roasts = RoastClass::get(py)?;
        // Calling the class takes a member or its value, and raises `ValueError` for anything else.
        let member = roasts.class.bind(py).call1((value,))?;
        let roast = roasts.members.iter().find(|(_, object)| member.is(*object));
        roast.map(|(roast, _)| *roast).ok_or_else(|| {
            PyValueError::new_err(format!("{member} is not known to this extension"))
        })
    }
}
// endregion: enum

impl<'py> IntoPyObject<'py> for Roast {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(RoastClass::get(py)?.members[&self].bind(py).clone())
    }
}

#[pyfunction]
fn darker(roast: Roast) -> Option<Roast> {
    match roast {
        Roast::Light => Some(Roast::Medium),
        Roast::Medium => Some(Roast::Dark),
        Roast::Dark => None,
    }
}

#[pyo3::pymodule]
pub mod values {
    #[pymodule_export]
    use super::{
        darker, date, decimal, delta, exact, flag, following, gross, halve, later, naive,
        nanoseconds, negate, offset, parent, power, real, span, utc, whole,
    };
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    #[test]
    #[should_panic(expected = "overflowed")]
    fn operators_of_decimals_panic() {
        let _ = Decimal::MAX * Decimal::TEN;
    }
}
