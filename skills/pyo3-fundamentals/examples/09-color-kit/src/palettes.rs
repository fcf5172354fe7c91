//! The submodule: palettes made of colours.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::color::Color;

/// A named row of colours.
///
/// Args:
///     name: What the palette is called.
///     colors: Its colours.
///
/// Attributes:
///     name: What the palette is called.
///     colors: Its colours.
#[pyclass(frozen, eq, get_all, module = "color_kit.palettes")]
#[derive(Debug, PartialEq)]
pub struct Palette {
    name: String,
    colors: Vec<Color>,
}

#[pymethods]
impl Palette {
    #[new]
    #[pyo3(signature = (name, colors))]
    fn new(name: String, colors: Vec<Color>) -> Self {
        Self { name, colors }
    }

    fn __len__(&self) -> usize {
        self.colors.len()
    }

    fn __repr__(&self) -> String {
        format!("<Palette {:?} of {} colors>", self.name, self.colors.len())
    }

    fn __getnewargs__(&self) -> (&str, Vec<Color>) {
        (&self.name, self.colors.clone())
    }
}

/// Returns `count` colours at equal distances, the first and the last included; none if there are fewer than two.
#[must_use]
pub fn steps(first: Color, last: Color, count: usize) -> Option<Vec<Color>> {
    let intervals = count.checked_sub(1).filter(|intervals| *intervals > 0)?;
    Some(
        (0..count)
            .map(|step| first.blend(last, step as f64 / intervals as f64))
            .collect(),
    )
}

/// Make a palette that goes from one colour to another.
///
/// Args:
///     first: The first colour.
///     last: The last one.
///     count: How many colours, both ends included; from 2 to 1024.
///     name: What to call the palette.
///
/// Raises:
///     ValueError: If there are to be too few or too many.
///
/// Example:
///     >>> from color_kit import Color, palettes
///     >>> [color.hex for color in palettes.ramp(Color(0, 0, 0), Color(255, 0, 0), 3).colors]
///     ['#000000', '#800000', '#ff0000']
#[pyfunction]
#[pyo3(signature = (first, last, count, *, name = "ramp"))]
pub fn ramp(first: Color, last: Color, count: usize, name: &str) -> PyResult<Palette> {
    let colors = (count <= 1024).then(|| steps(first, last, count)).flatten();
    let colors = colors.ok_or_else(|| {
        PyValueError::new_err(format!("expected 2 to 1024 colors, found {count}"))
    })?;
    Ok(Palette {
        name: name.to_owned(),
        colors,
    })
}

// region: submodule
/// Palettes made of colours.
#[pymodule(module = "color_kit._core")]
pub mod palettes {
    #[pymodule_export]
    use super::{Palette, ramp};
}
// endregion: submodule

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: Color = Color {
        red: 0,
        green: 0,
        blue: 0,
    };
    const BLUE: Color = Color {
        red: 0,
        green: 0,
        blue: 200,
    };

    #[test]
    fn both_ends_are_included() {
        assert_eq!(steps(BLACK, BLUE, 2), Some(vec![BLACK, BLUE]));
        let blues: Option<Vec<u8>> =
            steps(BLACK, BLUE, 5).map(|colors| colors.iter().map(|color| color.blue).collect());
        assert_eq!(blues, Some(vec![0, 50, 100, 150, 200]));
    }

    #[test]
    fn one_color_is_no_ramp() {
        assert_eq!(steps(BLACK, BLUE, 1), None);
        assert_eq!(steps(BLACK, BLUE, 0), None);
    }
}
