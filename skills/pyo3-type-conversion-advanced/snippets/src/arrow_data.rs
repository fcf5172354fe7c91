//! Code that `references/arrow.md` shows.

use std::f64::consts::TAU;
use std::sync::Arc;

use arrow::array::RecordBatchIterator;
use arrow::array::{Array, ArrayRef, AsArray, Float64Array, PrimitiveArray, RecordBatch};
use arrow::compute::{cast, max};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type, Schema, SchemaRef};
use arrow::error::ArrowError;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};
use pyo3_arrow::error::PyArrowResult;
use pyo3_arrow::ffi::to_stream_pycapsule;
use pyo3_arrow::ffi::{ArrayIterator, ArrayReader, to_array_pycapsules, to_schema_pycapsule};
use pyo3_arrow::input::{AnyArray, AnyRecordBatch};
use pyo3_arrow::{PyArray, PyRecordBatch, PyRecordBatchReader};

// region: in
/// Returns the highest level, in metres; nulls and NaN don't count.
#[pyfunction]
fn highest(py: Python<'_>, levels: AnyArray) -> PyResult<Option<f64>> {
    let chunks = levels.into_reader()?;
    py.detach(|| highest_of(chunks)).map_err(invalid)
}

fn highest_of(chunks: impl ArrayReader) -> Result<Option<f64>, ArrowError> {
    let mut highest: Option<f64> = None;
    for chunk in chunks {
        // What is a float already is not copied.
        let chunk = cast(&chunk?, &DataType::Float64)?;
        // Arrow's `max` puts NaN above all numbers, but below them if its sign is set, as in 0/0.
        let levels = chunk.as_primitive::<Float64Type>().iter().flatten();
        let levels = levels.chain(highest).filter(|level| !level.is_nan());
        highest = levels.reduce(f64::max);
    }
    Ok(highest)
}

fn invalid(error: ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
// endregion: in

// region: table
/// Adds up a column of a table, a record batch or a stream, batch by batch.
#[pyfunction]
fn total(py: Python<'_>, table: AnyRecordBatch, column: &str) -> PyResult<i64> {
    let schema = table.schema()?;
    let index = schema.index_of(column).map_err(invalid)?;
    let kind = schema.field(index).data_type();
    if kind != &DataType::Int64 {
        let message = format!("`{column}` is {kind}, not Int64");
        return Err(PyTypeError::new_err(message));
    }
    let batches = table.into_reader()?;
    let sums = batches.map(|batch| Ok(sum_of(&batch?, index)));
    py.detach(|| sums.sum::<Result<_, _>>()).map_err(invalid)
}

fn sum_of(batch: &RecordBatch, index: usize) -> i64 {
    let column: &PrimitiveArray<Int64Type> = batch.column(index).as_primitive();
    arrow::compute::sum(column).unwrap_or(0)
}
// endregion: table

// region: out
/// Converts levels from metres to feet, with the nulls, the name and the metadata of the field.
#[pyfunction]
fn to_feet(py: Python<'_>, levels: PyArray) -> PyResult<PyArray> {
    let (levels, field) = levels.into_inner();
    let levels = levels.as_primitive_opt::<Float64Type>();
    let levels = levels.ok_or_else(|| PyTypeError::new_err("levels must be float64"))?;
    let feet: Float64Array = py.detach(|| levels.unary(|metres| metres / 0.3048));
    Ok(PyArray::new(Arc::new(feet), field))
}
// endregion: out

// region: stream-out
/// Streams predicted levels, a batch for each day, made when the consumer asks for it.
#[pyfunction]
fn forecast(days: u32, mean: f64) -> PyRecordBatchReader {
    let field = Field::new("level", DataType::Float64, false);
    let schema: SchemaRef = Arc::new(Schema::new(vec![field]));
    let of_day = {
        let schema = Arc::clone(&schema);
        move |day: u32| {
            let hours = (0..24).map(|hour| f64::from(day) * 24.0 + f64::from(hour));
            let levels = hours.map(|hour| mean + (hour / 12.42 * TAU).sin());
            let levels = Float64Array::from_iter_values(levels);
            RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(levels)])
        }
    };
    let batches = RecordBatchIterator::new((0..days).map(of_day), schema);
    PyRecordBatchReader::new(Box::new(batches))
}
// endregion: stream-out

