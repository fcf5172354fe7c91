//! Code that `references/untrusted-data.md` shows.

use std::collections::{BTreeMap, HashMap};

use num_bigint::BigInt;
use pyo3::buffer::PyBuffer;
use pyo3::conversion::FromPyObjectOwned;
use pyo3::exceptions::{PyOverflowError, PyRecursionError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyList, PyString};
use pyo3::{Borrowed, intern};

// region: at-most
/// A list of at most `MAX` items, from any iterable. What the object says of its length is a hint.
struct AtMost<T, const MAX: usize>(Vec<T>);

impl<'py, T, const MAX: usize> FromPyObject<'_, 'py> for AtMost<T, MAX>
where
    T: FromPyObjectOwned<'py>,
{
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let mut items = Vec::new();
        for item in value.try_iter()? {
            let item = item?;
            if items.len() == MAX {
                return Err(PyValueError::new_err(format!("more than {MAX} items")));
            }
            items.push(item.extract().map_err(Into::into)?);
        }
        Ok(Self(items))
    }
}
// endregion: at-most

/// Return the median of at most a million numbers.
#[pyfunction]
fn median(numbers: AtMost<f64, 1_000_000>) -> Option<f64> {
    let mut numbers = numbers.0;
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

/// Take a `Vec`, which reserves what the object claims.
#[pyfunction]
fn count(numbers: Vec<f64>) -> usize {
    numbers.len()
}

/// Collect an iterator, and return how many items there is room for.
#[pyfunction]
fn room_of_collected(numbers: &Bound<'_, PyAny>) -> PyResult<(usize, usize)> {
    let hint = numbers.try_iter()?.size_hint().0;
    let numbers: Vec<f64> = numbers
        .try_iter()?
        .map(|number| number?.extract())
        .collect::<PyResult<_>>()?;
    Ok((hint, numbers.capacity()))
}

/// Settings of a user: what JSON can say.
#[derive(Debug, PartialEq)]
enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

/// Collect without looking at errors, which believes the hint.
#[pyfunction]
fn collected_plainly(numbers: &Bound<'_, PyAny>) -> PyResult<usize> {
    let numbers: Vec<PyResult<Bound<'_, PyAny>>> = numbers.try_iter()?.collect();
    Ok(numbers.len())
}

// region: document
/// What is left of the limits while a document is read.
struct Limits {
    values: usize,
    bytes: usize,
}

impl Limits {
    fn take_value(&mut self) -> PyResult<()> {
        let left = self.values.checked_sub(1);
        self.values = left.ok_or_else(|| PyValueError::new_err("too many values"))?;
        Ok(())
    }

    fn text(&mut self, text: &Bound<'_, PyString>) -> PyResult<String> {
        let text = text.to_str()?;
        let left = self.bytes.checked_sub(text.len());
        self.bytes = left.ok_or_else(|| PyValueError::new_err("too much text"))?;
        Ok(text.to_owned())
    }

    /// Reads a value with what is in it, at most `depth` levels.
    fn read(&mut self, value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
        self.take_value()?;
        let below = || {
            let below = depth.checked_sub(1);
            below.ok_or_else(|| PyRecursionError::new_err("nested too deeply, or in itself"))
        };
        if let Ok(items) = value.cast::<PyList>() {
            let below = below()?;
            let items = items.iter().map(|item| self.read(&item, below));
            Ok(Value::List(items.collect::<PyResult<_>>()?))
        } else if let Ok(map) = value.cast::<PyDict>() {
            let below = below()?;
            let mut values = BTreeMap::new();
            for item in map.items() {
                let (key, value): (Bound<'_, PyString>, Bound<'_, PyAny>) = item.extract()?;
                values.insert(self.text(&key)?, self.read(&value, below)?);
            }
            Ok(Value::Map(values))
        } else if let Ok(text) = value.cast::<PyString>() {
            Ok(Value::Text(self.text(text)?))
        } else if let Ok(flag) = value.cast::<PyBool>() {
            Ok(Value::Bool(flag.is_true()))
        } else if value.is_none() {
            Ok(Value::Null)
        } else if value.is_instance_of::<PyInt>() {
            Ok(Value::Int(value.extract()?))
        } else {
            Ok(Value::Float(value.extract()?))
        }
    }
}

impl FromPyObject<'_, '_> for Value {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let mut limits = Limits {
            values: 100_000,
            bytes: 10_000_000,
        };
        limits.read(&value, 64)
    }
}
// endregion: document

