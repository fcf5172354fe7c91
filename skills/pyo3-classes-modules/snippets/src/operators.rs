//! Code shown in `references/operators.md`.

use std::sync::Mutex;

use pyo3::exceptions::{PyOverflowError, PyValueError, PyZeroDivisionError};
use pyo3::prelude::*;
use pyo3::types::PyNotImplemented;

// region: length
/// A length, exact to the millimetre.
#[pyclass(frozen, eq, ord, hash, from_py_object)]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Length {
    #[pyo3(get)]
    millimetres: i64,
}
// endregion: length

impl Length {
    // region: checked
    fn checked(millimetres: Option<i64>) -> PyResult<Self> {
        let too_long = || PyOverflowError::new_err("the length is too large");
        millimetres
            .map(|millimetres| Self { millimetres })
            .ok_or_else(too_long)
    }
    // endregion: checked
}

#[pymethods]
impl Length {
    #[new]
    fn new(millimetres: i64) -> Self {
        Self { millimetres }
    }

    // region: add
    fn __add__(&self, other: &Self) -> PyResult<Self> {
        Self::checked(self.millimetres.checked_add(other.millimetres))
    }

    fn __mul__(&self, factor: i64) -> PyResult<Self> {
        Self::checked(self.millimetres.checked_mul(factor))
    }

    // `3 * length`: `int` has answered `NotImplemented`, so Python asks here.
    fn __rmul__(&self, factor: i64) -> PyResult<Self> {
        self.__mul__(factor)
    }
    // endregion: add

    // region: sum
    // `sum` begins with the number 0.
    fn __radd__(&self, other: u8) -> PyResult<Self> {
        if other == 0 {
            return Ok(*self);
        }
        Err(PyValueError::new_err("only 0 can be added to a length"))
    }
    // endregion: sum

    // region: division
    fn __truediv__(&self, divisor: Divisor) -> PyResult<Quotient> {
        match divisor {
            Divisor::Length(Self { millimetres: 0 }) | Divisor::Number(0.0) => {
                Err(PyZeroDivisionError::new_err("division by zero"))
            }
            Divisor::Length(other) => Ok(Quotient::Number(
                self.millimetres as f64 / other.millimetres as f64,
            )),
            Divisor::Number(number) => {
                let millimetres = (self.millimetres as f64 / number).round();
                let fits = millimetres.abs() < i64::MAX as f64; // false of NaN, too
                Self::checked(fits.then_some(millimetres as i64)).map(Quotient::Length)
            }
        }
    }
    // endregion: division

    fn __neg__(&self) -> PyResult<Self> {
        Self::checked(self.millimetres.checked_neg())
    }

    fn __abs__(&self) -> PyResult<Self> {
        Self::checked(self.millimetres.checked_abs())
    }

    fn __bool__(&self) -> bool {
        self.millimetres != 0
    }

    /// In metres.
    fn __float__(&self) -> f64 {
        self.millimetres as f64 / 1000.0
    }
}

// region: division-types
#[derive(FromPyObject)]
enum Divisor {
    Length(Length),
    Number(f64),
}

#[derive(IntoPyObject)]
enum Quotient {
    Length(Length),
    Number(f64),
}
// endregion: division-types

// region: card
/// A playing card, to be put on another.
#[pyclass(frozen, new = "from_fields", get_all)]
struct Card {
    suit: char,
    rank: u8,
}
// endregion: card

#[pymethods]
impl Card {
    // region: not-implemented
    /// The higher rank of one suit; cards of different suits leave the answer to the other operand.
    fn __or__<'py>(&self, py: Python<'py>, other: &Self) -> PyResult<Bound<'py, PyAny>> {
        if self.suit != other.suit {
            return Ok(PyNotImplemented::get(py).to_owned().into_any());
        }
        let rank = self.rank.max(other.rank);
        let card = Self {
            suit: self.suit,
            rank,
        };
        Ok(Bound::new(py, card)?.into_any())
    }
    // endregion: not-implemented
}

// region: words
/// Counts words: `words += "more of them"` changes the object itself.
#[pyclass(eq)]
#[derive(Default, PartialEq)]
struct Words {
    #[pyo3(get)]
    count: usize,
}
// endregion: words

#[pymethods]
impl Words {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    // region: in-place
    fn __iadd__(&mut self, text: &str) {
        self.count += text.split_whitespace().count();
    }
    // endregion: in-place

