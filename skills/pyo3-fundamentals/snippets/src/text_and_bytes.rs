//! Code shown in `references/text-and-bytes.md`.

// region: position
/// Returns where a word starts, in bytes as Rust counts and in characters as Python does.
fn position(text: &str, word: &str) -> Option<(usize, usize)> {
    let byte = text.find(word)?;
    Some((byte, text[..byte].chars().count()))
}
// endregion: position

/// Adds bytes up, as the Internet checksum of RFC 1071 does before it is negated.
fn ones_sum(data: &[u8]) -> u16 {
    data.chunks(2).fold(0, |sum, pair| {
        let word = u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]);
        let (sum, carry) = u16::overflowing_add(sum, word);
        sum + u16::from(carry)
    })
}

#[pyo3::pymodule]
pub mod text_and_bytes {
    use std::borrow::Cow;
    use std::ffi::OsString;
    use std::fs;
    use std::path::PathBuf;

    use pyo3::exceptions::{PyUnicodeDecodeError, PyValueError};
    use pyo3::prelude::*;
    use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
    use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PySlice, PyString};

    // region: borrow
    /// Count the lines that mention a word.
    #[pyfunction]
    #[pyo3(signature = (text, word))]
    fn count_lines(py: Python<'_>, text: &str, word: &str) -> usize {
        py.detach(|| text.lines().filter(|line| line.contains(word)).count())
    }
    // endregion: borrow

    /// Write every run of blanks as one space; a text without one comes back without a copy in Rust.
    #[pyfunction]
    #[pyo3(signature = (text))]
    fn squeeze(text: &str) -> Cow<'_, str> {
        if text.split(' ').all(|word| !word.is_empty()) {
            return Cow::Borrowed(text);
        }
        Cow::Owned(
            text.split(' ')
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(" "),
        )
    }

    // region: backed
    /// Return the longest of many titles, in characters.
    #[pyfunction]
    #[pyo3(signature = (titles))]
    fn longest_title(py: Python<'_>, titles: Vec<PyBackedStr>) -> Option<PyBackedStr> {
        // The closure returns a position, so the titles are dropped while attached, which releases them at once.
        let length = |&index: &usize| titles[index].chars().count();
        let longest = py.detach(|| (0..titles.len()).max_by_key(length))?;
        titles.into_iter().nth(longest)
    }
    // endregion: backed

    /// Return a text with a replacement for each half of a surrogate pair, which UTF-8 cannot have.
    #[pyfunction]
    #[pyo3(signature = (text))]
    fn printable(text: &Bound<'_, PyString>) -> String {
        text.to_string_lossy().into_owned()
    }

    /// Return where a word starts: in bytes, and in characters.
    #[pyfunction]
    #[pyo3(signature = (text, word))]
    fn find_word(text: &str, word: &str) -> Option<(usize, usize)> {
        super::position(text, word)
    }

    // region: decode
    /// Decode a record whose name field is UTF-8, padded with zero bytes.
    #[pyfunction]
    #[pyo3(signature = (field))]
    fn decode_name<'a>(py: Python<'_>, field: &'a [u8]) -> PyResult<&'a str> {
        let end = field
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(field.len());
        std::str::from_utf8(&field[..end])
            .map_err(|error| PyUnicodeDecodeError::new_err_from_utf8(py, field, error))
    }
    // endregion: decode

    /// Add up bytes; takes `bytes` only.
    #[pyfunction]
    #[pyo3(signature = (data))]
    fn sum_bytes(data: &[u8]) -> u16 {
        super::ones_sum(data)
    }

    /// Add up bytes; copies what is not `bytes`, and takes a list of numbers, too.
    #[pyfunction]
    #[pyo3(signature = (data))]
    fn sum_vec(data: Vec<u8>) -> u16 {
        super::ones_sum(&data)
    }

    /// Add up bytes; copies what is not `bytes`.
    #[pyfunction]
    #[pyo3(signature = (data))]
    fn sum_cow(data: Cow<'_, [u8]>) -> u16 {
        super::ones_sum(&data)
    }

    /// Add up bytes of `bytes` or `bytearray`, while other threads run.
    #[pyfunction]
    #[pyo3(signature = (data))]
    fn sum_backed(py: Python<'_>, data: PyBackedBytes) -> u16 {
        py.detach(|| super::ones_sum(&data))
    }

    // region: buffer
    /// Add up the bytes of anything with a buffer: an array, a memoryview, a memory map.
    #[pyfunction]
    #[pyo3(signature = (data))]
    fn sum_buffer(data: &Bound<'_, PyAny>) -> PyResult<u16> {
        let copy = PyMemoryView::from(data)?.call_method0("tobytes")?;
        Ok(super::ones_sum(copy.cast::<PyBytes>()?.as_bytes()))
    }
    // endregion: buffer

    // region: write
    /// Turn the pixels of a `bytearray` into their negative, in the caller's own object.
    #[pyfunction]
    #[pyo3(signature = (pixels))]
    fn invert(pixels: &Bound<'_, PyByteArray>) -> PyResult<()> {
        let py = pixels.py();
        let negative: Vec<u8> = pixels.to_vec().iter().map(|pixel| !pixel).collect();
        pixels.set_item(PySlice::full(py), PyBytes::new(py, &negative))
    }
    // endregion: write

    /// Return a gray ramp: `width` bytes from black to white.
    #[pyfunction]
    #[pyo3(signature = (width))]
    fn ramp(py: Python<'_>, width: usize) -> PyResult<Bound<'_, PyBytes>> {
        if width < 2 {
            return Err(PyValueError::new_err("width must be at least 2"));
        }
        PyBytes::new_with(py, width, |pixels| {
            for (index, pixel) in pixels.iter_mut().enumerate() {
                *pixel = (index * 255 / (width - 1)) as u8;
            }
            Ok(())
        })
    }

    /// Return the bytes of an image's rows, upside down.
    #[pyfunction]
    #[pyo3(signature = (pixels, width))]
    fn flip(pixels: &[u8], width: usize) -> PyResult<Vec<u8>> {
        if width == 0 || pixels.len() % width != 0 {
            return Err(PyValueError::new_err(format!(
                "{} bytes are no rows of {width}",
                pixels.len()
            )));
        }
        Ok(pixels.chunks(width).rev().flatten().copied().collect())
    }

    // region: path
    /// Return the size of a file in bytes, and its absolute path.
    #[pyfunction]
    #[pyo3(signature = (path))]
    fn locate(path: PathBuf) -> PyResult<(u64, PathBuf)> {
        let size = fs::metadata(&path)?.len();
        Ok((size, std::path::absolute(path)?))
    }
    // endregion: path

    // region: names
    /// Return the names of a folder's files, sorted; those that are no UTF-8, too.
    #[pyfunction]
    #[pyo3(signature = (folder))]
    fn file_names(folder: PathBuf) -> PyResult<Vec<OsString>> {
        let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name()));
        let mut names = entries.collect::<PyResult<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }
    // endregion: names
}

#[cfg(test)]
mod tests {
    use super::{ones_sum, position};

    #[test]
    fn bytes_and_characters_differ_after_an_accent() {
        assert_eq!(position("né à Nantes", "Nantes"), Some((7, 5)));
        assert_eq!(position("né", "Nantes"), None);
    }

    #[test]
    fn carries_are_added_again() {
        assert_eq!(ones_sum(&[0xff, 0xff, 0x00, 0x02]), 2);
        assert_eq!(ones_sum(&[0x01]), 0x0100);
        assert_eq!(ones_sum(&[]), 0);
    }
}
