//! Code that `references/deadlocks.md` shows.

use std::mem;
use std::ptr;
use std::sync::mpsc::channel;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::{MutexExt, PyOnceLock};
use pyo3::types::{PyList, PyModule};
use rayon::prelude::*;

/// The orders of a kitchen.
#[pyclass(frozen)]
#[derive(Default)]
struct Board {
    dishes: Mutex<Vec<String>>,
    notes: Mutex<Vec<Py<PyAny>>>,
}

impl Board {
    fn dishes(&self) -> MutexGuard<'_, Vec<String>> {
        self.dishes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notes(&self) -> MutexGuard<'_, Vec<Py<PyAny>>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Board {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn __len__(&self) -> usize {
        self.dishes().len()
    }

    /// Make objects, and perhaps look for signals, under the lock: wrong, as the collector may run.
    fn allocate_locked(&self, py: Python<'_>, check: bool) -> PyResult<()> {
        let _dishes = self.dishes();
        let _lists = (0..20_000)
            .map(|dish| PyList::new(py, [dish]))
            .collect::<PyResult<Vec<_>>>()?;
        if check {
            py.check_signals()?;
        }
        Ok(())
    }

    // region: inverted
    /// Add a dish, and tell a callable: wrong, as Python code runs under the lock.
    fn announce_locked(&self, dish: String, listener: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut dishes = self.dishes();
        dishes.push(dish);
        // As soon as the callable lets go of the interpreter, another thread may wait for `dishes`, attached.
        listener.call1((dishes.len(),))?;
        Ok(())
    }

    /// Add a dish, and tell a callable.
    fn announce(&self, dish: String, listener: &Bound<'_, PyAny>) -> PyResult<()> {
        let count = {
            let mut dishes = self.dishes();
            dishes.push(dish);
            dishes.len()
        };
        listener.call1((count,))?;
        Ok(())
    }
    // endregion: inverted

    /// Add a dish, and tell a callable, with each user of the lock waiting detached.
    fn announce_attached(
        &self,
        py: Python<'_>,
        dish: String,
        listener: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let mut dishes = self
            .dishes
            .lock_py_attached(py)
            .unwrap_or_else(PoisonError::into_inner);
        dishes.push(dish);
        listener.call1((dishes.len(),))?;
        Ok(())
    }

    /// Count the dishes, slowly: wrong, as the lock is still held when the thread attaches again.
    fn count_across_detach(&self, py: Python<'_>) -> usize {
        let dishes = self.dishes();
        py.detach(|| {
            thread::sleep(Duration::from_millis(300));
            dishes.len()
        })
    }

    fn pin(&self, note: Py<PyAny>) {
        self.notes().push(note);
    }

    fn note_count(&self) -> usize {
        self.notes().len()
    }

    // region: dropping
    /// Take all notes off: wrong, as the last reference may run a `__del__` that asks the board.
    fn clean_locked(&self) {
        self.notes().clear();
    }

    /// Take all notes off.
    fn clean(&self) {
        let notes = mem::take(&mut *self.notes());
        drop(notes); // The lock was released at the end of the line above.
    }
    // endregion: dropping

    // region: both
    /// Move all dishes of another board to this one.
    fn take_over(&self, py: Python<'_>, other: &Bound<'_, Board>) -> PyResult<()> {
        let other = other.get();
        if ptr::eq(self, other) {
            return Err(PyRuntimeError::new_err("a board can't take over itself"));
        }
        py.detach(|| {
            // Whoever locks two boards takes the one at the lower address first.
            let (mut to, mut from);
            if ptr::from_ref(self) < ptr::from_ref(other) {
                to = self.dishes();
                from = other.dishes();
            } else {
                from = other.dishes();
                to = self.dishes();
            }
            to.append(&mut from);
        });
        Ok(())
    }
    // endregion: both

    /// The same in the order of the arguments: wrong.
    fn take_over_unordered(&self, py: Python<'_>, other: &Bound<'_, Board>) {
        let other = other.get();
        py.detach(|| {
            let mut to = self.dishes();
            thread::sleep(Duration::from_millis(100));
            to.append(&mut other.dishes());
        });
    }

    /// Wait for the notes with `lock_py_attached` while another thread, detached, drops an object.
    fn drop_meanwhile(&self, py: Python<'_>, make: &Bound<'_, PyAny>) -> PyResult<usize> {
        let note = make.call0()?.unbind();
        let (locked, wait) = channel();
        thread::scope(|scope| {
            scope.spawn(move || {
                let _notes = self.notes();
                let _ = locked.send(());
                thread::sleep(Duration::from_millis(100));
                drop(note);
            });
            let _ = wait.recv();
            // PyO3 lets go of the note as soon as this thread is attached again, and that is with the lock held.
            let notes = self.notes.lock_py_attached(py);
            Ok(notes.unwrap_or_else(PoisonError::into_inner).len())
        })
    }
}

/// Cook dishes in threads, by a callable: wrong, as the caller waits attached for threads that attach.
#[pyfunction]
fn cook_attached(dishes: Vec<String>, cook: Py<PyAny>) -> PyResult<()> {
    dishes
        .par_iter()
        .try_for_each(|dish| Python::attach(|py| cook.call1(py, (dish,)).map(drop)))
}

// region: workers
/// Cook dishes in threads, by a callable.
#[pyfunction]
fn cook(py: Python<'_>, dishes: Vec<String>, cook: Py<PyAny>) -> PyResult<()> {
    py.detach(|| {
        dishes
            .par_iter()
            .try_for_each(|dish| Python::attach(|py| cook.call1(py, (dish,)).map(drop)))
    })
}
// endregion: workers

/// Import a module in a thread, and wait for it, detached.
#[pyfunction]
fn load_in_thread(py: Python<'_>, module: String) -> PyResult<()> {
    py.detach(|| {
        let loader = thread::spawn(|| Python::attach(|py| py.import(module).map(drop)));
        loader
            .join()
            .map_err(|_| PyRuntimeError::new_err("the loader panicked"))?
    })
}

static MENU: PyOnceLock<Py<PyModule>> = PyOnceLock::new();

/// Return the module with the menu, which is imported once.
#[pyfunction]
fn menu<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyModule>> {
    let module = MENU.get_or_try_init(py, || py.import(name).map(Bound::unbind))?;
    Ok(module.bind(py).clone())
}

/// Make a value by Python code in a `LazyLock`: wrong, as others wait for it attached.
#[pyfunction]
fn lazy_menu() -> usize {
    static LAZY: LazyLock<usize> = LazyLock::new(|| {
        Python::attach(|py| {
            let time = py.import("time").unwrap();
            time.call_method1("sleep", (0.1,)).unwrap();
            3
        })
    });
    *LAZY
}

#[pyo3::pymodule]
pub mod deadlocks {
    #[pymodule_export]
    use super::{Board, cook, cook_attached, lazy_menu, load_in_thread, menu};
}
