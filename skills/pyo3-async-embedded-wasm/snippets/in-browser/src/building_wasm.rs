//! What a build decides: whether a panic ends the page's interpreter.

/// The loudness of a recording.
#[pyo3::pymodule]
pub mod building_wasm {
    use pyo3::prelude::*;

    /// Return the mean of some samples, and panic if there are none: a mistake, to see what it does.
    #[pyfunction]
    fn mean(samples: Vec<f64>) -> f64 {
        assert!(!samples.is_empty(), "no samples");
        samples.iter().sum::<f64>() / samples.len() as f64
    }
}
