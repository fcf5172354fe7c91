//! The layer for Python: detached work that comes back for progress, signals and warnings.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyUserWarning, PyValueError};
use pyo3::prelude::*;

use crate::digest;

/// How long Ctrl-C may have to wait.
const PATIENCE: Duration = Duration::from_millis(100);

// region: detach
/// Hash the files of a folder, and of the folders in it, with SHA-256.
///
/// Other Python threads run meanwhile. What happens is logged by the logger `file_digest`.
///
/// Args:
///     folder: Where to look. Links to folders are not followed.
///     progress: Called with the number of bytes hashed so far, each time that many more of them are.
///     every: That many.
///
/// Returns:
///     The digests in hexadecimal, by path.
///
/// Raises:
///     OSError: If a folder can't be listed.
///     ValueError: If `every` is 0.
///     KeyboardInterrupt: On Ctrl-C, within about a tenth of a second.
///     Exception: Whatever `progress` or a filter of the logger raises, unchanged.
///
/// Warns:
///     UserWarning: If there are files that can't be read. They are left out.
#[pyfunction]
#[pyo3(signature = (folder, *, progress = None, every = 1_048_576))]
pub fn digest_folder(
    py: Python<'_>,
    folder: PathBuf,
    progress: Option<Py<PyAny>>,
    every: u64,
) -> PyResult<BTreeMap<PathBuf, String>> {
    if every == 0 {
        return Err(PyValueError::new_err("`every` must be at least 1"));
    }
    let report = py.detach(|| {
        let mut monitor = Monitor::new(progress.as_ref(), every);
        digest::digest_folder(&folder, |done| monitor.advance(done))
    });
    raise_pending(py)?;
    let report = report?;
    warn_of_unreadable(py, &folder, &report)?;
    Ok(report.digests)
}
// endregion: detach

/// Decides when detached work goes back to Python.
struct Monitor<'a> {
    progress: Option<&'a Py<PyAny>>,
    every: u64,
    next: u64,
    signals_checked: Instant,
}

impl<'a> Monitor<'a> {
    fn new(progress: Option<&'a Py<PyAny>>, every: u64) -> Self {
        Self {
            progress,
            every,
            next: every,
            signals_checked: Instant::now(),
        }
    }

    // region: advance
    /// Called for every entry, file and chunk; attaches to the interpreter only where there is something to do.
    fn advance(&mut self, done: u64) -> PyResult<()> {
        if self.signals_checked.elapsed() >= PATIENCE {
            self.signals_checked = Instant::now();
            Python::attach(|py| raise_pending(py).and_then(|()| py.check_signals()))?;
        }
        if done < self.next {
            return Ok(());
        }
        self.next = done.saturating_add(self.every);
        let Some(progress) = self.progress else {
            return Ok(());
        };
        Python::attach(|py| {
            raise_pending(py)?;
            progress.call1(py, (done,))?;
            Ok(())
        })
    }
    // endregion: advance
}

// region: pending
/// Returns the exception that logging left behind, if there is one.
///
/// `log::debug!` has no result, so what a filter or handler raised waits in the interpreter. No Python code may run
/// until it has been taken out, and a function that returned a value in spite of it would be a `SystemError`.
fn raise_pending(py: Python<'_>) -> PyResult<()> {
    PyErr::take(py).map_or(Ok(()), Err)
}
// endregion: pending

// region: warn
/// Issues a warning; it is an exception where the user has asked for that, hence the `?`.
fn warn_of_unreadable(py: Python<'_>, folder: &Path, report: &digest::Report) -> PyResult<()> {
    let unreadable = report.unreadable.len();
    if unreadable == 0 {
        return Ok(());
    }
    let message = format!(
        "{unreadable} file(s) in {} could not be read, see the log",
        folder.display()
    );
    // Functions of Rust have no frame, so level 1 is the caller's line.
    PyErr::warn(
        py,
        &py.get_type::<PyUserWarning>(),
        &CString::new(message)?,
        1,
    )
}
// endregion: warn

/// What this process has hashed so far.
///
/// Attributes:
///     files: The number of files.
///     bytes: Their size.
#[pyclass(frozen, get_all, module = "file_digest")]
pub struct Totals {
    files: u64,
    bytes: u64,
}

/// Return what this process has hashed so far.
#[pyfunction]
pub fn totals() -> Totals {
    let digest::Count { files, bytes } = digest::count();
    Totals { files, bytes }
}
