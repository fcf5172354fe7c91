//! NumPy's times as nanoseconds.

use numpy::PyArrayDescr;
use pyo3::prelude::*;

use crate::bars::NAT;
use crate::errors::{Error, Result};

/// Returns the nanoseconds of a unit, as NumPy calls it.
fn nanoseconds(unit: &str) -> Option<i64> {
    const SECOND: i64 = 1_000_000_000;
    Some(match unit {
        "W" => 7 * 24 * 3600 * SECOND,
        "D" => 24 * 3600 * SECOND,
        "h" => 3600 * SECOND,
        "m" => 60 * SECOND,
        "s" => SECOND,
        "ms" => 1_000_000,
        "us" => 1000,
        "ns" => 1,
        // Years and months have no fixed length; no tick is known to less than a nanosecond.
        _ => return None,
    })
}

/// Returns the nanoseconds that a count means in the times of a dtype: 10 000 in `datetime64[10us]`.
pub fn unit_of(dtype: &Bound<'_, PyArrayDescr>) -> PyResult<i64> {
    let numpy = dtype.py().import("numpy")?;
    let (unit, count): (String, i64) = numpy.call_method1("datetime_data", (dtype,))?.extract()?;
    let length = nanoseconds(&unit).and_then(|length| length.checked_mul(count));
    Ok(length.ok_or(Error::Unit(unit))?)
}

/// Takes what NumPy makes a `timedelta64` of: one, a `datetime.timedelta`.
pub fn take_interval(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    take(value, "timedelta64", "interval")
}

/// Takes what NumPy makes a `datetime64` of: one, a `datetime.datetime` without a zone, a text.
pub fn take_origin(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    take(value, "datetime64", "origin")
}

fn take(value: &Bound<'_, PyAny>, class: &str, name: &'static str) -> PyResult<i64> {
    let scalar = value.py().import("numpy")?.call_method1(class, (value,))?;
    let unit = unit_of(scalar.getattr("dtype")?.cast()?)?;
    let count: i64 = scalar.call_method1("astype", ("int64",))?.extract()?;
    Ok(check_time(count, unit, name)?)
}

fn check_time(count: i64, unit: i64, name: &'static str) -> Result<i64> {
    if count == NAT {
        return Err(Error::NoTime(name));
    }
    count.checked_mul(unit).ok_or(Error::Overflow(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_have_a_fixed_length() {
        assert_eq!(nanoseconds("W"), Some(604_800_000_000_000));
        for unit in ["Y", "M", "ps", "generic"] {
            assert_eq!(nanoseconds(unit), None);
        }
    }

    #[test]
    fn a_time_fits_into_nanoseconds() {
        assert_eq!(check_time(-5, 1000, "origin"), Ok(-5000));
        assert_eq!(check_time(NAT, 1, "origin"), Err(Error::NoTime("origin")));
        let far = check_time(i64::MAX, 2, "interval");
        assert_eq!(far, Err(Error::Overflow("interval")));
    }
}
