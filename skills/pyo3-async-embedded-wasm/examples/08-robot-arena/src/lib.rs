//! Robots that are Python scripts, in an arena that survives them.

pub mod api;
pub mod arena;
pub mod limit;
pub mod script;
pub mod start;
