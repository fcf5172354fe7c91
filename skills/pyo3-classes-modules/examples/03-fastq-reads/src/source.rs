//! Where records come from, and who may read them: one thread at a time, and never from within.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use flate2::bufread::MultiGzDecoder;
use pyo3::PyTraverseError;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::fastq::{Error, Parser, Record};

pyo3::import_exception!(fastq_reads.errors, FastqError);

/// So much is read at once, which is worth the way to Python and back.
const BUFFER: usize = 1 << 18;
/// So many records pass a filter, or don't, before Ctrl-C is looked for.
const PATIENCE: u32 = 1 << 14;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        match error {
            Error::Format {
                record,
                line,
                reason,
            } => FastqError::new_err((reason.to_string(), record, line)),
            // If it is what a file object raised, that is raised.
            Error::Io(error) => error.into(),
        }
    }
}

/// A file object as Rust reads it: attached for each call of `read`, and only for that.
struct FileObject(Arc<Py<PyAny>>);

// region: file-object
impl Read for FileObject {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Python::attach(|py| {
            let data = self.0.bind(py).call_method1("read", (buffer.len(),))?;
            if data.is_instance_of::<PyString>() {
                return Err(PyTypeError::new_err(
                    "the file must be open in binary mode, and gave a `str`",
                ));
            }
            let data = data.cast::<PyBytes>()?.as_bytes();
            let target = buffer.get_mut(..data.len());
            target
                .ok_or_else(|| {
                    PyValueError::new_err("`read` gave more bytes than it was asked for")
                })?
                .copy_from_slice(data);
            Ok(data.len())
        })
        // A `PyErr` inside of an `io::Error` comes out as it went in.
        .map_err(io::Error::from)
    }
}
// endregion: file-object

type Input = Box<dyn BufRead + Send>;

/// What is read from, until its end, an error, or `close`.
struct Open {
    parser: Parser<Input>,
    /// What is raised next: the records before it are returned first.
    error: Option<Error>,
}

impl Open {
    // region: batch
    /// Returns up to so many records that pass a test: fewer only at the end, and before an error.
    fn read(&mut self, size: usize, passes: impl Fn(&Record) -> bool) -> PyResult<Vec<Record>> {
        if let Some(error) = self.error.take() {
            return Err(error.into());
        }
        let (mut records, mut count) = (Vec::new(), 0_u32);
        while records.len() < size {
            match self.parser.read() {
                Ok(Some(record)) if passes(&record) => records.push(record),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) if records.is_empty() => return Err(error.into()),
                Err(error) => {
                    self.error = Some(error);
                    break;
                }
            }
            count = count.wrapping_add(1);
            if count % PATIENCE == 0 {
                Python::attach(|py| py.check_signals())?;
            }
        }
        Ok(records)
    }
    // endregion: batch
}

/// A file whose records threads may read.
pub struct Source {
    open: Mutex<Option<Open>>,
    /// The thread that is reading.
    reader: Mutex<Option<ThreadId>>,
    /// Whether `open` is empty, for those who can't wait for it.
    closed: AtomicBool,
    /// The file object, for the garbage collector: the reference that `open` has, not one more.
    file: Mutex<Option<Arc<Py<PyAny>>>>,
}

impl Source {
    pub fn from_path(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let input = py.detach(|| {
            let file = File::open(&path)?;
            decompress(BufReader::with_capacity(BUFFER, file))
        });
        match input {
            Ok(input) => Ok(Self::new(input, None)),
            // With a number and a path `OSError` becomes the right one of its subclasses, and knows the file. On Windows
            // the number is that of the fourth argument, which nobody reads elsewhere.
            Err(error) => Err(match error.raw_os_error() {
                Some(code) => {
                    let message = message(py, code, &error)?;
                    PyOSError::new_err((code, message, path.into_os_string(), code))
                }
                None => error.into(),
            }),
        }
    }

    pub fn from_file(py: Python<'_>, file: Bound<'_, PyAny>) -> PyResult<Self> {
        let file = Arc::new(file.unbind());
        let object = FileObject(Arc::clone(&file));
        let input = py.detach(|| decompress(BufReader::with_capacity(BUFFER, object)))?;
        Ok(Self::new(input, Some(file)))
    }

    fn new(input: Input, file: Option<Arc<Py<PyAny>>>) -> Self {
        let open = Open {
            parser: Parser::new(input),
            error: None,
        };
        Self {
            open: Mutex::new(Some(open)),
            reader: Mutex::default(),
            closed: AtomicBool::new(false),
            file: Mutex::new(file),
        }
    }

    // region: exclusive
    /// Works on the file, alone and detached.
    ///
    /// Other threads wait detached, because who works may have to attach to call `read`. If that `read` asks for a record
    /// itself, it would wait for itself: an error instead.
    fn exclusive<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Option<Open>) -> PyResult<T> + Send,
    ) -> PyResult<T> {
        let this = thread::current().id();
        if *lock(&self.reader) == Some(this) {
            return Err(PyRuntimeError::new_err("the file is being read already"));
        }
        let result = py.detach(|| {
            let mut open = lock(&self.open);
            *lock(&self.reader) = Some(this);
            let result = work(&mut open);
            *lock(&self.reader) = None;
            self.closed.store(open.is_none(), Ordering::Relaxed);
            result
        });
        if self.closed() {
            self.forget();
        }
        result
    }
    // endregion: exclusive

    /// Returns up to so many records that pass a test; none are left when none are returned.
    pub fn read(
        &self,
        py: Python<'_>,
        size: usize,
        passes: impl Fn(&Record) -> bool + Send,
    ) -> PyResult<Vec<Record>> {
        self.exclusive(py, |slot| {
            let Some(open) = slot else {
                return Ok(Vec::new());
            };
            let records = open.read(size, passes);
            // Like a generator, it is over after an exception.
            let over = match &records {
                Ok(records) => records.len() < size && open.error.is_none(),
                Err(_) => true,
            };
            if over {
                *slot = None;
            }
            records
        })
    }

    pub fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.exclusive(py, |open| {
            *open = None;
            Ok(())
        })
    }

    pub fn closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    // region: collect
    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.file.try_lock().as_deref() {
            Ok(Some(file)) => visit.call(&**file),
            _ => Ok(()),
        }
    }

    pub fn clear(&self) {
        if let Ok(mut open) = self.open.try_lock() {
            *open = None;
        }
        self.forget();
    }
    // endregion: collect

    /// Drops the last reference to the file object, attached and without a lock, as its `__del__` may run.
    fn forget(&self) {
        let file = lock(&self.file).take();
        drop(file);
    }
}

/// Reads through gzip if the first two bytes say so, whatever the name of the file.
fn decompress(mut input: impl BufRead + Send + 'static) -> io::Result<Input> {
    let mut start = Vec::new();
    (&mut input).take(2).read_to_end(&mut start)?;
    let zipped = start == [0x1f, 0x8b];
    let input = io::Cursor::new(start).chain(input);
    Ok(if zipped {
        // Not `GzDecoder`, which ends after the first of the members that bgzip writes by the thousands.
        Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(input)))
    } else {
        Box::new(input)
    })
}

/// Returns what Python calls an error of the system; on Windows `strerror` knows other numbers.
fn message(py: Python<'_>, code: i32, error: &io::Error) -> PyResult<String> {
    if cfg!(windows) {
        return Ok(error.to_string());
    }
    py.import("os")?
        .call_method1("strerror", (code,))?
        .extract()
}
