//! Code that `references/locks.md` shows.
//!
//! A guard can't be written through in a detached closure, nor come out of one:
//!
//! ```compile_fail,E0277
//! use pyo3::prelude::*;
//! use std::sync::Mutex;
//!
//! fn clear(py: Python<'_>, guests: &Mutex<Vec<String>>) {
//!     let mut guests = guests.lock().unwrap();
//!     py.detach(|| guests.clear());
//! }
//! ```
//!
//! ```compile_fail,E0277
//! use pyo3::prelude::*;
//! use std::sync::Mutex;
//!
//! fn wait(py: Python<'_>, guests: &Mutex<Vec<String>>) {
//!     drop(py.detach(|| guests.lock().unwrap()));
//! }
//! ```
//!
//! But it can be read through, and stays locked until after the thread has attached again:
//!
//! ```
//! use pyo3::prelude::*;
//! use std::sync::Mutex;
//!
//! fn count(py: Python<'_>, guests: &Mutex<Vec<String>>) -> usize {
//!     let guests = guests.lock().unwrap();
//!     py.detach(|| guests.len())
//! }
//! ```
//!
//! With `abi3` there is no `PyMutex`:
//!
//! ```compile_fail,E0432
//! use pyo3::sync::PyMutex;
//! ```

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::sync::{MutexExt, OnceLockExt, PyOnceLock, RwLockExt};

#[path = "locks_measured.rs"]
mod measured;

// region: plan
/// Who sits where.
#[pyclass(frozen)]
#[derive(Default)]
struct SeatPlan {
    guests: Mutex<HashMap<String, String>>,
}

impl SeatPlan {
    /// Locks the plan. Only plain Rust runs under it, and never for long: so it is taken with `lock` everywhere.
    fn guests(&self) -> MutexGuard<'_, HashMap<String, String>> {
        // No panic can leave a map in between: there is one operation under the lock.
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl SeatPlan {
    /// Book a seat for a guest.
    fn book(&self, seat: String, guest: String) -> PyResult<()> {
        let taken = match self.guests().entry(seat) {
            Entry::Vacant(place) => {
                place.insert(guest);
                None
            }
            Entry::Occupied(place) => Some(place.key().clone()),
        };
        // The lock is free again: making an error is Python's business.
        match taken {
            None => Ok(()),
            Some(seat) => Err(PyValueError::new_err(format!("seat {seat} is taken"))),
        }
    }
    // endregion: plan

    #[new]
    fn new() -> Self {
        Self::default()
    }

    // region: recheck
    /// Move a guest if a callable agrees, which gets the guest's name.
    fn move_if(&self, from: String, to: String, agree: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Some(guest) = self.guests().get(&from).cloned() else {
            return Ok(false);
        };
        if !agree.call1((&guest,))?.is_truthy()? {
            return Ok(false);
        }
        // Meanwhile anything may have happened: look again, and act, under one lock.
        let mut guests = self.guests();
        if guests.get(&from) != Some(&guest) || guests.contains_key(&to) {
            return Ok(false);
        }
        guests.remove(&from);
        guests.insert(to, guest);
        Ok(true)
    }
    // endregion: recheck

    fn guest(&self, seat: &str) -> Option<String> {
        self.guests().get(seat).cloned()
    }

    fn __len__(&self) -> usize {
        self.guests().len()
    }

    /// Panic with the plan locked.
    fn spoil(&self) {
        let _guests = self.guests();
        panic!("the ink has run");
    }
}

/// What prints a ticket, slowly.
#[derive(Default)]
struct Device {
    printed: u64,
}

impl Device {
    fn print(&mut self, seconds: f64) -> u64 {
        thread::sleep(Duration::from_secs_f64(seconds));
        self.printed += 1;
        self.printed
    }
}

/// A printer of tickets; one thread at a time has it, for long.
#[pyclass(frozen)]
#[derive(Default)]
struct Printer {
    device: parking_lot::Mutex<Device>,
}

/// How long a thread waits before it looks for Ctrl-C.
const SLICE: Duration = Duration::from_millis(50);

#[pymethods]
impl Printer {
    /// Print a ticket as soon as nobody else prints, and return its number.
    #[pyo3(signature = (seconds))]
    fn print(&self, py: Python<'_>, seconds: f64) -> u64 {
        // Waits, and works, detached: other threads of Python go on.
        py.detach(|| self.device.lock().print(seconds))
    }

    // region: printer
    /// Print a ticket, unless others print until the time is up.
    fn print_within(&self, py: Python<'_>, seconds: f64, limit: f64) -> PyResult<u64> {
        let (start, limit) = (Instant::now(), Duration::try_from_secs_f64(limit)?);
        loop {
            let number = py.detach(|| {
                let mut device = self.device.try_lock_for(SLICE)?;
                Some(device.print(seconds))
            });
            if let Some(number) = number {
                return Ok(number);
            }
            py.check_signals()?;
            if start.elapsed() > limit {
                return Err(PyTimeoutError::new_err("the printer is busy"));
            }
        }
    }
    // endregion: printer

    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Count what was printed, attached: while another thread prints, all of Python stands still.
    fn printed_attached(&self) -> u64 {
        self.device.lock().printed
    }

