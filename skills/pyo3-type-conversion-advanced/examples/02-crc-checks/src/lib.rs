//! Checksums of storage and network formats, CRC-32C and Adler-32, over any memory that Python objects lend.

mod checksum;
pub mod errors;
mod functions;
mod memory;
pub mod sums;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::checksum::Checksum;
    #[pymodule_export]
    use crate::functions::{adler32, chunk_sums, combine, crc32c, find_damage};
}
