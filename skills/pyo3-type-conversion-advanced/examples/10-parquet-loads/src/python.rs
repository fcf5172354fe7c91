//! The layer for Python: files in, Arrow out.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{
    Array, ArrayRef, Float64Array, StructArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Fields, Schema, TimeUnit};
use parquet::file::reader::ChunkReader;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use pyo3_arrow::ffi::{ArrayIterator, to_schema_pycapsule, to_stream_pycapsule};

use crate::errors::{Error, Result};
use crate::profile::{Counts, Profile, Rules, Slot};
use crate::read::{Columns, read};
use crate::source::FileObject;

/// How long Ctrl-C may have to wait.
const PATIENCE: Duration = Duration::from_millis(50);
const HOUR: Duration = Duration::from_secs(3600);

/// The load in each slot of time, and what became of the readings.
///
/// It is read through Arrow: `pyarrow.table(profile)`, `polars.DataFrame(profile)`. The columns are `start`, a timestamp in
/// UTC; `intervals`, how many differences of two readings there are; `energy`, their sum; and `largest`, the largest one.
/// A slot without intervals has no row.
#[pyclass(frozen, module = "parquet_loads")]
pub struct LoadProfile {
    table: ArrayRef,
    counts: Counts,
    /// How many meters there are.
    #[pyo3(get)]
    meters: usize,
}

#[pymethods]
impl LoadProfile {
    /// How many readings the file has.
    #[getter]
    fn readings(&self) -> u64 {
        self.counts.readings
    }

    /// How many of them have no meter, no finite number, or no time from the year 1 to 9999.
    #[getter]
    fn missing(&self) -> u64 {
        self.counts.missing
    }

    /// How many are not later than the one of the same meter before them; they are left out.
    #[getter]
    fn disordered(&self) -> u64 {
        self.counts.disordered
    }

    /// How often a meter counts less than before, because it was replaced.
    #[getter]
    fn resets(&self) -> u64 {
        self.counts.resets
    }

    /// How often a meter was silent for longer than the gap.
    #[getter]
    fn gaps(&self) -> u64 {
        self.counts.gaps
    }

    fn __len__(&self) -> usize {
        self.table.len()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, Schema::new(fields()))?)
    }

    // region: export
    /// Return the rows as an Arrow stream of one batch, which has the memory of this object, and no copy.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let field = Field::new_struct("", fields(), false);
        let reader = ArrayIterator::new([Ok(Arc::clone(&self.table))], Arc::new(field));
        Ok(to_stream_pycapsule(py, Box::new(reader), requested_schema)?)
    }
    // endregion: export
}

fn fields() -> Fields {
    let start = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let columns = [
        ("start", start),
        ("intervals", DataType::UInt64),
        ("energy", DataType::Float64),
        ("largest", DataType::Float64),
    ];
    columns
        .map(|(name, kind)| Field::new(name, kind, false))
        .into_iter()
        .collect()
}

fn to_table(profile: &Profile) -> Result<ArrayRef> {
    let starts = profile.slots.keys().copied();
    let starts = TimestampMicrosecondArray::from_iter_values(starts).with_timezone("UTC");
    let intervals = profile.slots.values().map(|slot| slot.intervals);
    let numbers = |number: fn(&Slot) -> f64| -> Arc<dyn Array> {
        Arc::new(Float64Array::from_iter_values(
            profile.slots.values().map(number),
        ))
    };
    let columns: Vec<Arc<dyn Array>> = vec![
        Arc::new(starts),
        Arc::new(UInt64Array::from_iter_values(intervals)),
        numbers(|slot| slot.energy),
        numbers(|slot| slot.largest),
    ];
    Ok(Arc::new(StructArray::try_new(fields(), columns, None)?))
}

