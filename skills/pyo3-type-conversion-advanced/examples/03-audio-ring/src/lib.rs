//! A ring of audio frames between threads, whose memory Python may read and write in place.

pub mod errors;
mod export;
mod frames;
pub mod ring;
mod shared;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::shared::AudioRing;
}
