//! Render Markdown with a class whose methods subclasses in Python override.

pub mod element;
pub mod html;
pub mod renderer;
pub mod walk;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::renderer::{HtmlRenderer, Renderer};
}
