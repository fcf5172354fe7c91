//! The layer for Python: a pool for the work, while the thread that called waits, reports, and looks for Ctrl-C.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rayon::ThreadPoolBuilder;
use regex::bytes::RegexBuilder;

use crate::search::{Control, Findings, Query};

/// How long Ctrl-C may have to wait, and how often progress is told.
const PATIENCE: Duration = Duration::from_millis(50);

/// More threads than this are surely a mistake.
const MOST_THREADS: usize = 256;

/// A line that matches.
///
/// Attributes:
///     path: The file.
///     line: Which of its lines, counted from 1.
///     text: What it says; what is not UTF-8 in it is replaced.
#[pyclass(frozen, get_all, module = "log_search")]
pub struct Match {
    path: PathBuf,
    line: u64,
    text: String,
}

#[pymethods]
impl Match {
    fn __repr__(&self) -> String {
        format!("<Match {}:{}>", self.path.display(), self.line)
    }
}

/// The result of a search.
///
/// Attributes:
///     matches: The lines that match, in the order of paths and lines.
///     complete: Whether there are no others.
///     unreadable: Files and folders that could not be read, each with the reason.
///     files: How many files were searched.
///     bytes: How much of them.
#[pyclass(frozen, get_all, module = "log_search")]
pub struct Report {
    matches: Py<PyTuple>,
    complete: bool,
    unreadable: Py<PyTuple>,
    files: u64,
    bytes: u64,
}

// region: search
/// Search the log files of a folder, and of the folders in it, for lines that match a pattern.
///
/// Other Python threads run meanwhile. A search takes time in proportion to the files, whatever the pattern.
///
/// Args:
///     folder: Where to look. Links are not followed.
///     pattern: A regular expression of the crate regex: like Python's, without look-around and back-references.
///     ending: How the names of the files end; an empty string takes all files.
///     ignore_case: Whether `a` and `A` are the same.
///     limit: How many lines are wanted at most.
///     threads: How many threads search; as many as there are cores for this process, if not given.
///     progress: Called about 20 times a second, by the thread that called, with the number of files done, that of all
///         files, and that of bytes done.
///
/// Raises:
///     OSError: If the folder can't be listed.
///     ValueError: If the pattern is not valid, or the number of threads is not from 1 to 256.
///     KeyboardInterrupt: At Ctrl-C, in the main thread.
///     Exception: Whatever `progress` raises, which ends the search.
#[pyfunction]
#[pyo3(signature = (
    folder, pattern, *, ending = ".log", ignore_case = false, limit = 1000, threads = None, progress = None
))]
#[expect(clippy::too_many_arguments, reason = "all but two are keywords")]
pub fn search_logs(
    py: Python<'_>,
    folder: PathBuf,
    pattern: &str,
    ending: &str,
    ignore_case: bool,
    limit: usize,
    threads: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Report> {
    let regex = RegexBuilder::new(pattern)
        .case_insensitive(ignore_case)
        .build()
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    let query = Query {
        folder: &folder,
        ending,
        regex,
        limit,
    };
    let control = Control::default();
    let findings = wait_for(py, &query, &control, count_threads(threads)?, progress)?;
    make_report(py, findings, &control)
}
// endregion: search

fn count_threads(threads: Option<usize>) -> PyResult<usize> {
    // This knows the limits of a container, which the number of the machine's cores doesn't.
    let threads =
        threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get));
    if !(1..=MOST_THREADS).contains(&threads) {
        let message = format!("`threads` is {threads}: expected 1 to {MOST_THREADS}");
        return Err(PyValueError::new_err(message));
    }
    Ok(threads)
}

// region: wait
/// Has the pool search, and comes back from time to time; no thread of the pool ever attaches.
fn wait_for(
    py: Python<'_>,
    query: &Query<'_>,
    control: &Control,
    threads: usize,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Findings> {
    // A pool a search: it takes some 50 µs a thread, and a child of `fork` has none that lacks its threads.
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|number| format!("log-search-{number}"))
        .build()
        .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    let mut findings = None;
    let outcome = pool.in_place_scope(|scope| {
        let (sender, mut receiver) = mpsc::channel::<()>();
        let findings = &mut findings;
        scope.spawn(move |_| {
            *findings = Some(query.run(control));
            // The end of the sender is the message, also after a panic.
            drop(sender);
        });
        let mut outcome = Ok(());
        while py.detach(|| is_busy(&mut receiver)) {
            if outcome.is_ok() {
                outcome = look_up(py, control, progress);
                // The loop goes on until the threads have noticed, so that the scope doesn't wait for them attached.
                control.stop.store(outcome.is_err(), Relaxed);
            }
        }
        outcome
    });
    outcome?;
    // Without a panic, which the scope would have passed on, there are some.
    Ok(findings.unwrap_or_else(|| Ok(Findings::default()))?)
}

/// Waits for a while, and returns whether there is still work; `&mut`, since `&Receiver` may not go to other threads.
fn is_busy(receiver: &mut Receiver<()>) -> bool {
    receiver.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout)
}

fn look_up(py: Python<'_>, control: &Control, progress: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    py.check_signals()?;
    if let Some(progress) = progress {
        let numbers = [&control.files_done, &control.files, &control.bytes_done];
        progress.call1(<(u64, u64, u64)>::from(
            numbers.map(|number| number.load(Relaxed)),
        ))?;
    }
    Ok(())
}
// endregion: wait

fn make_report(py: Python<'_>, findings: Findings, control: &Control) -> PyResult<Report> {
    let matches = findings.hits.into_iter().map(|hit| Match {
        path: hit.path,
        line: hit.line,
        text: String::from_utf8_lossy(&hit.text).into_owned(),
    });
    let matches = matches.map(|line| Py::new(py, line));
    let reasons = findings.unreadable.into_iter();
    let reasons = reasons.map(|(path, error)| (path, error.to_string()));
    Ok(Report {
        matches: PyTuple::new(py, matches.collect::<PyResult<Vec<_>>>()?)?.unbind(),
        complete: findings.complete,
        unreadable: PyTuple::new(py, reasons.collect::<Vec<_>>())?.unbind(),
        files: control.files_done.load(Relaxed),
        bytes: control.bytes_done.load(Relaxed),
    })
}
