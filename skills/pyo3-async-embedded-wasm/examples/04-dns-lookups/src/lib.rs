//! Host names looked up over UDP: thousands of Rust futures that asyncio awaits.

pub mod cache;
mod client;
pub mod errors;
mod mailbox;
pub mod message;
mod runtime;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::client::Client;
    #[pymodule_export]
    use crate::runtime::running;
}
