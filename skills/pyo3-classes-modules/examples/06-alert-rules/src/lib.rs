//! Alert rules: parse a file of them, and say which ones fire for a set of samples.

pub mod errors;
pub mod lexer;
pub mod parser;
pub mod rules;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::rules::{Rules, check};
}
