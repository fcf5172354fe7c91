//! A relay of events: publishers send lines of JSON over TCP, subscribers get those that they asked for.

pub mod errors;
pub mod event;
pub mod lines;
mod python;
mod relay;
mod runtime;
mod subscribers;

#[pyo3::pymodule]
mod _core {
    /// The version in Cargo.toml, which the package's metadata has, too.
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_export]
    use crate::python::Core;
    #[pymodule_export]
    use crate::runtime::running;
}