    /// Count what was printed.
    fn printed(&self, py: Python<'_>) -> u64 {
        self.device.lock_py_attached(py).printed
    }
}

/// A lock that threads take in two ways.
static MIXED: Mutex<u64> = Mutex::new(0);

/// Hold the lock for some time, detached; then wait attached or detached for it.
#[pyfunction]
fn hold_mixed(py: Python<'_>, seconds: f64) {
    py.detach(|| {
        let _guard = MIXED.lock();
        thread::sleep(Duration::from_secs_f64(seconds));
    });
}

#[pyfunction]
fn take_mixed_attached(py: Python<'_>) {
    let mut count = MIXED.lock_py_attached(py).unwrap();
    *count += 1;
}

#[pyfunction]
fn take_mixed_plainly() {
    *MIXED.lock().unwrap() += 1;
}

/// Read twice in one thread while another waits to write.
#[pyfunction]
fn read_twice(py: Python<'_>, recursive: bool) -> u64 {
    let fares = parking_lot::RwLock::new(20);
    py.detach(|| {
        thread::scope(|scope| {
            let first = fares.read();
            scope.spawn(|| *fares.write() += 1);
            thread::sleep(Duration::from_millis(100));
            let second = if recursive {
                fares.read_recursive()
            } else {
                fares.read()
            };
            *first + *second
        })
    })
}

/// The same with the standard library's lock.
#[pyfunction]
fn read_twice_std(py: Python<'_>) -> u64 {
    let fares = RwLock::new(20);
    py.detach(|| {
        thread::scope(|scope| {
            let first = fares.read().unwrap();
            scope.spawn(|| *fares.write().unwrap() += 1);
            thread::sleep(Duration::from_millis(100));
            *first + *fares.read().unwrap()
        })
    })
}

/// Read attached while another thread reads, too.
#[pyfunction]
fn readers_at_once(py: Python<'_>) -> u64 {
    let fares = RwLock::new(20);
    let first = fares.read_py_attached(py).unwrap();
    let second = fares.read_py_attached(py).unwrap();
    *first + *second
}

static FARES: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Return the table of fares, which a callable makes when it is first asked for.
#[pyfunction]
#[pyo3(signature = (make))]
fn fares<'py>(py: Python<'py>, make: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let fares = FARES.get_or_try_init(py, || make.call0().map(Bound::unbind))?;
    Ok(fares.bind(py).clone())
}

/// Say whether a value can still be made after a first attempt that panicked.
#[pyfunction]
fn made_after_panic(py: Python<'_>) -> (bool, bool, bool) {
    static LAZY: LazyLock<u8> = LazyLock::new(|| panic!("no fares"));
    let (py_once, once) = (PyOnceLock::new(), OnceLock::new());
    let attempts: [&dyn Fn() -> u8; 3] = [
        &|| *py_once.get_or_init(py, || panic!("no fares")),
        &|| *once.get_or_init_py_attached(py, || panic!("no fares")),
        &|| *LAZY,
    ];
    for attempt in attempts {
        assert!(catch_unwind(AssertUnwindSafe(attempt)).is_err());
    }
    let lazy = catch_unwind(|| *LAZY).is_ok();
    (
        *py_once.get_or_init(py, || 1) == 1,
        *once.get_or_init_py_attached(py, || 1) == 1,
        lazy,
    )
}

static INSIDE: AtomicUsize = AtomicUsize::new(0);

/// Stay in a critical section on an object, detached, and return how many threads were inside at most.
#[pyfunction]
#[pyo3(signature = (object, seconds))]
fn stay_inside(object: &Bound<'_, PyAny>, seconds: f64) -> usize {
    let py = object.py();
    with_critical_section(object, || {
        py.detach(|| {
            let inside = INSIDE.fetch_add(1, Ordering::SeqCst) + 1;
            thread::sleep(Duration::from_secs_f64(seconds));
            INSIDE.fetch_sub(1, Ordering::SeqCst);
            inside
        })
    })
}

/// Match on what a lock guards, and try to lock it in an arm.
#[pyfunction]
fn locked_in_arm() -> (bool, bool) {
    let seats = Mutex::new(vec![1]);
    let in_match = match seats.lock().unwrap().pop() {
        Some(_) => seats.try_lock().is_err(),
        None => false,
    };
    let seat = seats.lock().unwrap().pop();
    let after_let = match seat {
        Some(_) => false,
        None => seats.try_lock().is_err(),
    };
    (in_match, after_let)
}

#[pyo3::pymodule]
pub mod locks {
    #[pymodule_export]
    use super::measured::nanoseconds;
    #[pymodule_export]
    use super::{
        Printer, SeatPlan, fares, hold_mixed, locked_in_arm, made_after_panic, read_twice,
        read_twice_std, readers_at_once, stay_inside, take_mixed_attached, take_mixed_plainly,
    };
}
