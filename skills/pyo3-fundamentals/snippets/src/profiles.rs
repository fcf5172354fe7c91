//! Code shown in `references/profiles.md`.

// region: facts
#[pyo3::pymodule]
pub mod profiles {
    /// Whether overflow and `debug_assert!` are checked: the mark of a build that is not for measuring.
    #[pymodule_export]
    const DEBUG_ASSERTIONS: bool = cfg!(debug_assertions);

    /// Whether a panic becomes an exception; otherwise it ends the process.
    #[pymodule_export]
    const PANICS_UNWIND: bool = cfg!(panic = "unwind");
}
// endregion: facts
