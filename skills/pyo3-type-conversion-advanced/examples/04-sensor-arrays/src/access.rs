//! How NumPy's arrays are taken, borrowed and changed.

use std::thread;
use std::time::Duration;

use numpy::ndarray::{ArrayD, ArrayView1, ArrayViewD, ArrayViewMutD, Axis, Ix1};
use numpy::prelude::*;
use numpy::{BorrowError, Element, PyArrayDyn, PyReadonlyArrayDyn, PyUntypedArray};
use pyo3::prelude::*;

use crate::errors::{Error, Result};

/// An array of numbers to read.
pub struct Readings<'py>(pub Bound<'py, PyUntypedArray>);

impl<'py> FromPyObject<'_, 'py> for Readings<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let array = object.cast::<PyUntypedArray>()?;
        let dtype = array.dtype();
        if dtype.is_native_byteorder() != Some(false) {
            return Ok(Self(array.to_owned()));
        }
        // Rust has no type for swapped bytes: NumPy copies them into the processor's order.
        let native = dtype.call_method1("newbyteorder", ("=",))?;
        let copy = array.call_method1("astype", (native,))?;
        Ok(Self(copy.cast_into()?))
    }
}

/// Evaluates the body for the type that the array's elements have.
macro_rules! with_type {
    ($expected:literal, [$($element:ty),+], $untyped:expr, |$array:ident| $body:expr) => {{
        let untyped = &$untyped;
        $(if let Ok($array) = untyped.cast::<numpy::PyArrayDyn<$element>>() {
            $body
        } else)+ {
            Err($crate::errors::Error::ElementType {
                expected: $expected.to_owned(),
                found: numpy::PyUntypedArrayMethods::dtype(untyped).to_string(),
            }
            .into())
        }
    }};
}

/// As [`with_type`], for every type of number that can be read.
macro_rules! with_readings {
    ($untyped:expr, |$array:ident| $body:expr) => {
        $crate::access::with_type!(
            "float32, float64 or integers",
            [f64, f32, i64, i32, i16, i8, u64, u32, u16, u8],
            $untyped,
            |$array| $body
        )
    };
}

/// As [`with_type`], for floats.
macro_rules! with_floats {
    ($untyped:expr, |$array:ident| $body:expr) => {
        $crate::access::with_type!(
            "float32 or float64 in this machine's byte order",
            [f64, f32],
            $untyped,
            |$array| $body
        )
    };
}

pub(crate) use {with_floats, with_readings, with_type};

// region: borrow
/// Borrows an array, and waits while another thread has it.
///
/// rust-numpy compares the range and the strides of two views. That tells blocks of rows apart, and every second element from
/// the rest, but not blocks of columns: to it they are one. So a conflict is no error here.
fn wait_for<T>(py: Python<'_>, borrow: impl Fn() -> Result<T, BorrowError>) -> PyResult<T> {
    loop {
        match borrow() {
            Err(BorrowError::AlreadyBorrowed) => {
                py.check_signals()?;
                py.detach(|| thread::sleep(Duration::from_micros(20)));
            }
            result => return Ok(result.map_err(Error::from)?),
        }
    }
}

/// Changes an array: a copy of it, while other threads run, which is then written back.
///
/// The array is borrowed for the moments of copying only. If it were for the whole of `work`, no other thread could use a
/// view that rust-numpy can't tell from this one.
pub fn change<T: Element + Clone>(
    array: &Bound<'_, PyArrayDyn<T>>,
    work: impl FnOnce(ArrayViewMutD<'_, T>) -> PyResult<()>,
) -> PyResult<()> {
    let py = array.py();
    let borrowed = wait_for(py, || array.try_readwrite())?;
    check_writable(array)?;
    // The strides of an empty array mean nothing, and ndarray may panic over them.
    let mut copy = if array.is_empty() {
        ArrayD::from_shape_vec(array.shape(), Vec::new()).map_err(|_| Error::NoReadings)?
    } else {
        borrowed.as_array().to_owned()
    };
    drop(borrowed);
    work(copy.view_mut())?;
    if !array.is_empty() {
        wait_for(py, || array.try_readwrite())?
            .as_array_mut()
            .assign(&copy);
    }
    Ok(())
}
// endregion: borrow

/// Borrows an array for reading, in place where Rust can: otherwise a copy.
pub fn read<'py, T: Element>(
    py: Python<'_>,
    array: &Bound<'py, PyArrayDyn<T>>,
) -> PyResult<PyReadonlyArrayDyn<'py, T>> {
    let borrowed = wait_for(py, || array.try_readonly())?;
    if is_addressable(array) {
        return Ok(borrowed);
    }
    let copy = array.cast_array::<T>(false)?;
    wait_for(py, || copy.try_readonly())
}

