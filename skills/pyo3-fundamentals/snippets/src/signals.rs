//! Code shown in `references/signals.md`.

// region: core
/// Finds the number below `limit` whose Collatz chain is the longest; calls `pause` now and then.
fn longest_chain<E>(limit: u64, mut pause: impl FnMut() -> Result<(), E>) -> Result<u64, E> {
    let (mut best, mut most) = (1, 0);
    for start in 1..limit {
        if start % 1024 == 0 {
            pause()?;
        }
        let steps = chain(start);
        if steps > most {
            (best, most) = (start, steps);
        }
    }
    Ok(best)
}
// endregion: core

/// Counts the steps to 1: half of an even number, three times an odd one and one more.
fn chain(start: u64) -> u32 {
    let mut number = u128::from(start);
    let mut steps = 0;
    while number > 1 {
        number = if number % 2 == 0 {
            number / 2
        } else {
            3 * number + 1
        };
        steps += 1;
    }
    steps
}

#[pyo3::pymodule]
pub mod signals {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::{self, RecvTimeoutError};
    use std::thread;
    use std::time::{Duration, Instant};

    use pyo3::exceptions::PyRuntimeError;
    use pyo3::prelude::*;

    // region: interruptible
    /// Find the number below `limit` whose chain is the longest; Ctrl-C ends the search.
    #[pyfunction]
    #[pyo3(signature = (limit, /))]
    fn longest_chain(py: Python<'_>, limit: u64) -> PyResult<u64> {
        let mut checked = Instant::now();
        py.detach(|| {
            super::longest_chain(limit, || {
                if checked.elapsed() < Duration::from_millis(100) {
                    return Ok(());
                }
                checked = Instant::now();
                Python::attach(|py| py.check_signals())
            })
        })
    }
    // endregion: interruptible

    /// A request to stop, which any thread may make.
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

        fn request(&self) {
            self.requested.store(true, Ordering::Relaxed);
        }
    }

    // region: stop
    /// The same in any thread: `None` if it was asked to stop.
    #[pyfunction]
    #[pyo3(signature = (limit, stop))]
    fn longest_chain_until(py: Python<'_>, limit: u64, stop: &Stop) -> Option<u64> {
        let pause = || match stop.requested.load(Ordering::Relaxed) {
            true => Err(()),
            false => Ok(()),
        };
        py.detach(|| super::longest_chain(limit, pause)).ok()
    }
    // endregion: stop

    // region: wait
    /// Wait for a result of a thread; Ctrl-C ends the wait.
    #[pyfunction]
    #[pyo3(signature = (milliseconds))]
    fn measure(py: Python<'_>, milliseconds: u64) -> PyResult<f64> {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(milliseconds));
            // Fails if nobody waits any longer.
            sender.send(21.5)
        });
        py.detach(move || {
            loop {
                match receiver.recv_timeout(Duration::from_millis(100)) {
                    Ok(value) => return Ok(value),
                    Err(RecvTimeoutError::Timeout) => Python::attach(|py| py.check_signals())?,
                    Err(RecvTimeoutError::Disconnected) => {
                        return Err(PyRuntimeError::new_err("the thread panicked"));
                    }
                }
            }
        })
    }
    // endregion: wait
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::longest_chain;

    #[test]
    fn the_longest_chain_below_ten_starts_at_nine() {
        assert_eq!(longest_chain(10, || Ok::<_, Infallible>(())), Ok(9));
    }

    #[test]
    fn a_pause_can_end_the_search() {
        assert_eq!(longest_chain(u64::MAX, || Err("enough")), Err("enough"));
    }
}
