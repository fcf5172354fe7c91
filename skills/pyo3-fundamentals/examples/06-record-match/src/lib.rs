//! Find records that mean the same; Python decides about the doubtful ones.

pub mod callback;
pub mod names;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::callback::find_pairs;
}
