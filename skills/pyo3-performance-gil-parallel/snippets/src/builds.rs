//! Code that `references/builds.md` shows: what a library says about its build.

use pyo3::exceptions::PyRuntimeWarning;
use pyo3::prelude::*;

// region: warn
/// Warn whoever imports a debug build; called by `#[pymodule_init]`.
fn warn_of_debug_build(py: Python<'_>) -> PyResult<()> {
    if !cfg!(debug_assertions) {
        return Ok(());
    }
    let message = c"this is a debug build, which is many times slower: build with `--release`";
    PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), message, 1)
}
// endregion: warn

/// Warn as an import would.
#[pyfunction]
fn import_again(py: Python<'_>) -> PyResult<()> {
    warn_of_debug_build(py)
}

#[pymodule]
pub mod builds {
    #[pymodule_export]
    use super::import_again;

    // region: facts
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
    /// Whether a panic ends the process.
    #[pymodule_export]
    const PANIC_ABORTS: bool = cfg!(panic = "abort");
    /// Whether the library needs a processor with AVX2.
    #[pymodule_export]
    const NEEDS_AVX2: bool = cfg!(target_feature = "avx2");
    // endregion: facts
}
