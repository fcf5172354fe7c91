//! What the guide shows: a program that asks a script of its users for prices.

// region: main
use std::{env, ffi::CString, fs, path::Path};

use pyo3::{exceptions::PySystemExit, prelude::*};

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

fn main() {
    let script = env::args_os().nth(1).unwrap_or_default();
    // Before Python starts, or it is too late.
    pyo3::append_to_inittab!(shop);
    Python::initialize();
    Python::attach(|py| {
        let outcome = print_price(py, script.as_ref());
        if let Err(error) = &outcome {
            // With the lines of the script; `print` would end the program at a `SystemExit`.
            error.display(py);
        }
        // The end in order: it waits for threads, runs `atexit`, writes what is buffered.
        PySystemExit::new_err(i32::from(outcome.is_err())).print(py);
    });
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
