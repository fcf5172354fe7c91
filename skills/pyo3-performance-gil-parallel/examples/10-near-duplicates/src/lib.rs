//! Find near-duplicate documents of a corpus, on all cores.

pub mod errors;
pub mod groups;
mod python;
pub mod shingles;
pub mod signature;
mod work;

#[pyo3::pymodule]
mod _core {
    /// The version in Cargo.toml, which the package's metadata has, too.
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    /// `debug` or `release`: what a measurement of this build is worth.
    #[pymodule_export]
    const BUILD_PROFILE: &str = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };

    #[pymodule_export]
    use crate::python::{find_groups, similarity};
}
