//! Filters for photos, for Python; built for the browser, too.

use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use errors::Result;
use photo::Image;

pub mod errors;
pub mod filters;
pub mod photo;

/// A photo: width, height and pixels. It never changes; a filter makes another one.
#[pyclass(frozen, eq, module = "photo_filters")]
#[derive(PartialEq)]
struct Photo {
    image: Image,
}

#[pymethods]
impl Photo {
    /// Take pixels: four bytes for each, red, green, blue and opacity, row by row.
    ///
    /// Args:
    ///     width: The width in pixels.
    ///     height: The height in pixels.
    ///     pixels: Anything with a buffer of bytes, such as what a canvas of the browser has.
    ///
    /// Raises:
    ///     ValueError: If the bytes are too few or too many.
    ///     PhotoError: If there are more than 40 million pixels.
    #[new]
    fn new(py: Python<'_>, width: u32, height: u32, pixels: PyBuffer<u8>) -> Result<Self> {
        let pixels = pixels.to_vec(py)?;
        let image = Image::new(width, height, pixels)?;
        Ok(Self { image })
    }

    /// Read a PNG file.
    ///
    /// Raises:
    ///     PhotoError: If it is none, is damaged or too large.
    #[staticmethod]
    fn from_png(py: Python<'_>, file: &[u8]) -> Result<Self> {
        // `bytes` never change, so other threads may go on.
        let image = py.detach(|| Image::from_png(file))?;
        Ok(Self { image })
    }

    /// Apply a filter, and return another photo.
    ///
    /// Args:
    ///     name: One of `FILTERS`.
    ///     amount: How much of it; by default what is usual.
    ///
    /// Raises:
    ///     ValueError: If there is no such filter, or it does not take this amount.
    #[pyo3(signature = (name, amount = None))]
    fn apply(&self, py: Python<'_>, name: &str, amount: Option<f64>) -> Result<Self> {
        let mut rows = 0;
        let check = || {
            rows += 1;
            // Some milliseconds: Ctrl-C need not wait, and asking costs nothing.
            if rows % 64 == 0 {
                Python::attach(|py| py.check_signals())?;
            }
            Ok(())
        };
        let image = py.detach(|| filters::apply(&self.image, name, amount, check))?;
        Ok(Self { image })
    }

    /// Return it as a PNG file.
    fn to_png<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>> {
        let file = py.detach(|| self.image.to_png())?;
        Ok(PyBytes::new(py, &file))
    }

    /// Return the pixels, as the constructor takes them.
    fn pixels<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.image.pixels)
    }

    /// The width in pixels.
    #[getter]
    fn width(&self) -> u32 {
        self.image.width
    }

    /// The height in pixels.
    #[getter]
    fn height(&self) -> u32 {
        self.image.height
    }

    fn __repr__(&self) -> String {
        format!("<Photo {} x {}>", self.image.width, self.image.height)
    }
}

#[pyo3::pymodule]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::Photo;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let filters = crate::filters::FILTERS.iter();
        let rows = filters.map(|filter| (filter.name, (filter.least, filter.most, filter.usual)));
        module.add("FILTERS", rows.collect::<Vec<_>>())
    }
}
