//! Colours of screens: values, contrast and palettes.

pub mod color;
pub mod contrast;
pub mod palettes;

// region: module
#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::color::Color;
    #[pymodule_export]
    use crate::contrast::{Rating, rate};
    #[pymodule_export]
    use crate::palettes::palettes;
}
// endregion: module
