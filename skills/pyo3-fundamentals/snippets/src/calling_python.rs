//! Code shown in `references/calling-python.md`.

#[pyo3::pymodule]
pub mod calling_python {
    use std::ffi::CStr;

    use pyo3::exceptions::{PyLookupError, PyTypeError, PyValueError};
    use pyo3::intern;
    use pyo3::prelude::*;
    use pyo3::sync::PyOnceLock;
    use pyo3::types::{PyCapsule, PyDict, PyList, PyString, PyType};

    // region: import
    /// Return the name of the day of a date, in the language of the process.
    #[pyfunction]
    #[pyo3(signature = (year, month, day))]
    fn weekday(py: Python<'_>, year: i32, month: u8, day: u8) -> PyResult<String> {
        let date = py
            .import("datetime")?
            .getattr("date")?
            .call1((year, month, day))?;
        let number: usize = date.call_method0("weekday")?.extract()?;
        py.import("calendar")?
            .getattr("day_name")?
            .get_item(number)?
            .extract()
    }
    // endregion: import

    // region: once
    /// Return a fraction in lowest terms.
    #[pyfunction]
    #[pyo3(signature = (numerator, denominator))]
    fn fraction(py: Python<'_>, numerator: i64, denominator: i64) -> PyResult<Bound<'_, PyAny>> {
        static FRACTION: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        FRACTION
            .import(py, "fractions", "Fraction")?
            .call1((numerator, denominator))
    }
    // endregion: once

    /// Return a fraction; looks its class up every time.
    #[pyfunction]
    #[pyo3(signature = (numerator, denominator))]
    fn fraction_each(
        py: Python<'_>,
        numerator: i64,
        denominator: i64,
    ) -> PyResult<Bound<'_, PyAny>> {
        py.import("fractions")?
            .getattr("Fraction")?
            .call1((numerator, denominator))
    }