/// Refuses what rust-numpy would let Rust write to, although it must not.
fn check_writable<T: Element>(array: &Bound<'_, PyArrayDyn<T>>) -> Result<()> {
    if array.is_empty() {
        return Ok(());
    }
    if !is_addressable(array) {
        return Err(Error::NotAligned);
    }
    if overlaps_itself(array.shape(), array.strides(), size_of::<T>()) {
        return Err(Error::Overlapping);
    }
    Ok(())
}

/// Takes an array to have the element type of another one.
pub fn same_type<'a, 'py, T: Element>(
    array: &'a Bound<'py, PyUntypedArray>,
    other: &Bound<'py, PyArrayDyn<T>>,
) -> Result<&'a Bound<'py, PyArrayDyn<T>>> {
    array.cast().map_err(|_| Error::ElementType {
        expected: other.dtype().to_string(),
        found: array.dtype().to_string(),
    })
}

/// Takes an array to have one dimension.
pub fn one_dimensional<T>(view: ArrayViewD<'_, T>) -> Result<ArrayView1<'_, T>> {
    let found = view.ndim();
    view.into_dimensionality::<Ix1>()
        .map_err(|_| Error::Dimensions { expected: 1, found })
}

/// Finds an axis, a negative one from the end.
pub fn find_axis(axis: isize, dimensions: usize) -> Result<Axis> {
    let index = if axis < 0 {
        dimensions.checked_sub(axis.unsigned_abs())
    } else {
        Some(axis.unsigned_abs())
    };
    index
        .filter(|index| *index < dimensions)
        .map(Axis)
        .ok_or(Error::Axis { axis, dimensions })
}

/// Whether every element is where a Rust reference may point to, as rust-numpy takes for granted.
///
/// A field of a packed structured array isn't: other fields push it off its alignment.
fn is_addressable<T: Element>(array: &Bound<'_, PyArrayDyn<T>>) -> bool {
    let size = size_of::<T>();
    let mut axes = array.shape().iter().zip(array.strides());
    array.data().is_aligned()
        && axes.all(|(length, stride)| *length < 2 || stride.unsigned_abs() % size == 0)
}

/// Whether two indices may lead to the same memory, as `numpy.lib.stride_tricks` can make them.
/// The shape must not be that of an empty array.
fn overlaps_itself(shape: &[usize], strides: &[isize], size: usize) -> bool {
    let mut axes: Vec<(usize, usize)> = shape
        .iter()
        .zip(strides)
        .filter(|(length, _)| **length > 1)
        .map(|(length, stride)| (stride.unsigned_abs(), *length))
        .collect();
    axes.sort_unstable();
    let mut extent = size;
    axes.into_iter().any(|(stride, length)| {
        let overlaps = stride < extent;
        extent += stride * (length - 1);
        overlaps
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_count_from_both_ends() {
        for (axis, found) in [(0, 0), (2, 2), (-1, 2), (-3, 0)] {
            assert_eq!(find_axis(axis, 3).unwrap(), Axis(found));
        }
        for axis in [3, -4, isize::MIN, isize::MAX] {
            assert!(matches!(find_axis(axis, 3), Err(Error::Axis { .. })));
        }
        assert!(find_axis(0, 0).is_err());
    }

    #[test]
    fn overlapping_elements_are_found() {
        for (shape, strides, overlap) in [
            (&[][..], &[][..], false),
            (&[3], &[8], false),
            (&[3], &[-16], false),
            (&[3], &[0], true),
            (&[1], &[0], false),
            (&[3, 4], &[32, 8], false),
            (&[3, 4], &[8, 24], false),
            (&[3, 4], &[8, 8], true),
        ] {
            assert_eq!(
                overlaps_itself(shape, strides, 8),
                overlap,
                "{shape:?} {strides:?}"
            );
        }
    }
}
