//! The two columns of a table that matter, whatever types the library at the other end has for them.

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryViewArray, Float64Array, Int64Array,
    LargeBinaryArray,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Fields, Float64Type, Int64Type, TimeUnit};

use crate::errors::{Error, Result};

/// A value that doesn't fit is an error, not a null.
const STRICT: CastOptions<'_> = CastOptions {
    safe: false,
    format_options: arrow::util::display::FormatOptions::new(),
};

fn cast(array: &dyn Array, to: &DataType) -> Result<ArrayRef> {
    Ok(cast_with_options(array, to, &STRICT)?)
}

// region: find
/// Finds a column that is the only one of its name.
pub fn find(fields: &Fields, name: &str) -> Result<usize> {
    let mut places = (0..fields.len()).filter(|place| fields[*place].name() == name);
    let place = places
        .next()
        .ok_or_else(|| Error::NoColumn(name.to_owned()))?;
    match places.count() {
        0 => Ok(place),
        others => Err(Error::Ambiguous {
            name: name.to_owned(),
            count: others + 1,
        }),
    }
}
// endregion: find

/// Refuses a column of keys that are no text, before anything is read.
pub fn check_keys(name: &str, data_type: &DataType) -> Result<()> {
    let text = match data_type {
        DataType::Dictionary(_, values) => values,
        plain => plain,
    };
    match text {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => Ok(()),
        _ => Err(Error::ColumnType {
            name: name.to_owned(),
            found: data_type.to_string(),
            expected: "text, or a dictionary of text",
        }),
    }
}

/// Refuses a column of values that are no numbers, before anything is read.
pub fn check_values(name: &str, data_type: &DataType) -> Result<()> {
    match data_type {
        DataType::Duration(_) | DataType::Null => Ok(()),
        number if number.is_numeric() => Ok(()),
        _ => Err(Error::ColumnType {
            name: name.to_owned(),
            found: data_type.to_string(),
            expected: "numbers or durations",
        }),
    }
}

// region: text
/// Text, as the bytes that it is stored in.
///
/// Nobody checks what comes through the C interface, and `pa.Array.view` makes text of any bytes. A `&str` of them would be
/// undefined behaviour, so they are looked at before they become one.
enum Text {
    Short(BinaryArray),
    Long(LargeBinaryArray),
    View(BinaryViewArray),
}

impl Text {
    fn new(array: &dyn Array) -> Result<Self> {
        // These casts share the memory.
        Ok(match array.data_type() {
            DataType::LargeUtf8 => {
                Self::Long(cast(array, &DataType::LargeBinary)?.as_binary().clone())
            }
            DataType::Utf8View => {
                Self::View(cast(array, &DataType::BinaryView)?.as_binary_view().clone())
            }
            _ => Self::Short(cast(array, &DataType::Binary)?.as_binary().clone()),
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Short(array) => array.len(),
            Self::Long(array) => array.len(),
            Self::View(array) => array.len(),
        }
    }

    fn get(&self, row: usize) -> Option<&[u8]> {
        match self {
            Self::Short(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Long(array) => array.is_valid(row).then(|| array.value(row)),
            Self::View(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}
// endregion: text

/// The column of keys: text, or codes that stand for text.
pub struct Keys {
    name: String,
    codes: Option<Int64Array>,
    text: Text,
    /// Where the group of each value of the dictionary is, for those that a row has referred to.
    places: Vec<Option<usize>>,
}

impl Keys {
    pub fn new(name: &str, array: &dyn Array) -> Result<Self> {
        let (codes, text) = match array.as_any_dictionary_opt() {
            Some(dictionary) => {
                let codes = cast(dictionary.keys(), &DataType::Int64)?;
                let codes = codes.as_primitive::<Int64Type>().clone();
                (Some(codes), Text::new(dictionary.values())?)
            }
            None => (None, Text::new(array)?),
        };
        let places = vec![None; if codes.is_some() { text.len() } else { 0 }];
        Ok(Self {
            name: name.to_owned(),
            codes,
            text,
            places,
        })
    }

    // region: dictionary
    /// Returns where the group of a row is, asking for it only once for each value of a dictionary.
    ///
    /// A dictionary may have values that no row refers to, as after a filter: those are no groups. And a value of it may be
    /// null, which is the same key as a null code.
    pub fn place(
        &mut self,
        row: usize,
        mut ask: impl FnMut(Option<&str>) -> Result<usize>,
    ) -> Result<usize> {
        let name = &self.name;
        let mut ask = |bytes: Option<&[u8]>| {
            let key = bytes.map(std::str::from_utf8).transpose();
            ask(key.map_err(|_| Error::NotUtf8(name.clone()))?)
        };
        let Some(codes) = &self.codes else {
            return ask(self.text.get(row));
        };
        if codes.is_null(row) {
            return ask(None);
        }
        let code = codes.value(row);
        let length = self.places.len();
        let index = usize::try_from(code).ok().filter(|index| *index < length);
        let index = index.ok_or_else(|| Error::OutsideDictionary {
            name: name.clone(),
            code,
            length,
        })?;
        if let Some(place) = self.places[index] {
            return Ok(place);
        }
        let place = ask(self.text.get(index))?;
        self.places[index] = Some(place);
        Ok(place)
    }
    // endregion: dictionary
}

/// Converts values to floats, and durations to seconds.
pub fn to_floats(array: &dyn Array) -> Result<Float64Array> {
    let per_second = match array.data_type() {
        DataType::Duration(TimeUnit::Second) => Some(1.0),
        DataType::Duration(TimeUnit::Millisecond) => Some(1e3),
        DataType::Duration(TimeUnit::Microsecond) => Some(1e6),
        DataType::Duration(TimeUnit::Nanosecond) => Some(1e9),
        _ => None,
    };
    let Some(per_second) = per_second else {
        let floats = cast(array, &DataType::Float64)?;
        return Ok(floats.as_primitive::<Float64Type>().clone());
    };
    let counts = cast(array, &DataType::Int64)?;
    Ok(counts
        .as_primitive::<Int64Type>()
        .unary(|count| count as f64 / per_second))
}
