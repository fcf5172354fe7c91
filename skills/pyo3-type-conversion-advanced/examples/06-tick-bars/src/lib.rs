//! Bars of open, high, low and close prices from ticks in NumPy's structured arrays.

pub mod bars;
pub mod errors;
mod functions;
mod output;
mod records;
mod time;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::functions::{bar_dtype, make_bars};
}
