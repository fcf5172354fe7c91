//! The ticks in the memory of a structured array, read where they lie.
//!
//! A field may be at any offset, of any alignment and byte order, and another thread may write to it meanwhile: so no Rust
//! reference to it is made, but its bytes are read by volatile reads. Every combination of bytes is a number.
#![expect(unsafe_code, reason = "reads memory that NumPy owns")]

use std::marker::PhantomData;

use numpy::prelude::*;
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray};
use pyo3::prelude::*;

use crate::bars::Tick;
use crate::errors::{Error, Result};
use crate::time::unit_of;

/// How to read a field.
#[derive(Clone, Copy, Debug)]
struct Column {
    offset: usize,
    /// 1, 2, 4 or 8.
    bytes: usize,
    kind: Kind,
    swapped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Time,
    Float,
    Signed,
    Unsigned,
}

/// The names of the fields.
pub struct Names<'a> {
    pub time: &'a str,
    pub price: &'a str,
    pub size: &'a str,
}

/// An array of ticks, for as long as it is borrowed.
pub struct Ticks<'a> {
    start: *const u8,
    stride: isize,
    count: usize,
    time: Column,
    price: Column,
    size: Column,
    /// The nanoseconds of a count of the times.
    pub unit: i64,
    array: PhantomData<&'a ()>,
}

// SAFETY: the array is borrowed, so its memory stays, and any thread may read it: see above.
unsafe impl Send for Ticks<'_> {}
// SAFETY: as above; nothing changes in here.
unsafe impl Sync for Ticks<'_> {}

impl<'a> Ticks<'a> {
    // region: borrow
    /// Takes an array with one dimension and the three fields.
    pub fn borrow(array: &'a Bound<'_, PyUntypedArray>, names: &Names<'_>) -> PyResult<Self> {
        let masked = array.py().import("numpy.ma")?.getattr("MaskedArray")?;
        if array.is_instance(&masked)? {
            return Err(Error::Masked.into());
        }
        let dtype = array.dtype();
        let (&[count], &[stride], true) = (array.shape(), array.strides(), dtype.has_fields())
        else {
            return Err(Error::Records {
                dimensions: array.ndim(),
                dtype: dtype.to_string(),
            }
            .into());
        };
        let time = find_field(&dtype, names.time)?;
        let price = find_field(&dtype, names.price)?;
        let size = find_field(&dtype, names.size)?;
        Ok(Self {
            // SAFETY: this is an array, and NumPy keeps what is in it valid while it is borrowed.
            start: unsafe { (*array.as_array_ptr()).fields.data }
                .cast_const()
                .cast(),
            stride,
            count,
            time: time.column(names.time, &[Kind::Time], "datetime64")?,
            unit: unit_of(&time.0)?,
            price: price.column(names.price, &[Kind::Float], "float32 or float64")?,
            size: size.column(names.size, &[Kind::Signed, Kind::Unsigned], "integers")?,
            array: PhantomData,
        })
    }
    // endregion: borrow

    pub fn count(&self) -> usize {
        self.count
    }

    /// Reads a tick; this may be called detached.
    pub fn get(&self, index: usize) -> Tick {
        assert!(index < self.count);
        // SAFETY: there is such a record, and NumPy says that its fields are within it.
        let [time, price, size] = unsafe {
            let record = self.start.offset(index as isize * self.stride);
            [self.time, self.price, self.size].map(|column| column.load(record))
        };
        Tick {
            time: time as i64,
            price: self.price.float(price),
            size: self.size.size(size),
        }
    }
}

/// A field of a record: its type and its offset.
struct Field<'py>(Bound<'py, PyArrayDescr>, usize);

fn find_field<'py>(dtype: &Bound<'py, PyArrayDescr>, name: &str) -> PyResult<Field<'py>> {
    let names = dtype.names().unwrap_or_default();
    if !names.iter().any(|known| known == name) {
        let name = name.to_owned();
        let fields = format!("`{}`", names.join("`, `"));
        return Err(Error::Field { name, fields }.into());
    }
    let (dtype, offset) = dtype.get_field(name)?;
    Ok(Field(dtype, offset))
}

