//! Price feeds: Rust futures and streams that Python awaits, and Python coroutines that Rust awaits.

use std::time::Duration;

use errors::{Error, Result};

pub mod candle;
pub mod errors;
pub mod feed;
mod fetch;
mod runtime;

/// Reads a time span as asyncio writes it.
fn seconds(value: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(value).map_err(|_| Error::BadSeconds(value))
}

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::candle::{Candle, Collector};
    #[pymodule_export]
    use crate::feed::Quotes;
    #[pymodule_export]
    use crate::fetch::fetch_all;
    #[pymodule_export]
    use crate::runtime::running;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spans_are_finite_and_not_negative() {
        assert_eq!(seconds(0.5).unwrap(), Duration::from_millis(500));
        for value in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(seconds(value), Err(Error::BadSeconds(_))));
        }
    }
}
