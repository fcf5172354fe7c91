//! The bytes of a store: a mark, a header that says where the columns are, and the columns; nothing here knows of Python.

use std::collections::HashSet;
use std::ffi::CStr;

use crate::errors::{Error, Result};

/// What a store begins with; the digit is the version.
const MARK: &[u8; 8] = b"COLSTOR1";
/// The mark, the number of rows, the number of columns, and the length of what follows.
const START: usize = 8 + 8 + 4 + 4;
/// Columns begin where a line of the processor's cache does, which is enough for vector instructions.
const ALIGNMENT: u64 = 64;
const MOST_COLUMNS: usize = u16::MAX as usize;
const LONGEST_NAME: usize = u8::MAX as usize;

/// The type of a column's numbers. All bytes are one: nothing in a file can be a number that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    U8 = 1,
    I32 = 2,
    I64 = 3,
    F32 = 4,
    F64 = 5,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::U8, Self::I32, Self::I64, Self::F32, Self::F64];

    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::I32 | Self::F32 => 4,
            Self::I64 | Self::F64 => 8,
        }
    }

    /// Returns what Python's `struct` calls it. A `long` has 32 bits on Windows, so 64 bits are always `q`.
    #[must_use]
    pub fn format(self) -> &'static CStr {
        match self {
            Self::U8 => c"B",
            Self::I32 => c"i",
            Self::I64 => c"q",
            Self::F32 => c"f",
            Self::F64 => c"d",
        }
    }
}

/// Where a column is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub kind: Kind,
    pub offset: u64,
}

/// What a header says.
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    pub rows: u64,
    pub entries: Vec<Entry>,
}

impl Layout {
    /// Decides where the columns of a new store are.
    pub fn new(rows: u64, columns: Vec<(String, Kind)>) -> Result<Self> {
        if columns.is_empty() || columns.len() > MOST_COLUMNS {
            return Err(Error::Count(columns.len()));
        }
        if let Some((name, _)) = columns
            .iter()
            .find(|(name, _)| !(1..=LONGEST_NAME).contains(&name.len()))
        {
            return Err(Error::Name(name.len()));
        }
        let header = columns
            .iter()
            .map(|(name, _)| entry_size(name.len()))
            .sum::<usize>();
        let mut offset = (START + header) as u64;
        let mut entries = Vec::new();
        for (name, kind) in columns {
            offset = offset.next_multiple_of(ALIGNMENT);
            entries.push(Entry { name, kind, offset });
            offset += rows * kind.size() as u64;
        }
        Ok(Self { rows, entries })
    }

    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut entries = Vec::new();
        for entry in &self.entries {
            entries.push(entry.name.len() as u8);
            entries.extend_from_slice(entry.name.as_bytes());
            entries.push(entry.kind as u8);
            entries.extend_from_slice(&entry.offset.to_le_bytes());
        }
        let mut header = MARK.to_vec();
        header.extend_from_slice(&self.rows.to_le_bytes());
        header.extend_from_slice(&(self.entries.len() as u32).to_le_bytes());
        header.extend_from_slice(&(entries.len() as u32).to_le_bytes());
        header.append(&mut entries);
        header
    }

    // region: decode
    /// Reads a header, of which every number may be a lie: what it promises must be in the file.
    ///
    /// `read` returns so many bytes from the start of the file, if it has them.
    pub fn decode(length: u64, read: impl Fn(usize) -> Result<Vec<u8>>) -> Result<Self> {
        if length < START as u64 {
            return Err(Error::NotAStore);
        }
        let start = read(START)?;
        let mut fields = Fields(&start);
        if fields.take(8)? != MARK {
            return Err(Error::NotAStore);
        }
        let (rows, count, size) = (fields.u64()?, fields.u32()?, fields.u32()?);
        // A file may be long and have nothing in it: no memory is reserved, and no time spent, because of a number alone.
        if count as usize > MOST_COLUMNS || size as usize > MOST_COLUMNS * entry_size(LONGEST_NAME)
        {
            return Err(Error::Damaged("the header is too long"));
        }
        let end = START as u64 + u64::from(size);
        if end > length {
            return Err(Error::Damaged("the header is cut off"));
        }
        let header = read(end as usize)?;
        let mut fields = Fields(&header[START..]);
        let (mut entries, mut names) = (Vec::new(), HashSet::new());
        for _ in 0..count {
            let entry = fields.entry()?;
            if !names.insert(entry.name.clone()) {
                return Err(Error::Damaged("two columns have one name"));
            }
            let bytes = rows.checked_mul(entry.kind.size() as u64);
            let column = bytes.and_then(|bytes| entry.offset.checked_add(bytes));
            if entry.offset < end || column.is_none_or(|column| column > length) {
                return Err(Error::Damaged("a column is outside of the file"));
            }
            if entry.offset % ALIGNMENT != 0 {
                return Err(Error::Damaged("a column is not aligned"));
            }
            entries.push(entry);
        }
        Ok(Self { rows, entries })
    }
    // endregion: decode
}

/// Returns how many bytes of the header a column has: the length of its name, the name, its type, and its offset.
fn entry_size(name: usize) -> usize {
    1 + name + 1 + 8
}

/// Bytes that are read from their start.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, size: usize) -> Result<&'a [u8]> {
        let parts = self.0.split_at_checked(size);
        let (field, rest) = parts.ok_or(Error::Damaged("the header ends too early"))?;
        self.0 = rest;
        Ok(field)
    }

    fn array<const SIZE: usize>(&mut self) -> Result<[u8; SIZE]> {
        let mut array = [0; SIZE];
        array.copy_from_slice(self.take(SIZE)?);
        Ok(array)
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn entry(&mut self) -> Result<Entry> {
        let [length] = self.array()?;
        let name = String::from_utf8(self.take(length.into())?.to_vec());
        let name = name.map_err(|_| Error::Damaged("a name is not UTF-8"))?;
        let [code] = self.array()?;
        let kind = Kind::ALL.into_iter().find(|kind| *kind as u8 == code);
        let kind = kind.ok_or(Error::Damaged("a column has an unknown type"))?;
        let offset = self.u64()?;
        Ok(Entry { name, kind, offset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        let columns = vec![
            ("time".to_owned(), Kind::I64),
            ("knots".to_owned(), Kind::F32),
        ];
        Layout::new(10, columns).unwrap()
    }

    fn decode(bytes: &[u8], length: u64) -> Result<Layout> {
        Layout::decode(length, |size| {
            let bytes = bytes
                .get(..size)
                .ok_or(Error::Damaged("shorter than it is"))?;
            Ok(bytes.to_vec())
        })
    }

    #[test]
    fn a_header_is_read_as_it_was_written() {
        let length = layout().entries[1].offset + 40;
        assert_eq!(decode(&layout().encode(), length).unwrap(), layout());
        assert!(decode(&layout().encode(), length - 1).is_err());
    }

    #[test]
    fn no_header_leads_out_of_the_file() {
        let (header, length) = (layout().encode(), 1000);
        for place in 0..header.len() {
            assert!(decode(&header[..place], place as u64).is_err());
            for byte in 0..=255 {
                let mut header = header.clone();
                header[place] = byte;
                let Ok(layout) = decode(&header, length) else {
                    continue;
                };
                for entry in layout.entries {
                    let end = layout.rows.checked_mul(entry.kind.size() as u64).unwrap();
                    assert!(entry.offset.checked_add(end).unwrap() <= length);
                }
            }
        }
    }
}
