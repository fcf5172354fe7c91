//! Groups of trips, over Arrow streams of any size and from any library.

pub mod columns;
pub mod errors;
pub mod groups;
pub mod sketch;
pub mod stream;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::{Array, ArrayRef, Float64Array, LargeStringArray, StructArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Fields, Schema};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use pyo3_arrow::ffi::{ArrayIterator, to_schema_pycapsule, to_stream_pycapsule};
use pyo3_arrow::input::AnyArray;

use errors::Result;
use groups::Groups;
use stream::Question;

/// Trips by a key: how many there are, and the total, mean, median and 95th percentile of a value.
///
/// It has as much memory as it has groups, however many trips are added, in whatever number of tables and streams. Threads
/// may add to the same one. The result is read through Arrow: `pyarrow.table(groups)`, `polars.DataFrame(groups)`.
///
/// Args:
///     by: The column with the keys: text, or a dictionary of text. Null is a key as well.
///     value: The column with the values: numbers, or durations, which count in seconds.
///     max_groups: How many groups there may be.
#[pyclass(frozen, module = "trip_groups")]
pub struct TripGroups {
    question: Question,
    groups: Mutex<Groups>,
}

impl TripGroups {
    /// Locks the groups for as long as plain Rust needs them; only called by who is detached.
    fn lock(&self) -> MutexGuard<'_, Groups> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl TripGroups {
    #[new]
    #[pyo3(signature = (by, value, *, max_groups = 1_000_000))]
    fn new(by: String, value: String, max_groups: usize) -> Self {
        Self {
            question: Question {
                by,
                value,
                max_groups,
            },
            groups: Mutex::default(),
        }
    }

    // region: add
    /// Add all trips of a table, or of a stream, which is empty afterwards.
    ///
    /// The columns are read where they are. An exception leaves the groups as they were.
    ///
    /// Args:
    ///     data: What has `__arrow_c_stream__` or `__arrow_c_array__`, and columns.
    ///
    /// Returns:
    ///     How many trips there were.
    ///
    /// Raises:
    ///     TripStreamError: If the producer of the stream fails.
    ///     TripTypeError: If it is no table, or a column has another type.
    ///     TripValueError: If a column is missing, there are too many groups, or the data can't be right.
    #[pyo3(signature = (data, /))]
    fn add(&self, py: Python<'_>, data: AnyArray) -> PyResult<u64> {
        let mut reader = data.into_reader()?;
        let (groups, rows) = py.detach(|| {
            stream::group(&mut *reader, &self.question, || {
                Ok(Python::attach(|py| py.check_signals())?)
            })
        })?;
        // Who ends a stream may have Python objects to give up, so it ends while this thread is attached.
        drop(reader);
        py.detach(|| self.lock().merge(&groups, self.question.max_groups))?;
        Ok(rows)
    }
    // endregion: add

    fn __len__(&self, py: Python<'_>) -> usize {
        py.detach(|| self.lock().len())
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, Schema::new(fields()))?)
    }

    // region: export
    /// Return the groups as they are now, in the order of their keys, as an Arrow stream of one batch.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let table = py.detach(|| to_table(&self.lock()))?;
        let field = Field::new_struct("", fields(), false);
        let reader = ArrayIterator::new([Ok(table)], Arc::new(field));
        Ok(to_stream_pycapsule(py, Box::new(reader), requested_schema)?)
    }
    // endregion: export
}

/// What a result has, in this order.
fn fields() -> Fields {
    // Its offsets have 64 bits: keys of more than 2 GB in total are no reason to panic.
    let key = Field::new("key", DataType::LargeUtf8, true);
    let counts = ["trips", "missing"].map(|name| Field::new(name, DataType::UInt64, false));
    let total = Field::new("total", DataType::Float64, false);
    let rest = ["mean", "p50", "p95"].map(|name| Field::new(name, DataType::Float64, true));
    [key]
        .into_iter()
        .chain(counts)
        .chain([total])
        .chain(rest)
        .collect()
}

fn to_table(groups: &Groups) -> Result<ArrayRef> {
    let sorted = groups.sorted();
    let groups = || sorted.iter().map(|(_, group)| group);
    let keys: LargeStringArray = sorted.iter().map(|(key, _)| *key).collect();
    let trips = UInt64Array::from_iter_values(groups().map(|group| group.trips));
    let missing = UInt64Array::from_iter_values(groups().map(|group| group.missing));
    let total = Float64Array::from_iter_values(groups().map(|group| group.total));
    let mean: Float64Array = groups().map(|group| group.mean()).collect();
    let quantiles = [0.5, 0.95].map(|part| -> Float64Array {
        groups().map(|group| group.sketch.quantile(part)).collect()
    });
    let [p50, p95] = quantiles;
    let columns: [Arc<dyn Array>; 7] = [
        Arc::new(keys),
        Arc::new(trips),
        Arc::new(missing),
        Arc::new(total),
        Arc::new(mean),
        Arc::new(p50),
        Arc::new(p95),
    ];
    Ok(Arc::new(StructArray::try_new(
        fields(),
        columns.into(),
        None,
    )?))
}

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::TripGroups;
}
