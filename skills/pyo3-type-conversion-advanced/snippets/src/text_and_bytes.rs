//! Code that `references/text-and-bytes.md` shows.
//!
//! A list of borrowed strings is no argument:
//!
//! ```compile_fail
//! #[pyo3::pyfunction]
//! fn longest(names: Vec<&str>) -> usize { names.len() }
//! ```
//!
//! The stable ABI does not show how Python stores a string:
//!
//! ```compile_fail,E0599
//! use pyo3::prelude::*;
//!
//! fn stored(text: &Bound<'_, pyo3::types::PyString>) {
//!     let _ = unsafe { text.data() };
//! }
//! ```

use std::borrow::Cow;
use std::collections::HashMap;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyString};
use pyo3::{Borrowed, intern};

/// Return where each type finds the letters of a text.
#[pyfunction]
fn addresses(text: &Bound<'_, PyString>) -> PyResult<[usize; 4]> {
    let borrowed: &str = text.extract()?;
    let cow: Cow<'_, str> = text.extract()?;
    let backed: PyBackedStr = text.extract()?;
    let copied: String = text.extract()?;
    let pointers = [
        borrowed.as_ptr(),
        cow.as_ptr(),
        backed.as_ptr(),
        copied.as_ptr(),
    ];
    Ok(pointers.map(|pointer| pointer as usize))
}

/// Return how many bytes a text has in UTF-8.
#[pyfunction]
fn letters(text: &str) -> usize {
    text.len()
}

#[pyfunction]
fn count_strings(texts: Vec<String>) -> usize {
    texts.iter().map(String::len).sum()
}

#[pyfunction]
fn count_backed(texts: Vec<PyBackedStr>) -> usize {
    texts.iter().map(|text| text.len()).sum()
}

#[pyfunction]
fn count_objects(texts: &Bound<'_, PyList>) -> PyResult<usize> {
    let mut sum = 0;
    for text in texts {
        sum += text.cast::<PyString>()?.to_str()?.len();
    }
    Ok(sum)
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<PyBackedStr>() == 24);

#[pyfunction]
fn count_keys(counts: HashMap<PyBackedStr, u32>) -> u32 {
    counts.values().sum()
}

#[pyfunction]
fn cow_back(text: Cow<'_, str>) -> Cow<'_, str> {
    text
}

#[pyfunction]
fn same_text(text: PyBackedStr) -> PyBackedStr {
    text
}

// region: kept
/// Terms and their definitions, kept without a copy of any text.
#[pyclass(frozen)]
struct Glossary(Vec<(PyBackedStr, PyBackedStr)>);

#[pymethods]
impl Glossary {
    #[new]
    fn new(mut terms: Vec<(PyBackedStr, PyBackedStr)>) -> Self {
        terms.sort_unstable();
        Self(terms)
    }

    /// Return the definition of a term: the object that was given, not a new string.
    fn define<'a>(&'a self, py: Python<'_>, term: &str) -> Option<&'a PyBackedStr> {
        py.detach(|| {
            let index = self
                .0
                .binary_search_by(|(known, _)| known.as_str().cmp(term))
                .ok()?;
            Some(&self.0[index].1)
        })
    }
}
// endregion: kept

/// Return a text in small letters; the same object if there is nothing to change.
#[pyfunction]
fn with_case<'py>(text: Bound<'py, PyString>) -> PyResult<Bound<'py, PyString>> {
    let letters = text.to_str()?;
    if letters.chars().all(|letter| !letter.is_uppercase()) {
        return Ok(text);
    }
    Ok(PyString::new(text.py(), &letters.to_lowercase()))
}

// region: lossless
/// Returns any string as bytes: UTF-8, in which lone surrogates stand as three bytes each.
#[pyfunction]
fn lossless(text: &Bound<'_, PyString>) -> PyResult<PyBackedBytes> {
    let encode = intern!(text.py(), "encode");
    Ok(text
        .call_method1(encode, ("utf-8", "surrogatepass"))?
        .extract()?)
}

