//! A look at the footer of a file, before the crate follows its schema.
//!
//! The crate calls itself for each level of a schema, so a file of some kilobytes with groups within groups would end the
//! process: no stack is that large. The footer is a struct of Thrift's compact protocol, where field 2 is the schema, a list.

use parquet::file::reader::ChunkReader;

use crate::errors::{Error, Result};

/// So many parts a schema may have; there can't be more levels.
const MOST_PARTS: u64 = 1000;
/// Structs and lists that are in each other, apart from a schema: a valid footer has fewer than ten.
const MOST_LEVELS: u32 = 32;
const SCHEMA: i64 = 2;
/// The length of the footer, and a mark.
const END: u64 = 8;

/// Refuses a file whose schema has too many parts. Whatever else is wrong, the crate says better.
pub fn check(source: &impl ChunkReader) -> Result<()> {
    let Some(start) = source.len().checked_sub(END) else {
        return Ok(());
    };
    let end = source.get_bytes(start, END as usize)?;
    let Some((length, b"PAR1")) = end.split_first_chunk::<4>() else {
        return Ok(());
    };
    let length = u32::from_le_bytes(*length);
    let Some(start) = start.checked_sub(length.into()) else {
        return Ok(());
    };
    let footer = source.get_bytes(start, length as usize)?;
    match Compact(&footer).count_parts() {
        Some(count) if count > MOST_PARTS => Err(Error::TooManyParts(MOST_PARTS)),
        Some(_) => Ok(()),
        None => Err(Error::Damaged("the footer is not valid".to_owned())),
    }
}

/// Bytes that are read from their start.
struct Compact<'a>(&'a [u8]);

// region: compact
impl Compact<'_> {
    /// Returns how many parts the largest schema has: a file may well have two.
    fn count_parts(mut self) -> Option<u64> {
        let (mut most, mut id) = (0, 0);
        while let Some(kind) = self.field(&mut id)? {
            if id == SCHEMA && kind == 9 {
                let (_, count) = Compact(self.0).list()?;
                most = most.max(count);
            }
            self.skip(kind, MOST_LEVELS)?;
        }
        Some(most)
    }

    /// Reads the head of a field, and returns its type, or none where the struct ends.
    fn field(&mut self, id: &mut i64) -> Option<Option<u8>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        *id = match head >> 4 {
            0 => {
                let number = self.varint()?;
                (number >> 1) as i64 ^ -((number & 1) as i64)
            }
            step => id.wrapping_add(step.into()),
        };
        Some(Some(head & 15))
    }

    /// Reads the head of a list: the type of its elements, and how many there are.
    fn list(&mut self) -> Option<(u8, u64)> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.varint()?,
            count => count.into(),
        };
        Some((head & 15, count))
    }

    fn skip(&mut self, kind: u8, levels: u32) -> Option<()> {
        let levels = levels.checked_sub(1)?;
        match kind {
            1 | 2 => {}
            3 => _ = self.byte()?,
            4..=6 => _ = self.varint()?,
            7 => self.bytes(8)?,
            8 => {
                let length = self.varint()?;
                self.bytes(length)?;
            }
            9 | 10 => {
                let (kind, count) = self.list()?;
                for _ in 0..count {
                    // In a list a truth value has a byte of its own.
                    self.skip(if kind < 3 { 3 } else { kind }, levels)?;
                }
            }
            12 => {
                let mut id = 0;
                while let Some(kind) = self.field(&mut id)? {
                    self.skip(kind, levels)?;
                }
            }
            // Maps, which Parquet doesn't have, and what there is not.
            _ => return None,
        }
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn bytes(&mut self, count: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(count).ok()?..)?;
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(number);
            }
        }
        None
    }
}
// endregion: compact

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of so many empty structs, as field 2 of a struct; `head` is that of the field.
    fn schema(head: &[u8], count: u8) -> Vec<u8> {
        [head, &[0xfc, count], &vec![0; count.into()]].concat()
    }

    #[test]
    fn parts_are_counted_wherever_the_schema_is() {
        let version = [0x15, 2];
        let short = [&version[..], &schema(&[0x19], 100), &[0]].concat();
        assert_eq!(Compact(&short).count_parts(), Some(100));
        let long = [&version[..], &schema(&[0x09, 4], 90), &[0]].concat();
        assert_eq!(Compact(&long).count_parts(), Some(90));
        let twice = [schema(&[0x29], 3), schema(&[0x09, 4], 70), vec![0]].concat();
        assert_eq!(Compact(&twice).count_parts(), Some(70));
    }

    #[test]
    fn what_is_no_struct_is_refused() {
        for bytes in [
            &[][..],
            &[0x15],
            &[0x19, 0xfc, 200, 0],
            &[0x1b, 0],
            &[0x18, 255, 255, 3],
        ] {
            assert_eq!(Compact(bytes).count_parts(), None);
        }
        assert_eq!(Compact(&[0x1c; 1000]).count_parts(), None);
        assert_eq!(Compact(&[0x19; 1000]).count_parts(), None);
        // A count that is a lie takes no time.
        let lie = [&[0x19, 0xf5][..], &[255; 9], &[1]].concat();
        assert_eq!(Compact(&lie).count_parts(), None);
    }
}
