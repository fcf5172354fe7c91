//! The module `arena` that scripts import.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arena::{Arena, Robot};

#[pymodule(name = "arena")]
pub mod built_in {
    #[pymodule_export]
    use super::View;
    #[pymodule_export]
    use crate::arena::{Action, Direction, Robot};
    #[pymodule_export]
    use crate::limit::TimeIsUp;
}

/// What a robot sees in its turn: copies, so a script that keeps them has no hold on the arena.
#[pyclass(frozen, get_all, module = "arena")]
pub struct View {
    round: u32,
    size: u32,
    me: Robot,
    others: Vec<Robot>,
    /// Whatever the script puts there; it survives that the script is reloaded.
    memory: Py<PyDict>,
}

impl View {
    /// What a robot sees, unless it is destroyed.
    #[must_use]
    pub fn new(arena: &Arena, name: &str, round: u32, memory: Py<PyDict>) -> Option<Self> {
        let me = arena.robot(name)?.clone();
        let others = arena.alive().filter(|robot| robot.name != name).cloned();
        Some(Self {
            round,
            size: arena.size,
            me,
            others: others.collect(),
            memory,
        })
    }
}