    fn __add__(&self, other: &Self) -> Self {
        let count = self.count + other.count;
        Self { count }
    }

    /// Call something while this object is borrowed.
    fn hold(&mut self, callback: &Bound<'_, PyAny>) -> PyResult<()> {
        callback.call0().map(drop)
    }
}

// region: number
/// A whole number for cryptography: `Number(3) ** 5`, `pow(Number(3), 5, 7)`.
#[pyclass(frozen, eq, from_py_object)]
#[derive(Clone, PartialEq)]
struct Number(u64);
// endregion: number

#[pymethods]
impl Number {
    #[new]
    fn new(value: u64) -> Self {
        Self(value)
    }

    // region: power
    fn __pow__(&self, exponent: u32, modulus: Option<u64>) -> PyResult<Self> {
        let power = match modulus {
            Some(0) => return Err(PyValueError::new_err("the modulus must not be 0")),
            Some(modulus) => Some(power_modulo(self.0, exponent, modulus)),
            None => self.0.checked_pow(exponent),
        };
        let too_large = || PyOverflowError::new_err("the power is 2**64 or more");
        power.map(Self).ok_or_else(too_large)
    }

    /// Makes it usable wherever Python wants an `int`: `range`, slices, `hex`, `int`.
    fn __index__(&self) -> u64 {
        self.0
    }
    // endregion: power

    fn __rpow__(&self, base: u64, modulus: Option<u64>) -> PyResult<Self> {
        Self(base).__pow__(u32::try_from(self.0)?, modulus)
    }
}

fn power_modulo(base: u64, exponent: u32, modulus: u64) -> u64 {
    let modulus = u128::from(modulus);
    let (mut result, mut base, mut exponent) = (1 % modulus, u128::from(base) % modulus, exponent);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % modulus;
        }
        base = base * base % modulus;
        exponent >>= 1;
    }
    u64::try_from(result).expect("less than the modulus")
}

/// A rotation or stretching of the plane.
#[pyclass(frozen, eq)]
#[derive(PartialEq)]
struct Transform([[f64; 2]; 2]);

#[pymethods]
impl Transform {
    #[new]
    fn new(rows: [[f64; 2]; 2]) -> Self {
        Self(rows)
    }

    fn __matmul__(&self, other: &Self) -> Self {
        let cell = |row: usize, column: usize| {
            self.0[row][0] * other.0[0][column] + self.0[row][1] * other.0[1][column]
        };
        Self([[cell(0, 0), cell(0, 1)], [cell(1, 0), cell(1, 1)]])
    }

    #[pyo3(signature = (ndigits = None))]
    fn __round__(&self, ndigits: Option<i32>) -> Self {
        let scale = 10f64.powi(ndigits.unwrap_or(0));
        let rounded = |cell: f64| (cell * scale).round() / scale;
        Self(self.0.map(|row| row.map(rounded)))
    }
}

/// A sum that can be added to in place.
#[pyclass(new = "from_fields", get_all)]
struct Sum {
    value: u32,
}

#[pymethods]
impl Sum {
    fn __add__(&self, other: &Self) -> Self {
        let value = self.value + other.value;
        Self { value }
    }

    fn __iadd__(&mut self, other: &Self) {
        self.value += other.value;
    }
}

/// A sum that threads share.
#[pyclass(frozen)]
struct SharedSum {
    value: Mutex<u32>,
}

#[pymethods]
impl SharedSum {
    #[new]
    fn new(value: u32) -> Self {
        let value = Mutex::new(value);
        Self { value }
    }

    #[getter]
    fn value(&self) -> u32 {
        *self.value.lock().unwrap()
    }

    fn __iadd__(&self, other: &Self) {
        let value = other.value(); // unlocked again, since `other` may be `self`
        *self.value.lock().unwrap() += value;
    }
}

/// A number that is added without a check, and rounded by a method whose default is forgotten.
#[pyclass(frozen, new = "from_fields", get_all)]
struct Unchecked {
    value: u8,
}

#[pymethods]
impl Unchecked {
    fn __round__(&self, _ndigits: Option<i32>) -> u8 {
        self.value
    }

    fn __add__(&self, other: &Self) -> Self {
        let value = self.value + other.value;
        Self { value }
    }
}

#[pymodule]
pub mod operators {
    #[pymodule_export]
    use super::{Card, Length, Number, SharedSum, Sum, Transform, Unchecked, Words};
}
