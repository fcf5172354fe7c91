//! Code that `SKILL.md` shows.

// region: settings
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

/// A gauge as a `dict` describes it: `{"name": "Husum", "position": {"latitude": 54.5, "longitude": 9.1}}`.
#[derive(FromPyObject, IntoPyObject)]
#[pyo3(from_item_all)]
struct Gauge {
    name: String,
    position: Position,
    #[pyo3(default = 1.0)]
    factor: f64,
}

#[derive(FromPyObject, IntoPyObject)]
#[pyo3(from_item_all)]
struct Position {
    latitude: f64,
    longitude: f64,
}
// endregion: settings

/// Turn a gauge by 180 degrees of longitude.
#[pyfunction]
fn opposite(mut gauge: Gauge) -> Gauge {
    gauge.position.longitude -= 180.0;
    gauge
}

/// The scaled level of a gauge.
#[pyfunction]
fn scaled(gauge: Gauge, level: f64) -> f64 {
    gauge.factor * level
}

// region: read
use numpy::ndarray::{ArrayView1, Dimension};
use numpy::prelude::*;
use numpy::{Element, PyArray, PyArray1, PyArray2, PyReadonlyArray2};

/// Compute the mean of each row.
#[pyfunction]
fn row_means<'py>(py: Python<'py>, levels: Levels<'py>) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let means = match &levels {
        Levels::Float64(array) => means(py, array)?,
        Levels::Int16(array) => means(py, array)?,
    };
    Ok(means.into_pyarray(py))
}

/// The types of element that are taken; any other is a TypeError.
#[derive(FromPyObject)]
enum Levels<'py> {
    Float64(PyReadonlyArray2<'py, f64>),
    Int16(PyReadonlyArray2<'py, i16>),
}

fn means<T: Element + Copy + Into<f64> + Sync>(
    py: Python<'_>,
    levels: &PyReadonlyArray2<'_, T>,
) -> PyResult<Vec<f64>> {
    check_alignment(levels)?;
    let view = levels.as_array();
    let mean = |row: ArrayView1<'_, T>| {
        row.fold(0.0, |sum, level| sum + (*level).into()) / row.len() as f64
    };
    Ok(py.detach(|| view.rows().into_iter().map(mean).collect()))
}

/// Refuses elements that Rust must not point to: `as_array` does not look.
fn check_alignment<T: Element, D: Dimension>(array: &Bound<'_, PyArray<T, D>>) -> PyResult<()> {
    let mut axes = array.shape().iter().zip(array.strides());
    let aligned = array.data().is_aligned()
        && axes.all(|(length, stride)| *length < 2 || stride.unsigned_abs() % size_of::<T>() == 0);
    let error = || PyValueError::new_err("the elements are not aligned; pass a copy of the array");
    aligned.then_some(()).ok_or_else(error)
}
// endregion: read

// region: write
/// Subtract a level from all elements, in place.
#[pyfunction]
fn lower(levels: &Bound<'_, PyArray2<f64>>, by: f64) -> PyResult<()> {
    check_alignment(levels)?;
    if levels.shape().contains(&0) {
        return Ok(());
    }
    check_overlap(levels)?;
    // An exception if the array is read-only, or borrowed by other Rust code.
    let mut borrowed = levels.try_readwrite()?;
    borrowed.as_array_mut().mapv_inplace(|level| level - by);
    Ok(())
}

/// Refuses an array in which two indices lead to one element, as `as_strided` makes them.
fn check_overlap<T: Element, D: Dimension>(array: &Bound<'_, PyArray<T, D>>) -> PyResult<()> {
    let axes = array.strides().iter().zip(array.shape());
    let mut axes: Vec<_> = axes.filter(|(_, length)| **length > 1).collect();
    axes.sort_by_key(|(stride, _)| stride.unsigned_abs());
    let mut extent = size_of::<T>();
    for (stride, length) in axes {
        if stride.unsigned_abs() < extent {
            return Err(PyValueError::new_err("elements of the array overlap"));
        }
        extent += stride.unsigned_abs() * (length - 1);
    }
    Ok(())
}
// endregion: write

/// Count the elements of an array of any number of dimensions.
#[pyfunction]
fn size(levels: numpy::PyReadonlyArrayDyn<'_, f64>) -> usize {
    levels.as_array().len()
}

// region: buffer
use pyo3::buffer::PyBuffer;

