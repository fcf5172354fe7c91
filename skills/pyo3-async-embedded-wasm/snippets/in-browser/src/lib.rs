//! What the chapters on the browser show.

#[pyo3::pymodule]
mod browser_snippets {}
