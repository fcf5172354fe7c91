//! The rules of both codes: letters, digits and a checksum; nothing here knows of Python.

use std::fmt;

/// Why a text is not a code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("an {kind} has {expected} characters, not {length}")]
    Length {
        kind: &'static str,
        expected: usize,
        length: usize,
    },
    #[error("character {position} of an {kind} must be {expected}, not {character:?}")]
    Character {
        kind: &'static str,
        position: usize,
        expected: &'static str,
        character: char,
    },
    #[error(
        "the {kind} `{text}` is mistyped: its checksum is {checksum}, and should be {expected}"
    )]
    Checksum {
        kind: &'static str,
        text: String,
        checksum: String,
        expected: String,
    },
    #[error("a text with a lone surrogate is no code")]
    Surrogate,
}

/// What a character may be.
#[derive(Clone, Copy)]
pub enum Class {
    Letter,
    Alphanumeric,
    Digit,
}

impl Class {
    fn has(self, character: char) -> bool {
        match self {
            Self::Letter => character.is_ascii_uppercase(),
            Self::Alphanumeric => character.is_ascii_uppercase() || character.is_ascii_digit(),
            Self::Digit => character.is_ascii_digit(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Letter => "a letter from A to Z",
            Self::Alphanumeric => "a digit, or a letter from A to Z",
            Self::Digit => "a digit",
        }
    }
}

// region: code
/// The text of a code: ASCII, of a fixed length, in the object itself instead of in a `String` beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code<const N: usize>([u8; N]);

impl<const N: usize> Code<N> {
    /// Takes a text whose characters are of the classes that a kind of code has at their places.
    pub fn new(
        kind: &'static str,
        text: &str,
        class: impl Fn(usize) -> Class,
    ) -> Result<Self, Error> {
        let length = text.chars().count();
        if length != N {
            return Err(Error::Length {
                kind,
                expected: N,
                length,
            });
        }
        let mut code = [0; N];
        for (at, character) in text.chars().enumerate() {
            let class = class(at);
            match u8::try_from(character) {
                Ok(byte) if class.has(character) => code[at] = byte,
                _ => {
                    return Err(Error::Character {
                        kind,
                        position: at + 1,
                        expected: class.name(),
                        character,
                    });
                }
            }
        }
        Ok(Self(code))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("`new` takes nothing but ASCII")
    }
}
// endregion: code

impl<const N: usize> fmt::Display for Code<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// Returns the digits of a text in which A stands for 10, B for 11 and so on to Z for 35.
fn digits(text: &str) -> impl DoubleEndedIterator<Item = u32> {
    let values = text.chars().filter_map(|character| character.to_digit(36));
    values.flat_map(|value| {
        let tens = (value > 9).then_some(value / 10);
        tens.into_iter().chain([value % 10])
    })
}

/// Returns the digit that makes the sum of ISO 6166 (Luhn's, over letters as two digits) a multiple of ten.
#[must_use]
pub fn luhn(text: &str) -> u32 {
    let sum = digits(text).rev().enumerate().fold(0, |sum, (at, digit)| {
        let doubled = digit * 2;
        let digit = if at % 2 == 0 {
            doubled / 10 + doubled % 10
        } else {
            digit
        };
        // A sum without its tens can't overflow, however long the text is.
        (sum + digit) % 10
    });
    (10 - sum) % 10
}

/// Returns the two digits of ISO 7064 MOD 97-10, from 02 to 98.
#[must_use]
pub fn mod_97_10(text: &str) -> u32 {
    let rest = digits(text)
        .chain([0, 0])
        .fold(0, |rest, digit| (rest * 10 + digit) % 97);
    98 - rest
}

/// Returns a text as people may write it, without spaces and hyphens, in capitals.
#[must_use]
pub fn compact(text: &str) -> String {
    let characters = text.chars().filter(|character| !" -".contains(*character));
    characters
        .map(|character| character.to_ascii_uppercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_two_digits() {
        assert_eq!(digits("A0Z").collect::<Vec<_>>(), [1, 0, 0, 3, 5]);
    }

    #[test]
    fn checksums_are_those_of_known_codes() {
        for (text, digit) in [("US037833100", 5), ("DE000BAY001", 7), ("AU0000XVGZA", 3)] {
            assert_eq!(luhn(text), digit, "{text}");
        }
        assert_eq!(mod_97_10("5493000IBP32UQZ0KL"), 24);
        assert_eq!(mod_97_10("HWUPKR0MPOU8FGXBT3"), 94);
    }

    #[test]
    fn what_people_write_is_made_compact() {
        assert_eq!(compact(" us-037833100 5 "), "US0378331005");
        // Not an S, which the long s becomes in capitals.
        assert_eq!(compact("uſ"), "Uſ");
    }

    #[test]
    fn positions_are_those_of_characters() {
        let class = |_| Class::Digit;
        let error = Code::<3>::new("entry", "1éx", class).unwrap_err();
        assert_eq!(
            error.to_string(),
            "character 2 of an entry must be a digit, not 'é'"
        );
        let error = Code::<3>::new("entry", "éé", class).unwrap_err();
        assert_eq!(error.to_string(), "an entry has 3 characters, not 2");
        assert_eq!(
            Code::<3>::new("entry", "123", class).unwrap().as_str(),
            "123"
        );
    }
}