// region: class
/// Levels of a gauge, for everything that reads Arrow arrays or streams.
#[pyclass(frozen, module = "conversion_snippets._core.arrow_data")]
struct GaugeLog {
    days: Vec<ArrayRef>,
    field: FieldRef,
}
// endregion: class

#[pymethods]
impl GaugeLog {
    #[new]
    fn new(days: Vec<Vec<Option<f64>>>) -> Self {
        let array = |levels| Arc::new(Float64Array::from(levels)) as ArrayRef;
        Self {
            days: days.into_iter().map(array).collect(),
            field: Arc::new(Field::new("level", DataType::Float64, true)),
        }
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyArrowResult<Bound<'py, PyCapsule>> {
        to_schema_pycapsule(py, self.field.as_ref())
    }

    // region: stream-method
    /// Each call exports a new stream of the same chunks.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyArrowResult<Bound<'py, PyCapsule>> {
        let chunks: Vec<_> = self.days.iter().cloned().map(Ok).collect();
        let reader = ArrayIterator::new(chunks, Arc::clone(&self.field));
        to_stream_pycapsule(py, Box::new(reader), requested_schema)
    }

    // endregion: stream-method

    /// Exports the first day as one array.
    fn first(&self) -> FirstDay {
        FirstDay(self.days.first().cloned(), Arc::clone(&self.field))
    }
}
/// One chunk of a `GaugeLog`.
#[pyclass(frozen, module = "conversion_snippets._core.arrow_data")]
struct FirstDay(Option<ArrayRef>, FieldRef);

#[pymethods]
impl FirstDay {
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyArrowResult<Bound<'py, PyTuple>> {
        let array = self
            .0
            .as_ref()
            .ok_or_else(|| PyValueError::new_err("there is no day"))?;
        to_array_pycapsules(py, Arc::clone(&self.1), array, requested_schema)
    }
}

/// Returns the address of the values of an array of floats, and what the array is at.
#[pyfunction]
fn address(levels: PyArray) -> PyResult<usize> {
    let (levels, _) = levels.into_inner();
    let data = levels.to_data();
    let buffer = data.buffers().first();
    let buffer = buffer.ok_or_else(|| PyTypeError::new_err("there are no values"))?;
    Ok(buffer.as_ptr().addr())
}

/// Returns the array that it gets.
#[pyfunction]
fn same(levels: PyArray) -> PyArray {
    levels
}

/// Takes one record batch only.
#[pyfunction]
fn rows(batch: PyRecordBatch) -> usize {
    batch.into_inner().num_rows()
}

/// Takes a stream only.
#[pyfunction]
fn batch_rows(py: Python<'_>, stream: PyRecordBatchReader) -> PyArrowResult<Vec<usize>> {
    let reader = stream.into_reader()?;
    let rows = |batch: Result<RecordBatch, ArrowError>| Ok(batch?.num_rows());
    Ok(py.detach(|| reader.map(rows).collect::<Result<_, ArrowError>>())?)
}

/// Fails with an error of Arrow, as `PyArrowError` reports it.
#[pyfunction]
fn plain_failure() -> PyArrowResult<()> {
    Err(ArrowError::SchemaError("the column is missing".to_owned()))?
}

/// Keeps an array and looks at its first value again later.
#[pyclass(frozen)]
struct Kept(PyArray);

#[pymethods]
impl Kept {
    #[new]
    fn new(levels: PyArray) -> Self {
        Self(levels)
    }

    fn first(&self) -> PyResult<f64> {
        let levels = self.0.array().as_primitive_opt::<Float64Type>();
        let levels = levels.ok_or_else(|| PyTypeError::new_err("levels must be float64"))?;
        Ok(levels.value(0))
    }

    fn array(&self) -> PyArray {
        let (array, field) = (self.0.array(), self.0.field());
        PyArray::new(Arc::clone(array), Arc::clone(field))
    }

    fn highest(&self) -> PyResult<Option<f64>> {
        let array = cast(self.0.array(), &DataType::Float64).map_err(invalid)?;
        Ok(max(array.as_primitive::<Float64Type>()))
    }
}

#[pyo3::pymodule]
pub mod arrow_data {
    #[pymodule_export]
    use super::{
        GaugeLog, Kept, address, batch_rows, forecast, highest, plain_failure, rows, same, to_feet,
        total,
    };
}