impl Value {
    fn leaves(&self) -> usize {
        match self {
            Self::List(items) => items.iter().map(Self::leaves).sum(),
            Self::Map(map) => map
                .iter()
                .map(|(key, value)| usize::from(!key.is_empty()) * value.leaves())
                .sum(),
            Self::Null => 0,
            Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Text(_) => 1,
        }
    }
}

/// Return how many values that are not `None` a document has; a copy of it can be read and dropped.
#[pyfunction]
fn leaves(document: Value) -> usize {
    document.leaves()
}

/// Lists in lists as the derive reads them, without any limit.
#[derive(FromPyObject)]
enum Unlimited {
    List(Vec<Unlimited>),
    Number(i64),
}

#[pyfunction]
fn leaves_unlimited(document: Unlimited) -> i64 {
    match document {
        Unlimited::List(items) => items.into_iter().map(leaves_unlimited).sum(),
        Unlimited::Number(number) => i64::from(number != 0),
    }
}

// region: digits
/// An integer of at most 4,096 bits.
struct Key(BigInt);

impl FromPyObject<'_, '_> for Key {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        // A subclass could say anything of its length.
        let number = value.cast_exact::<PyInt>()?;
        let bits: u64 = number
            .call_method0(intern!(value.py(), "bit_length"))?
            .extract()?;
        if bits > 4096 {
            return Err(PyOverflowError::new_err(format!(
                "a key has up to 4096 bits, not {bits}"
            )));
        }
        number.extract().map(Self)
    }
}
// endregion: digits

#[pyfunction]
fn digits(key: Key) -> usize {
    key.0.to_string().len()
}

/// Format a number without a limit, as `BigInt` does.
#[pyfunction]
fn digits_unlimited(number: BigInt) -> usize {
    number.to_string().len()
}

/// Format a number as an error message would.
#[pyfunction]
fn in_a_message(value: &Bound<'_, PyAny>) -> String {
    format!("{value} is too large")
}

/// Make a dictionary of big integers, whose hashes Python computes.
#[pyfunction]
fn numbered<'py>(py: Python<'py>, keys: Vec<BigInt>) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (index, key) in keys.into_iter().enumerate() {
        dict.set_item(key, index)?;
    }
    Ok(dict)
}

/// Count them in a map of Rust, which is seeded at random.
#[pyfunction]
fn distinct(keys: Vec<BigInt>) -> usize {
    keys.into_iter()
        .map(|key| (key, ()))
        .collect::<HashMap<_, _>>()
        .len()
}

/// Copy the bytes of a buffer, a megabyte at most; `nbytes` need not be in memory at all.
#[pyfunction]
fn packed<'py>(py: Python<'py>, data: PyBuffer<u8>) -> PyResult<Bound<'py, PyBytes>> {
    let length = data.len_bytes();
    if length > 1_000_000 {
        return Err(PyValueError::new_err(format!(
            "{length} bytes are more than a megabyte"
        )));
    }
    PyBytes::new_with(py, length, |bytes| data.copy_to_slice(py, bytes))
}

#[pyfunction]
fn packed_unlimited(py: Python<'_>, data: PyBuffer<u8>) -> PyResult<Vec<u8>> {
    data.to_vec(py)
}

/// Make a block of zeros: `MemoryError` if there is no memory for it.
#[pyfunction]
fn zeros(py: Python<'_>, length: usize) -> PyResult<Bound<'_, PyBytes>> {
    PyBytes::new_with(py, length, |_| Ok(()))
}

#[pyfunction]
fn zeros_of_vec(length: usize) -> Vec<u8> {
    vec![0; length]
}

#[pyo3::pymodule]
pub mod untrusted_data {
    #[pymodule_export]
    use super::{
        collected_plainly, count, digits, digits_unlimited, distinct, in_a_message, leaves,
        leaves_unlimited, median, numbered, packed, packed_unlimited, room_of_collected, zeros,
        zeros_of_vec,
    };
}
