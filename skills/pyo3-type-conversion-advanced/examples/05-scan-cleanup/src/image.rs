//! An image in NumPy's memory, of any layout, read and written a row at a time.
//!
//! Other threads may read and write it meanwhile, so there is no Rust reference to a pixel: a row is copied by volatile
//! reads, worked on, and copied back.
#![expect(unsafe_code, reason = "reads and writes memory that NumPy owns")]

use std::marker::PhantomData;

use numpy::prelude::*;
use numpy::{Element, PyArrayDyn};
use pyo3::prelude::*;

use crate::errors::{Error, Result};
use crate::pixel::Pixel;

const MOST_CHANNELS: usize = 4;

/// An image, for as long as its array is borrowed.
pub struct Image<'a, T> {
    start: *mut u8,
    /// Rows, columns, channels.
    shape: [usize; 3],
    strides: [isize; 3],
    array: PhantomData<&'a T>,
}

// SAFETY: the array is borrowed, so its memory stays, and every thread may read and write it as this does: see above.
unsafe impl<T: Send> Send for Image<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Image<'_, T> {}

impl<'a, T: Pixel + Element> Image<'a, T> {
    // region: borrow
    /// Takes an array of rows and columns, and perhaps of channels, that is borrowed to write.
    pub fn new(array: &'a Bound<'_, PyArrayDyn<T>>) -> Result<Self> {
        let (shape, strides) = match (array.shape(), array.strides()) {
            (&[rows, columns], &[row, column]) => {
                ([rows, columns, 1], [row, column, size_of::<T>() as isize])
            }
            (&[rows, columns, channels @ 1..=MOST_CHANNELS], &[row, column, channel]) => {
                ([rows, columns, channels], [row, column, channel])
            }
            (shape, _) => return Err(Error::Shape(shape.to_vec())),
        };
        if overlaps_itself(shape, strides, size_of::<T>()) {
            return Err(Error::Overlapping);
        }
        Ok(Self {
            start: array.data().cast(),
            shape,
            strides,
            array: PhantomData,
        })
    }
    // endregion: borrow

    pub fn rows(&self) -> usize {
        if self.columns() == 0 {
            0
        } else {
            self.shape[0]
        }
    }

    pub fn columns(&self) -> usize {
        self.shape[1]
    }

    pub fn channels(&self) -> usize {
        self.shape[2]
    }

    /// How many samples a row has.
    pub fn width(&self) -> usize {
        // An array with rows of this length exists, unless it has no rows.
        self.columns().saturating_mul(self.channels())
    }

    /// Copies a row; `take` makes of a sample what is wanted.
    pub fn load_row<U>(&self, row: usize, target: &mut [U], take: impl Fn(T) -> U) {
        assert!(target.len() == self.width());
        let mut targets = target.iter_mut();
        self.walk(row, |place| {
            if let Some(target) = targets.next() {
                // SAFETY: `walk` hands the addresses of samples over.
                *target = take(unsafe { load(place) });
            }
        });
    }

    /// Copies a row back; `make` makes a sample.
    pub fn store_row<U: Copy>(&self, row: usize, source: &[U], make: impl Fn(U) -> T) {
        assert!(source.len() == self.width());
        let mut sources = source.iter();
        self.walk(row, |place| {
            if let Some(source) = sources.next() {
                // SAFETY: as above, and the array was borrowed to write.
                unsafe { store(place, make(*source)) };
            }
        });
    }

    /// Hands over where the samples of a row are.
    fn walk(&self, row: usize, mut take: impl FnMut(*mut T)) {
        assert!(row < self.rows());
        let [_, columns, channels] = self.shape;
        let side_by_side =
            [channels * size_of::<T>(), size_of::<T>()].map(|stride| stride as isize);
        if self.strides[1..] == side_by_side {
            // SAFETY: the row is in the image, and so are its samples, which lie side by side.
            unsafe {
                let start = self.locate(row, 0, 0);
                (0..columns * channels).for_each(|at| take(start.byte_add(at * size_of::<T>())));
            }
            return;
        }
        for column in 0..columns {
            for channel in 0..channels {
                // SAFETY: the row is in the image, and so are the column and the channel.
                take(unsafe { self.locate(row, column, channel) });
            }
        }
    }

    /// # Safety
    ///
    /// There must be such a sample.
    unsafe fn locate(&self, row: usize, column: usize, channel: usize) -> *mut T {
        let [rows, columns, channels] = self.strides;
        let offset = row as isize * rows + column as isize * columns + channel as isize * channels;
        // SAFETY: NumPy says that what strides lead to is within the array.
        unsafe { self.start.offset(offset) }.cast()
    }
}

// region: volatile
/// A sample at any address.
#[derive(Clone, Copy)]
#[repr(C, packed)]
struct Unaligned<T>(T);

/// Reads a sample that others may write to meanwhile.
///
/// # Safety
///
/// The address must be that of a sample; it need not be aligned.
unsafe fn load<T: Pixel>(place: *const T) -> T {
    // SAFETY: the caller says so; what is packed needs no alignment, and every combination of bits is a sample.
    unsafe { place.cast::<Unaligned<T>>().read_volatile() }.0
}

/// Writes a sample that others may read and write meanwhile.
///
/// # Safety
///
/// The address must be that of a sample that may be written to; it need not be aligned.
unsafe fn store<T: Pixel>(place: *mut T, value: T) {
    // SAFETY: as above.
    unsafe {
        place
            .cast::<Unaligned<T>>()
            .write_volatile(Unaligned(value))
    };
}
// endregion: volatile

/// Whether two indices may lead to the same memory, as `numpy.lib.stride_tricks` can make them.
fn overlaps_itself(shape: [usize; 3], strides: [isize; 3], size: usize) -> bool {
    let axes = shape.into_iter().zip(strides);
    let mut axes: Vec<(usize, usize)> = axes
        .filter(|(length, _)| *length > 1)
        .map(|(length, stride)| (stride.unsigned_abs(), length))
        .collect();
    axes.sort_unstable();
    let mut extent = size;
    // The strides of an empty image mean nothing.
    !shape.contains(&0)
        && axes.into_iter().any(|(stride, length)| {
            let overlaps = stride < extent;
            extent = extent.saturating_add(stride.saturating_mul(length - 1));
            overlaps
        })
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
                store(place.cast::<f32>(), 1.5);
                assert_eq!(load(place.cast::<f32>()), 1.5);
            }
            bytes[at..at + 4].fill(0);
            assert_eq!(bytes, [0; 16], "{at}");
        }
    }

    #[test]
    fn overlapping_pixels_are_found() {
        for (shape, strides, overlap) in [
            ([3, 4, 1], [4, 1, 0], false),
            ([3, 4, 1], [-4, 1, 0], false),
            ([3, 4, 3], [12, 3, -1], false),
            ([4, 3, 3], [1, 4, 12], false),
            ([3, 4, 1], [0, 1, 0], true),
            ([3, 4, 1], [2, 1, 0], true),
            ([3, 4, 1], [4, 0, 0], true),
            ([0, 4, 1], [0, 0, 0], false),
            ([1, 1, 1], [0, 0, 0], false),
        ] {
            assert_eq!(
                overlaps_itself(shape, strides, 1),
                overlap,
                "{shape:?} {strides:?}"
            );
        }
    }
}
