//! Code shown in `references/errors.md`.

use std::ffi::CString;
use std::fmt;
use std::fs;
use std::num::ParseFloatError;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use pyo3::create_exception;
use pyo3::exceptions::{
    PyArithmeticError, PyException, PyKeyError, PyLookupError, PyOSError, PyUserWarning,
    PyValueError,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

// region: raise
/// Compute a price per kilogram.
#[pyfunction]
fn unit_price(cents: u32, grams: u32) -> PyResult<f64> {
    if grams == 0 {
        return Err(PyValueError::new_err("grams must be more than 0"));
    }
    Ok(f64::from(cents) / f64::from(grams) * 1000.0)
}
// endregion: raise

// region: own
create_exception!(
    fundamentals_snippets.prices,
    PriceListError,
    PyException,
    "What is wrong with a price list; the base of all errors of this module."
);
create_exception!(
    fundamentals_snippets.prices,
    PriceSyntaxError,
    PriceListError,
    "A line is not an article and a price."
);
// endregion: own

// region: enum
/// What can go wrong, in Rust's own words.
#[derive(Debug)]
enum PriceError {
    Syntax {
        line: usize,
        text: String,
    },
    Number {
        line: usize,
        source: ParseFloatError,
    },
    Unknown {
        article: String,
    },
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
}

type Result<T, E = PriceError> = std::result::Result<T, E>;
// endregion: enum

impl fmt::Display for PriceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { line, text } => write!(formatter, "line {line}: `{text}` has no `=`"),
            Self::Number { line, .. } => {
                write!(formatter, "line {line}: the price is not a number")
            }
            Self::Unknown { article } => write!(formatter, "no article `{article}`"),
            Self::Read { path, .. } => write!(formatter, "cannot read `{}`", path.display()),
        }
    }
}

impl std::error::Error for PriceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Number { source, .. } => Some(source),
            Self::Read { source, .. } => Some(source),
            Self::Syntax { .. } | Self::Unknown { .. } => None,
        }
    }
}

// region: mapping
/// The one place that says which error is which exception.
impl From<PriceError> for PyErr {
    fn from(error: PriceError) -> Self {
        let message = error.to_string();
        match error {
            PriceError::Syntax { line, .. } => at_line(PriceSyntaxError::new_err(message), line),
            PriceError::Number { line, source } => at_line(
                caused(PriceSyntaxError::new_err(message), source.into()),
                line,
            ),
            PriceError::Unknown { .. } => PyLookupError::new_err(message),
            PriceError::Read { source, .. } => {
                caused(PriceListError::new_err(message), source.into())
            }
        }
    }
}
// endregion: mapping

// region: attribute
/// Gives an exception the number of a line, as an attribute that Python code can read.
fn at_line(error: PyErr, line: usize) -> PyErr {
    Python::attach(|py| match error.value(py).setattr("line", line) {
        Ok(()) => error,
        Err(failure) => failure,
    })
}

/// Chains two exceptions, as `raise error from cause` does.
fn caused(error: PyErr, cause: PyErr) -> PyErr {
    Python::attach(|py| error.set_cause(py, Some(cause)));
    error
}
// endregion: attribute

/// Find the price of an article in lines of `article = price`.
fn find(lines: &str, article: &str) -> Result<f64> {
    for (index, text) in lines.lines().enumerate() {
        let line = index + 1;
        let (name, price) = text.split_once('=').ok_or_else(|| PriceError::Syntax {
            line,
            text: text.to_owned(),
        })?;
        if name.trim() == article {
            return price
                .trim()
                .parse()
                .map_err(|source| PriceError::Number { line, source });
        }
    }
    Err(PriceError::Unknown {
        article: article.to_owned(),
    })
}

// region: question
/// Find the price of an article in a file.
///
/// Raises:
///     PriceSyntaxError: A line is not understood; `line` is its number.
///     PriceListError: The file cannot be read; the cause says why.
///     LookupError: The list has no such article.
#[pyfunction]
fn price_in(path: PathBuf, article: &str) -> Result<f64> {
    let lines = fs::read_to_string(&path).map_err(|source| PriceError::Read { path, source })?;
    find(&lines, article)
}
// endregion: question

/// Read the first line of a file; `?` makes exceptions of both errors.
#[pyfunction]
fn first_price(path: PathBuf) -> PyResult<f64> {
    let text = fs::read_to_string(path)?;
    Ok(text.lines().next().unwrap_or_default().parse::<f64>()?)
}

