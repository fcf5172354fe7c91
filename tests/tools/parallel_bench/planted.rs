//! Functions that detach, that stay attached, and that have threads of their own.

use pyo3::prelude::*;

fn collatz_steps(start: u64) -> u64 {
    let mut value = start;
    let mut steps = 0;
    while value > 1 {
        value = if value % 2 == 0 { value / 2 } else { 3 * value + 1 };
        steps += 1;
    }
    steps
}

#[pymodule]
mod planted {
    use super::collatz_steps;
    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;
    use rayon::prelude::*;

    /// Other threads run meanwhile.
    #[pyfunction]
    fn detaches(py: Python<'_>, values: Vec<u64>) -> u64 {
        py.detach(|| values.iter().map(|&value| collatz_steps(value)).sum())
    }

    /// No other thread runs meanwhile.
    #[pyfunction]
    fn holds(values: Vec<u64>) -> u64 {
        values.iter().map(|&value| collatz_steps(value)).sum()
    }

    /// In rayon's own pool, which a variable sizes.
    #[pyfunction]
    fn in_pool(py: Python<'_>, values: Vec<u64>) -> u64 {
        py.detach(|| values.par_iter().map(|&value| collatz_steps(value)).sum())
    }

    /// In a pool of some threads.
    #[pyfunction]
    fn in_own_pool(py: Python<'_>, values: Vec<u64>, threads: usize) -> PyResult<u64> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(py.detach(|| pool.install(|| values.par_iter().map(|&value| collatz_steps(value)).sum())))
    }

    /// How many threads rayon's own pool has.
    #[pyfunction]
    fn threads_of_pool(_values: Vec<u64>) -> usize {
        rayon::current_num_threads()
    }
}
