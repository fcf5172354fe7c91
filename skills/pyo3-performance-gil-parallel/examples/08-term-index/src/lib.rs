//! Search texts by their terms, in an index that is built with one of three allocators.

pub mod errors;
pub mod index;
mod python;
mod stop_words;
mod storage;
pub mod words;

// region: allocator
/// For all of Rust's memory in this library, and nothing of Python's. A program that uses this crate as a Rust library gets
/// it as well, so it is a feature, and off by default.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
// endregion: allocator

#[pyo3::pymodule]
mod _core {
    /// What this build takes memory from.
    #[pymodule_export]
    const ALLOCATOR: &str = if cfg!(feature = "mimalloc") {
        "mimalloc"
    } else {
        "system"
    };

    /// Where an index is kept while it is built.
    #[pymodule_export]
    const STORAGE: &str = if cfg!(feature = "arena") {
        "arena"
    } else {
        "heap"
    };

    #[pymodule_export]
    use crate::python::{Index, stop_words};
}
