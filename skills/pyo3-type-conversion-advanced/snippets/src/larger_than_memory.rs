//! Code that `references/larger-than-memory.md` shows.

use std::fs::File;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use arrow::array::{AsArray, Float32Array, RecordBatch, RecordBatchIterator};
use arrow::datatypes::{DataType, Field, Float32Type, Schema};
use arrow::error::ArrowError;
use memmap2::{Advice, Mmap};
use numpy::PyArray1;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3_arrow::PyRecordBatchReader;

// region: mapped
/// A file of 32-bit floats, mapped into memory.
#[pyclass(frozen, module = "conversion_snippets._core.larger_than_memory")]
struct Recording {
    map: Mmap,
}
// endregion: mapped

#[pymethods]
impl Recording {
    // region: map
    #[new]
    fn new(path: PathBuf) -> PyResult<Self> {
        let file = File::open(path)?;
        // SAFETY: nothing makes this safe. Whoever writes to the file or shortens it while it is mapped breaks
        // Rust's rules, or ends the process: the class is for files that are complete and stay as they are.
        #[expect(unsafe_code, reason = "mapping a file is unsafe")]
        let map = unsafe { Mmap::map(&file)? };
        if map.len() % size_of::<f32>() != 0 {
            return Err(PyValueError::new_err(
                "the file does not consist of 32-bit floats",
            ));
        }
        Ok(Self { map })
    }
    // endregion: map

    fn __len__(&self) -> usize {
        self.map.len() / size_of::<f32>()
    }

    // region: peak
    /// The loudest sample; reads the whole file, and keeps no more of it than the system likes.
    fn peak(&self, py: Python<'_>) -> PyResult<f32> {
        py.detach(|| {
            #[cfg(unix)]
            self.map.advise(Advice::Sequential)?;
            let (samples, _) = self.map.as_chunks();
            let loudness = samples.iter().map(|&bytes| f32::from_le_bytes(bytes).abs());
            Ok(loudness.fold(0.0, f32::max))
        })
    }
    // endregion: peak

    // region: view
    /// A read-only array of samples in the file, without copying them.
    fn samples(
        slf: Bound<'_, Self>,
        start: usize,
        stop: usize,
    ) -> PyResult<Bound<'_, PyArray1<f32>>> {
        let samples: &[f32] = bytemuck::try_cast_slice(&slf.get().map)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let samples = samples.get(start..stop);
        let samples =
            samples.ok_or_else(|| PyIndexError::new_err("there are not so many samples"))?;
        let view = numpy::ndarray::ArrayView1::from(samples);
        // SAFETY: the map stays where it is, the class is frozen, and the array keeps the object alive.
        #[expect(unsafe_code, reason = "an array over the memory of another object")]
        let array = unsafe { PyArray1::borrow_from_array(&view, slf.clone().into_any()) };
        array.call_method1("setflags", (false,))?;
        Ok(array)
    }
    // endregion: view
}

/// Streams a recording in batches, each read when the consumer asks for it.
#[pyfunction]
#[pyo3(signature = (path, *, batch_rows = 65_536))]
fn windows(path: PathBuf, batch_rows: usize) -> PyResult<PyRecordBatchReader> {
    use std::io::Read;

    let size = batch_rows
        .checked_mul(size_of::<f32>())
        .filter(|&size| size > 0);
    let size = size.ok_or_else(|| PyValueError::new_err("`batch_rows` is out of range"))?;
    let mut file = File::open(path)?;
    let schema = Arc::new(Schema::new(vec![Field::new(
        "sample",
        DataType::Float32,
        false,
    )]));
    let batch_schema = Arc::clone(&schema);
    // region: pull
    let batches = std::iter::from_fn(move || {
        let mut data = Vec::new();
        match file.by_ref().take(size as u64).read_to_end(&mut data) {
            Ok(0) => None,
            Ok(_) => {
                let (samples, _) = data.as_chunks();
                let samples = samples.iter().map(|&bytes| f32::from_le_bytes(bytes));
                let column = Arc::new(Float32Array::from_iter_values(samples));
                Some(RecordBatch::try_new(
                    Arc::clone(&batch_schema),
                    vec![column],
                ))
            }
            Err(error) => Some(Err(ArrowError::from(error))),
        }
    });
    // endregion: pull
    let reader = RecordBatchIterator::new(batches, schema);
    Ok(PyRecordBatchReader::new(Box::new(reader)))
}

