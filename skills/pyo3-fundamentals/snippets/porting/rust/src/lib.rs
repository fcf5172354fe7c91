//! The slow part of sensorlog.

// region: port
#[pyo3::pymodule]
mod _core {
    use std::collections::BTreeMap;

    use pyo3::prelude::*;
    use pyo3::types::PyFloat;

    // The class that the Python code raises, too.
    pyo3::import_exception!(sensorlog.errors, ParseError);

    /// Return the mean of each sensor's readings.
    #[pyfunction]
    #[pyo3(signature = (text))]
    fn means(py: Python<'_>, text: &str) -> PyResult<BTreeMap<String, f64>> {
        let mut sums: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for (index, line) in text.split('\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            let (sensor, value) = line.split_once(' ').unwrap_or((line, ""));
            let reading = number(py, value).map_err(|cause| {
                let line = index + 1;
                let error = ParseError::new_err((format!("line {line}: not a number"), line));
                error.set_cause(py, Some(cause));
                error
            })?;
            let (sum, count) = sums.entry(sensor).or_default();
            *sum += reading;
            *count += 1.0;
        }
        let means = sums.into_iter();
        Ok(means
            .map(|(sensor, (sum, count))| (sensor.to_owned(), sum / count))
            .collect())
    }

    /// Reads a number as `float` does: what Rust does not take, such as `1_000` or ` 1`, is left to Python.
    fn number(py: Python<'_>, text: &str) -> PyResult<f64> {
        match text.parse() {
            Ok(number) => Ok(number),
            Err(_) => py.get_type::<PyFloat>().call1((text,))?.extract(),
        }
    }
}
// endregion: port
