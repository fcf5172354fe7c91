//! The recorder as Python classes.

use std::cell::OnceCell;
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use pyo3::exceptions::{PyException, PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use crate::buffer::{Buffer, LARGEST};
use crate::event::{Event, Thread};
use crate::writer::Writer;

/// Bytes of an event's name.
const LONGEST_NAME: usize = 256;

/// A span that is not running. A clock that has just started may be at 0, too, so times are stored with 1 added.
const IDLE: u64 = 0;

static NEXT: AtomicU32 = AtomicU32::new(1);

thread_local! {
    static CURRENT: OnceCell<Arc<Thread>> = const { OnceCell::new() };
}

// region: thread
/// Returns who this is: Python is asked for the name of a thread once, and nobody after that.
fn current_thread(py: Python<'_>) -> PyResult<Arc<Thread>> {
    if let Some(thread) = CURRENT.with(|cell| cell.get().cloned()) {
        return Ok(thread);
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = thread_name(py).or_else(|error| {
        if error.is_instance_of::<PyException>(py) {
            return Ok(format!("thread {number}"));
        }
        Err(error)
    })?;
    let thread = Arc::new(Thread {
        number,
        name: name.into(),
    });
    // Python's code may have recorded something meanwhile, so that this thread is known already.
    Ok(CURRENT.with(|cell| Arc::clone(cell.get_or_init(|| thread))))
}

fn thread_name(py: Python<'_>) -> PyResult<String> {
    let thread = py.import("threading")?.call_method0("current_thread")?;
    thread.getattr("name")?.extract()
}
// endregion: thread

fn check_name(name: &str) -> PyResult<Box<str>> {
    if name.len() > LONGEST_NAME {
        let message = format!(
            "a name has {} bytes, and may have up to {LONGEST_NAME}",
            name.len()
        );
        return Err(PyValueError::new_err(message));
    }
    Ok(name.into())
}

/// What a recorder and its spans share; a span may live longer.
struct Shared {
    buffer: Arc<Buffer>,
    writer: Writer,
}

impl Shared {
    fn now(&self) -> u64 {
        self.buffer.now()
    }

    /// Keeps an event. In a process that was forked the thread that empties the buffer is missing, perhaps since the
    /// middle of what it did, for which others would wait forever: so the buffer is left alone there.
    fn push(&self, event: Event) {
        if self.writer.is_closed() {
            self.buffer.refuse();
        } else {
            self.buffer.push(event);
        }
    }
}

// region: drop
impl Drop for Shared {
    /// Closes what nobody closed. Python drops its objects attached, and to wait is for detached threads: what is written
    /// may go to a pipe that a thread of Python's reads.
    fn drop(&mut self) {
        // Nobody is left to hear what went wrong.
        let _ = Python::attach(|py| py.detach(|| self.writer.close()));
    }
}
// endregion: drop

/// Records what threads do, and writes it as a Chrome trace meanwhile.
///
/// No thread waits for another or for the disk: events are lost, and counted, where the buffer is full. Open the file at
/// ui.perfetto.dev or chrome://tracing.
///
/// Args:
///     path: The file, which is replaced.
///     capacity: Events that the buffer has room for, up to 1,048,576.
///     every: Seconds after which what is in the buffer is written, up to 3600.
///
/// Raises:
///     OSError: If the file can't be made.
///     ValueError: If a number is out of range.
#[pyclass(frozen, module = "trace_buffer")]
pub struct Recorder {
    shared: Arc<Shared>,
}

#[pymethods]
impl Recorder {
    #[new]
    #[pyo3(signature = (path, *, capacity = 65_536, every = 0.05))]
    fn new(py: Python<'_>, path: PathBuf, capacity: usize, every: f64) -> PyResult<Self> {
        if !(1..=LARGEST).contains(&capacity) {
            return Err(PyValueError::new_err(format!(
                "`capacity` must be from 1 to {LARGEST}"
            )));
        }
        if !(0.001..=3600.0).contains(&every) {
            return Err(PyValueError::new_err(
                "`every` must be from 0.001 to 3600 seconds",
            ));
        }
        // A path may be a pipe, which waits for a reader to be opened.
        let file = py
            .detach(|| File::create(&path))
            .map_err(|error| name_file(error, path))?;
        let buffer = Arc::new(Buffer::new(capacity));
        let writer = Writer::start(
            Arc::clone(&buffer),
            BufWriter::new(file),
            Duration::from_secs_f64(every),
        )?;
        Ok(Self {
            shared: Arc::new(Shared { buffer, writer }),
        })
    }

    /// Return a context manager that records how long its block takes.
    ///
    /// Args:
    ///     name: What is done, up to 256 bytes in UTF-8.
    fn span(&self, name: &str) -> PyResult<Span> {
        Ok(Span {
            shared: Arc::clone(&self.shared),
            name: check_name(name)?,
            start: AtomicU64::new(IDLE),
        })
    }

    /// Record that something happens now.
    ///
    /// Args:
    ///     name: What it is, up to 256 bytes in UTF-8.
    fn instant(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        let (name, thread) = (check_name(name)?, current_thread(py)?);
        let start = self.shared.now();
        self.shared.push(Event {
            name,
            thread,
            start,
            duration: None,
        });
        Ok(())
    }

    // region: close
    /// Write what there is, and close the file; what is recorded later is lost, and counted.
    ///
    /// Raises:
    ///     OSError: If something could not be written. A second call does nothing.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        // Detached, because it waits: for the disk, and for a lock if two threads close.
        Ok(py.detach(|| self.shared.writer.close())?)
    }
    // endregion: close

    /// Events that were written; on a full disk the last of them are not in the file, and `close` raises.
    #[getter]
    fn written(&self) -> u64 {
        self.shared.writer.written()
    }

    /// Events that were lost, because there was no room, or the recorder closed.
    #[getter]
    fn dropped(&self) -> u64 {
        let Shared { buffer, writer } = &*self.shared;
        if writer.is_closed() {
            buffer.lost()
        } else {
            buffer.refused()
        }
    }

    /// Whether nothing is written any more: closed, or in a process that was forked.
    #[getter]
    fn closed(&self) -> bool {
        self.shared.writer.is_closed()
    }

    fn __enter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close(py)
    }
}

