//! The stop words, which are read once, when they are first needed.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::words::{StopWords, parse_stop_words};

// region: once
/// Returns the stop words of the package's file.
///
/// To read it takes Python code (the package may be in a zip archive), and Python code may do anything: let other threads in,
/// raise, or come back here. So it runs before the cell, at worst once for each thread that comes at the same time, and what
/// the cell waits for is plain Rust. A failure is nobody's but the caller's: the next one tries again.
///
/// # Errors
///
/// What Python raises.
pub fn load_stop_words(py: Python<'_>) -> PyResult<&'static StopWords> {
    static WORDS: PyOnceLock<StopWords> = PyOnceLock::new();
    if let Some(words) = WORDS.get(py) {
        return Ok(words);
    }
    let text = read(py)?;
    Ok(WORDS.get_or_init(py, || parse_stop_words(&text)))
}
// endregion: once

fn read(py: Python<'_>) -> PyResult<String> {
    py.import("importlib.resources")?
        .call_method1("files", ("term_index",))?
        .call_method1("joinpath", ("stop_words.txt",))?
        .call_method1("read_text", ("utf-8",))?
        .extract()
}
