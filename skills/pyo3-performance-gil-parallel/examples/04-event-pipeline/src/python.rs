//! The layer for Python: starts the stages, and waits for them detached.

use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::event::Anonymiser;
use crate::pipeline::{Alive, Control, PATIENCE, Part, Totals, read, rewrite, write};

const MOST_WORKERS: usize = 64;
const SHORTEST_KEY: usize = 16;

/// What became of the lines of a file.
///
/// Attributes:
///     events: How many lines were anonymised and written.
///     bad_lines: How many are no events, and were left out.
///     reasons: The number of each bad line and what is wrong with it, for the first hundred.
#[pyclass(frozen, get_all, module = "event_pipeline")]
pub struct Summary {
    events: u64,
    bad_lines: u64,
    reasons: Py<PyTuple>,
}

#[pymethods]
impl Summary {
    fn __repr__(&self) -> String {
        format!(
            "<Summary of {} events, {} bad lines>",
            self.events, self.bad_lines
        )
    }
}

/// Anonymise a gzip file of events: the time to the minute, pseudonyms for users, networks for addresses.
///
/// A line has four fields between tabs: seconds, user, IP address, action. The order of the lines is kept. The target
/// appears when it is complete; until then its name ends with `.part`.
///
/// Args:
///     source: The file to read.
///     target: The file to write; it may be the same.
///     key: At least 16 secret bytes. The same user has the same pseudonym for the same key.
///     workers: How many threads anonymise and compress; as many as there are cores for this process, if not given.
///     progress: Called about 20 times a second, by the thread that called, with the number of lines read.
///
/// Raises:
///     OSError: If the source can't be read or is damaged, or the target can't be written.
///     FileExistsError: If somebody else writes the target, or a process ended in the middle of it.
///     ValueError: If the key is too short, or the number of workers is not from 1 to 64.
///     KeyboardInterrupt: At Ctrl-C, in the main thread.
///     Exception: Whatever `progress` raises, which ends the work.
#[pyfunction]
#[pyo3(signature = (source, target, key, *, workers = None, progress = None))]
pub fn anonymise_file(
    py: Python<'_>,
    source: PathBuf,
    target: PathBuf,
    key: &[u8],
    workers: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Summary> {
    if key.len() < SHORTEST_KEY {
        let message = format!(
            "the key has {} bytes: expected at least {SHORTEST_KEY}",
            key.len()
        );
        return Err(PyValueError::new_err(message));
    }
    let workers = workers.unwrap_or_else(|| {
        thread::available_parallelism()
            .map_or(1, NonZero::get)
            .min(MOST_WORKERS)
    });
    if !(1..=MOST_WORKERS).contains(&workers) {
        let message = format!("`workers` is {workers}: expected 1 to {MOST_WORKERS}");
        return Err(PyValueError::new_err(message));
    }
    // To open a pipe may wait for ever, and a device that is the target would be replaced.
    for (name, path) in [("source", &source), ("target", &target)] {
        if path.exists() && !path.is_file() {
            let message = format!("the {name} is not a file");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message).into());
        }
    }
    let mut part = Part::create(&target)?;
    let totals = run(
        py,
        &source,
        &mut part,
        &Anonymiser::new(key),
        workers,
        progress,
    )?;
    py.detach(|| part.keep(&target))?;
    let reasons = totals
        .reasons
        .into_iter()
        .map(|(line, error)| (line, error.to_string()));
    Ok(Summary {
        events: totals.events,
        bad_lines: totals.bad_lines,
        reasons: PyTuple::new(py, reasons.collect::<Vec<_>>())?.unbind(),
    })
}

// region: run
/// Starts the stages, comes back for Ctrl-C and progress, and returns when all have ended, however they ended.
fn run(
    py: Python<'_>,
    source: &Path,
    part: &mut Part,
    anonymiser: &Anonymiser,
    workers: usize,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Totals> {
    let control = &Control::default();
    // Tokens bound all: the channels, what the workers have, and what waits for its turn to be written.
    let depth = 4 * workers;
    let (give_token, tokens) = bounded(depth);
    let (send_batch, batches) = bounded(depth);
    let (send_output, outputs) = bounded(depth);
    let (channel, ended) = bounded::<()>(0);
    let alive = Alive { control, channel };
    for _ in 0..depth {
        let _ = give_token.send(());
    }
    thread::scope(|scope| {
        // Each stage owns its ends of the channels: when it ends, in whatever way, its neighbours notice.
        let end = alive.clone();
        let reader = scope.spawn(move || {
            let _end = end;
            read(source, control, &tokens, &send_batch)
        });
        for _ in 0..workers {
            let (batches, send_output, end) = (batches.clone(), send_output.clone(), alive.clone());
            scope.spawn(move || {
                let _end = end;
                rewrite(anonymiser, &batches, &send_output);
            });
        }
        drop((batches, send_output));
        let writer = scope.spawn(move || {
            let _end = alive;
            write(&mut part.file, &outputs, &give_token)
        });
        let mut outcome = Ok(());
        while py.detach(|| is_busy(&ended)) {
            if outcome.is_ok() {
                outcome = look_up(py, control, progress);
                control.stop.store(outcome.is_err(), Relaxed);
            }
        }
        outcome?;
        let (read, written) = (reader.join(), writer.join());
        // If the writer failed, the reader only stopped.
        let totals = written.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        read.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok(totals)
    })
}
// endregion: run

/// Waits for a while, and returns whether a stage is still alive: nobody ever sends, and the last to end closes.
fn is_busy(ended: &Receiver<()>) -> bool {
    ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout)
}

fn look_up(py: Python<'_>, control: &Control, progress: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    py.check_signals()?;
    if let Some(progress) = progress {
        progress.call1((control.lines.load(Relaxed),))?;
    }
    Ok(())
}
