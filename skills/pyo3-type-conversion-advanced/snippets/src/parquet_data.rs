//! Code that `references/parquet.md` shows.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, AsArray, BooleanArray, Datum, Float64Array, RecordBatch, Scalar};
use arrow::array::{RecordBatchIterator, RecordBatchReader};
use arrow::compute::kernels::cmp::gt;
use arrow::datatypes::{Float64Type, SchemaRef};
use arrow::error::ArrowError;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowFilter,
};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{ChunkReader, Length};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_arrow::PyRecordBatchReader;

#[derive(Debug)]
enum ReadError {
    Arrow(ArrowError),
    Column(String),
    Parquet(ParquetError),
    Python(PyErr),
}

impl From<ReadError> for PyErr {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Python(error) => error,
            ReadError::Column(message) => PyValueError::new_err(message),
            ReadError::Arrow(error) => PyValueError::new_err(error.to_string()),
            // The operating system's error, such as that of a file that is cut off while it is read.
            ReadError::Parquet(ParquetError::External(source)) => {
                match source.downcast::<io::Error>() {
                    Ok(error) => Self::from(*error),
                    Err(source) => PyValueError::new_err(source.to_string()),
                }
            }
            ReadError::Parquet(error) => PyValueError::new_err(error.to_string()),
        }
    }
}

impl From<ArrowError> for ReadError {
    fn from(error: ArrowError) -> Self {
        Self::Arrow(error)
    }
}

impl From<ParquetError> for ReadError {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error)
    }
}

impl From<PyErr> for ReadError {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

// region: open
/// Opens a file for reading, and refuses columns that it doesn't have.
fn open<R: ChunkReader + 'static>(
    source: R,
    columns: &[&str],
) -> Result<ParquetRecordBatchReaderBuilder<R>, ReadError> {
    // Types follow the Parquet schema, not what the writer had in memory.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(source, options)?;
    let schema = builder.schema();
    if let Some(name) = columns.iter().find(|name| schema.index_of(name).is_err()) {
        return Err(ReadError::Column(format!("there is no column `{name}`")));
    }
    let indices = columns.iter().filter_map(|name| schema.index_of(name).ok());
    let mask = ProjectionMask::roots(builder.parquet_schema(), indices);
    Ok(builder.with_projection(mask))
}
// endregion: open

// region: totals
/// Readings and kilowatt-hours by tariff.
type Totals = BTreeMap<String, (u64, f64)>;

fn totals(path: &Path, batch_rows: usize) -> Result<Totals, ReadError> {
    let file = File::open(path).map_err(PyErr::from)?;
    let reader = open(file, &["tariff", "kwh"])?.with_batch_size(batch_rows);
    let mut totals = Totals::new();
    for batch in reader.build()? {
        add(&mut totals, &batch?)?;
        // Once a batch, for Ctrl-C.
        Python::attach(|py| py.check_signals())?;
    }
    Ok(totals)
}
// endregion: totals

fn add(totals: &mut Totals, batch: &RecordBatch) -> Result<(), ReadError> {
    let (Some(tariffs), Some(kwh)) = (
        batch["tariff"].as_string_opt::<i32>(),
        batch["kwh"].as_primitive_opt::<Float64Type>(),
    ) else {
        let message = "`tariff` must be a string, and `kwh` a double";
        return Err(ReadError::Column(message.to_owned()));
    };
    for (tariff, kwh) in tariffs.iter().zip(kwh) {
        let (Some(tariff), Some(kwh)) = (tariff, kwh) else {
            continue;
        };
        // `get_mut` first: `entry` would allocate a key for each row.
        match totals.get_mut(tariff) {
            Some((readings, sum)) => (*readings, *sum) = (*readings + 1, *sum + kwh),
            None => drop(totals.insert(tariff.to_owned(), (1, kwh))),
        }
    }
    Ok(())
}

// region: consumption
/// Adds up the readings of a file by tariff, one batch after the other.
#[pyfunction]
#[pyo3(signature = (path, *, batch_rows = 8192))]
fn consumption(py: Python<'_>, path: PathBuf, batch_rows: usize) -> PyResult<Totals> {
    Ok(py.detach(|| totals(&path, batch_rows))?)
}
// endregion: consumption

