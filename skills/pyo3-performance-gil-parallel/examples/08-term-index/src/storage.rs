//! Where terms and their postings are while an index is built: each on the heap, or all in an arena.

use crate::index::Posting;

#[cfg(not(feature = "arena"))]
pub use heap::*;

#[cfg(feature = "arena")]
pub use arena::*;

#[cfg(not(feature = "arena"))]
mod heap {
    use super::Posting;

    pub type Text<'a> = Box<str>;
    pub type List<'a> = Vec<Posting>;

    /// Nothing: each text and each list has memory of its own.
    pub struct Storage;

    impl Storage {
        pub fn new() -> Self {
            Self
        }

        pub fn text(&self, text: &str) -> Text<'_> {
            text.into()
        }

        pub fn list(&self) -> List<'_> {
            Vec::new()
        }
    }
}

// region: arena
#[cfg(feature = "arena")]
mod arena {
    use bumpalo::{Bump, collections};

    use super::Posting;

    pub type Text<'a> = &'a str;
    pub type List<'a> = collections::Vec<'a, Posting>;

    /// Memory that is taken in large pieces, and given back when this is dropped. A list that grows leaves behind what it
    /// had, unless it is the newest: what the speed is paid with.
    pub struct Storage(Bump);

    impl Storage {
        pub fn new() -> Self {
            Self(Bump::new())
        }

        pub fn text(&self, text: &str) -> Text<'_> {
            self.0.alloc_str(text)
        }

        pub fn list(&self) -> List<'_> {
            collections::Vec::new_in(&self.0)
        }
    }
}
// endregion: arena
