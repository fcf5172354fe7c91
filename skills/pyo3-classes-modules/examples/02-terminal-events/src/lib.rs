//! What a program wrote to a terminal, as events.

mod decoder;
mod event;
pub mod parser;
mod sequence;

pub use event::{Area, Control, Direction, Event, Part};

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::decoder::Decoder;
    #[pymodule_export]
    use crate::event::{Area, Control, Direction, Event, Part};
}