// region: statistics
/// Returns which row groups may hold values above a limit, by the file's statistics.
fn promising<R>(
    builder: &ParquetRecordBatchReaderBuilder<R>,
    limit: f64,
) -> Result<Vec<usize>, ReadError>
where
    R: ChunkReader + 'static,
{
    let column = StatisticsConverter::try_new("kwh", builder.schema(), builder.parquet_schema())?;
    let groups = builder.metadata().row_groups();
    let highest = column.row_group_maxes(groups)?;
    let highest = highest.as_primitive::<Float64Type>();
    // A group without statistics has to be read.
    let may = |&group: &usize| highest.is_null(group) || highest.value(group) > limit;
    Ok((0..groups.len()).filter(may).collect())
}

// endregion: statistics

/// Streams the readings above a limit.
#[pyfunction]
#[pyo3(signature = (path, *, above, batch_rows = 8192))]
fn peaks(
    py: Python<'_>,
    path: PathBuf,
    above: f64,
    batch_rows: usize,
) -> PyResult<PyRecordBatchReader> {
    let reader = py.detach(|| {
        let file = File::open(path).map_err(PyErr::from)?;
        let builder = open(file, &["meter", "hour", "kwh"])?;
        let groups = promising(&builder, above)?;
        // region: rows
        let kwh = ProjectionMask::columns(builder.parquet_schema(), ["kwh"]);
        let limit = Scalar::new(Float64Array::from(vec![above]));
        let is_above = move |batch: RecordBatch| -> Result<BooleanArray, ArrowError> {
            gt(&batch.column(0), &limit as &dyn Datum)
        };
        let filter = RowFilter::new(vec![Box::new(ArrowPredicateFn::new(kwh, is_above))]);
        let builder = builder.with_row_groups(groups).with_row_filter(filter);
        // endregion: rows
        Ok::<_, ReadError>(builder.with_batch_size(batch_rows).build()?)
    })?;
    Ok(PyRecordBatchReader::new(Box::new(reader)))
}

/// Returns which row groups `peaks` reads.
#[pyfunction]
fn groups_above(path: PathBuf, limit: f64) -> PyResult<Vec<usize>> {
    Ok(promising(&open(File::open(path)?, &["kwh"])?, limit)?)
}

/// A file object of Python, read where the Parquet reader asks for.
#[derive(Clone)]
struct PythonFile {
    file: Arc<Py<PyAny>>,
    length: u64,
    /// What reading raised: batches report errors as text.
    raised: Arc<Mutex<Option<PyErr>>>,
}

impl PythonFile {
    fn new(file: &Bound<'_, PyAny>) -> PyResult<Self> {
        let length = file.call_method1("seek", (0, 2))?.extract()?;
        Ok(Self {
            file: Arc::new(file.clone().unbind()),
            length,
            raised: Arc::default(),
        })
    }

    // region: read-at
    /// Reads up to `target.len()` bytes: like Python's `read`, perhaps fewer.
    fn read_at(&self, start: u64, target: &mut [u8]) -> io::Result<usize> {
        let read = Python::attach(|py| -> PyResult<usize> {
            let file = self.file.bind(py);
            file.call_method1("seek", (start,))?;
            let data = file.call_method1("read", (target.len(),))?;
            let data: &[u8] = data.extract()?;
            let part = target.get_mut(..data.len());
            let part = part.ok_or_else(|| PyValueError::new_err("`read` returned too much"))?;
            part.copy_from_slice(data);
            Ok(data.len())
        });
        read.map_err(|error| {
            let message = error.to_string();
            *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            io::Error::other(message)
        })
    }

    // endregion: read-at

    fn error(&self, error: impl Into<ReadError>) -> PyErr {
        let raised = self
            .raised
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        raised.unwrap_or_else(|| error.into().into())
    }
}

/// Reads on from a place; each has a place of its own.
struct ReadFrom(PythonFile, u64);

impl Read for ReadFrom {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read_at(self.1, target)?;
        self.1 += read as u64;
        Ok(read)
    }
}

impl Length for PythonFile {
    fn len(&self) -> u64 {
        self.length
    }
}

