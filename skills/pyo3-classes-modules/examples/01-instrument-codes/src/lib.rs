//! Codes of securities (ISIN) and of companies (LEI) as types.

pub mod code;
mod instrument;
mod isin;
mod lei;
mod text_or;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::instrument::{Instrument, parse_isins};
    #[pymodule_export]
    use crate::isin::Isin;
    #[pymodule_export]
    use crate::lei::Lei;
}
