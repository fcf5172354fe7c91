//! Frames in the memory of other objects: where they come from, and where they go.
#![expect(
    unsafe_code,
    reason = "reads and writes memory that Python objects own"
)]

use std::sync::atomic::{AtomicU8, Ordering};

use pyo3::buffer::PyUntypedBuffer;
use pyo3::prelude::*;

use crate::errors::Error;
use crate::ring::Sample;

const SAMPLE: usize = size_of::<Sample>();

/// Frames that another object lends until this is dropped, in any layout.
pub struct Frames {
    buffer: PyUntypedBuffer,
    count: usize,
    channels: usize,
    /// Bytes from a frame to the next, and from a channel to the next.
    strides: [isize; 2],
}

impl Frames {
    /// Borrows an array of shape (frames, channels), or of (frames,) if there is one channel.
    pub fn borrow(object: &Bound<'_, PyAny>, channels: usize) -> PyResult<Self> {
        let buffer = PyUntypedBuffer::get(object)?;
        check_format(&buffer)?;
        let strides = match (buffer.shape(), buffer.strides()) {
            ([_], [frame]) if channels == 1 => [*frame, SAMPLE as isize],
            ([_, found], [frame, channel]) if *found == channels => [*frame, *channel],
            (shape, _) => {
                let shape = shape.to_vec();
                return Err(Error::Shape { channels, shape }.into());
            }
        };
        Ok(Self {
            count: buffer.shape()[0],
            buffer,
            channels,
            strides,
        })
    }

    /// As `borrow`, to write to.
    pub fn borrow_to_write(object: &Bound<'_, PyAny>, channels: usize) -> PyResult<Self> {
        let frames = Self::borrow(object, channels)?;
        if frames.buffer.readonly() {
            return Err(Error::ReadOnly.into());
        }
        Ok(frames)
    }

    pub fn count(&self) -> usize {
        self.count
    }

    // region: copy
    /// Copies frames from here, from `first` on; this may be called detached.
    pub fn load(&self, first: usize, samples: &[Sample]) {
        self.walk(first, samples, |place, sample| {
            // SAFETY: `walk` hands the address of a sample over, which is borrowed.
            sample.store(unsafe { load(place) }, Ordering::Relaxed);
        });
    }

    /// Copies frames to here, which must be borrowed to write; this may be called detached.
    pub fn store(&self, first: usize, samples: &[Sample]) {
        assert!(!self.buffer.readonly());
        self.walk(first, samples, |place, sample| {
            // SAFETY: as above, and the buffer is not read-only.
            unsafe { store(place, sample.load(Ordering::Relaxed)) };
        });
    }
    // endregion: copy

    /// Hands over where each sample is here, beside one of the ring.
    fn walk(&self, first: usize, samples: &[Sample], take: impl Fn(*mut u8, &Sample)) {
        let left = self.count.checked_sub(first);
        assert!(left.is_some_and(|left| samples.len().div_ceil(self.channels) <= left));
        let start: *mut u8 = self.buffer.buf_ptr().cast();
        let [frame, channel] = self.strides;
        // SAFETY: the frames are within the shape, as was just checked, and whoever lends the memory says that the strides
        // then lead to it.
        unsafe {
            let start = start.offset(first as isize * frame);
            if channel == SAMPLE as isize && frame == (self.channels * SAMPLE) as isize {
                for (at, sample) in samples.iter().enumerate() {
                    take(start.add(at * SAMPLE), sample);
                }
                return;
            }
            for (at, samples) in samples.chunks_exact(self.channels).enumerate() {
                let start = start.offset(at as isize * frame);
                for (at, sample) in samples.iter().enumerate() {
                    take(start.offset(at as isize * channel), sample);
                }
            }
        }
    }
}

/// Takes `f`, with each prefix that means this machine's byte order.
fn check_format(buffer: &PyUntypedBuffer) -> PyResult<()> {
    let format = buffer.format().to_bytes();
    let native = if cfg!(target_endian = "little") {
        b"<f"
    } else {
        b">f"
    };
    // What has pointers in its memory is not what NumPy or array make of samples.
    let known = matches!(format, b"f" | b"@f" | b"=f") || format == native;
    if !known || buffer.item_size() != SAMPLE || buffer.suboffsets().is_some() {
        let found = String::from_utf8_lossy(format).into_owned();
        return Err(Error::Format(found).into());
    }
    Ok(())
}

/// Reads a sample that others may write to meanwhile.
///
/// # Safety
///
/// The address must be that of a sample; it need not be aligned.
unsafe fn load(place: *mut u8) -> u32 {
    if place.cast::<Sample>().is_aligned() {
        // SAFETY: it is aligned, and this is atomic.
        return unsafe { Sample::from_ptr(place.cast()) }.load(Ordering::Relaxed);
    }
    let mut bytes = [0; SAMPLE];
    for (at, byte) in bytes.iter_mut().enumerate() {
        // SAFETY: a sample has these bytes.
        *byte = unsafe { AtomicU8::from_ptr(place.add(at)) }.load(Ordering::Relaxed);
    }
    u32::from_ne_bytes(bytes)
}

/// Writes a sample that others may read and write meanwhile.
///
/// # Safety
///
/// As for `load`, and it must be memory to write to.
unsafe fn store(place: *mut u8, bits: u32) {
    if place.cast::<Sample>().is_aligned() {
        // SAFETY: it is aligned, and this is atomic.
        unsafe { Sample::from_ptr(place.cast()) }.store(bits, Ordering::Relaxed);
        return;
    }
    for (at, byte) in bits.to_ne_bytes().into_iter().enumerate() {
        // SAFETY: a sample has these bytes.
        unsafe { AtomicU8::from_ptr(place.add(at)) }.store(byte, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_need_not_be_aligned() {
        let mut bytes = [0_u8; 16];
        for at in 0..12 {
            let place = bytes[at..].as_mut_ptr();
            // SAFETY: four bytes follow.
            unsafe {
                store(place, 0x0102_0304);
                assert_eq!(load(place), 0x0102_0304);
            }
            bytes[at..at + 4].fill(0);
            assert_eq!(bytes, [0; 16], "{at}");
        }
    }
}