// region: chunks
impl ChunkReader for PythonFile {
    type T = BufReader<ReadFrom>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(ReadFrom(self.clone(), start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        // A length from a damaged file must not become an allocation.
        if length as u64 > self.length {
            return Err(ParquetError::EOF("the file is too short".to_owned()));
        }
        let mut data = vec![0; length];
        ReadFrom(self.clone(), start).read_exact(&mut data)?;
        Ok(data.into())
    }
}

// endregion: chunks

/// Adds up the readings of an open file by tariff.
#[pyfunction]
#[pyo3(signature = (file, *, batch_rows = 8192))]
fn consumption_of(file: &Bound<'_, PyAny>, batch_rows: usize) -> PyResult<Totals> {
    let source = PythonFile::new(file)?;
    let read = || {
        let reader = open(source.clone(), &["tariff", "kwh"])?.with_batch_size(batch_rows);
        let mut totals = Totals::new();
        for batch in reader.build()? {
            add(&mut totals, &batch?)?;
        }
        Ok::<_, ReadError>(totals)
    };
    file.py().detach(read).map_err(|error| source.error(error))
}

/// Writes a stream of batches to a file and returns the number of its row groups.
#[pyfunction]
#[pyo3(signature = (stream, path, *, group_rows = 1 << 20))]
fn write(
    py: Python<'_>,
    stream: PyRecordBatchReader,
    path: PathBuf,
    group_rows: usize,
) -> PyResult<usize> {
    if group_rows == 0 {
        return Err(PyValueError::new_err("`group_rows` must be positive"));
    }
    let reader = stream.into_reader()?;
    // region: write
    let groups = py.detach(|| {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(group_rows));
        let file = File::create(path).map_err(PyErr::from)?;
        let mut writer = ArrowWriter::try_new(file, reader.schema(), Some(properties.build()))?;
        for batch in reader {
            writer.write(&batch?)?;
            Python::attach(|py| py.check_signals())?;
        }
        Ok::<_, ReadError>(writer.close()?.num_row_groups())
    })?;
    // endregion: write
    Ok(groups)
}

/// What `ProjectionMask::columns` selects.
#[pyfunction]
fn columns_selected(path: PathBuf, names: Vec<String>) -> PyResult<Vec<String>> {
    let read = || -> Result<SchemaRef, ReadError> {
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(File::open(&path).map_err(PyErr::from)?)?;
        let names = names.iter().map(String::as_str);
        let mask = ProjectionMask::columns(builder.parquet_schema(), names);
        Ok(builder.with_projection(mask).build()?.schema())
    };
    let schema = read()?;
    Ok(schema
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect())
}

/// Returns the type of each column, as the file's metadata of Arrow says or as its Parquet schema does.
#[pyfunction]
fn column_types(path: PathBuf, skip_arrow_metadata: bool) -> PyResult<Vec<String>> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(skip_arrow_metadata);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(File::open(path)?, options);
    let builder = builder.map_err(ReadError::from)?;
    let fields = builder.schema().fields().iter();
    Ok(fields.map(|field| field.data_type().to_string()).collect())
}

/// Returns the sum of all columns of numbers, read without any option.
#[pyfunction]
fn rows(py: Python<'_>, path: PathBuf, batch_rows: usize) -> PyResult<Vec<usize>> {
    let read = || -> Result<Vec<usize>, ReadError> {
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(File::open(path).map_err(PyErr::from)?)?;
        let reader = builder.with_batch_size(batch_rows).build()?;
        Ok(reader
            .map(|batch| batch.map(|batch| batch.num_rows()))
            .collect::<Result<_, _>>()?)
    };
    Ok(py.detach(read)?)
}

/// A stream that owns its batches, for tests of `write`.
#[pyfunction]
fn repeat(stream: PyRecordBatchReader, times: usize) -> PyResult<PyRecordBatchReader> {
    let mut reader = stream.into_reader()?;
    let schema = reader.schema();
    let batch = reader
        .next()
        .transpose()
        .map_err(ReadError::from)?
        .unwrap_or_else(|| RecordBatch::new_empty(schema.clone()));
    let batches = std::iter::repeat_n(batch, times).map(Ok);
    let batches = RecordBatchIterator::new(batches, schema);
    Ok(PyRecordBatchReader::new(Box::new(batches)))
}

#[pyo3::pymodule]
pub mod parquet_data {
    #[pymodule_export]
    use super::{
        column_types, columns_selected, consumption, consumption_of, groups_above, peaks, repeat,
        rows, write,
    };
}
