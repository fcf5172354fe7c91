//! What Python calls.

use std::ops::Range;
use std::thread;
use std::time::Duration;

use numpy::prelude::*;
use numpy::{BorrowError, Element, PyArrayDyn, PyUntypedArray};
use pyo3::prelude::*;

use crate::errors::{Error, Result};
use crate::filters::{Levels, median_row};
use crate::image::Image;
use crate::pixel::Pixel;

/// Samples that are worked on between two looks for Ctrl-C: some milliseconds.
const PIECE: usize = 1 << 20;

// region: dispatch
/// What is done to an image, whatever the type of its pixels.
trait Work {
    fn start<'a, T: Pixel + Element>(&'a self, image: &'a Image<'a, T>) -> Result<Box<Rows<'a>>>;
}

/// Works on rows, which come in their order.
type Rows<'a> = dyn FnMut(Range<usize>) + Send + 'a;

fn apply(image: &Bound<'_, PyUntypedArray>, work: &impl Work) -> PyResult<()> {
    if let Ok(array) = image.cast::<PyArrayDyn<u8>>() {
        change(array, work)
    } else if let Ok(array) = image.cast::<PyArrayDyn<u16>>() {
        change(array, work)
    } else if let Ok(array) = image.cast::<PyArrayDyn<f32>>() {
        change(array, work)
    } else {
        Err(Error::Pixels(image.dtype().to_string()).into())
    }
}
// endregion: dispatch

// region: change
fn change<T: Pixel + Element>(array: &Bound<'_, PyArrayDyn<T>>, work: &impl Work) -> PyResult<()> {
    let py = array.py();
    // For other extensions that use rust-numpy, and for its check that the array may be written to. Nothing here relies
    // on it: Python code doesn't ask.
    let borrowed = loop {
        match array.try_readwrite() {
            Err(BorrowError::AlreadyBorrowed) => {
                py.check_signals()?;
                py.detach(|| thread::sleep(Duration::from_micros(20)));
            }
            result => break result.map_err(Error::from)?,
        }
    };
    let image = Image::new(array)?;
    let mut rows = work.start(&image)?;
    let step = (PIECE / image.width().max(1)).max(1);
    for start in (0..image.rows()).step_by(step) {
        let end = image.rows().min(start + step);
        py.detach(|| rows(start..end));
        py.check_signals()?;
    }
    drop(borrowed);
    Ok(())
}
// endregion: change

/// Remove specks from a page, in place: each sample becomes the median of itself and its eight neighbours.
///
/// At the edges the outermost pixels count again. Of floats, NaN is the brightest, or the darkest if it has a sign.
///
/// Args:
///     image: An array of shape (rows, columns), or (rows, columns, channels) with up to 4 channels, in any layout;
///         `uint8`, `uint16` or `float32`.
///
/// Raises:
///     KeyboardInterrupt: At Ctrl-C. The upper rows are changed then, and the lower ones not.
///     TypeError: If the pixels have another type or byte order, overlap, or are read-only.
///     ValueError: If the shape is not that of an image.
#[pyfunction]
pub fn despeckle(image: &Bound<'_, PyUntypedArray>) -> PyResult<()> {
    apply(image, &Despeckle)
}

/// Stretch the contrast of a page, in place, so that it reaches from black to white.
///
/// White is 255, 65535, or 1.0 for floats. What is darker than `black` becomes black, what is lighter than `white`, white.
///
/// Args:
///     image: An array as for `despeckle`.
///     black: The value that becomes black.
///     white: The value that becomes white.
///
/// Raises:
///     KeyboardInterrupt: At Ctrl-C. The upper rows are changed then, and the lower ones not.
///     TypeError: If the pixels have another type or byte order, overlap, or are read-only.
///     ValueError: If the shape is not that of an image, or black is not below white.
#[pyfunction]
pub fn stretch(image: &Bound<'_, PyUntypedArray>, black: f64, white: f64) -> PyResult<()> {
    apply(image, &Levels::new(black, white)?)
}

struct Despeckle;

impl Work for Despeckle {
    // region: rows
    fn start<'a, T: Pixel + Element>(&'a self, image: &'a Image<'a, T>) -> Result<Box<Rows<'a>>> {
        let (width, channels) = (image.width(), image.channels());
        let padded = width.saturating_add(2 * channels);
        // The rows around the current one as they were: those of the image change.
        let [mut above, mut current, mut below] = [
            make_row::<T::Key>(padded)?,
            make_row(padded)?,
            make_row(padded)?,
        ];
        let mut target = make_row(width)?;
        let load = move |row, target: &mut [T::Key]| {
            image.load_row(row, &mut target[channels..][..width], T::to_key);
            target.copy_within(channels..2 * channels, 0);
            target.copy_within(width..width + channels, width + channels);
        };
        Ok(Box::new(move |rows| {
            for row in rows {
                if row == 0 {
                    load(0, &mut above);
                    load(0, &mut current);
                }
                load((row + 1).min(image.rows() - 1), &mut below);
                median_row([&above, &current, &below], channels, &mut target);
                image.store_row(row, &target, T::from_key);
                std::mem::swap(&mut above, &mut current);
                std::mem::swap(&mut current, &mut below);
            }
        }))
    }
    // endregion: rows
}

impl Work for Levels {
    fn start<'a, T: Pixel + Element>(&'a self, image: &'a Image<'a, T>) -> Result<Box<Rows<'a>>> {
        let mut samples = make_row(image.width())?;
        // Where there are fewer values than samples, each is moved once, and then looked up.
        let count = image.width().saturating_mul(image.rows());
        let values = T::VALUES.map(|values| values());
        let table = values.filter(|values| values.len() <= count);
        let table = table.map(|values| values.into_iter().map(|value| self.apply(value)).collect());
        let table: Option<Vec<T>> = table;
        Ok(Box::new(move |rows| {
            for row in rows {
                image.load_row(row, &mut samples, |sample: T| match &table {
                    Some(table) => table[sample.index()],
                    None => self.apply(sample),
                });
                image.store_row(row, &samples, |sample| sample);
            }
        }))
    }
}

fn make_row<T: Clone + Default>(length: usize) -> Result<Vec<T>> {
    let mut row = Vec::new();
    row.try_reserve_exact(length)
        .map_err(|_| Error::Memory(length))?;
    row.resize(length, T::default());
    Ok(row)
}
