//! Record what threads do in a lock-free buffer, and write it as a Chrome trace meanwhile.

pub mod buffer;
pub mod event;
pub mod fork;
mod recorder;
pub mod writer;

#[pyo3::pymodule]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::recorder::{Recorder, Span};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::fork::watch(module.py())
    }
}
