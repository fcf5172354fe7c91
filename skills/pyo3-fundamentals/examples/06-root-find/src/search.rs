//! Bisection, which knows nothing of Python: it searches any function that may fail.

use std::fmt;

/// An interval, and how narrow it has to become.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
    pub tolerance: f64,
}

/// Where a function crosses zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    pub x: f64,
    pub calls: usize,
}

/// Why there is nothing to find.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SearchError {
    NoInterval { low: f64, high: f64 },
    Tolerance(f64),
    NotANumber { x: f64 },
    SameSign { low: f64, high: f64 },
}

impl fmt::Display for SearchError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInterval { low, high } => {
                write!(
                    formatter,
                    "expected finite numbers low < high, found {low} and {high}"
                )
            }
            Self::Tolerance(found) => write!(
                formatter,
                "the tolerance must be more than 0, found {found}"
            ),
            Self::NotANumber { x } => write!(formatter, "the function is NaN at {x}"),
            Self::SameSign { low, high } => {
                write!(
                    formatter,
                    "the function does not change its sign: {low} and {high} at the ends"
                )
            }
        }
    }
}

impl std::error::Error for SearchError {}

// region: search
/// Halves the interval until it is as narrow as asked for, and returns its middle.
///
/// `function` and `observe` may fail in any way that a failed search can be expressed in as well: in Rust's tests
/// that is [`SearchError`] itself, and for callbacks to Python it is `PyErr`.
///
/// # Errors
///
/// What `function` or `observe` returns, unchanged; or a [`SearchError`].
pub fn bisect<E: From<SearchError>>(
    interval: Interval,
    mut function: impl FnMut(f64) -> Result<f64, E>,
    mut observe: impl FnMut(f64, f64) -> Result<(), E>,
) -> Result<Crossing, E> {
    // endregion: search
    check(interval)?;
    let mut calls = 0;
    let mut value = |x: f64| -> Result<f64, E> {
        calls += 1;
        let y = function(x)?;
        if y.is_nan() {
            Err(SearchError::NotANumber { x }.into())
        } else {
            Ok(y)
        }
    };
    let Interval {
        mut low,
        mut high,
        tolerance,
    } = interval;
    let (at_low, at_high) = (value(low)?, value(high)?);
    if at_low == 0.0 || at_high == 0.0 {
        return Ok(Crossing {
            x: if at_low == 0.0 { low } else { high },
            calls,
        });
    }
    if (at_low < 0.0) == (at_high < 0.0) {
        return Err(SearchError::SameSign {
            low: at_low,
            high: at_high,
        }
        .into());
    }
    loop {
        let middle = low.midpoint(high);
        // Between neighbouring numbers there is no other, however small the tolerance.
        if high - low <= tolerance || middle <= low || middle >= high {
            return Ok(Crossing { x: middle, calls });
        }
        let y = value(middle)?;
        if y == 0.0 {
            return Ok(Crossing { x: middle, calls });
        }
        if (y < 0.0) == (at_low < 0.0) {
            low = middle
        } else {
            high = middle
        }
        observe(low, high)?;
    }
}

fn check(
    Interval {
        low,
        high,
        tolerance,
    }: Interval,
) -> Result<(), SearchError> {
    if !(low.is_finite() && high.is_finite() && low < high) {
        return Err(SearchError::NoInterval { low, high });
    }
    // NaN is not more than 0 either.
    if tolerance > 0.0 {
        Ok(())
    } else {
        Err(SearchError::Tolerance(tolerance))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(low: f64, high: f64, function: impl Fn(f64) -> f64) -> Result<Crossing, SearchError> {
        let interval = Interval {
            low,
            high,
            tolerance: 1e-9,
        };
        bisect(interval, |x| Ok(function(x)), |_, _| Ok(()))
    }

    #[test]
    fn a_root_is_found_to_the_tolerance() {
        let found = search(0.0, 2.0, |x| x * x - 2.0).unwrap();
        assert!((found.x - 2f64.sqrt()).abs() <= 1e-9, "{found:?}");
    }

    #[test]
    fn a_falling_function_has_roots_too() {
        let found = search(0.0, 2.0, |x| 1.25 - x).unwrap();
        assert!((found.x - 1.25).abs() <= 1e-9, "{found:?}");
    }

    #[test]
    fn a_root_at_an_end_needs_no_steps() {
        assert_eq!(search(0.0, 5.0, |x| x), Ok(Crossing { x: 0.0, calls: 2 }));
        assert_eq!(search(-5.0, 0.0, |x| x), Ok(Crossing { x: 0.0, calls: 2 }));
    }

    #[test]
    fn the_search_ends_where_numbers_do() {
        let interval = Interval {
            low: 1.0,
            high: 2.0,
            tolerance: f64::MIN_POSITIVE,
        };
        let found = bisect::<SearchError>(interval, |x| Ok(x * x - 2.0), |_, _| Ok(())).unwrap();
        assert!((found.x - 2f64.sqrt()).abs() <= f64::EPSILON, "{found:?}");
    }

    #[test]
    fn the_widest_interval_does_not_overflow() {
        let found = search(f64::MIN, f64::MAX, |x| x - 1.0).unwrap();
        assert!((found.x - 1.0).abs() <= 1e-9, "{found:?}");
    }

    #[test]
    fn what_cannot_be_searched_is_refused() {
        assert_eq!(
            search(0.0, 1.0, |_| 3.0),
            Err(SearchError::SameSign {
                low: 3.0,
                high: 3.0
            })
        );
        assert_eq!(
            search(2.0, 1.0, |x| x),
            Err(SearchError::NoInterval {
                low: 2.0,
                high: 1.0
            })
        );
        assert!(matches!(
            search(f64::NAN, 1.0, |x| x),
            Err(SearchError::NoInterval { .. })
        ));
        assert_eq!(
            search(0.0, 1.0, |_| f64::NAN),
            Err(SearchError::NotANumber { x: 0.0 })
        );
    }
}
