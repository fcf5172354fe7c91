//! Code that `references/kernels.md` shows.

use numpy::ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Zip, s};
use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2, PyReadwriteArray1,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

// region: in-order
/// Adds the metres that a route climbs, one after the other.
fn ascent_in_order(heights: &[f64]) -> f64 {
    let steps = heights.windows(2).map(|pair| pair[1] - pair[0]);
    steps.filter(|step| *step > 0.0).sum()
}
// endregion: in-order

// region: lanes
/// As many sums as the widest registers of today have places for `f64`, twice.
const LANES: usize = 16;

/// Adds them in several sums at once, which the compiler keeps in wide registers.
#[inline(always)]
fn ascent_in_lanes(heights: &[f64]) -> f64 {
    let Some((_, next)) = heights.split_first() else {
        return 0.0;
    };
    let (starts, _) = heights[..next.len()].as_chunks::<LANES>();
    let (ends, _) = next.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (start, end) in starts.iter().zip(ends) {
        for (sum, (start, end)) in sums.iter_mut().zip(start.iter().zip(end)) {
            // Not `filter`: a lane must do the same whatever the step is.
            *sum += (end - start).max(0.0);
        }
    }
    let rest = &heights[starts.len() * LANES..];
    sums.iter().sum::<f64>() + ascent_in_order(rest)
}
// endregion: lanes

// region: dispatch
/// Picks the widest registers of the processor that this runs on.
fn ascent(heights: &[f64]) -> f64 {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "only this processor's features are used")]
        // SAFETY: the processor has AVX2.
        return unsafe { ascent_avx2(heights) };
    }
    ascent_in_lanes(heights)
}

/// The same code, compiled for registers of four `f64`.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn ascent_avx2(heights: &[f64]) -> f64 {
    ascent_in_lanes(heights)
}
// endregion: dispatch

// region: layouts
/// Return how many metres a route climbs.
#[pyfunction]
#[pyo3(signature = (heights))]
fn climb(py: Python<'_>, heights: PyReadonlyArray1<'_, f64>) -> f64 {
    let view = heights.as_array();
    py.detach(|| match view.as_slice() {
        Some(heights) => ascent(heights),
        // A view with steps between its elements, such as a column: copied once into a line.
        None => ascent(&view.to_vec()),
    })
}
// endregion: layouts

/// One way to add up, as a function of Python.
macro_rules! measured {
    ($name:ident, $kernel:expr) => {
        #[pyfunction]
        #[pyo3(signature = (heights))]
        fn $name(py: Python<'_>, heights: PyReadonlyArray1<'_, f64>) -> PyResult<f64> {
            let slice = heights.as_slice()?;
            Ok(py.detach(|| $kernel(slice)))
        }
    };
}

measured!(climb_in_order, ascent_in_order);
measured!(climb_in_lanes, ascent_in_lanes);
measured!(climb_dispatched, ascent);
measured!(climb_by_index, ascent_by_index);
measured!(sum_in_order, total_in_order);
measured!(sum_in_lanes, total_in_lanes);
measured!(sum_ndarray, total_ndarray);

fn ascent_by_index(heights: &[f64]) -> f64 {
    let mut sum = 0.0;
    for index in 1..heights.len() {
        if heights[index] > heights[index - 1] {
            sum += heights[index] - heights[index - 1];
        }
    }
    sum
}

fn total_in_order(heights: &[f64]) -> f64 {
    heights.iter().sum()
}

fn total_in_lanes(heights: &[f64]) -> f64 {
    let (chunks, rest) = heights.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for (sum, height) in sums.iter_mut().zip(chunk) {
            *sum += height;
        }
    }
    sums.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

fn total_ndarray(heights: &[f64]) -> f64 {
    ArrayView1::from(heights).sum()
}

/// Adds up any view, whatever lies between its elements.
fn total(heights: ArrayView1<'_, f64>) -> f64 {
    heights.iter().sum()
}

#[pyfunction]
#[pyo3(signature = (heights))]
fn sum_strided(py: Python<'_>, heights: PyReadonlyArray1<'_, f64>) -> f64 {
    let view = heights.as_array();
    py.detach(|| total(view))
}

/// Turns feet into metres above a datum: independent elements, which need no lanes.
fn to_metres(feet: ArrayView1<'_, f64>, datum: f64) -> Array1<f64> {
    feet.mapv(|height| height * 0.3048 - datum)
}

/// Convert heights in feet to metres above a datum.
#[pyfunction]
#[pyo3(signature = (feet, datum))]
fn metres<'py>(
    py: Python<'py>,
    feet: PyReadonlyArray1<'py, f64>,
    datum: f64,
) -> Bound<'py, PyArray1<f64>> {
    let view = feet.as_array();
    py.detach(|| to_metres(view, datum)).into_pyarray(py)
}