#[pyfunction]
fn from_lossless<'py>(bytes: &Bound<'py, PyBytes>) -> PyResult<Bound<'py, PyString>> {
    PyString::from_encoded_object(bytes, Some(c"utf-8"), Some(c"surrogatepass"))
}
// endregion: lossless

// region: octets
/// The bytes of any object with a buffer of bytes: borrowed from `bytes`, else copied at once.
struct Octets<'a>(Cow<'a, [u8]>);

impl<'a> FromPyObject<'a, '_> for Octets<'a> {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, '_, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = value.extract() {
            return Ok(Self(Cow::Borrowed(bytes)));
        }
        if let Ok(bytes) = value.cast::<PyByteArray>() {
            return Ok(Self(Cow::Owned(bytes.to_vec())));
        }
        let buffer = PyBuffer::<u8>::get(&value)?;
        Ok(Self(Cow::Owned(buffer.to_vec(value.py())?)))
    }
}

/// Add up bytes.
#[pyfunction]
fn octet_sum(py: Python<'_>, data: Octets<'_>) -> u64 {
    py.detach(|| add(&data.0))
}
// endregion: octets

fn add(bytes: &[u8]) -> u64 {
    bytes.iter().map(|&byte| u64::from(byte)).sum()
}

#[pyfunction]
fn octets_address(data: Octets<'_>) -> usize {
    data.0.as_ptr() as usize
}

#[pyfunction]
fn sum_slice(data: &[u8]) -> u64 {
    add(data)
}

#[pyfunction]
fn sum_backed(data: PyBackedBytes) -> u64 {
    add(&data)
}

#[pyfunction]
fn sum_cow(data: Cow<'_, [u8]>) -> u64 {
    add(&data)
}

#[pyfunction]
fn sum_vec(data: Vec<u8>) -> u64 {
    add(&data)
}

/// Return bytes through a `Vec`, which is copied.
#[pyfunction]
fn bytes_out_vec(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    fill(&mut bytes);
    bytes
}

fn fill(bytes: &mut [u8]) {
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = index as u8;
    }
}

// region: out
/// Return bytes that Rust wrote where they stay.
#[pyfunction]
fn bytes_out_new_with(py: Python<'_>, length: usize) -> PyResult<Bound<'_, PyBytes>> {
    PyBytes::new_with(py, length, |bytes| {
        fill(bytes);
        Ok(())
    })
}
// endregion: out

/// Return bytes of a length that is not known before they are written.
#[pyfunction]
fn bytes_out(py: Python<'_>, lines: Vec<PyBackedStr>) -> PyResult<Bound<'_, PyBytes>> {
    use std::io::Write as _;
    PyBytes::new_with_writer(py, 0, |writer| {
        for line in &lines {
            writeln!(writer, "{line}")?;
        }
        Ok(())
    })
}

/// Add up the amounts of rows; the key is one object, made at the first call.
#[pyfunction]
fn total_interned(py: Python<'_>, rows: &Bound<'_, PyList>) -> PyResult<f64> {
    let key = intern!(py, "amount");
    let mut total = 0.0;
    for row in rows {
        let Some(amount) = row.cast::<PyDict>()?.get_item(key)? else {
            return Err(PyTypeError::new_err("a row has no amount"));
        };
        total += amount.extract::<f64>()?;
    }
    Ok(total)
}

/// The same with a key that is made anew for each row.
#[pyfunction]
fn total_new(rows: &Bound<'_, PyList>) -> PyResult<f64> {
    let mut total = 0.0;
    for row in rows {
        if let Some(amount) = row.cast::<PyDict>()?.get_item("amount")? {
            total += amount.extract::<f64>()?;
        }
    }
    Ok(total)
}

#[pyo3::pymodule]
pub mod text_and_bytes {
    /// Whether this is a debug build.
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
    #[pymodule_export]
    use super::{
        Glossary, addresses, bytes_out, bytes_out_new_with, bytes_out_vec, count_backed,
        count_keys, count_objects, count_strings, cow_back, from_lossless, letters, lossless,
        octet_sum, octets_address, same_text, sum_backed, sum_cow, sum_slice, sum_vec,
        total_interned, total_new, with_case,
    };
}