// region: meter
/// Takes samples from Python and hands them to a thread that works at its own pace.
#[pyclass(frozen, module = "conversion_snippets._core.larger_than_memory")]
struct LoudnessMeter {
    sender: Mutex<Option<SyncSender<Vec<f32>>>>,
    worker: Mutex<Option<thread::JoinHandle<Option<f32>>>>,
}
// endregion: meter

#[pymethods]
impl LoudnessMeter {
    /// Holds at most `waiting` blocks that the thread has not come to yet.
    #[new]
    #[pyo3(signature = (*, waiting = 4))]
    fn new(waiting: usize) -> Self {
        let (sender, blocks) = sync_channel(waiting);
        Self {
            sender: Mutex::new(Some(sender)),
            worker: Mutex::new(Some(thread::spawn(move || mean_square(blocks)))),
        }
    }

    // region: push
    /// Waits while as many blocks as allowed are waiting.
    fn push(&self, py: Python<'_>, samples: numpy::PyReadonlyArray1<'_, f32>) -> PyResult<()> {
        let samples = samples.as_array().to_vec();
        let sender = self
            .sender
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let sender = sender.ok_or_else(|| PyValueError::new_err("the meter is closed"))?;
        // Detached: otherwise no other thread of Python runs while this one waits.
        py.detach(|| sender.send(samples))
            .map_err(|_| PyValueError::new_err("the meter has failed"))
    }

    // endregion: push

    /// Waits for what has been pushed, and returns the mean square of all samples.
    fn close(&self, py: Python<'_>) -> PyResult<Option<f32>> {
        drop(
            self.sender
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let worker = self
            .worker
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let worker = worker.ok_or_else(|| PyValueError::new_err("the meter is closed"))?;
        let result = py.detach(|| worker.join());
        result.map_err(|_| PyValueError::new_err("the meter has failed"))
    }
}

fn mean_square(blocks: Receiver<Vec<f32>>) -> Option<f32> {
    let (mut sum, mut count) = (0.0, 0_usize);
    for block in blocks {
        sum += block
            .iter()
            .map(|&sample| f64::from(sample).powi(2))
            .sum::<f64>();
        count += block.len();
    }
    (count > 0).then(|| (sum / count as f64) as f32)
}

/// Passes a stream on with each sample scaled: a batch in, a batch out.
#[pyfunction]
fn amplify(stream: PyRecordBatchReader, gain: f32) -> PyResult<PyRecordBatchReader> {
    let batches = stream.into_reader()?;
    let schema = batches.schema();
    if schema.fields().len() != 1 || schema.field(0).data_type() != &DataType::Float32 {
        return Err(PyValueError::new_err(
            "the stream must have one column of 32-bit floats",
        ));
    }
    let result = Arc::clone(&schema);
    // region: pipe
    let louder = batches.map(move |batch| {
        let batch = batch?;
        let samples = batch.column(0).as_primitive::<Float32Type>();
        let samples: Float32Array = samples.unary(|sample| sample * gain);
        RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(samples)])
    });
    // endregion: pipe
    let reader = RecordBatchIterator::new(louder, result);
    Ok(PyRecordBatchReader::new(Box::new(reader)))
}

// region: iterator
/// Draws blocks of samples from a Python iterator, one at a time.
#[pyfunction]
fn peak_of(blocks: &Bound<'_, PyAny>) -> PyResult<f32> {
    let mut peak = 0_f32;
    for block in blocks.try_iter()? {
        // The block is gone at the end of each round: `collect` would keep all of them.
        let block: numpy::PyReadonlyArray1<'_, f32> = block?.extract()?;
        peak = block
            .as_array()
            .iter()
            .fold(peak, |peak, sample| peak.max(sample.abs()));
    }
    Ok(peak)
}
// endregion: iterator

#[pyo3::pymodule]
pub mod larger_than_memory {
    #[pymodule_export]
    use super::{LoudnessMeter, Recording, amplify, peak_of, windows};
}
