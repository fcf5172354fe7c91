//! Code that `references/neighbours.md` shows.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, RecordBatchIterator, UInt32Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use arrow::error::ArrowError;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use pyo3_arrow::error::PyArrowResult;
use pyo3_arrow::input::AnyArray;
use pyo3_arrow::{PyArray, PyRecordBatchReader};

// region: places
/// Returns the place of each runner by time, in seconds; who has no time gets no place.
#[pyfunction]
fn places(py: Python<'_>, times: AnyArray) -> PyResult<PyArray> {
    let chunks = times.into_reader()?;
    let places = py.detach(|| {
        let mut seconds = Vec::new();
        for chunk in chunks {
            // pandas has NaN where the others have null.
            let chunk = cast(&chunk?, &DataType::Float64)?;
            let times = chunk.as_primitive::<Float64Type>().iter();
            seconds.extend(times.map(|time| time.filter(|time| !time.is_nan())));
        }
        Ok::<_, ArrowError>(places_of(&seconds))
    });
    let places = places.map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(PyArray::from_array_ref(Arc::new(places)))
}
// endregion: places

fn places_of(seconds: &[Option<f64>]) -> UInt32Array {
    let mut sorted: Vec<f64> = seconds.iter().copied().flatten().collect();
    sorted.sort_by(f64::total_cmp);
    let place = |time: f64| sorted.partition_point(|&faster| faster < time) as u32 + 1;
    seconds.iter().map(|time| time.map(place)).collect()
}

// region: back
/// Returns the places as a series of the library that the times came from.
#[pyfunction]
fn places_like<'py>(times: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = times.py();
    let places = places(py, times.extract()?)?;
    let module = times.get_type().module()?;
    match module.to_str()?.split('.').next() {
        Some("polars") => py
            .import("polars")?
            .call_method1("Series", (places,))?
            // A name as an argument of `Series` is ignored for what has capsules.
            .call_method1("alias", ("place",)),
        Some("pandas") => {
            let series = py.import("pandas")?.getattr("Series")?;
            series.call_method1("from_arrow", (places,))
        }
        // Whoever has no polars or pandas never gets this far.
        _ => py.import("pyarrow")?.call_method1("array", (places,)),
    }
}
// endregion: back

// region: again
/// Results that can be read again and again, as a table can.
#[pyclass(frozen, module = "conversion_snippets._core.neighbours")]
struct Results {
    batch: RecordBatch,
}

#[pymethods]
impl Results {
    #[new]
    fn new(places: Vec<u32>) -> PyResult<Self> {
        let schema = Schema::new(vec![Field::new("place", DataType::UInt32, false)]);
        let places = Arc::new(UInt32Array::from(places));
        let batch = RecordBatch::try_new(Arc::new(schema), vec![places]);
        let batch = batch.map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Self { batch })
    }

    /// A new stream each time; the columns are shared, not copied.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let reader = self.reader().into_pyobject(py)?;
        reader.call_method1("__arrow_c_stream__", (requested_schema,))
    }
}

impl Results {
    fn reader(&self) -> PyRecordBatchReader {
        let batches = [Ok(self.batch.clone())];
        let reader = RecordBatchIterator::new(batches, self.batch.schema());
        PyRecordBatchReader::new(Box::new(reader))
    }
}
// endregion: again

/// Returns the results as a stream that can be read once.
#[pyfunction]
fn once(results: &Bound<'_, Results>) -> PyArrowResult<PyRecordBatchReader> {
    Ok(results.get().reader())
}

#[pyo3::pymodule]
pub mod neighbours {
    #[pymodule_export]
    use super::{Results, once, places, places_like};
}
