//! Code shown in `references/iterators.md`.

use std::fs::File;
use std::io::{BufRead, BufReader, Lines};
use std::iter::{self, Enumerate, Fuse};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyStopIteration, PyValueError};
use pyo3::prelude::*;
use pyo3::types::iterator::PySendResult;
use pyo3::types::{PyFloat, PyIterator};
use rayon::prelude::*;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// region: samples
/// What a seismometer recorded, in micrometres.
#[pyclass(frozen)]
struct Trace {
    samples: Arc<[f64]>,
}

/// One sample after the other.
#[pyclass(frozen)]
struct Samples {
    samples: Arc<[f64]>,
    next: AtomicUsize,
}

#[pymethods]
impl Samples {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self) -> Option<f64> {
        let place = self.next.fetch_add(1, Ordering::Relaxed);
        self.samples.get(place).copied()
    }

    // Only a hint: `list` makes room for so many.
    fn __length_hint__(&self) -> usize {
        let done = self.next.load(Ordering::Relaxed);
        self.samples.len().saturating_sub(done)
    }
}
// endregion: samples

// region: events
/// Finds where the samples reach a level, and the highest of them until they fall below it again.
fn events(samples: impl Iterator<Item = f64>, level: f64) -> impl Iterator<Item = (usize, f64)> {
    let mut samples = samples.enumerate().peekable();
    iter::from_fn(move || {
        let (start, mut peak) = samples.find(|(_, sample)| *sample >= level)?;
        // The sample that ends the event stays: the next one may begin with it.
        while let Some((_, sample)) = samples.next_if(|(_, sample)| *sample >= level) {
            peak = peak.max(sample);
        }
        Some((start, peak))
    })
}
// endregion: events

// region: shared
/// Any iterator of Rust, which several objects may read from.
#[derive(Clone)]
struct Shared<T>(Arc<Mutex<Fuse<Box<dyn Iterator<Item = T> + Send>>>>);

impl<T> Shared<T> {
    fn new(source: impl Iterator<Item = T> + Send + 'static) -> Self {
        let source: Box<dyn Iterator<Item = T> + Send> = Box::new(source);
        Self(Arc::new(Mutex::new(source.fuse())))
    }
}

impl<T> Iterator for Shared<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        lock(&self.0).next()
    }
}
// endregion: shared

/// Samples that are computed when they are asked for.
#[pyclass(frozen)]
struct Stream {
    source: Shared<f64>,
}

#[pymethods]
impl Stream {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    // region: stream
    fn __next__(&self) -> Option<f64> {
        self.source.clone().next()
    }
    // endregion: stream

    /// Go on with the absolute values.
    fn rectified(&self) -> Self {
        let source = Shared::new(self.source.clone().map(f64::abs));
        Self { source }
    }

    // region: above
    /// Go on with what reaches a level.
    fn above(&self, level: f64) -> Self {
        let source = Shared::new(self.source.clone().filter(move |sample| *sample >= level));
        Self { source }
    }

    // endregion: above

    /// Go on with the events that reach a level.
    fn events(&self, level: f64) -> Events {
        let source = Shared::new(events(self.source.clone(), level));
        Events { source }
    }
}

/// Where events begin, and their peaks.
#[pyclass(frozen)]
struct Events {
    source: Shared<(usize, f64)>,
}

#[pymethods]
impl Events {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self) -> Option<(usize, f64)> {
        self.source.clone().next()
    }
}

#[pymethods]
impl Trace {
    #[new]
    fn new(samples: Vec<f64>) -> Self {
        let samples = samples.into();
        Self { samples }
    }

    fn __iter__(&self) -> Samples {
        Samples {
            samples: self.samples.clone(),
            next: AtomicUsize::new(0),
        }
    }

    /// Begin a chain of lazy steps.
    fn stream(&self) -> Stream {
        let samples = self.samples.clone();
        let source = Shared::new((0..samples.len()).map(move |place| samples[place]));
        Stream { source }
    }

    /// The samples, and in the end their mean.
    fn replay(&self) -> Replay {
        Replay {
            samples: self.__iter__(),
        }
    }
}

/// Returns a value in the end, as a generator does.
#[pyclass(frozen)]
struct Replay {
    samples: Samples,
}

#[pymethods]
impl Replay {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self) -> PyResult<f64> {
        self.samples.__next__().ok_or_else(|| {
            let samples = &self.samples.samples;
            let mean = samples.iter().sum::<f64>() / samples.len() as f64;
            PyStopIteration::new_err(mean)
        })
    }
}

/// When waves arrived, in seconds; more may be added.
#[pyclass(frozen)]
#[derive(Default)]
struct Arrivals {
    seconds: Mutex<Vec<f64>>,
    version: AtomicUsize,
}

#[pymethods]
impl Arrivals {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn add(&self, seconds: f64) {
        let mut arrivals = lock(&self.seconds);
        self.version.fetch_add(1, Ordering::Relaxed);
        arrivals.push(seconds);
        arrivals.sort_by(f64::total_cmp);
    }

    fn __iter__(slf: Py<Self>) -> ArrivalsIter {
        ArrivalsIter {
            version: slf.get().version.load(Ordering::Relaxed),
            arrivals: slf,
            next: AtomicUsize::new(0),
        }
    }
}

/// Refuses to go on after a change.
#[pyclass(frozen)]
struct ArrivalsIter {
    arrivals: Py<Arrivals>,
    version: usize,
    next: AtomicUsize,
}