impl Field<'_> {
    fn column(&self, name: &str, kinds: &[Kind], expected: &'static str) -> Result<Column> {
        let Self(dtype, offset) = self;
        let (offset, bytes) = (*offset, dtype.itemsize());
        let kind = match (dtype.kind(), bytes) {
            (b'M', 8) => Some(Kind::Time),
            (b'f', 4 | 8) => Some(Kind::Float),
            (b'i', 1 | 2 | 4 | 8) => Some(Kind::Signed),
            (b'u', 1 | 2 | 4 | 8) => Some(Kind::Unsigned),
            _ => None,
        };
        let kind = kind.filter(|kind| kinds.contains(kind));
        let kind = kind.ok_or_else(|| Error::FieldType {
            name: name.to_owned(),
            expected,
            dtype: dtype.to_string(),
        })?;
        Ok(Column {
            offset,
            bytes,
            kind,
            swapped: dtype.is_native_byteorder() == Some(false),
        })
    }
}

impl Column {
    // region: load
    /// Reads the field of a record, as the lowest bits of 64.
    ///
    /// # Safety
    ///
    /// `record` must point to a record of the array that this is a field of.
    unsafe fn load(self, record: *const u8) -> u64 {
        // SAFETY: the field is within the record, and has so many bytes.
        unsafe {
            let place = record.add(self.offset);
            match (self.bytes, self.swapped) {
                (8, false) => read(place.cast::<Unaligned<u64>>()),
                (8, true) => read(place.cast::<Unaligned<u64>>()).swap_bytes(),
                (4, false) => read(place.cast::<Unaligned<u32>>()).into(),
                (4, true) => read(place.cast::<Unaligned<u32>>()).swap_bytes().into(),
                (2, false) => read(place.cast::<Unaligned<u16>>()).into(),
                (2, true) => read(place.cast::<Unaligned<u16>>()).swap_bytes().into(),
                _ => read(place.cast::<Unaligned<u8>>()).into(),
            }
        }
    }
    // endregion: load

    fn float(self, bits: u64) -> f64 {
        // The higher bits are 0.
        match self.bytes {
            4 => f32::from_bits(bits as u32).into(),
            _ => f64::from_bits(bits),
        }
    }

    fn size(self, bits: u64) -> Option<u64> {
        let unused = 64 - 8 * self.bytes;
        match self.kind {
            // The sign is moved to the highest bit, and back.
            Kind::Signed => u64::try_from((bits << unused) as i64 >> unused).ok(),
            _ => Some(bits),
        }
    }
}

/// A number at any address.
#[derive(Clone, Copy)]
#[repr(C, packed)]
struct Unaligned<T>(T);

/// Reads a number that others may write to meanwhile.
///
/// # Safety
///
/// The address must be that of as many bytes.
unsafe fn read<T: Copy>(place: *const Unaligned<T>) -> T {
    // SAFETY: the caller says so; what is packed needs no alignment.
    unsafe { place.read_volatile() }.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: Kind, bytes: usize, swapped: bool) -> Column {
        Column {
            offset: 1,
            bytes,
            kind,
            swapped,
        }
    }

    fn load(column: Column, field: &[u8]) -> u64 {
        let mut record = vec![0xaa];
        record.extend_from_slice(field);
        record.push(0xbb);
        // SAFETY: the record has the field at offset 1.
        unsafe { column.load(record.as_ptr()) }
    }

    #[test]
    fn fields_of_both_byte_orders_are_read() {
        for number in [0_i32, 1, -2, i32::MIN, 0x0102_0304] {
            let expected = u64::try_from(number).ok();
            let native = column(Kind::Signed, 4, false);
            assert_eq!(native.size(load(native, &number.to_ne_bytes())), expected);
            let swapped = column(Kind::Signed, 4, true);
            let bytes = number.swap_bytes().to_ne_bytes();
            assert_eq!(swapped.size(load(swapped, &bytes)), expected);
        }
    }

    #[test]
    fn floats_of_both_widths_are_read() {
        let wide = column(Kind::Float, 8, false);
        assert_eq!(wide.float(load(wide, &1.1_f64.to_ne_bytes())), 1.1);
        let narrow = column(Kind::Float, 4, true);
        let bytes = 1.5_f32.to_bits().swap_bytes().to_ne_bytes();
        assert_eq!(narrow.float(load(narrow, &bytes)), 1.5);
    }

    #[test]
    fn unsigned_sizes_have_no_sign() {
        let byte = column(Kind::Unsigned, 1, false);
        assert_eq!(byte.size(load(byte, &[0xff])), Some(255));
        let byte = column(Kind::Signed, 1, false);
        assert_eq!(byte.size(load(byte, &[0xff])), None);
    }
}
