//! The memory that an object lends by the buffer protocol.
//!
//! Its bytes may change while they are read: another thread writes to a `bytearray`, another process to a file that is
//! mapped. A `&[u8]` promises that they don't, so there is none here. A block at a time is copied to where nobody else
//! writes, by volatile reads, and the work is done on that. To Rust a write meanwhile is a data race all the same; what comes
//! of it here is the checksum of bytes that were there, some before the change and some after it.
#![expect(unsafe_code, reason = "reads memory that Python objects own")]

use std::ops::Range;

use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use pyo3::types::PyMemoryView;

use crate::errors::Error;

/// What is copied at a time: half of the fastest cache of a processor.
const BLOCK: usize = 16 * 1024;

/// Memory that an object lends, until this is dropped: the object can't move or free it before.
pub struct Memory {
    buffer: PyUntypedBuffer,
    /// The number of last dimensions that have no gaps between them.
    packed: usize,
    /// The bytes that these make up.
    run: usize,
}

impl Memory {
    /// Asks an object for its memory, of any type, shape and strides.
    pub fn borrow(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let buffer = PyUntypedBuffer::get(object).or_else(|error| borrow_view(object, error))?;
        let format = buffer.format().to_string_lossy();
        if has_references(&format) {
            return Err(Error::References(format.into_owned()).into());
        }
        let (packed, run) = find_run(&buffer);
        Ok(Self {
            buffer,
            packed,
            run,
        })
    }

    /// Returns the number of bytes, without those between the elements.
    pub fn len(&self) -> usize {
        self.buffer.len_bytes()
    }

    // region: read
    /// Hands a range of the bytes over, block by block, as `memoryview.tobytes` would order them.
    ///
    /// This may be called detached.
    pub fn read(&self, range: Range<usize>, mut take: impl FnMut(&[u8])) {
        assert!(range.end <= self.len());
        let mut block = [0; BLOCK];
        let (mut filled, mut at) = (0, range.start);
        while at < range.end {
            let within = at % self.run;
            let length = (self.run - within).min(range.end - at).min(BLOCK - filled);
            // SAFETY: the run has more than `within` bytes, and `length` more from there on; the buffer is borrowed.
            unsafe {
                let source = self.locate(at / self.run).add(within);
                copy_volatile(source, &mut block[filled..filled + length]);
            }
            at += length;
            filled += length;
            if filled == BLOCK {
                take(&block);
                filled = 0;
            }
        }
        if filled > 0 {
            take(&block[..filled]);
        }
    }
    // endregion: read

    /// Returns the address of a run: an element, or as many of them as lie side by side.
    ///
    /// # Safety
    ///
    /// There must be such a run.
    unsafe fn locate(&self, mut number: usize) -> *const u8 {
        let outer = self.buffer.dimensions() - self.packed;
        let shape = &self.buffer.shape()[..outer];
        let mut address: *const u8 = self.buffer.buf_ptr().cast_const().cast();
        let Some(suboffsets) = self.buffer.suboffsets() else {
            let mut offset = 0;
            for (length, stride) in shape.iter().zip(self.buffer.strides()).rev() {
                offset += (number % length) as isize * stride;
                number /= length;
            }
            // SAFETY: each index is below the length of its dimension, and whoever lends the memory says that what
            // strides lead to from there is within it.
            return unsafe { address.offset(offset) };
        };
        let mut rest: usize = shape.iter().product();
        for (axis, length) in shape.iter().enumerate() {
            rest /= length;
            let index = (number / rest % length) as isize;
            // SAFETY: as above; and where there is a suboffset, there is an address to go on from.
            unsafe {
                address = address.offset(index * self.buffer.strides()[axis]);
                if suboffsets[axis] >= 0 {
                    let target = address.cast::<*const u8>().read_unaligned();
                    address = target.offset(suboffsets[axis]);
                }
            }
        }
        address
    }
}

/// Borrows an object that lends its memory without a shape or strides, which PyO3 wants and a memoryview fills in.
fn borrow_view(object: &Bound<'_, PyAny>, error: PyErr) -> PyResult<PyUntypedBuffer> {
    if !error.is_instance_of::<PyBufferError>(object.py()) {
        return Err(error);
    }
    let view = PyMemoryView::from(object)?;
    if view.getattr("ndim")?.extract::<usize>()? > 0 {
        return PyUntypedBuffer::get(&view);
    }
    // A scalar has no shape for anybody: its single element is copied.
    PyUntypedBuffer::get(&view.call_method0("tobytes")?)
}

/// Finds how many of the last dimensions have no gaps between them, and the bytes that they make up.
fn find_run(buffer: &PyUntypedBuffer) -> (usize, usize) {
    let (mut packed, mut run) = (0, buffer.item_size());
    if buffer.len_bytes() == 0 {
        return (packed, run);
    }
    for axis in (0..buffer.dimensions()).rev() {
        let direct = buffer.suboffsets().is_none_or(|offsets| offsets[axis] < 0);
        let length = buffer.shape()[axis];
        if !direct || (length > 1 && buffer.strides()[axis] != run as isize) {
            break;
        }
        run *= length;
        packed += 1;
    }
    (packed, run)
}

/// Whether a format in the syntax of `struct`, as PEP 3118 extends it, has an element that refers to an object.
fn has_references(format: &str) -> bool {
    // A name is between two colons, and may have any letter.
    format.split(':').step_by(2).any(|part| part.contains('O'))
}

// region: volatile
/// Copies memory that others may write to meanwhile, a word at a time.
///
/// # Safety
///
/// As many bytes as the target has must be readable from `source` on.
unsafe fn copy_volatile(source: *const u8, target: &mut [u8]) {
    const WORD: usize = size_of::<u64>();
    let head = source.align_offset(WORD).min(target.len());
    let (start, aligned) = target.split_at_mut(head);
    let words = aligned.len() / WORD * WORD;
    let (middle, end) = aligned.split_at_mut(words);
    // SAFETY: the three parts follow each other, and together have the length of the target; after the head, `source`
    // is aligned for a word, unless the target ends there and no word follows.
    unsafe {
        for (at, byte) in start.iter_mut().enumerate() {
            *byte = source.add(at).read_volatile();
        }
        let source = source.add(head);
        for (at, word) in middle.chunks_exact_mut(WORD).enumerate() {
            let value = source.cast::<u64>().add(at).read_volatile();
            word.copy_from_slice(&value.to_ne_bytes());
        }
        let source = source.add(words);
        for (at, byte) in end.iter_mut().enumerate() {
            *byte = source.add(at).read_volatile();
        }
    }
}
// endregion: volatile

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_and_length_is_copied() {
        let source: Vec<u8> = (0..64).collect();
        for start in 0..20 {
            for length in 0..=(64 - start) {
                let mut target = vec![0xff; length];
                // SAFETY: the source has `length` bytes from `start` on.
                unsafe { copy_volatile(source[start..].as_ptr(), &mut target) };
                assert_eq!(target, source[start..start + length]);
            }
        }
    }

    #[test]
    fn names_of_fields_are_not_taken_for_references() {
        for (format, references) in [
            ("B", false),
            ("O", true),
            ("T{=I:Order:=d:Open:}", false),
            ("T{=I:a:O:b:}", true),
        ] {
            assert_eq!(has_references(format), references, "{format}");
        }
    }
}
