//! What Python calls.

use numpy::prelude::*;
use numpy::{PyArray1, PyArrayDescr, PyUntypedArray};
use pyo3::prelude::*;

use crate::bars::{Bar, Builder, Intervals};
use crate::errors::Result;
use crate::records::{Names, Ticks};
use crate::time::{take_interval, take_origin};

/// What is read between two looks for Ctrl-C: some milliseconds.
const PIECE: usize = 1 << 20;

/// Return the type of the records that `make_bars` returns.
#[pyfunction]
pub fn bar_dtype(py: Python<'_>) -> Bound<'_, PyArrayDescr> {
    numpy::dtype::<Bar>(py)
}

// region: make_bars
/// Make bars of ticks: the first, highest, lowest and last price of each interval, and what was traded.
///
/// Args:
///     ticks: An array of records, in the order of their times. It is read where it lies, with any other fields, strides,
///         alignment and byte order.
///     interval: How long a bar is, a `timedelta64` or `datetime.timedelta`.
///     origin: When some bar begins, 1970-01-01 if it is not given.
///     time: The field of the time, `datetime64` of weeks to nanoseconds.
///     price: The field of the price, `float32` or `float64`.
///     size: The field of the traded size, integers.
///
/// Returns:
///     A new array of `bar_dtype()`, without bars for intervals that have no ticks.
///
/// Raises:
///     OverflowError: If a time is beyond nanoseconds of 64 bits, or a volume beyond 64 bits.
///     TypeError: If the array has no records, or a field another type.
///     ValueError: If a field is missing, or a tick out of order, without time, or with a price that is not finite or a
///         negative size.
#[pyfunction]
#[pyo3(signature = (ticks, interval, *, origin = None, time = "time", price = "price", size = "size"))]
pub fn make_bars<'py>(
    py: Python<'py>,
    ticks: &Bound<'py, PyUntypedArray>,
    interval: &Bound<'py, PyAny>,
    origin: Option<&Bound<'py, PyAny>>,
    time: &str,
    price: &str,
    size: &str,
) -> PyResult<Bound<'py, PyArray1<Bar>>> {
    let origin = origin.map_or(Ok(0), take_origin)?;
    let intervals = Intervals::new(take_interval(interval)?, origin)?;
    let ticks = Ticks::borrow(ticks, &Names { time, price, size })?;
    let mut builder = Builder::new(intervals, ticks.unit);
    for start in (0..ticks.count()).step_by(PIECE) {
        let end = ticks.count().min(start + PIECE);
        py.detach(|| add(&mut builder, &ticks, start..end))?;
        py.check_signals()?;
    }
    Ok(builder.finish().into_pyarray(py))
}
// endregion: make_bars

fn add(builder: &mut Builder, ticks: &Ticks<'_>, mut range: std::ops::Range<usize>) -> Result<()> {
    range.try_for_each(|index| builder.add(ticks.get(index)))
}
