//! A file in memory. All that may be undefined about it is here.

use std::fs::File;
use std::io::{Read, Seek};
use std::marker::PhantomData;

use memmap2::{Mmap, MmapMut};

use crate::errors::Result;
use crate::layout::{Kind, Layout};

/// A file that is mapped, or a copy of one.
pub struct Mapping {
    map: Mmap,
    pub layout: Layout,
}

// region: map
impl Mapping {
    /// Maps a file, or copies it, after a look at its header.
    pub fn open(mut file: File, copy: bool) -> Result<Self> {
        let length = file.metadata()?.len();
        let layout = Layout::decode(length, |size| {
            let mut header = vec![0; size];
            let mut file = &file;
            file.rewind()?;
            file.read_exact(&mut header)?;
            Ok(header)
        })?;
        let size = usize::try_from(length).map_err(std::io::Error::other)?;
        let map = if copy {
            let mut map = MmapMut::map_anon(size)?;
            file.rewind()?;
            file.read_exact(&mut map)?;
            map.make_read_only()?
        } else {
            map(&file, size)?
        };
        Ok(Self { map, layout })
    }

    /// Returns where a column begins. What is there may change at any time, so nobody gets a slice of it.
    pub fn start(&self, offset: u64) -> *const u8 {
        self.map.as_ptr().wrapping_add(offset as usize)
    }
}

#[expect(
    unsafe_code,
    reason = "nobody can say that no other process changes the file"
)]
fn map(file: &File, size: usize) -> Result<Mmap> {
    // SAFETY: `write_store` never changes a file that has its name already. Who does so by other means changes numbers, which
    // are read one by one and by value, never through a reference. Who makes the file shorter ends this process, when a
    // page that is gone is read: that can't be prevented, and the documentation says so.
    Ok(unsafe { memmap2::MmapOptions::new().len(size).map(file) }?)
}
// endregion: map

// region: load
/// A number of a column, wide enough to compare with what Python passes.
pub trait Number: Copy {
    type Wide: PartialOrd + Copy;
    fn widen(self) -> Self::Wide;
}

macro_rules! number {
    ($($narrow:ty => $wide:ty),+) => {
        $(impl Number for $narrow {
            type Wide = $wide;
            fn widen(self) -> $wide {
                self.into()
            }
        })+
    };
}

number!(u8 => i64, i32 => i64, i64 => i64, f32 => f64, f64 => f64);

/// Numbers in a mapping, which are read one at a time.
#[derive(Clone, Copy)]
pub struct Numbers<'a, T> {
    mapping: &'a Mapping,
    offset: u64,
    pub length: usize,
    number: PhantomData<T>,
}

#[expect(
    unsafe_code,
    reason = "a slice would promise that nobody changes the numbers"
)]
impl<'a, T: Number> Numbers<'a, T> {
    /// # Safety
    ///
    /// So many numbers of this type, aligned, must be in the mapping from `offset` on.
    unsafe fn new(mapping: &'a Mapping, span: Span) -> Self {
        Self {
            mapping,
            offset: span.offset,
            length: span.length,
            number: PhantomData,
        }
    }

    /// Reads a number, of which there must be one.
    pub fn get(self, index: usize) -> T::Wide {
        assert!(index < self.length, "no number {index} of {}", self.length);
        let start = self.mapping.start(self.offset).cast::<T>();
        // SAFETY: it is in the mapping, as was promised and checked. It is read once, so that a change by another process is
        // the old or the new number, or has some bytes of both; any bytes are a number.
        unsafe { start.add(index).read_volatile() }.widen()
    }
}
// endregion: load

/// Some rows of a column.
#[derive(Clone, Copy)]
pub struct Span {
    pub kind: Kind,
    pub offset: u64,
    pub length: usize,
}

/// The numbers of a column, by their type.
pub enum Typed<'a> {
    U8(Numbers<'a, u8>),
    I32(Numbers<'a, i32>),
    I64(Numbers<'a, i64>),
    F32(Numbers<'a, f32>),
    F64(Numbers<'a, f64>),
}

impl Mapping {
    /// Returns the numbers of a span, which must be part of a column.
    #[expect(
        unsafe_code,
        reason = "the header was checked when the file was opened"
    )]
    pub fn numbers(&self, span: Span) -> Typed<'_> {
        let end = span.offset as usize + span.length * span.kind.size();
        assert!(end <= self.map.len(), "outside of the file");
        // SAFETY: the end is in the mapping. Mappings begin with a page, columns at multiples of 64 bytes from there, and spans
        // at a number of a column: so they are aligned.
        unsafe {
            match span.kind {
                Kind::U8 => Typed::U8(Numbers::new(self, span)),
                Kind::I32 => Typed::I32(Numbers::new(self, span)),
                Kind::I64 => Typed::I64(Numbers::new(self, span)),
                Kind::F32 => Typed::F32(Numbers::new(self, span)),
                Kind::F64 => Typed::F64(Numbers::new(self, span)),
            }
        }
    }
}