#[pymethods]
impl ArrivalsIter {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    // region: version
    fn __next__(&self) -> PyResult<Option<f64>> {
        let arrivals = self.arrivals.get();
        let seconds = lock(&arrivals.seconds);
        if arrivals.version.load(Ordering::Relaxed) != self.version {
            return Err(PyRuntimeError::new_err("arrivals changed during iteration"));
        }
        let place = self.next.fetch_add(1, Ordering::Relaxed);
        Ok(seconds.get(place).copied())
    }
    // endregion: version
}

/// The numbers of a file, one in each line; it is read while they are asked for.
#[pyclass(frozen)]
struct Readings {
    lines: Mutex<Option<Enumerate<Lines<BufReader<File>>>>>,
}

#[pymethods]
impl Readings {
    #[new]
    fn new(path: PathBuf) -> PyResult<Self> {
        let lines = BufReader::new(File::open(path)?).lines().enumerate();
        let lines = Mutex::new(Some(lines));
        Ok(Self { lines })
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    // region: file
    // Detached before the lock is taken: another thread may hold it while it waits for the disk.
    fn __next__(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        py.detach(|| {
            let mut lines = lock(&self.lines);
            let reading = lines
                .as_mut()
                .and_then(Iterator::next)
                .map(reading)
                .transpose();
            // The end, or an error: the file is closed, and nothing comes any more.
            if !matches!(reading, Ok(Some(_))) {
                *lines = None;
            }
            reading
        })
    }
    // endregion: file
}

fn reading((number, line): (usize, std::io::Result<String>)) -> PyResult<f64> {
    let text = line?;
    text.trim().parse().map_err(|_| {
        let number = number + 1;
        PyValueError::new_err(format!("line {number}: `{text}` is not a number"))
    })
}

static WORKERS: AtomicUsize = AtomicUsize::new(0);

/// Counts a thread that is alive.
struct Alive;

impl Alive {
    fn new() -> Self {
        WORKERS.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        WORKERS.fetch_sub(1, Ordering::SeqCst);
    }
}

fn peak(samples: &[f64]) -> f64 {
    samples.iter().copied().fold(0.0, f64::max)
}

/// How many workers there are.
#[pyfunction]
fn workers() -> usize {
    WORKERS.load(Ordering::SeqCst)
}

/// The peaks of many traces, in their order; all cores work a few traces ahead of the reader.
#[pyclass(frozen)]
struct Peaks {
    work: Mutex<Option<(Receiver<f64>, JoinHandle<()>)>>,
}

impl Peaks {
    // region: parallel
    fn start(traces: Vec<Arc<[f64]>>, ahead: usize, peak: fn(&[f64]) -> f64) -> Self {
        let (sender, receiver) = mpsc::sync_channel(ahead);
        let worker = thread::spawn(move || {
            // Counted, so that a test can wait for its end.
            let _alive = Alive::new();
            for batch in traces.chunks(ahead.max(1)) {
                // The threads of the pool only compute; it is this one that waits for the reader.
                let peaks: Vec<f64> = batch.par_iter().map(|trace| peak(trace)).collect();
                if peaks.into_iter().any(|peak| sender.send(peak).is_err()) {
                    // The iterator was dropped.
                    return;
                }
            }
        });
        let work = Mutex::new(Some((receiver, worker)));
        Self { work }
    }
    // endregion: parallel
}

#[pymethods]
impl Peaks {
    #[new]
    #[pyo3(signature = (traces, *, ahead = 64))]
    fn new(traces: Vec<Py<Trace>>, ahead: usize) -> Self {
        let samples = traces.iter().map(|trace| trace.get().samples.clone());
        Self::start(samples.collect(), ahead, peak)
    }

    /// What happens if the work panics.
    #[staticmethod]
    fn broken() -> Self {
        let peak = |_: &[f64]| panic!("a bug");
        Self::start(vec![[0.5].into()], 1, peak)
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    // region: receive
    fn __next__(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        py.detach(|| {
            let mut work = lock(&self.work);
            loop {
                let Some((receiver, _)) = work.as_ref() else {
                    return Ok(None);
                };
                match receiver.recv_timeout(Duration::from_millis(100)) {
                    Ok(peak) => return Ok(Some(peak)),
                    Err(RecvTimeoutError::Timeout) => Python::attach(|py| py.check_signals())?,
                    // The end, or a panic: only the thread itself knows.
                    Err(RecvTimeoutError::Disconnected) => {
                        let worker = work.take().map(|(_, worker)| worker.join());
                        return match worker {
                            Some(Err(_)) => Err(PyRuntimeError::new_err("the worker panicked")),
                            _ => Ok(None),
                        };
                    }
                }
            }
        })
    }
    // endregion: receive
}

/// Send samples into a generator, and collect what it answers.
#[pyfunction]
fn feed(generator: &Bound<'_, PyIterator>, samples: Vec<f64>) -> PyResult<Vec<f64>> {
    let py = generator.py();
    // Runs to the first `yield`, which is where it waits for a sample.
    generator.send(py.None().bind(py))?;
    let mut answers = Vec::new();
    for sample in samples {
        match generator.send(&PyFloat::new(py, sample))? {
            PySendResult::Next(answer) => answers.push(answer.extract()?),
            PySendResult::Return(_) => break,
        }
    }
    generator.call_method0("close")?;
    Ok(answers)
}

#[pymodule]
pub mod iterators {
    #[pymodule_export]
    use super::{
        Arrivals, ArrivalsIter, Events, Peaks, Readings, Replay, Samples, Stream, Trace, feed,
        workers,
    };
}

#[cfg(test)]
mod tests {
    use super::events;

    #[test]
    fn an_event_ends_below_the_level() {
        let samples = [0.0, 3.0, 5.0, 1.0, 4.0];
        let events: Vec<_> = events(samples.into_iter(), 3.0).collect();
        assert_eq!(events, [(1, 5.0), (4, 4.0)]);
    }
}
