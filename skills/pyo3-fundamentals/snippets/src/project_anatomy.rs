//! Code shown in `references/project-anatomy.md`.

// region: facts
#[pyo3::pymodule]
pub mod project_anatomy {
    /// The version in Cargo.toml.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    /// Whether this is a build without optimisation, too slow to be measured.
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
}
// endregion: facts