    /// Write data as JSON, with sorted keys; objects that JSON does not know go through `default`.
    #[pyfunction]
    #[pyo3(signature = (data, *, indent = None, default = None))]
    fn to_json<'py>(
        data: &Bound<'py, PyAny>,
        indent: Option<u8>,
        default: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = data.py();
        let options = PyDict::new(py);
        options.set_item("sort_keys", true)?;
        options.set_item("indent", indent)?;
        options.set_item("default", default)?;
        py.import("json")?
            .call_method("dumps", (data,), Some(&options))
    }

    // region: intern
    /// Return the sizes of files or other objects that have `name` and `size`.
    #[pyfunction]
    #[pyo3(signature = (files))]
    fn sizes<'py>(files: &Bound<'py, PyList>) -> PyResult<Vec<(Bound<'py, PyString>, u64)>> {
        let py = files.py();
        let size = |file: Bound<'py, PyAny>| {
            let name = file.getattr(intern!(py, "name"))?.cast_into()?;
            Ok((name, file.getattr(intern!(py, "size"))?.extract()?))
        };
        files.iter().map(size).collect()
    }
    // endregion: intern

    // region: callback
    /// Apply a price rule to prices, as long as it returns one.
    #[pyfunction]
    #[pyo3(signature = (prices, rule))]
    fn apply_rule(prices: Vec<f64>, rule: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
        if !rule.is_callable() {
            return Err(PyTypeError::new_err(format!(
                "rule must be callable, not {}",
                rule.get_type()
            )));
        }
        prices
            .into_iter()
            .map(|price| rule.call1((price,))?.extract())
            .collect()
    }
    // endregion: callback

    // region: skip
    /// Call a parser with each line, and count the lines that it refuses with a `ValueError`.
    #[pyfunction]
    #[pyo3(signature = (lines, parse))]
    fn count_refused(
        py: Python<'_>,
        lines: Vec<String>,
        parse: &Bound<'_, PyAny>,
    ) -> PyResult<usize> {
        let mut refused = 0;
        for line in lines {
            match parse.call1((line,)) {
                Ok(_) => {}
                Err(error) if error.is_instance_of::<PyValueError>(py) => refused += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(refused)
    }
    // endregion: skip

    // region: stored
    /// An alarm that calls back when a value is too high.
    #[pyclass(frozen)]
    struct Alarm {
        limit: f64,
        notify: Py<PyAny>,
    }

    #[pymethods]
    impl Alarm {
        #[new]
        #[pyo3(signature = (limit, notify))]
        fn new(limit: f64, notify: Py<PyAny>) -> Self {
            Self { limit, notify }
        }

        /// Check values without holding up other threads; returns how many were too high.
        #[pyo3(signature = (values))]
        fn check(&self, py: Python<'_>, values: Vec<f64>) -> PyResult<usize> {
            py.detach(|| {
                let mut count = 0;
                for value in values.into_iter().filter(|value| *value > self.limit) {
                    Python::attach(|py| self.notify.call1(py, (value,)).map(drop))?;
                    count += 1;
                }
                Ok(count)
            })
        }
    }
    // endregion: stored

    /// Describe a value as a cell of a table.
    #[pyfunction]
    #[pyo3(signature = (value))]
    fn cell(value: &Bound<'_, PyAny>) -> PyResult<String> {
        static NUMBER: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        if value.is_none() {
            return Ok("-".to_owned());
        }
        if let Ok(text) = value.cast::<PyString>() {
            return Ok(text.to_cow()?.into_owned());
        }
        if value.is_instance(NUMBER.import(value.py(), "numbers", "Number")?)? {
            return Ok(value.to_string());
        }
        Err(PyTypeError::new_err(format!(
            "no cell can be made of {}",
            value.get_type().name()?
        )))
    }

    // region: with
    /// Run a job inside a context manager, as `with manager as resource: job(resource)` does.
    #[pyfunction]
    #[pyo3(signature = (manager, job))]
    fn run_with<'py>(
        manager: &Bound<'py, PyAny>,
        job: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = manager.py();
        let resource = manager.call_method0(intern!(py, "__enter__"))?;
        let leave = intern!(py, "__exit__");
        match job.call1((resource,)) {
            Ok(result) => {
                manager.call_method1(leave, (py.None(), py.None(), py.None()))?;
                Ok(result)
            }
            Err(error) => {
                let details = (error.get_type(py), error.value(py), error.traceback(py));
                match manager
                    .call_method1(leave, details)
                    .and_then(|swallow| swallow.is_truthy())
                {
                    Ok(true) => Ok(py.None().into_bound(py)),
                    Ok(false) => Err(error),
                    Err(failure) => Err(during(py, failure, error)),
                }
            }
        }
    }

    /// Sets `__context__` as Python does for what is raised while another exception is handled.
    fn during(py: Python<'_>, failure: PyErr, handled: PyErr) -> PyErr {
        if failure.context(py).is_none() && !failure.value(py).is(handled.value(py)) {
            failure.set_context(py, Some(handled));
        }
        failure
    }
    // endregion: with

    // region: capsule
    /// By this name other modules find the capsule, `module.attribute`, and know what is in it.
    const RATES: &CStr = c"fundamentals_snippets._core.calling_python.rates";

    /// What other modules may read; its layout is a part of the interface.
    #[repr(C)]
    struct Rates {
        version: u32,
        percent: f64,
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let rates = Rates {
            version: 1,
            percent: 19.0,
        };
        module.add(
            "rates",
            PyCapsule::new_with_value(module.py(), rates, RATES)?,
        )
    }

    /// Add the tax to a price, at the rate that a capsule of another module holds.
    #[pyfunction]
    #[pyo3(signature = (price, rates))]
    #[expect(unsafe_code, reason = "a capsule holds no more than a pointer")]
    fn with_tax(price: f64, rates: &Bound<'_, PyCapsule>) -> PyResult<f64> {
        let pointer = rates.pointer_checked(Some(RATES))?.cast::<Rates>();
        // SAFETY: a capsule of this name holds `Rates`; it lives as long as `rates`, and nobody changes it.
        let Rates { version, percent } = unsafe { pointer.as_ref() };
        match version {
            1 => Ok(price * (1.0 + percent / 100.0)),
            _ => Err(PyValueError::new_err(format!("rates of version {version}"))),
        }
    }
    // endregion: capsule

    /// Return the address of a user, or of their company if they have none.
    #[pyfunction]
    #[pyo3(signature = (user))]
    fn address<'py>(user: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match user.getattr_opt("address")? {
            Some(address) if !address.is_none() => Ok(address),
            _ => user.getattr("company")?.getattr("address"),
        }
    }

    /// Compute a price from a formula that the shop's owner wrote; it can do all that Python can.
    #[pyfunction]
    #[pyo3(signature = (formula, quantity))]
    fn formula_price(py: Python<'_>, formula: std::ffi::CString, quantity: u32) -> PyResult<f64> {
        let names = PyDict::new(py);
        names.set_item("quantity", quantity)?;
        py.eval(&formula, Some(&names), None)?.extract()
    }

    /// Call the function `convert` of a module that a setting names.
    #[pyfunction]
    #[pyo3(signature = (module, text))]
    fn convert_with(py: Python<'_>, module: &str, text: &str) -> PyResult<String> {
        let convert = py.import(module)?.getattr_opt("convert")?.ok_or_else(|| {
            PyLookupError::new_err(format!("the module `{module}` has no function `convert`"))
        })?;
        convert.call1((text,))?.extract()
    }

    /// Call a function as often as told; for measurements.
    #[pyfunction]
    #[pyo3(signature = (function, times))]
    fn call_times(function: &Bound<'_, PyAny>, times: usize) -> PyResult<()> {
        (0..times).try_for_each(|_| function.call0().map(drop))
    }

    /// Call the method `get` of an object with one argument as often as told; for measurements.
    #[pyfunction]
    #[pyo3(signature = (object, key, times))]
    fn get_times(object: &Bound<'_, PyAny>, key: &Bound<'_, PyAny>, times: usize) -> PyResult<()> {
        let name = intern!(object.py(), "get");
        (0..times).try_for_each(|_| object.call_method1(name, (key,)).map(drop))
    }
}