/// The same for callers who want to know which file it was.
#[pyfunction]
fn first_line(path: PathBuf) -> PyResult<String> {
    let text = fs::read_to_string(&path).map_err(|error| at_path(error, path))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

// region: standard
/// Makes an `OSError` that has the system's number, which decides the subclass, and the path.
fn at_path(error: std::io::Error, path: PathBuf) -> PyErr {
    match error.raw_os_error() {
        // Windows has numbers of its own: there Python takes the fourth argument, and works out `errno` from it.
        Some(code) => PyOSError::new_err((code, error.to_string(), path, code)),
        // Not from the system, for instance a path with a NUL in it.
        None => error.into(),
    }
}
// endregion: standard

// region: catch
/// Ask a callable for a price; an article that it does not know costs nothing.
#[pyfunction]
fn price_or_free(py: Python<'_>, lookup: &Bound<'_, PyAny>, article: &str) -> PyResult<f64> {
    match lookup.call1((article,)) {
        Ok(price) => price.extract(),
        Err(error) if error.is_instance_of::<PyKeyError>(py) => Ok(0.0),
        Err(error) => Err(error),
    }
}
// endregion: catch

// region: context
/// Convert a table of prices; an error says which article it was about.
#[pyfunction]
fn convert(py: Python<'_>, prices: &Bound<'_, PyDict>, rate: f64) -> PyResult<Vec<(String, f64)>> {
    let mut converted = Vec::with_capacity(prices.len());
    for (article, price) in prices {
        let price: f64 = price.extract().map_err(|cause| {
            let error = PriceListError::new_err(format!("the price of {article} is not a number"));
            error.set_cause(py, Some(cause));
            error
        })?;
        converted.push((article.extract()?, price * rate));
    }
    Ok(converted)
}
// endregion: context

/// Run a callable and report how it failed.
#[pyfunction]
fn failure(py: Python<'_>, action: &Bound<'_, PyAny>) -> PyResult<Option<(String, String, u32)>> {
    let Err(error) = action.call0() else {
        return Ok(None);
    };
    let kind = error.get_type(py).name()?.to_string();
    let message = error.value(py).to_string();
    let line = error.traceback(py).map_or(Ok(0), |traceback| {
        traceback.getattr("tb_lineno")?.extract::<u32>()
    })?;
    Ok(Some((kind, message, line)))
}

// region: warn
/// Round a price; `digits` is old and ignored.
#[pyfunction]
#[pyo3(signature = (price, digits = None))]
fn round_price(py: Python<'_>, price: f64, digits: Option<u32>) -> PyResult<f64> {
    if digits.is_some() {
        PyErr::warn(
            py,
            &py.get_type::<PyUserWarning>(),
            c"`digits` has no effect",
            1,
        )?;
    }
    Ok((price * 100.0).round() / 100.0)
}
// endregion: warn

// region: unraisable
/// Tell a listener of a new price, in a thread that nobody waits for.
#[pyfunction]
fn announce(listener: Py<PyAny>, price: f64) {
    thread::spawn(move || {
        // Does nothing if Python is shutting down by then.
        Python::try_attach(move |py| {
            let listener = listener.into_bound(py);
            if let Err(error) = listener.call1((price,)) {
                error.write_unraisable(py, Some(&listener));
            }
        })
    });
}
// endregion: unraisable

// region: imported
mod decimal {
    pyo3::import_exception!(decimal, InvalidOperation);
}
// endregion: imported

/// Divide a sum of money among some people, to the cent.
#[pyfunction]
fn share(cents: u64, people: u64) -> PyResult<u64> {
    match cents.checked_rem(people) {
        None => Err(decimal::InvalidOperation::new_err("no people")),
        Some(0) => Ok(cents / people),
        Some(rest) => Err(PyArithmeticError::new_err(format!("{rest} cents are left"))),
    }
}

/// Make an error of the standard library, which `?` converts.
#[pyfunction]
fn standard_error(kind: &str) -> PyResult<()> {
    match kind {
        "ParseIntError" => drop("x".parse::<i32>()?),
        "ParseFloatError" => drop("x".parse::<f64>()?),
        "ParseBoolError" => drop("x".parse::<bool>()?),
        "ParseCharError" => drop("xy".parse::<char>()?),
        "TryFromIntError" => drop(u8::try_from(256)?),
        "TryFromSliceError" => drop(<[u8; 2]>::try_from(&[0_u8][..])?),
        "CharTryFromError" => drop(char::try_from(0xd800_u32)?),
        "AddrParseError" => drop("x".parse::<std::net::IpAddr>()?),
        "NulError" => drop(CString::new("\0")?),
        "SystemTimeError" => drop(SystemTime::UNIX_EPOCH.duration_since(SystemTime::now())?),
        "StripPrefixError" => drop(Path::new("a").strip_prefix("b")?),
        "TryFromFloatSecsError" => drop(Duration::try_from_secs_f64(-1.0)?),
        "JoinPathsError" => drop(std::env::join_paths([if cfg!(windows) {
            "\""
        } else {
            ":"
        }])?),
        "FromUtf8Error" => drop(String::from_utf8(vec![0xff])?),
        "IntoStringError" => drop(CString::new([0xff])?.into_string()?),
        _ => return Err(PyLookupError::new_err(kind.to_owned())),
    }
    Ok(())
}

#[pymodule]
pub mod errors {
    #[pymodule_export]
    use super::{
        PriceListError, PriceSyntaxError, announce, convert, failure, first_line, first_price,
        price_in, price_or_free, round_price, share, standard_error, unit_price,
    };
}