/// Add up the readings of meters in a Parquet file.
///
/// The readings of one meter must be in the order of time, whatever is in between. Memory is needed for a few pages of the
/// file, the last reading of each meter, and the profile, however long the file is. Other threads run meanwhile, and Ctrl-C
/// ends it.
///
/// Args:
///     source: A path, or a file object with `seek` and `read` that is open for binary reading.
///     meter: The column with the names of the meters: text or integers.
///     time: The column with the time of each reading: timestamps; those without a zone are in UTC.
///     register: The column with what a meter counted until then: numbers, in any unit.
///     every: How much time a row of the profile stands for, from a second to 366 days; an hour by default.
///     gap: Two readings that are farther apart say nothing, from a second to 3660 days; two hours by default.
///     max_meters: How many meters there may be; each takes about 100 bytes.
///
/// Raises:
///     LoadTypeError: If a column has another type.
///     LoadValueError: If a column is missing, an argument is out of range, or there are too many meters or rows.
///     OSError: If the file can't be read.
///     ParquetFileError: If it is no Parquet, is damaged, or has a compression other than Snappy.
#[pyfunction]
#[pyo3(signature = (source, /, *, meter = "meter", time = "time", register = "register", every = HOUR, gap = 2 * HOUR,
    max_meters = 10_000_000))]
pub fn load_profile(
    source: &Bound<'_, PyAny>,
    meter: &str,
    time: &str,
    register: &str,
    every: Duration,
    gap: Duration,
    max_meters: usize,
) -> PyResult<LoadProfile> {
    let py = source.py();
    let rules = Rules {
        every: to_microseconds("every", every, 366)?,
        gap: to_microseconds("gap", gap, 3660)?,
        max_meters,
    };
    let columns = Columns {
        meter: meter.to_owned(),
        time: time.to_owned(),
        register: register.to_owned(),
    };
    if let Ok(path) = source.extract::<PathBuf>() {
        let file = py.detach(|| open(&path));
        let file = file.map_err(|error| describe(py, error, path))?;
        return Ok(py.detach(|| profile(file, &columns, rules))?);
    }
    let object = FileObject::new(source)?;
    let pending = object.pending.clone();
    let profile = py.detach(|| profile(object, &columns, rules));
    match pending.take() {
        Some(error) => Err(error),
        None => Ok(profile?),
    }
}

// region: interrupt
fn profile<R: ChunkReader + 'static>(
    source: R,
    columns: &Columns,
    rules: Rules,
) -> Result<LoadProfile> {
    let mut profile = Profile::new(rules);
    let mut checked = Instant::now();
    read(source, columns, &mut profile, || {
        if checked.elapsed() >= PATIENCE {
            checked = Instant::now();
            // Attached only for this: another thread may have the interpreter meanwhile.
            Python::attach(|py| py.check_signals())?;
        }
        Ok(())
    })?;
    Ok(LoadProfile {
        table: to_table(&profile)?,
        counts: profile.counts,
        meters: profile.meters(),
    })
}
// endregion: interrupt

fn to_microseconds(name: &'static str, duration: Duration, days: u32) -> Result<i64> {
    let allowed = Duration::from_secs(1)..=HOUR * 24 * days;
    let microseconds = i64::try_from(duration.as_micros()).ok();
    let error = || Error::Duration { name, days };
    microseconds
        .filter(|_| allowed.contains(&duration))
        .ok_or_else(error)
}

/// Opens a file, and no pipe: that would wait for a writer, and no Ctrl-C would end it.
fn open(path: &Path) -> std::io::Result<File> {
    let kind = fs::metadata(path)?;
    if kind.is_file() || kind.is_dir() {
        File::open(path)
    } else {
        Err(std::io::Error::other("not a regular file"))
    }
}

/// With a number and a path `OSError` becomes the right one of its subclasses, and knows the file. On Windows the number is
/// that of the fourth argument, which nobody reads elsewhere.
fn describe(py: Python<'_>, error: std::io::Error, path: PathBuf) -> PyErr {
    let Some(code) = error.raw_os_error() else {
        return error.into();
    };
    let message = if cfg!(windows) {
        Ok(error.to_string())
    } else {
        let strerror = py
            .import("os")
            .and_then(|os| os.call_method1("strerror", (code,)));
        strerror.and_then(|message| message.extract())
    };
    match message {
        Ok(message) => PyOSError::new_err((code, message, path.into_os_string(), code)),
        Err(error) => error,
    }
}
