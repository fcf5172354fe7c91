//! What a byte order mark says; nothing here knows of Python.

/// An encoding that a byte order mark tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Encoding {
    Utf8,
    Utf16,
    Utf32,
}

impl Encoding {
    /// Python's name of the codec that reads the mark itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8-sig",
            Self::Utf16 => "utf-16",
            Self::Utf32 => "utf-32",
        }
    }
}

/// Tells the encoding from the first bytes.
#[must_use]
pub fn detect(data: &[u8]) -> Option<Encoding> {
    // The little-endian mark of UTF-32 begins with the one of UTF-16.
    let marks: [(&[u8], Encoding); 5] = [
        (b"\xff\xfe\0\0", Encoding::Utf32),
        (b"\0\0\xfe\xff", Encoding::Utf32),
        (b"\xff\xfe", Encoding::Utf16),
        (b"\xfe\xff", Encoding::Utf16),
        (b"\xef\xbb\xbf", Encoding::Utf8),
    ];
    marks
        .into_iter()
        .find(|(mark, _)| data.starts_with(mark))
        .map(|(_, encoding)| encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_mark_wins() {
        assert_eq!(detect(b"\xff\xfe\0\0a\0\0\0"), Some(Encoding::Utf32));
        assert_eq!(detect(b"\xff\xfea\0"), Some(Encoding::Utf16));
    }

    #[test]
    fn a_part_of_a_mark_is_none() {
        assert_eq!(detect(b"\xef\xbb"), None);
        assert_eq!(detect(b""), None);
    }
}
