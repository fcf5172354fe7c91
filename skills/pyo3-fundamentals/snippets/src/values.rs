//! Code shown in `references/values.md`.

/// Returns the highest value that is a number, or `None` if there is none.
fn highest_of(values: &[f64]) -> Option<f64> {
    values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .max_by(f64::total_cmp)
}

#[pyo3::pymodule]
pub mod values {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::{Duration, SystemTime};

    use pyo3::exceptions::{PyOverflowError, PyValueError};
    use pyo3::prelude::*;
    use pyo3::sync::PyOnceLock;
    use pyo3::types::{
        PyComplex, PyDate, PyDateAccess, PyDateTime, PyDelta, PyInt, PyTimeAccess, PyType,
        PyTzInfo, PyTzInfoAccess,
    };

    /// Add an amount to a balance, both in cents.
    #[pyfunction]
    #[pyo3(signature = (balance, amount))]
    fn deposit(balance: i64, amount: u32) -> PyResult<i64> {
        balance.checked_add(i64::from(amount)).ok_or_else(|| {
            PyOverflowError::new_err(format!("{balance} + {amount} does not fit in 64 bits"))
        })
    }

    // region: big
    /// Count the bits that differ in two fingerprints of 256 bits, given as numbers.
    #[pyfunction]
    #[pyo3(signature = (left, right))]
    fn distance(left: &Bound<'_, PyInt>, right: &Bound<'_, PyInt>) -> PyResult<u32> {
        let bytes = |number: &Bound<'_, PyInt>| -> PyResult<[u8; 32]> {
            number.call_method1("to_bytes", (32, "big"))?.extract()
        };
        Ok(bytes(left)?
            .iter()
            .zip(bytes(right)?)
            .map(|(left, right)| (left ^ right).count_ones())
            .sum())
    }
    // endregion: big

    /// Return the product of two numbers of 64 bits.
    #[pyfunction]
    #[pyo3(signature = (left, right))]
    fn multiply(left: u64, right: u64) -> u128 {
        u128::from(left) * u128::from(right)
    }

    /// Return the highest value, leaving out what is not a number.
    #[pyfunction]
    #[pyo3(signature = (values))]
    fn highest(values: Vec<f64>) -> Option<f64> {
        super::highest_of(&values)
    }

    /// Return a value as a sensor with single precision keeps it.
    #[pyfunction]
    #[pyo3(signature = (value))]
    fn single_precision(value: f32) -> f32 {
        value
    }

    /// Say whether a sensor is to be switched.
    #[pyfunction]
    #[pyo3(signature = (wanted, current))]
    fn is_switched(wanted: bool, current: bool) -> bool {
        wanted != current
    }

    /// Return the magnitude of an impedance.
    #[pyfunction]
    #[pyo3(signature = (impedance))]
    fn magnitude(impedance: &Bound<'_, PyComplex>) -> f64 {
        impedance.real().hypot(impedance.imag())
    }

    // region: exact
    /// Return a price in cents; any number is taken that is a whole number of them.
    #[pyfunction]
    #[pyo3(signature = (price))]
    fn cents(price: &Bound<'_, PyAny>) -> PyResult<i128> {
        let ratio = price.call_method0("as_integer_ratio")?;
        let (numerator, denominator): (i128, i128) = ratio.extract()?;
        let hundredfold = numerator
            .checked_mul(100)
            .ok_or_else(|| PyOverflowError::new_err(format!("{price} is out of range")))?;
        if hundredfold % denominator != 0 {
            return Err(PyValueError::new_err(format!(
                "{price} is not a whole number of cents"
            )));
        }
        Ok(hundredfold / denominator)
    }
    // endregion: exact

    // region: decimal
    /// Return an amount of cents as a `decimal.Decimal`.
    #[pyfunction]
    #[pyo3(signature = (cents))]
    fn price(py: Python<'_>, cents: i64) -> PyResult<Bound<'_, PyAny>> {
        static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let amount = DECIMAL.import(py, "decimal", "Decimal")?.call1((cents,))?;
        amount.call_method1("scaleb", (-2,))
    }
    // endregion: decimal

    /// Return what to pay; `None` means that no tax is due, and nothing said the usual rate.
    #[pyfunction]
    #[pyo3(signature = (net, *, rate = Some(0.19), discount = None))]
    fn gross(net: f64, rate: Option<f64>, discount: Option<f64>) -> f64 {
        (net - discount.unwrap_or(0.0)) * (1.0 + rate.unwrap_or(0.0))
    }

    /// Return the start of the hour; time zone and `fold` stay as they are.
    #[pyfunction]
    #[pyo3(signature = (time))]
    fn start_of_hour<'py>(time: &Bound<'py, PyDateTime>) -> PyResult<Bound<'py, PyDateTime>> {
        PyDateTime::new_with_fold(
            time.py(),
            time.get_year(),
            time.get_month(),
            time.get_day(),
            time.get_hour(),
            0,
            0,
            0,
            time.get_tzinfo().as_ref(),
            time.get_fold(),
        )
    }

    // region: datetime
    /// Return the time of a reading, in UTC, from the sensor's clock: microseconds since 1970.
    #[pyfunction]
    #[pyo3(signature = (microseconds))]
    fn reading_time(py: Python<'_>, microseconds: i64) -> PyResult<Bound<'_, PyAny>> {
        let utc = PyTzInfo::utc(py)?.to_owned();
        let epoch = PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&utc))?;
        let (seconds, rest) = (
            microseconds.div_euclid(1_000_000),
            microseconds.rem_euclid(1_000_000),
        );
        let (days, seconds) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        epoch.add(PyDelta::new(
            py,
            days.try_into()?,
            seconds.try_into()?,
            rest.try_into()?,
            false,
        )?)
    }
    // endregion: datetime

    /// Say whether a day is in the first half of its year.
    #[pyfunction]
    #[pyo3(signature = (day))]
    fn is_first_half(day: &Bound<'_, PyDate>) -> bool {
        day.get_month() <= 6
    }

    /// Return how long to wait before an attempt: twice as long each time, an hour at most.
    #[pyfunction]
    #[pyo3(signature = (base, attempt))]
    fn delay(base: Duration, attempt: u32) -> Duration {
        let factor = 2u32.saturating_pow(attempt);
        base.saturating_mul(factor).min(Duration::from_secs(3600))
    }

    /// Return the end of a lease.
    #[pyfunction]
    #[pyo3(signature = (start, length))]
    fn lease_end(start: SystemTime, length: Duration) -> PyResult<SystemTime> {
        start
            .checked_add(length)
            .ok_or_else(|| PyOverflowError::new_err("the lease has no end"))
    }

    /// Return a time before 1970, as a file may have it: PyO3 panics.
    #[pyfunction]
    fn seconds_before_1970(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH - Duration::from_secs(seconds)
    }

    // region: simple-enum
    /// A unit of temperature.
    #[pyclass(eq, hash, frozen, from_py_object, rename_all = "SCREAMING_SNAKE_CASE")]
    #[derive(Clone, Copy, PartialEq, Eq, Hash)]
    enum Unit {
        Celsius,
        Kelvin,
    }
    // endregion: simple-enum

    #[pymethods]
    impl Unit {
        /// Convert a temperature of this unit.
        #[pyo3(signature = (value, unit))]
        fn convert(&self, value: f64, unit: Unit) -> f64 {
            match (self, unit) {
                (Unit::Celsius, Unit::Kelvin) => value + 273.15,
                (Unit::Kelvin, Unit::Celsius) => value - 273.15,
                _ => value,
            }
        }
    }

    /// Return the units, or the one of a name.
    #[pyfunction]
    #[pyo3(signature = (name = None))]
    fn units(name: Option<&str>) -> Vec<Unit> {
        let units = [("C", Unit::Celsius), ("K", Unit::Kelvin)].into_iter();
        units
            .filter(|(unit, _)| name.is_none_or(|name| name == *unit))
            .map(|(_, unit)| unit)
            .collect()
    }

    // region: complex-enum
    /// What a sensor gave.
    #[pyclass(frozen)]
    enum Reading {
        Value { celsius: f64 },
        Failed { reason: String, retries: u32 },
    }
    // endregion: complex-enum

    /// Read a line of a sensor's protocol: `ok 21.5`, or `error reason`.
    #[pyfunction]
    #[pyo3(signature = (line))]
    fn parse_reading(line: &str) -> PyResult<Reading> {
        match line.split_once(' ') {
            Some(("ok", value)) => Ok(Reading::Value {
                celsius: value.parse()?,
            }),
            Some(("error", reason)) => Ok(Reading::Failed {
                reason: reason.to_owned(),
                retries: 0,
            }),
            _ => Err(PyValueError::new_err(format!("no reading: {line:?}"))),
        }
    }

    /// A member of an `enum.Enum` that Python defines, by its value.
    #[derive(FromPyObject)]
    struct Priority {
        value: u8,
    }

    /// Return the more urgent of two priorities, as the caller's own member.
    #[pyfunction]
    #[pyo3(signature = (left, right))]
    fn more_urgent<'py>(
        left: Bound<'py, PyAny>,
        right: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let rank = |member: &Bound<'py, PyAny>| {
            member.extract::<Priority>().map(|priority| priority.value)
        };
        Ok(if rank(&left)? >= rank(&right)? {
            left
        } else {
            right
        })
    }

    /// Return the network that an IPv4 address belongs to.
    #[pyfunction]
    #[pyo3(signature = (address, prefix))]
    fn network(address: IpAddr, prefix: u32) -> PyResult<Ipv4Addr> {
        let IpAddr::V4(address) = address else {
            return Err(PyValueError::new_err(format!(
                "`{address}` is not an IPv4 address"
            )));
        };
        if prefix > 32 {
            return Err(PyValueError::new_err(format!(
                "a prefix has 0 to 32 bits, not {prefix}"
            )));
        }
        let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
        Ok(Ipv4Addr::from_bits(address.to_bits() & mask))
    }

    /// Say whether an address is one of this computer's own.
    #[pyfunction]
    #[pyo3(signature = (address))]
    fn is_loopback(address: IpAddr) -> bool {
        address.is_loopback()
    }
}

#[cfg(test)]
mod tests {
    use super::highest_of;

    #[test]
    fn what_is_not_a_number_is_not_the_highest() {
        assert_eq!(highest_of(&[1.0, f64::NAN, 3.0]), Some(3.0));
        assert_eq!(highest_of(&[f64::NAN]), None);
    }
}
