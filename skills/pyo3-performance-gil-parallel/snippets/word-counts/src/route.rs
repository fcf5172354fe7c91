//! A loop over numbers that the compiler can vectorise.

use pyo3::prelude::*;

/// The heights of a route.
#[pyclass(frozen, module = "word_counts")]
pub struct Route {
    heights: Vec<f64>,
}

#[pymethods]
impl Route {
    #[new]
    fn new(heights: Vec<f64>) -> Self {
        Self { heights }
    }

    /// Return the metres that it climbs.
    fn ascent(&self) -> f64 {
        let ends = self.heights.get(1..).unwrap_or_default();
        let mut sums = [0.0; 8];
        let (starts, steps) = (self.heights.chunks_exact(8), ends.chunks_exact(8));
        let done = steps.len() * 8;
        for (start, end) in starts.zip(steps) {
            for lane in 0..8 {
                sums[lane] += (end[lane] - start[lane]).max(0.0);
            }
        }
        let rest = self.heights[done.min(self.heights.len())..].windows(2);
        sums.iter().sum::<f64>() + rest.map(|pair| (pair[1] - pair[0]).max(0.0)).sum::<f64>()
    }
}
