//! Code that `SKILL.md` shows.

#[pyo3::pymodule]
pub mod guide {}
