//! Contrast by the Web Content Accessibility Guidelines (WCAG 2), and an enum for what it is good for.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::color::Color;

// region: enum
/// What a contrast is good for, by WCAG 2.
///
/// Ratings can be compared with `==`, hashed and pickled, and are equal to their integers.
#[pyclass(
    frozen,
    eq,
    eq_int,
    module = "color_kit",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rating {
    /// Too low for any text.
    Fail = 0,
    /// Enough for large text (3 to 1).
    AaLarge = 1,
    /// Enough for text (4.5 to 1).
    Aa = 2,
    /// Enough for text that everyone should be able to read (7 to 1).
    Aaa = 3,
}
// endregion: enum

/// `getattr`, and what to call it with.
type ByName<'py> = (Bound<'py, PyAny>, (Bound<'py, PyType>, &'static str));

#[pymethods]
impl Rating {
    // region: enum-hash
    // Equal to its integer, so its hash must be the integer's as well; the one of `#[pyclass(hash)]` is not.
    fn __hash__(&self) -> u64 {
        *self as u64
    }
    // endregion: enum-hash

    // region: enum-pickle
    // Pickled by name: `pickle` has nothing to call, because an enum of PyO3 has no constructor.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<ByName<'py>> {
        let getattr = py.import("builtins")?.getattr("getattr")?;
        Ok((getattr, (py.get_type::<Self>(), self.name())))
    }
    // endregion: enum-pickle
}

impl Rating {
    fn name(self) -> &'static str {
        match self {
            Self::Fail => "FAIL",
            Self::AaLarge => "AA_LARGE",
            Self::Aa => "AA",
            Self::Aaa => "AAA",
        }
    }

    /// The best rating that a contrast ratio reaches.
    #[must_use]
    pub fn of(ratio: f64) -> Self {
        match ratio {
            ratio if ratio >= 7.0 => Self::Aaa,
            ratio if ratio >= 4.5 => Self::Aa,
            ratio if ratio >= 3.0 => Self::AaLarge,
            _ => Self::Fail,
        }
    }
}

/// The contrast ratio of two colours, from 1 to 21.
#[must_use]
pub fn ratio(one: Color, other: Color) -> f64 {
    let (one, other) = (one.luminance(), other.luminance());
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Rate the contrast of two colours.
///
/// Args:
///     text: The one colour.
///     background: The other.
///
/// Returns:
///     What the contrast is good for.
///
/// Example:
///     >>> from color_kit import Color, Rating, rate
///     >>> rate(Color(0, 0, 0), Color(255, 255, 255)) == Rating.AAA
///     True
#[pyfunction]
#[pyo3(signature = (text, background))]
pub fn rate(text: Color, background: Color) -> Rating {
    Rating::of(ratio(text, background))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gray(value: u8) -> Color {
        Color {
            red: value,
            green: value,
            blue: value,
        }
    }

    #[test]
    fn black_on_white_is_the_most() {
        assert!((ratio(gray(0), gray(255)) - 21.0).abs() < 1e-9);
        assert!((ratio(gray(255), gray(0)) - 21.0).abs() < 1e-9);
        assert_eq!(ratio(gray(9), gray(9)), 1.0);
    }

    #[test]
    fn each_rating_has_its_limit() {
        for (ratio, rating) in [
            (7.0, Rating::Aaa),
            (4.5, Rating::Aa),
            (3.0, Rating::AaLarge),
            (2.99, Rating::Fail),
        ] {
            assert_eq!(Rating::of(ratio), rating, "{ratio}");
        }
    }
}
