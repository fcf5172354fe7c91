//! The chapter `processes`: heights of the ground, in several processes.

#[pyo3::pymodule(module = "performance_snippets._core")]
pub mod processes {
    #[pymodule_export]
    use super::callback::classify;
    #[pymodule_export]
    use super::failing::{every, lose_memory};
    #[pymodule_export]
    use super::file::highest;
    #[pymodule_export]
    use super::fork::{mark, marks, total_in_pool};
    #[pymodule_export]
    use super::shared::{lift, slopes};
    /// Whether the extension is a debug build.
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
}

mod shared {
    // region: slopes
    use numpy::{PyReadonlyArray1, PyReadwriteArray1};
    use pyo3::buffer::PyBuffer;
    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;

    /// Write the angle between each height and the next, in radians.
    #[pyfunction]
    #[pyo3(signature = (heights, angles, distance))]
    pub fn slopes(
        py: Python<'_>,
        heights: PyReadonlyArray1<'_, f64>,
        mut angles: PyReadwriteArray1<'_, f64>,
        distance: f64,
    ) -> PyResult<()> {
        let heights = heights.as_slice()?;
        let angles = angles.as_slice_mut()?;
        if angles.len() + 1 != heights.len() {
            return Err(PyValueError::new_err("one angle fewer than heights"));
        }
        py.detach(|| {
            for (angle, pair) in angles.iter_mut().zip(heights.windows(2)) {
                *angle = ((pair[1] - pair[0]) / distance).atan();
            }
        });
        Ok(())
    }
    // endregion: slopes

    // region: lift
    /// Raise what is below the level, in place; return how many heights that were.
    #[pyfunction]
    #[pyo3(signature = (heights, level))]
    pub fn lift(py: Python<'_>, heights: PyBuffer<f64>, level: f64) -> PyResult<usize> {
        // A copy: another process may look at the memory, so there must be no reference to it.
        let mut copy = heights.to_vec(py)?;
        let low = copy.iter_mut().filter(|height| **height < level);
        let count = low.map(|height| *height = level).count();
        heights.copy_from_slice(py, &copy)?;
        Ok(count)
    }
    // endregion: lift
}

mod file {
    // region: file
    use pyo3::buffer::PyBuffer;
    use pyo3::prelude::*;

    /// The highest of 16-bit heights, big-endian as the files of the shuttle mission are.
    #[pyfunction]
    #[pyo3(signature = (rows))]
    pub fn highest(py: Python<'_>, rows: PyBuffer<u8>) -> PyResult<Option<i16>> {
        let bytes = rows.to_vec(py)?;
        py.detach(|| {
            let pairs = bytes.chunks_exact(2);
            Ok(pairs
                .map(|pair| i16::from_be_bytes([pair[0], pair[1]]))
                .max())
        })
    }
    // endregion: file
}

mod callback {
    use pyo3::prelude::*;

    // region: callback
    /// Count the heights that a rule of Python accepts.
    #[pyfunction]
    #[pyo3(signature = (heights, rule))]
    pub fn classify(heights: Vec<f64>, rule: &Bound<'_, PyAny>) -> PyResult<usize> {
        heights.into_iter().try_fold(0, |count, height| {
            Ok(count + usize::from(rule.call1((height,))?.is_truthy()?))
        })
    }
    // endregion: callback
}

mod failing {
    use pyo3::prelude::*;

    /// Keep every nth height; panics with a step of zero, as `step_by` does.
    #[pyfunction]
    #[pyo3(signature = (heights, step))]
    pub fn every(heights: Vec<f64>, step: usize) -> Vec<f64> {
        heights.into_iter().step_by(step).collect()
    }

    /// End the process as the system does if memory is short.
    #[pyfunction]
    pub fn lose_memory() {
        std::process::abort()
    }
}

mod fork {
    use pyo3::prelude::*;
    use rayon::prelude::*;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    // region: fork
    /// Add up heights in rayon's own pool, whose threads don't live on in the child of a fork.
    #[pyfunction]
    #[pyo3(signature = (heights))]
    pub fn total_in_pool(py: Python<'_>, heights: Vec<f64>) -> f64 {
        py.detach(|| heights.par_iter().sum())
    }
    // endregion: fork

    static MARKS: AtomicU32 = AtomicU32::new(0);

    /// Count a call in a static.
    #[pyfunction]
    pub fn mark() {
        MARKS.fetch_add(1, Relaxed);
    }

    /// How many calls the static has counted.
    #[pyfunction]
    pub fn marks() -> u32 {
        MARKS.load(Relaxed)
    }
}
