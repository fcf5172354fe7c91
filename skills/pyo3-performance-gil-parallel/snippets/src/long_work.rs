//! Code that `references/long-work.md` shows.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, bounded};
use pyo3::exceptions::{PyRuntimeError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use rayon::prelude::*;

// region: core
/// What workers and those who wait for them share. Nothing of Python is in it.
#[derive(Default)]
struct Progress {
    done: AtomicU64,
    stopped: AtomicBool,
}

/// So many games take some milliseconds: the longest that workers go on after they were told to stop.
const BATCH: u64 = 2_000;

/// Plays games on all cores, and returns how many were won; `None` if it was stopped.
fn play(games: u64, seed: u64, progress: &Progress) -> Option<u64> {
    let batches = (0..games.div_ceil(BATCH)).into_par_iter();
    let won = batches.map(|number| {
        if progress.stopped.load(Relaxed) {
            return None;
        }
        let count = BATCH.min(games - number * BATCH);
        // Seeded by the number of the batch: the same result with any number of threads.
        let won = play_batch(count, seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        progress.done.fetch_add(count, Relaxed);
        Some(won)
    });
    won.sum()
}
// endregion: core

/// Plays games of craps, and counts those that were won.
fn play_batch(games: u64, seed: u64) -> u64 {
    let mut state = seed | 1;
    let mut roll = || {
        let mut die = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % 6 + 1
        };
        die() + die()
    };
    let mut play = || match roll() {
        7 | 11 => true,
        2 | 3 | 12 => false,
        point => loop {
            match roll() {
                7 => return false,
                next if next == point => return true,
                _ => {}
            }
        },
    };
    (0..games).filter(|_| play()).count() as u64
}

// region: stop
/// Stops the work that it was given to, from any thread.
#[pyclass(frozen)]
#[derive(Default)]
struct Stop {
    requested: AtomicBool,
}

#[pymethods]
impl Stop {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Ask the work to stop; it does so within a fraction of a second.
    fn request(&self) {
        self.requested.store(true, Relaxed);
    }
}
// endregion: stop

/// Return the share of games that are won.
///
/// Args:
///     games: How many games are played.
///     seed: The same seed gives the same result.
///     progress: Called a few times a second with the games that are done; an exception ends the work.
///     stop: Ends the work when it is asked to.
///     timeout: Seconds after which the work ends.
///
/// Raises:
///     TimeoutError: The time is up.
#[pyfunction]
#[pyo3(signature = (games, *, seed = 1, progress = None, stop = None, timeout = None))]
fn win_share(
    py: Python<'_>,
    games: u64,
    seed: u64,
    progress: Option<Py<PyAny>>,
    stop: Option<&Stop>,
    timeout: Option<f64>,
) -> PyResult<Option<f64>> {
    let deadline = timeout.map(deadline).transpose()?;
    let state = Progress::default();
    let work = || play(games, seed, &state);
    // region: look
    let look = |elapsed| {
        if stop.is_some_and(|stop| stop.requested.load(Relaxed)) {
            state.stopped.store(true, Relaxed);
        }
        if deadline.is_some_and(|deadline| elapsed >= deadline) {
            return Err(PyTimeoutError::new_err("the games took too long"));
        }
        Python::attach(|py| {
            // Sees signals in the main thread only.
            py.check_signals()?;
            let done = state.done.load(Relaxed);
            let report = |progress: &Py<PyAny>| progress.call1(py, (done,)).map(drop);
            progress.as_ref().map_or(Ok(()), report)
        })
    };
    let won = supervised(py, &state, work, look)?;
    // endregion: look
    Ok(won.map(|won| won as f64 / games.max(1) as f64))
}

fn deadline(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(format!("timeout: {error}")))
}

// region: supervised
/// How often whoever waits looks around.
const PAUSE: Duration = Duration::from_millis(100);

/// Runs work in rayon's pool, detached, while the caller's thread calls `look` ten times a second.
///
/// If that fails, the work is told to stop, waited for, and the error returned.
fn supervised<T: Send>(
    py: Python<'_>,
    progress: &Progress,
    work: impl FnOnce() -> T + Send,
    mut look: impl FnMut(Duration) -> PyResult<()> + Send,
) -> PyResult<T> {
    let start = Instant::now();
    let (sender, results) = bounded(1);
    py.detach(|| {
        rayon::in_place_scope(|scope| {
            // A panic drops the sender, which ends the wait; then the scope passes the panic on.
            scope.spawn(move |_| sender.send(work()).unwrap_or_default());
            let mut error = None;
            loop {
                match results.recv_timeout(PAUSE) {
                    Ok(result) => return error.map_or(Ok(result), Err),
                    Err(RecvTimeoutError::Disconnected) => {
                        return Err(PyRuntimeError::new_err("the work panicked"));
                    }
                    Err(RecvTimeoutError::Timeout) if error.is_some() => {}
                    Err(RecvTimeoutError::Timeout) => {
                        error = look(start.elapsed()).err();
                        if error.is_some() {
                            progress.stopped.store(true, Relaxed);
                        }
                    }
                }
            }
        })
    })
}
// endregion: supervised

/// Panic in the work.
#[pyfunction]
fn panic_in_work(py: Python<'_>) -> PyResult<()> {
    let work = || panic!("the dice are loaded");
    supervised(py, &Progress::default(), work, |_| Ok(()))
}

// region: one-thread
/// Return the games that are won, played by the caller's thread; Ctrl-C ends it.
#[pyfunction]
#[pyo3(signature = (games))]
fn wins_alone(py: Python<'_>, games: u64) -> PyResult<u64> {
    let (mut won, mut looked) = (0, Instant::now());
    py.detach(|| {
        for number in 0..games.div_ceil(BATCH) {
            won += play_batch(BATCH.min(games - number * BATCH), number);
            if looked.elapsed() >= PAUSE {
                looked = Instant::now();
                Python::attach(|py| py.check_signals())?;
            }
        }
        Ok(won)
    })
}
// endregion: one-thread

/// Check for signals so many times, attached all the time or for each.
#[pyfunction]
#[pyo3(signature = (times, attach))]
fn check(py: Python<'_>, times: u64, attach: bool) -> PyResult<()> {
    match attach {
        true => py.detach(|| (0..times).try_for_each(|_| Python::attach(|py| py.check_signals()))),
        false => (0..times).try_for_each(|_| py.check_signals()),
    }
}

/// Look at the clock so many times.
#[pyfunction]
#[pyo3(signature = (times))]
fn look_at_clock(times: u64) -> bool {
    let start = Instant::now();
    (0..times).fold(true, |early, _| early & (start.elapsed() < PAUSE * 10_000))
}

/// Return whether `check_signals` in another thread of Rust, while a signal is due, did nothing.
#[pyfunction]
fn check_elsewhere(py: Python<'_>) -> bool {
    py.detach(|| {
        std::thread::spawn(|| Python::attach(|py| py.check_signals().is_ok()))
            .join()
            .unwrap_or(false)
    })
}

#[pymodule]
pub mod long_work {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
    #[pymodule_export]
    use super::{
        Stop, check, check_elsewhere, look_at_clock, panic_in_work, win_share, wins_alone,
    };
}