/// Count the samples above a threshold, in any object with a buffer of `double`s.
#[pyfunction]
fn count_above(py: Python<'_>, samples: PyBuffer<f64>, threshold: f64) -> PyResult<usize> {
    // A copy, in the order of C: others may write to the buffer at any time, in a slice even while attached.
    let samples = samples.to_vec(py)?;
    Ok(py.detach(|| samples.iter().filter(|sample| **sample > threshold).count()))
}
// endregion: buffer

// region: lend
use numpy::ndarray::Array2;

/// A recording that lends its memory: an array of NumPy, to read only, which keeps the recording alive.
#[pyclass(frozen)]
struct Recording {
    samples: Array2<f64>,
}

#[pymethods]
impl Recording {
    #[getter]
    fn samples<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        // SAFETY: The class is frozen, so `samples` stays where it is and as it is.
        #[expect(unsafe_code, reason = "the array points to the memory of its owner")]
        let array =
            unsafe { PyArray2::borrow_from_array(&slf.get().samples, slf.clone().into_any()) };
        array.getattr("flags")?.setattr("writeable", false)?;
        Ok(array)
    }
}
// endregion: lend

/// Record samples: a copy of them.
#[pyfunction]
fn record(samples: PyReadonlyArray2<'_, f64>) -> PyResult<Recording> {
    check_alignment(&samples)?;
    let samples = samples.as_array().to_owned();
    Ok(Recording { samples })
}

// region: arrow
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use pyo3_arrow::PyChunkedArray;
use pyo3_arrow::error::PyArrowResult;
use pyo3_arrow::input::AnyArray;

/// Compute the mean of a column, without its nulls: `None` if there is no value.
#[pyfunction]
fn mean(py: Python<'_>, column: AnyArray) -> PyArrowResult<Option<f64>> {
    check_type(column.field()?.data_type())?;
    let chunks = column.into_reader()?;
    py.detach(|| {
        let (mut sum, mut count) = (0.0, 0_usize);
        for chunk in chunks {
            let chunk = chunk?;
            let values = chunk.as_primitive::<Float64Type>();
            // The slot of a null holds anything: `flatten` skips it.
            sum += values.iter().flatten().sum::<f64>();
            count += values.len() - values.null_count();
        }
        Ok((count > 0).then(|| sum / count as f64))
    })
}

/// Subtract a level from each value; nulls stay nulls, and chunks stay chunks.
#[pyfunction]
fn lowered(py: Python<'_>, column: AnyArray, by: f64) -> PyArrowResult<PyChunkedArray> {
    let field = column.field()?;
    check_type(field.data_type())?;
    let lower = |chunk: ArrayRef| -> ArrayRef {
        let values = chunk.as_primitive::<Float64Type>();
        Arc::new(values.unary::<_, Float64Type>(|level| level - by))
    };
    let chunks = column.into_reader()?.map(|chunk| chunk.map(lower));
    let chunks = py.detach(|| chunks.collect::<Result<Vec<_>, _>>())?;
    Ok(PyChunkedArray::try_new(chunks, field)?)
}

fn check_type(data_type: &DataType) -> PyResult<()> {
    if *data_type == DataType::Float64 {
        return Ok(());
    }
    let message = format!("the column is {data_type}, and must be Float64");
    Err(PyTypeError::new_err(message))
}
// endregion: arrow

use arrow::array::{Float64Array, RecordBatch};
use arrow::datatypes::{Field, Schema};
use pyo3_arrow::PyTable;

/// Return a table of two columns: `polars.DataFrame(…)` and `pyarrow.table(…)` take it as it is.
#[pyfunction]
fn tides(high: Vec<f64>, low: Vec<f64>) -> PyArrowResult<PyTable> {
    let field = |name: &str| Field::new(name, DataType::Float64, true);
    let schema = Arc::new(Schema::new(vec![field("high"), field("low")]));
    // `Float64Array::from` takes over the memory of each Vec.
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Float64Array::from(high)),
        Arc::new(Float64Array::from(low)),
    ];
    let batch = RecordBatch::try_new(schema.clone(), columns)?;
    Ok(PyTable::try_new(vec![batch], schema)?)
}

#[pymodule]
pub mod guide {
    #[pymodule_export]
    use super::{
        Recording, count_above, lower, lowered, mean, opposite, record, row_means, scaled, size,
        tides,
    };
}
