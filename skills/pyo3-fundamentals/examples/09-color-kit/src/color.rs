//! A colour: a small value that can't change, can be compared, hashed, shown and pickled.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

// region: class
/// A colour of a screen (sRGB).
///
/// Args:
///     red: How much red, from 0 to 255.
///     green: How much green.
///     blue: How much blue.
///
/// Example:
///     >>> from color_kit import Color
///     >>> Color(255, 165, 0)
///     Color(255, 165, 0)
///     >>> Color.from_hex("#ffa500") == Color(255, 165, 0)
///     True
#[pyclass(frozen, eq, hash, get_all, module = "color_kit", from_py_object)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Color {
    pub red: u8,
    pub green: u8,
    pub blue: u8,
}
// endregion: class

impl Color {
    /// Reads six hexadecimal digits, with or without `#` before them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        // `from_str_radix` would take a sign, too.
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self { red, green, blue })
    }

    /// Mixes in a share of another colour.
    #[must_use]
    pub fn blend(self, other: Self, share: f64) -> Self {
        // Between 0 and 255, so the cast cuts nothing off.
        let channel = |from: u8, to: u8| {
            (f64::from(from) * (1.0 - share) + f64::from(to) * share).round() as u8
        };
        Self {
            red: channel(self.red, other.red),
            green: channel(self.green, other.green),
            blue: channel(self.blue, other.blue),
        }
    }

    /// The relative luminance of WCAG 2: 0 for black, 1 for white.
    #[must_use]
    pub fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

#[pymethods]
impl Color {
    #[new]
    #[pyo3(signature = (red, green, blue))]
    fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Read a colour such as `#ffa500`.
    ///
    /// Args:
    ///     text: Six hexadecimal digits, with or without `#`.
    ///
    /// Raises:
    ///     ValueError: If the text is not that.
    #[staticmethod]
    #[pyo3(signature = (text, /))]
    fn from_hex(text: &str) -> PyResult<Self> {
        Self::parse(text).ok_or_else(|| {
            PyValueError::new_err(format!(
                "expected a colour such as `#ffa500`, found `{text}`"
            ))
        })
    }

    /// The colour as text, such as `#ffa500`.
    #[getter]
    fn hex(&self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }

    /// Mix this colour with another.
    ///
    /// Args:
    ///     other: The other colour.
    ///     share: How much of the other one, from 0 to 1.
    ///
    /// Raises:
    ///     ValueError: If the share is less than 0 or more than 1.
    ///
    /// Example:
    ///     >>> from color_kit import Color
    ///     >>> Color(0, 0, 0).mix(Color(255, 255, 255), share=0.2).hex
    ///     '#333333'
    #[pyo3(signature = (other, *, share = 0.5))]
    fn mix(&self, other: Self, share: f64) -> PyResult<Self> {
        if (0.0..=1.0).contains(&share) {
            return Ok(self.blend(other, share));
        }
        Err(PyValueError::new_err(format!(
            "`share` must be from 0 to 1, found {share}"
        )))
    }

    fn __repr__(&self) -> String {
        format!("Color({}, {}, {})", self.red, self.green, self.blue)
    }

    // region: pickle
    // What `pickle` and `copy` call the class with, to make the same colour again.
    fn __getnewargs__(&self) -> (u8, u8, u8) {
        (self.red, self.green, self.blue)
    }
    // endregion: pickle
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: Color = Color {
        red: 0,
        green: 0,
        blue: 0,
    };
    const WHITE: Color = Color {
        red: 255,
        green: 255,
        blue: 255,
    };

    #[test]
    fn six_digits_are_a_color() {
        let orange = Some(Color {
            red: 255,
            green: 165,
            blue: 0,
        });
        assert_eq!(Color::parse("#ffa500"), orange);
        assert_eq!(Color::parse("FFA500"), orange);
    }

    #[test]
    fn anything_else_is_not() {
        for text in [
            "", "#", "#fff", "#ffa5000", "+fa500", "##ffa50", "é0000", "ffa50g",
        ] {
            assert_eq!(Color::parse(text), None, "{text}");
        }
    }

    #[test]
    fn mixing_goes_from_one_to_the_other() {
        assert_eq!(BLACK.blend(WHITE, 0.0), BLACK);
        assert_eq!(
            BLACK.blend(WHITE, 0.5),
            Color {
                red: 128,
                green: 128,
                blue: 128
            }
        );
        assert_eq!(BLACK.blend(WHITE, 1.0), WHITE);
    }

    #[test]
    fn luminance_goes_from_0_to_1() {
        assert_eq!(BLACK.luminance(), 0.0);
        assert!((WHITE.luminance() - 1.0).abs() < 1e-12);
    }
}
