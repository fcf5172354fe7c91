//! Prices as shops print them; the amounts are whole cents.

/// Writes an amount with two places.
#[must_use]
pub fn label(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

// region: module
#[pyo3::pymodule]
mod _core {
    use pyo3::prelude::*;

    /// Write an amount of cents with two places.
    #[pyfunction]
    fn label(cents: u64) -> String {
        crate::label(cents)
    }
}
// endregion: module