/// How long a block takes; one at a time, as often as you like.
#[pyclass(frozen, module = "trace_buffer")]
pub struct Span {
    shared: Arc<Shared>,
    name: Box<str>,
    /// The time of `__enter__`, and 1; or `IDLE`.
    start: AtomicU64,
}

#[pymethods]
impl Span {
    // region: span
    fn __enter__(slf: PyRef<'_, Self>) -> PyResult<PyRef<'_, Self>> {
        // Asked for its name before the clock starts, so that `__exit__` has nothing to do that can fail.
        current_thread(slf.py())?;
        let now = slf.shared.now() + 1;
        if slf
            .start
            .compare_exchange(IDLE, now, Ordering::Relaxed, Ordering::Relaxed)
            .is_err()
        {
            return Err(PyRuntimeError::new_err("the span is running already"));
        }
        Ok(slf)
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        let end = self.shared.now() + 1;
        let start = self.start.swap(IDLE, Ordering::Relaxed);
        if start == IDLE {
            return Err(PyRuntimeError::new_err("the span is not running"));
        }
        let thread = current_thread(py)?;
        let duration = Some(end.saturating_sub(start));
        self.shared.push(Event {
            name: self.name.clone(),
            thread,
            start: start - 1,
            duration,
        });
        Ok(())
    }
    // endregion: span
}

/// Returns an `OSError` that names the file.
fn name_file(error: std::io::Error, path: PathBuf) -> PyErr {
    match error.raw_os_error() {
        Some(number) => {
            // The second number is for Windows, where the first becomes that of C's library.
            PyOSError::new_err((number, error.to_string(), path.into_os_string(), number))
        }
        None => error.into(),
    }
}