/// Convert heights in feet into `out`, with no memory of its own.
#[pyfunction]
#[pyo3(signature = (feet, datum, out))]
fn metres_into(
    py: Python<'_>,
    feet: PyReadonlyArray1<'_, f64>,
    datum: f64,
    mut out: PyReadwriteArray1<'_, f64>,
) -> PyResult<()> {
    let (view, mut out) = (feet.as_array(), out.as_array_mut());
    if view.len() != out.len() {
        return Err(PyValueError::new_err("out has another length"));
    }
    py.detach(|| {
        Zip::from(&mut out)
            .and(view)
            .for_each(|metres, feet| *metres = feet * 0.3048 - datum);
    });
    Ok(())
}

/// Adds up each column by jumping down it.
fn totals_by_column(grid: ArrayView2<'_, f64>) -> Array1<f64> {
    grid.map_axis(Axis(0), |column| column.iter().sum())
}

// region: columns
/// Adds up each column by going along the rows, as they lie in memory.
fn totals_by_row(grid: ArrayView2<'_, f64>) -> Array1<f64> {
    let mut totals = Array1::zeros(grid.ncols());
    for row in grid.rows() {
        totals += &row;
    }
    totals
}
// endregion: columns

/// One way to add up columns, as a function of Python.
macro_rules! columns {
    ($name:ident, $kernel:expr) => {
        #[pyfunction]
        #[pyo3(signature = (grid))]
        fn $name<'py>(
            py: Python<'py>,
            grid: PyReadonlyArray2<'py, f64>,
        ) -> Bound<'py, PyArray1<f64>> {
            let view = grid.as_array();
            py.detach(|| $kernel(view)).into_pyarray(py)
        }
    };
}

columns!(columns_by_column, totals_by_column);
columns!(columns_by_row, totals_by_row);
columns!(columns_ndarray, totals_ndarray);

fn totals_ndarray(grid: ArrayView2<'_, f64>) -> Array1<f64> {
    grid.sum_axis(Axis(0))
}

// region: slopes
/// Computes how steep the ground is between four neighbours each: one pass, and no array in between.
fn steepness(grid: ArrayView2<'_, f64>, spacing: f64) -> Array2<f64> {
    let (rows, columns) = grid.dim();
    let mut slopes = Array2::zeros((rows.saturating_sub(1), columns.saturating_sub(1)));
    let pairs = grid.rows().into_iter().zip(grid.rows().into_iter().skip(1));
    for (mut out, (above, below)) in slopes.rows_mut().into_iter().zip(pairs) {
        let last = out.len();
        Zip::from(&mut out)
            .and(above.slice(s![..last]))
            .and(above.slice(s![1..]))
            .and(below.slice(s![..last]))
            .for_each(|slope, &here, &right, &down| {
                let (x, y) = ((right - here) / spacing, (down - here) / spacing);
                *slope = (x * x + y * y).sqrt();
            });
    }
    slopes
}
// endregion: slopes

/// The same with an index for each element.
fn steepness_by_index(grid: ArrayView2<'_, f64>, spacing: f64) -> Array2<f64> {
    let (rows, columns) = grid.dim();
    let shape = (rows.saturating_sub(1), columns.saturating_sub(1));
    Array2::from_shape_fn(shape, |(row, column)| {
        let here = grid[[row, column]];
        let x = (grid[[row, column + 1]] - here) / spacing;
        let y = (grid[[row + 1, column]] - here) / spacing;
        (x * x + y * y).sqrt()
    })
}

/// One way to compute slopes, as a function of Python.
macro_rules! slopes {
    ($name:ident, $kernel:expr) => {
        #[pyfunction]
        #[pyo3(signature = (grid, spacing))]
        fn $name<'py>(
            py: Python<'py>,
            grid: PyReadonlyArray2<'py, f64>,
            spacing: f64,
        ) -> Bound<'py, PyArray2<f64>> {
            let view = grid.as_array();
            py.detach(|| $kernel(view, spacing)).into_pyarray(py)
        }
    };
}

slopes!(slopes, steepness);
slopes!(slopes_by_index, steepness_by_index);

#[pymodule]
pub mod kernels {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);

    #[pymodule_export]
    use super::{
        climb, climb_by_index, climb_dispatched, climb_in_lanes, climb_in_order, columns_by_column,
        columns_by_row, columns_ndarray, metres, metres_into, slopes, slopes_by_index,
        sum_in_lanes, sum_in_order, sum_ndarray, sum_strided,
    };
}
