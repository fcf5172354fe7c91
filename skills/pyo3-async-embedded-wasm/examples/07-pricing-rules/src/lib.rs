//! Prices by rules that are Python scripts, in a program that brings its Python along.

pub mod errors;
pub mod money;
pub mod order;
mod pricing;
pub mod rules;
pub mod start;
