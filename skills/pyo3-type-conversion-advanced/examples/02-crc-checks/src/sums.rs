//! The checksums, in plain Rust.

use std::str::FromStr;

use simd_adler32::Adler32;

use crate::errors::Error;

/// A sum takes 4 bytes, and 40 as a Python object: smaller chunks would take as much memory as the data.
pub const SMALLEST_CHUNK: usize = 64;

const ADLER_MODULUS: u32 = 65521;

/// Which checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The CRC of iSCSI, ext4, Kafka and cloud stores, which processors compute.
    Crc32c,
    /// The checksum of zlib.
    Adler32,
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "crc32c" => Ok(Self::Crc32c),
            "adler32" => Ok(Self::Adler32),
            _ => Err(Error::Name(name.to_owned())),
        }
    }
}

impl Kind {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Crc32c => "crc32c",
            Self::Adler32 => "adler32",
        }
    }

    /// Returns the checksum of no data.
    #[must_use]
    pub fn start(self) -> u32 {
        match self {
            Self::Crc32c => 0,
            Self::Adler32 => 1,
        }
    }

    /// Refuses a value that isn't a checksum of anything.
    pub fn check(self, value: u32) -> Result<u32, Error> {
        let halves = [value & 0xffff, value >> 16];
        if self == Self::Adler32 && halves.iter().any(|half| *half >= ADLER_MODULUS) {
            return Err(Error::Adler(value));
        }
        Ok(value)
    }

    /// Returns the checksum of the data that has `value`, followed by `data`.
    #[must_use]
    pub fn append(self, value: u32, data: &[u8]) -> u32 {
        match self {
            Self::Crc32c => crc32c::crc32c_append(value, data),
            Self::Adler32 => {
                let mut state = Adler32::from_checksum(value);
                state.write(data);
                state.finish()
            }
        }
    }

    // region: combine
    /// Returns the checksum of two pieces of data, from that of each and the length of the second.
    #[must_use]
    pub fn combine(self, first: u32, second: u32, length: usize) -> u32 {
        match self {
            Self::Crc32c => crc32c::crc32c_combine(first, second, length),
            Self::Adler32 => combine_adler(first, second, length),
        }
    }
    // endregion: combine
}

/// The lower half is 1 plus the sum of all bytes, the upper one the sum of the lower halves after each byte.
fn combine_adler(first: u32, second: u32, length: usize) -> u32 {
    let modulus = u64::from(ADLER_MODULUS);
    let (low, high) = (u64::from(first & 0xffff), u64::from(first >> 16));
    // What the second piece would have started from, less the 1 that it did start from.
    let before = low + modulus - 1;
    let rest = length as u64 % modulus;
    let sum = (before + u64::from(second & 0xffff)) % modulus;
    let sums = (high + u64::from(second >> 16) + rest * (before % modulus)) % modulus;
    // Both are below 65521.
    (sums as u32) << 16 | sum as u32
}

/// Computes a checksum of each chunk of the data that it is given, in whatever blocks.
#[derive(Debug)]
pub struct Chunks {
    kind: Kind,
    size: usize,
    filled: usize,
    value: u32,
    sums: Vec<u32>,
}

impl Chunks {
    /// Takes the size of a chunk, and the length of the data.
    pub fn new(kind: Kind, size: usize, length: usize) -> Result<Self, Error> {
        if size < SMALLEST_CHUNK {
            return Err(Error::Chunk(size));
        }
        let (mut sums, count) = (Vec::new(), length.div_ceil(size));
        sums.try_reserve_exact(count)
            .map_err(|_| Error::Memory(count))?;
        let value = kind.start();
        Ok(Self {
            kind,
            size,
            filled: 0,
            value,
            sums,
        })
    }

    pub fn append(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            let (part, rest) = data.split_at(data.len().min(self.size - self.filled));
            self.value = self.kind.append(self.value, part);
            self.filled += part.len();
            if self.filled == self.size {
                self.end_chunk();
            }
            data = rest;
        }
    }

    /// Returns the sums, with that of a last chunk that is shorter.
    #[must_use]
    pub fn finish(mut self) -> Vec<u32> {
        if self.filled > 0 {
            self.end_chunk();
        }
        self.sums
    }

    fn end_chunk(&mut self) {
        self.sums.push(self.value);
        self.value = self.kind.start();
        self.filled = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 2] = [Kind::Crc32c, Kind::Adler32];

    fn sum(kind: Kind, data: &[u8]) -> u32 {
        kind.append(kind.start(), data)
    }

    #[test]
    fn checksums_are_those_of_the_standards() {
        assert_eq!(sum(Kind::Crc32c, b"123456789"), 0xe306_9283);
        // RFC 3720, B.4.
        assert_eq!(sum(Kind::Crc32c, &[0; 32]), 0x8a91_36aa);
        assert_eq!(sum(Kind::Crc32c, &[0xff; 32]), 0x62a8_ab43);
        assert_eq!(sum(Kind::Adler32, b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn pieces_are_combined() {
        let data: Vec<u8> = (0..200_000_u32)
            .map(|number| (number % 251) as u8)
            .collect();
        for kind in KINDS {
            for at in [0, 1, 65_521, 131_042, 199_999, 200_000] {
                let (first, second) = data.split_at(at);
                let combined = kind.combine(sum(kind, first), sum(kind, second), second.len());
                assert_eq!(combined, sum(kind, &data), "{kind:?} {at}");
                assert_eq!(kind.append(sum(kind, first), second), combined);
            }
        }
    }

    #[test]
    fn names_are_those_of_the_kinds() {
        for kind in KINDS {
            assert_eq!(kind.name().parse::<Kind>().unwrap(), kind);
            assert_eq!(sum(kind, b""), kind.start());
        }
        assert!("CRC32C".parse::<Kind>().is_err());
    }

    #[test]
    fn an_adler_checksum_has_halves_below_the_modulus() {
        assert!(Kind::Adler32.check(0xfff0_fff0).is_ok());
        assert!(Kind::Adler32.check(0xfff1_0000).is_err());
        assert!(Kind::Adler32.check(0x0000_fff1).is_err());
        assert!(Kind::Crc32c.check(u32::MAX).is_ok());
    }

    #[test]
    fn chunks_do_not_depend_on_the_blocks_that_they_come_in() {
        let data = [7; 1000];
        for block in [1, 63, 64, 65, 1000] {
            let mut chunks = Chunks::new(Kind::Crc32c, 100, data.len()).unwrap();
            data.chunks(block).for_each(|block| chunks.append(block));
            let sums = chunks.finish();
            assert_eq!(sums, [sum(Kind::Crc32c, &[7; 100]); 10], "{block}");
        }
    }

    #[test]
    fn chunks_are_not_so_small_that_their_sums_fill_the_memory() {
        assert!(matches!(
            Chunks::new(Kind::Crc32c, 63, 0),
            Err(Error::Chunk(63))
        ));
        assert!(matches!(
            Chunks::new(Kind::Crc32c, 64, usize::MAX),
            Err(Error::Memory(_))
        ));
    }
}
