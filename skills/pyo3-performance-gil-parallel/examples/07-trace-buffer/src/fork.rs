//! Whether this is still the process in which something was made.

use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyDict;

static FORKS: AtomicU32 = AtomicU32::new(0);

/// How many forks lie between the first process and this one. To ask the system for the process each time would take
/// longer than to record an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Generation(u32);

impl Generation {
    #[must_use]
    pub fn current() -> Self {
        Self(FORKS.load(Ordering::Relaxed))
    }
}

#[pyfunction]
fn note_fork() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

// region: register
/// Asks Python to count forks; on Windows there are none.
///
/// # Errors
///
/// What Python raises.
pub fn watch(py: Python<'_>) -> PyResult<()> {
    let Some(register) = py.import("os")?.getattr_opt("register_at_fork")? else {
        return Ok(());
    };
    let arguments = PyDict::new(py);
    arguments.set_item("after_in_child", wrap_pyfunction!(note_fork, py)?)?;
    register.call((), Some(&arguments))?;
    Ok(())
}
// endregion: register
