//! Code shown in `references/calling-python.md`: a program of Rust with Python inside.

use pyo3::prelude::*;

// region: embed
/// What the program offers to Python code, which says `import shop`.
#[pymodule]
mod shop {
    use pyo3::prelude::*;

    /// Return the price of an item, in cents.
    #[pyfunction]
    fn price(item: &str) -> Option<u32> {
        (item == "pear").then_some(45)
    }
}

/// Starts Python; to be called once, by the main thread.
fn start() -> PyResult<()> {
    pyo3::append_to_inittab!(shop); // panics once Python runs
    Python::initialize();
    Python::attach(|py| {
        let signal = py.import("signal")?;
        // Without this Ctrl-C ends the process, and no `finally` runs.
        let interrupt = signal.getattr("default_int_handler")?;
        signal.call_method1("signal", (signal.getattr("SIGINT")?, interrupt))?;
        Ok(())
    })
}
// endregion: embed

#[test]
fn python_code_uses_the_program() -> PyResult<()> {
    start()?;
    Python::attach(|py| {
        let code = c"import shop, signal\nassert shop.price('pear') == 45\nassert shop.price('fig') is None";
        py.run(code, None, None)?;
        let code = c"signal.raise_signal(signal.SIGINT)";
        let error = py.run(code, None, None).unwrap_err();
        assert!(error.is_instance_of::<pyo3::exceptions::PyKeyboardInterrupt>(py));
        Ok(())
    })
}
