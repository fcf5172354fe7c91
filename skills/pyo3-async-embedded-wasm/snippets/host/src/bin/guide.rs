//! What the guide shows: a program that asks a script of its users for prices.

// region: main
use std::{env, ffi::CString, fs, path::Path, process::ExitCode};

use pyo3::prelude::*;

/// What scripts may import.
#[pymodule]
mod shop {
    use pyo3::prelude::*;

    /// Return how many are in stock.
    #[pyfunction]
    fn stock(goods: &str) -> usize {
        goods.len()
    }
}

fn main() -> ExitCode {
    let script = env::args_os().nth(1).unwrap_or_default();
    // Before Python starts, or it is too late.
    pyo3::append_to_inittab!(shop);
    Python::initialize();
    Python::attach(|py| {
        let answered = print_price(py, script.as_ref());
        // Nothing ends Python in order; what scripts have printed may still be in its buffer.
        let flushed = py.run(c"import sys; sys.stdout.flush()", None, None);
        let Err(error) = answered.and(flushed) else {
            return ExitCode::SUCCESS;
        };
        // With the lines of the script; `print` would end the process at a `SystemExit`.
        error.display(py);
        ExitCode::FAILURE
    })
}

fn print_price(py: Python<'_>, script: &Path) -> PyResult<()> {
    // The path is what tracebacks find the lines by; the name is one that no module has.
    let source = CString::new(fs::read(script)?)?;
    let path = CString::new(script.as_os_str().as_encoded_bytes())?;
    let rules = PyModule::from_code(py, &source, &path, c"shop_rules")?;
    let price: f64 = rules.getattr("price")?.call1(("apples", 3))?.extract()?;
    println!("{price:.2}");
    Ok(())
}
// endregion: main
