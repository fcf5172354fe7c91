//! How NumPy's arrays come in and go out: of which types, borrowed how, annotated how in the stub.

use std::convert::Infallible;

use numpy::ndarray::{ArrayD, ArrayView1, ArrayViewD, ArrayViewMutD, Axis, Ix1};
use numpy::prelude::*;
use numpy::{Element, PyArrayDyn, PyReadonlyArrayDyn, PyReadwriteArrayDyn, PyUntypedArray};
use pyo3::inspect::{PyStaticExpr, PyStaticOperator};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::error::{Error, Result};

macro_rules! name {
    ($module:literal, $name:literal) => {
        PyStaticExpr::Attribute {
            value: &PyStaticExpr::Name { id: $module },
            attr: $name,
        }
    };
}

macro_rules! union {
    ($type:expr) => { $type };
    ($left:expr, $($right:expr),+) => {
        PyStaticExpr::BinOp {
            left: &$left,
            op: PyStaticOperator::BitOr,
            right: &union!($($right),+),
        }
    };
}

macro_rules! generic {
    ($type:expr, $argument:expr) => {
        PyStaticExpr::Subscript {
            value: &$type,
            slice: &$argument,
        }
    };
}

const ANY: PyStaticExpr = name!("typing", "Any");
const ARRAY: PyStaticExpr = name!("numpy.typing", "NDArray");
const FLOAT32: PyStaticExpr = name!("numpy", "float32");
const FLOAT64: PyStaticExpr = name!("numpy", "float64");
const INTEGER: PyStaticExpr = generic!(name!("numpy", "integer"), ANY);

/// An array of numbers to read.
pub struct Readings<'py>(pub Bound<'py, PyUntypedArray>);

impl<'py> FromPyObject<'_, 'py> for Readings<'py> {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = generic!(ARRAY, union!(FLOAT32, FLOAT64, INTEGER));

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

/// An array of floats to write into.
pub struct Target<'py>(pub Bound<'py, PyUntypedArray>);

impl<'py> FromPyObject<'_, 'py> for Target<'py> {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = generic!(ARRAY, union!(FLOAT32, FLOAT64));

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(object.cast::<PyUntypedArray>()?.to_owned()))
    }
}

/// A new array of `float64`, handed to NumPy without a copy.
pub struct Floats(pub ArrayD<f64>);

impl<'py> IntoPyObject<'py> for Floats {
    type Target = PyArrayDyn<f64>;
    type Output = Bound<'py, Self::Target>;
    type Error = Infallible;

    const OUTPUT_TYPE: PyStaticExpr = generic!(ARRAY, FLOAT64);

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        Ok(self.0.into_pyarray(py))
    }
}

/// A new array whose type depends on the arguments' types.
pub struct Numbers<'py>(pub Bound<'py, PyUntypedArray>);

impl<'py> IntoPyObject<'py> for Numbers<'py> {
    type Target = PyUntypedArray;
    type Output = Bound<'py, Self::Target>;
    type Error = Infallible;

    const OUTPUT_TYPE: PyStaticExpr = generic!(ARRAY, ANY);

    fn into_pyobject(self, _py: Python<'py>) -> Result<Self::Output, Infallible> {
        Ok(self.0)
    }
}

/// Evaluates the body for the type that the array's elements have.
macro_rules! with_type {
    ($expected:literal, [$($element:ty),+], $untyped:expr, |$array:ident| $body:expr) => {{
        let untyped = &$untyped;
        $(if let Ok($array) = untyped.cast::<numpy::PyArrayDyn<$element>>() {
            $body
        } else)+ {
            Err($crate::error::Error::ElementType {
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
        $crate::arrays::access::with_type!(
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
        $crate::arrays::access::with_type!(
            "float32 or float64 in this machine's byte order",
            [f64, f32],
            $untyped,
            |$array| $body
        )
    };
}

pub(super) use {with_floats, with_readings, with_type};

/// Borrows an array for reading, in place where Rust can: otherwise a copy.
pub fn read<'py, T: Element>(
    array: &Bound<'py, PyArrayDyn<T>>,
) -> PyResult<PyReadonlyArrayDyn<'py, T>> {
    let borrowed = array.try_readonly()?;
    if is_addressable(array) {
        return Ok(borrowed);
    }
    Ok(array.cast_array::<T>(false)?.try_readonly()?)
}

/// Borrows an array for writing. Nothing else can borrow it until the result is dropped.
pub fn write<'py, T: Element>(
    array: &Bound<'py, PyArrayDyn<T>>,
) -> PyResult<PyReadwriteArrayDyn<'py, T>> {
    let borrowed = array.try_readwrite()?;
    if array.is_empty() {
        return Ok(borrowed);
    }
    if !is_addressable(array) {
        return Err(Error::NotWritable("its elements are not aligned").into());
    }
    if overlaps_itself(array.shape(), array.strides(), size_of::<T>()) {
        return Err(Error::NotWritable("its elements overlap").into());
    }
    Ok(borrowed)
}

/// Views an array that is borrowed for writing.
pub fn view_mut<'a, T: Element>(
    borrowed: &'a mut PyReadwriteArrayDyn<'_, T>,
) -> ArrayViewMutD<'a, T> {
    // The strides of an empty array mean nothing, and ndarray may panic over them.
    if borrowed.is_empty() {
        if let Ok(empty) = ArrayViewMutD::from_shape(borrowed.shape(), &mut []) {
            return empty;
        }
    }
    borrowed.as_array_mut()
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

/// Whether two arrays have an element in common.
///
/// The borrows of [`read`] and [`write`] find this only for views of one NumPy array, not for
/// arrays made of one buffer by `numpy.frombuffer`.
pub fn share_memory(
    left: &Bound<'_, PyUntypedArray>,
    right: &Bound<'_, PyUntypedArray>,
) -> PyResult<bool> {
    static SHARES_MEMORY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let shares_memory = SHARES_MEMORY.import(left.py(), "numpy", "shares_memory")?;
    shares_memory.call1((left, right))?.extract()
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
            assert_eq!(find_axis(axis, 3), Ok(Axis(found)));
        }
        for axis in [3, -4, isize::MIN, isize::MAX] {
            assert_eq!(
                find_axis(axis, 3),
                Err(Error::Axis {
                    axis,
                    dimensions: 3
                })
            );
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
