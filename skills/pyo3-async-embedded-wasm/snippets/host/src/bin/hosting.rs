//! Runs a line of Python.

use pyo3::prelude::*;

fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| py.run(c"print(6 * 7)", None, None))
}
