//! Read DNA sequences from FASTQ files of any size.

pub mod fastq;
mod iterators;
mod read;
mod source;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::iterators::{Batches, FilteredReads, Reads};
    #[pymodule_export]
    use crate::read::Read;
}
