//! Code shown in `references/construction.md`.

use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

// region: new
/// A colour on a screen.
///
/// Args:
///     red, green, blue: From 0 to 255.
///     alpha: From 0, transparent, to 255.
#[pyclass(frozen, eq, get_all, subclass)]
#[derive(PartialEq)]
struct Colour {
    red: u8,
    green: u8,
    blue: u8,
    alpha: u8,
}

#[pymethods]
impl Colour {
    #[new]
    #[pyo3(signature = (red, green, blue, *, alpha = 255))]
    fn new(red: u8, green: u8, blue: u8, alpha: u8) -> Self {
        Self {
            red,
            green,
            blue,
            alpha,
        }
    }
    // endregion: new

    // region: classmethod
    /// Read the notation of HTML, such as `#1a2b3c`.
    #[classmethod]
    fn from_hex<'py>(cls: &Bound<'py, PyType>, text: &str) -> PyResult<Bound<'py, PyAny>> {
        let (red, green, blue) = parse_hex(text)
            .ok_or_else(|| PyValueError::new_err(format!("`{text}` is not a colour")))?;
        cls.call1((red, green, blue))
    }
    // endregion: classmethod

    // region: staticmethod
    /// A shade of grey; always a `Colour`, even of a subclass.
    #[staticmethod]
    fn grey(level: u8) -> Self {
        Self::new(level, level, level, 255)
    }
    // endregion: staticmethod
}

fn parse_hex(text: &str) -> Option<(u8, u8, u8)> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let number = u32::from_str_radix(digits, 16).ok()?;
    let [_, red, green, blue] = number.to_be_bytes();
    Some((red, green, blue))
}

/// A closed range of pages.
#[pyclass(frozen, eq, get_all, new = "from_fields")]
#[derive(PartialEq)]
struct Pages {
    first: u32,
    last: u32,
}

// region: newtype
/// How much of the price is left off, from 0 to 100.
#[derive(Clone, Copy)]
struct Percentage(f64);

impl TryFrom<f64> for Percentage {
    type Error = PyErr;

    fn try_from(value: f64) -> PyResult<Self> {
        if (0.0..=100.0).contains(&value) {
            return Ok(Self(value));
        }
        Err(PyValueError::new_err(format!(
            "a percentage is from 0 to 100, not {value}"
        )))
    }
}

impl FromPyObject<'_, '_> for Percentage {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        object.extract::<f64>()?.try_into()
    }
}

/// Return a price in cents after a discount.
#[pyfunction]
fn discounted(cents: u32, discount: Percentage) -> f64 {
    f64::from(cents) * (100.0 - discount.0) / 100.0
}
// endregion: newtype

// region: newtype-class
/// An International Standard Book Number of 13 digits.
#[pyclass(frozen, eq, hash, str = "{0}", from_py_object)]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Isbn(String);

#[pymethods]
impl Isbn {
    #[new]
    fn new(text: &str) -> PyResult<Self> {
        let digits = text.replace('-', "");
        if !is_isbn(&digits) {
            return Err(PyValueError::new_err(format!("`{text}` is not an ISBN")));
        }
        Ok(Self(digits))
    }
}
// endregion: newtype-class

/// Return the number of copies on loan; whoever has an `Isbn` has a correct one.
#[pyfunction]
fn copies_on_loan(isbns: Vec<Isbn>, isbn: Isbn) -> usize {
    isbns.iter().filter(|loan| **loan == isbn).count()
}

fn is_isbn(digits: &str) -> bool {
    let weighted = digits.bytes().zip([1, 3].into_iter().cycle());
    digits.len() == 13
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && weighted
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .sum::<u32>()
            % 10
            == 0
}

// region: existing
/// A unit of measurement; there is one object for each symbol.
#[pyclass(frozen)]
struct Unit {
    #[pyo3(get)]
    symbol: String,
}

static UNITS: PyOnceLock<Py<PyDict>> = PyOnceLock::new();

#[pymethods]
impl Unit {
    #[new]
    fn new(py: Python<'_>, symbol: &str) -> PyResult<Py<Self>> {
        let units = UNITS.get_or_init(py, || PyDict::new(py).unbind()).bind(py);
        let symbol = symbol.to_owned();
        let unit = Bound::new(py, Self { symbol })?;
        // `setdefault` is one step, even without a GIL: whoever comes second gets the first one's object.
        let unit = units.call_method1("setdefault", (&unit.get().symbol, &unit))?;
        Ok(unit.cast_into::<Self>()?.unbind())
    }
}
// endregion: existing

// region: init
/// A journey; subclasses may take other arguments.
#[pyclass(frozen, subclass)]
#[derive(Default)]
struct Journey {
    kilometres: AtomicU32,
}

#[pymethods]
impl Journey {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self::default()
    }

    fn __init__(&self, kilometres: u32) {
        self.kilometres.store(kilometres, Ordering::Relaxed);
    }

    #[getter]
    fn kilometres(&self) -> u32 {
        self.kilometres.load(Ordering::Relaxed)
    }
}
// endregion: init

/// What a sale was; only `sell` makes one.
#[pyclass(frozen, get_all)]
struct Receipt {
    article: String,
    cents: u32,
}

#[pyfunction]
fn sell(article: String, cents: u32) -> Receipt {
    Receipt { article, cents }
}

/// A measuring device, whose class says what it can measure.
#[pyclass(frozen, subclass, get_all)]
struct Gauge {
    limit: f64,
}

#[pymethods]
impl Gauge {
    #[new]
    #[classmethod]
    fn new(cls: &Bound<'_, PyType>) -> PyResult<Self> {
        let limit = cls.getattr("LIMIT")?.extract()?;
        Ok(Self { limit })
    }
}

#[pymodule]
pub mod construction {
    #[pymodule_export]
    use super::{
        Colour, Gauge, Isbn, Journey, Pages, Receipt, Unit, copies_on_loan, discounted, sell,
    };
}
