//! Digests of the files of a folder, with logging, progress and Ctrl-C.

pub mod digest;
pub mod folder;
pub mod logging;

#[pyo3::pymodule]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::folder::{Totals, digest_folder, totals};
    #[pymodule_export]
    use crate::logging::reset_logging;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::logging::install(module.py())
    }
}
