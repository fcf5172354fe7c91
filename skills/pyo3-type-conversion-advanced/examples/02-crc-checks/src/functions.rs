//! What Python calls.

use pyo3::prelude::*;

use crate::errors::Error;
use crate::memory::Memory;
use crate::sums::{Chunks, Kind};

/// What is read between two looks for Ctrl-C: about a millisecond, or some fifty of memory with gaps.
const PIECE: usize = 4 * 1024 * 1024;

/// Below this, to detach and to attach again would take longer than the work.
const SMALL: usize = 4096;

// region: fold
/// Hands all bytes to `take`, detached, and looks for Ctrl-C from time to time.
pub fn read_all(
    py: Python<'_>,
    memory: &Memory,
    mut take: impl FnMut(&[u8]) + Send,
) -> PyResult<()> {
    let length = memory.len();
    if length < SMALL {
        memory.read(0..length, take);
        return Ok(());
    }
    for start in (0..length).step_by(PIECE) {
        let end = length.min(start.saturating_add(PIECE));
        py.detach(|| memory.read(start..end, &mut take));
        py.check_signals()?;
    }
    Ok(())
}
// endregion: fold

/// Returns the checksum of data that follows what has the checksum `value`, and the length of the data.
pub fn append(data: &Bound<'_, PyAny>, kind: Kind, value: u32) -> PyResult<(u32, usize)> {
    let memory = Memory::borrow(data)?;
    let mut value = kind.check(value)?;
    read_all(data.py(), &memory, |block| {
        value = kind.append(value, block);
    })?;
    Ok((value, memory.len()))
}

/// Compute the CRC-32C of data.
///
/// Args:
///     data: Any object that lends its memory, of any shape and strides: its elements count in the order in which
///         `memoryview.tobytes` has them.
///     value: The checksum of what comes before the data.
///
/// Raises:
///     TypeError: If the object lends no memory, or memory with references to objects.
#[pyfunction]
#[pyo3(signature = (data, /, value = 0))]
pub fn crc32c(data: &Bound<'_, PyAny>, value: u32) -> PyResult<u32> {
    Ok(append(data, Kind::Crc32c, value)?.0)
}

/// Compute the Adler-32 of data.
///
/// Args:
///     data: Any object that lends its memory: see `crc32c`.
///     value: The checksum of what comes before the data.
///
/// Raises:
///     TypeError: If the object lends no memory, or memory with references to objects.
///     ValueError: If no data has the checksum `value`.
#[pyfunction]
#[pyo3(signature = (data, /, value = 1))]
pub fn adler32(data: &Bound<'_, PyAny>, value: u32) -> PyResult<u32> {
    Ok(append(data, Kind::Adler32, value)?.0)
}

/// Compute the checksum of two pieces of data from those of each.
///
/// Args:
///     name: `crc32c` or `adler32`.
///     first: The checksum of the first piece.
///     second: The checksum of the second piece.
///     length: The number of bytes of the second piece.
///
/// Raises:
///     ValueError: If there is no such checksum.
#[pyfunction]
pub fn combine(name: &str, first: u32, second: u32, length: usize) -> PyResult<u32> {
    let kind: Kind = name.parse()?;
    Ok(kind.combine(kind.check(first)?, kind.check(second)?, length))
}

/// Compute a checksum of each chunk of data.
///
/// Args:
///     data: Any object that lends its memory: see `crc32c`.
///     size: The number of bytes of a chunk, at least 64; the last may have less.
///     name: `crc32c` or `adler32`.
///
/// Raises:
///     TypeError: If the object lends no memory, or memory with references to objects.
///     ValueError: If the chunks are too small, or there is no such checksum.
#[pyfunction]
#[pyo3(signature = (data, size, name = "crc32c"))]
pub fn chunk_sums(data: &Bound<'_, PyAny>, size: usize, name: &str) -> PyResult<Vec<u32>> {
    let memory = Memory::borrow(data)?;
    let mut chunks = Chunks::new(name.parse()?, size, memory.len())?;
    read_all(data.py(), &memory, |block| chunks.append(block))?;
    Ok(chunks.finish())
}

/// Find the chunks of data that are not as they were.
///
/// Args:
///     data: Any object that lends its memory: see `crc32c`.
///     sums: What `chunk_sums` returned for the data as it was.
///     size: The number of bytes of a chunk.
///     name: `crc32c` or `adler32`.
///
/// Returns:
///     The numbers of the chunks, from 0 on, whose checksum has changed.
///
/// Raises:
///     TypeError: If the object lends no memory, or memory with references to objects.
///     ValueError: If the number of sums is not that of the chunks, the chunks are too small, or there is no such checksum.
#[pyfunction]
#[pyo3(signature = (data, sums, size, name = "crc32c"))]
pub fn find_damage(
    data: &Bound<'_, PyAny>,
    sums: Vec<u32>,
    size: usize,
    name: &str,
) -> PyResult<Vec<usize>> {
    let found = chunk_sums(data, size, name)?;
    if found.len() != sums.len() {
        return Err(Error::Count {
            chunks: found.len(),
            size,
            sums: sums.len(),
        }
        .into());
    }
    let pairs = found.iter().zip(&sums).enumerate();
    Ok(pairs
        .filter(|(_, (new, old))| new != old)
        .map(|(number, _)| number)
        .collect())
}
