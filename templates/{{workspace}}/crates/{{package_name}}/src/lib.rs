#![doc = include_str!("../README.md")]

pub mod durations;

/// The version of this crate, and of the Python package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
