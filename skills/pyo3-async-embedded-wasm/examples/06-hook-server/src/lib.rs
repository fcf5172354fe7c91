//! A server for webhooks: Rust has the sockets and the limits, Python the handlers.

pub mod errors;
mod handlers;
mod python;
mod runtime;
mod server;
pub mod signature;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::handlers::{Event, Slot};
    #[pymodule_export]
    use crate::python::Core;
    #[pymodule_export]
    use crate::runtime::running;
}
