//! The guide.

#[pyo3::pymodule]
pub mod guide {
    #[pymodule_export]
    use super::parallel::nearest;
    #[pymodule_export]
    use super::shared::Visits;
    #[pymodule_export]
    use super::stages::Lines;
    #[pymodule_export]
    use super::watched::nearest_watched;
    #[pymodule_export]
    use super::watching::every_second;
}

mod parallel {
    // region: parallel
    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;
    use rayon::prelude::*;

    pub type Point = (f64, f64);

    /// Find the nearest station of each point: its place in the list.
    #[pyfunction]
    pub fn nearest(
        py: Python<'_>,
        points: Vec<Point>,
        stations: Vec<Point>,
    ) -> PyResult<Vec<usize>> {
        check(&stations)?;
        let nearest = |point: &Point| find(*point, &stations);
        Ok(py.detach(|| points.par_iter().map(nearest).collect()))
    }

    pub fn check(stations: &[Point]) -> PyResult<()> {
        let error = || PyValueError::new_err("there are no stations");
        (!stations.is_empty()).then_some(()).ok_or_else(error)
    }

    /// Pure Rust: it knows neither Python nor threads, and `cargo test` tests it.
    pub fn find(point: Point, stations: &[Point]) -> usize {
        let distance = |station: &Point| (station.0 - point.0).hypot(station.1 - point.1);
        let distances = stations.iter().map(distance).enumerate();
        let nearest = distances.min_by(|left, right| left.1.total_cmp(&right.1));
        nearest.map_or(0, |(place, _)| place)
    }
    // endregion: parallel
}

mod watched {
    use super::parallel::{Point, check, find};
    use pyo3::prelude::*;
    use rayon::prelude::*;

    // region: watched
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
    use std::sync::mpsc::{self, RecvTimeoutError};
    use std::{panic::resume_unwind, thread, time::Duration};

    /// Find the nearest station of each point. Ctrl-C, or an exception of `progress`, ends it.
    #[pyfunction]
    #[pyo3(signature = (points, stations, progress=None))]
    pub fn nearest_watched(
        py: Python<'_>,
        points: Vec<Point>,
        stations: Vec<Point>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Vec<usize>> {
        check(&stations)?;
        let (done, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = |point: &Point| {
            done.fetch_add(1, Relaxed);
            // A `None` ends `collect`.
            (!stop.load(Relaxed)).then(|| find(*point, &stations))
        };
        let watch = || {
            Python::attach(|py| {
                py.check_signals()?;
                let call = |call: &Py<PyAny>| call.call1(py, (done.load(Relaxed),)).map(drop);
                progress.as_ref().map_or(Ok(()), call)
            })
        };
        py.detach(|| {
            // A channel without messages: it closes when the work ends.
            let (working, ended) = mpsc::channel::<()>();
            thread::scope(|scope| {
                let worker = scope.spawn(|| {
                    let _working = working;
                    points.par_iter().map(work).collect::<Option<Vec<_>>>()
                });
                let wait = Duration::from_millis(100);
                while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                    watch().inspect_err(|_| stop.store(true, Relaxed))?;
                }
                let results = worker.join().unwrap_or_else(|panic| resume_unwind(panic));
                Ok(results.unwrap_or_default())
            })
        })
    }
    // endregion: watched
}

mod shared {
    use pyo3::prelude::*;

    // region: shared
    use std::collections::HashMap;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// Visits of pages, counted by any number of threads.
    #[pyclass(frozen)]
    #[derive(Default)]
    pub struct Visits {
        pages: Mutex<HashMap<String, u64>>,
    }

    impl Visits {
        // Plain Rust under it, and only for a moment: no Python code, not even dropping an object.
        fn pages(&self) -> MutexGuard<'_, HashMap<String, u64>> {
            self.pages.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    #[pymethods]
    impl Visits {
        #[new]
        fn new() -> Self {
            Self::default()
        }

        /// Count a visit and return the page's count: one step, where threads would mix up several.
        fn add(&self, page: String) -> u64 {
            let mut pages = self.pages();
            let count = pages.entry(page).or_default();
            *count += 1;
            *count
        }

        /// Return the counts as they are now: cloned under the lock, converted after it.
        fn pages_now(&self) -> HashMap<String, u64> {
            self.pages().clone()
        }
    }
    // endregion: shared
}

mod watching {
    // region: watching
    use std::thread;
    use std::time::Duration;

    use pyo3::prelude::*;

    /// Call a callable once a second from a thread of Rust, until it returns False or Python ends.
    #[pyfunction]
    pub fn every_second(call: Py<PyAny>) -> PyResult<()> {
        let watch = move || {
            loop {
                // Attached for the call only. None: Python is shutting down, and must not be touched.
                let on = Python::try_attach(|py| {
                    let answer = call.bind(py).call0().and_then(|answer| answer.is_truthy());
                    answer.unwrap_or_else(|error| {
                        // Nobody called this thread, so nobody could catch it.
                        error.write_unraisable(py, Some(call.bind(py)));
                        false
                    })
                });
                if on != Some(true) {
                    break;
                }
                thread::sleep(Duration::from_secs(1));
            }
        };
        thread::Builder::new().spawn(watch)?;
        Ok(())
    }
    // endregion: watching
}

mod stages {
    use pyo3::prelude::*;

    // region: stages
    use std::io::{self, BufRead, BufReader};
    use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
    use std::sync::{Mutex, PoisonError};
    use std::{fs::File, path::PathBuf, thread, time::Duration};

    /// The lines of a file, read ahead by a thread of Rust.
    #[pyclass(frozen)]
    pub struct Lines {
        // At most 100 lines wait: a slow reader slows the thread down, and memory stays small.
        receiver: Mutex<Receiver<io::Result<String>>>,
    }

    #[pymethods]
    impl Lines {
        #[new]
        fn new(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
            let file = BufReader::new(py.detach(|| File::open(path))?);
            let (sender, receiver) = sync_channel(100);
            // It ends when `Lines` is dropped, because then sending fails. It never touches Python.
            let read = move || file.lines().try_for_each(|line| sender.send(line));
            thread::Builder::new().spawn(read)?;
            Ok(Self {
                receiver: Mutex::new(receiver),
            })
        }

        fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
            slf
        }

        fn __next__(&self, py: Python<'_>) -> PyResult<Option<String>> {
            let receive = || {
                let receiver = self.receiver.lock().unwrap_or_else(PoisonError::into_inner);
                receiver.recv_timeout(Duration::from_millis(100))
            };
            loop {
                // Detached for the lock, too: another thread may wait in it for a line.
                match py.detach(receive) {
                    Ok(line) => return Ok(Some(line?)),
                    Err(RecvTimeoutError::Disconnected) => return Ok(None),
                    Err(RecvTimeoutError::Timeout) => py.check_signals()?,
                }
            }
        }
    }
    // endregion: stages
}
