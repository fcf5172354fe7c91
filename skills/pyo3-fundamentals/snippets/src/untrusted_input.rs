//! Code shown in `references/untrusted-input.md`.

use std::iter::Peekable;
use std::str::Chars;

use pyo3::Borrowed;
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;

// region: frames
/// Splits data into frames, each with its length before it: four bytes, little endian.
fn frames(mut data: &[u8]) -> Option<Vec<&[u8]>> {
    let mut frames = Vec::new();
    while !data.is_empty() {
        let (length, rest) = data.split_first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        // Checked against what is there before anything is allocated.
        let (frame, rest) = rest.split_at_checked(length)?;
        frames.push(frame);
        data = rest;
    }
    Some(frames)
}
// endregion: frames

/// Split data into its frames.
///
/// Raises:
///     ValueError: A frame is longer than what is left of the data.
#[pyfunction]
fn split_frames(data: &[u8]) -> PyResult<Vec<&[u8]>> {
    frames(data).ok_or_else(|| PyValueError::new_err("a frame is cut off"))
}

// region: reserve
/// Make an image of one colour.
///
/// Raises:
///     ValueError: The image has too many pixels to be counted.
///     MemoryError: It does not fit into memory.
#[pyfunction]
fn blank(width: usize, height: usize, colour: u8) -> PyResult<Vec<u8>> {
    let pixels = width.checked_mul(height);
    let pixels = pixels.ok_or_else(|| PyValueError::new_err("the image is too large"))?;
    let mut image = Vec::new();
    image
        .try_reserve_exact(pixels)
        .map_err(|error| PyMemoryError::new_err(error.to_string()))?;
    image.resize(pixels, colour);
    Ok(image)
}
// endregion: reserve

/// Add up numbers; `range(2**50)` ends the process, since a `Vec` of that length is asked for.
#[pyfunction]
fn total(values: Vec<i64>) -> i64 {
    values.iter().copied().fold(0, i64::wrapping_add)
}

// region: limit
/// Add up numbers, a million at most.
#[pyfunction]
fn limited_total(values: &Bound<'_, PyAny>) -> PyResult<i64> {
    let mut sum = 0_i64;
    for (count, value) in values.try_iter()?.enumerate() {
        if count == 1_000_000 {
            return Err(PyValueError::new_err("more than a million numbers"));
        }
        sum = sum
            .checked_add(value?.extract()?)
            .ok_or_else(|| PyValueError::new_err("the sum does not fit into 64 bits"))?;
    }
    Ok(sum)
}
// endregion: limit

// region: depth
/// Skips one list, such as `[[],[]]`, and returns how deep it is; `room` is how deep it may be.
fn skip_list(text: &mut Peekable<Chars<'_>>, room: usize) -> Result<usize, &'static str> {
    let room = room.checked_sub(1).ok_or("nested too deeply")?;
    text.next_if_eq(&'[').ok_or("a list begins with `[`")?;
    let mut deepest = 0;
    while text.peek() == Some(&'[') {
        deepest = deepest.max(skip_list(text, room)?);
        text.next_if_eq(&',');
    }
    text.next_if_eq(&']').ok_or("a list ends with `]`")?;
    Ok(deepest + 1)
}
// endregion: depth

/// Return how deep a list is nested.
///
/// Args:
///     text: Lists in lists, as JSON writes them.
///     limit: How deep it may be.
///
/// Raises:
///     ValueError: It is not a list, or it is deeper than that.
#[pyfunction]
#[pyo3(signature = (text, *, limit = 100))]
fn depth(text: &str, limit: usize) -> PyResult<usize> {
    skip_list(&mut text.chars().peekable(), limit).map_err(PyValueError::new_err)
}

/// A number, or a list of such things; reading it recurses once a level.
enum Nested {
    Number(i64),
    List(Vec<Nested>),
}

impl FromPyObject<'_, '_> for Nested {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(items) = value.cast::<PyList>() {
            let items = items.iter().map(|item| item.extract());
            return Ok(Self::List(items.collect::<PyResult<_>>()?));
        }
        Ok(Self::Number(value.extract()?))
    }
}

/// Count the numbers in lists of lists; one that is nested deeply enough ends the process.
#[pyfunction]
fn count_nested(value: Nested) -> usize {
    match value {
        Nested::Number(number) => usize::from(number != i64::MIN),
        Nested::List(items) => items.into_iter().map(count_nested).sum(),
    }
}

#[pymodule]
pub mod untrusted_input {
    #[pymodule_export]
    use super::{blank, count_nested, depth, limited_total, split_frames, total};
}

#[cfg(test)]
mod tests {
    use super::frames;

    #[test]
    fn no_header_of_up_to_three_bytes_panics() {
        for length in 1..=3 {
            assert_eq!(frames(&vec![0xff; length]), None);
        }
    }

    #[test]
    fn frames_end_where_they_say() {
        assert_eq!(frames(b""), Some(vec![]));
        assert_eq!(frames(b"\x02\0\0\0ab\0\0\0\0"), Some(vec![&b"ab"[..], b""]));
        assert_eq!(frames(b"\xff\xff\xff\xffab"), None);
    }
}
