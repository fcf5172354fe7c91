//! The format: four lines a record. Nothing here knows of Python.

use std::io::{self, BufRead, Read as _};
use std::sync::LazyLock;

/// No line is this long: the longest reads that a machine has produced have some millions of letters.
const LONGEST: usize = 1 << 26;

/// Why reading ended before the file did.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{reason}")]
    Format {
        record: u64,
        line: u64,
        reason: Reason,
    },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("the file ends in the middle of a record")]
    Truncated,
    #[error("a record must begin with `@`")]
    NoName,
    #[error("the line between sequence and qualities must begin with `+`")]
    NoSeparator,
    #[error("the name behind `+` is not that behind `@`")]
    OtherName,
    #[error("there must be as many qualities as letters, {letters}, not {qualities}")]
    Lengths { letters: usize, qualities: usize },
    #[error("a sequence has only letters, `-`, `.` and `*`")]
    NotALetter,
    #[error("a quality must be a character from `!` to `~`")]
    NotAQuality,
    #[error("a name must be a single line")]
    LineEnd,
    #[error("a name must be UTF-8")]
    NotUtf8,
    #[error("the line is too long for FASTQ")]
    TooLong,
}

/// A read: some letters of DNA, and how certain each of them is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    pub name: String,
    pub sequence: String,
    pub qualities: String,
}

impl Record {
    /// Checks the parts, which are then of one length.
    pub fn new(name: String, sequence: String, qualities: String) -> Result<Self, Reason> {
        if name.contains('\n') {
            return Err(Reason::LineEnd);
        }
        if !sequence.bytes().all(is_letter) {
            return Err(Reason::NotALetter);
        }
        if !qualities.bytes().all(|quality| quality.is_ascii_graphic()) {
            return Err(Reason::NotAQuality);
        }
        if sequence.len() != qualities.len() {
            return Err(Reason::Lengths {
                letters: sequence.len(),
                qualities: qualities.len(),
            });
        }
        Ok(Self {
            name,
            sequence,
            qualities,
        })
    }

    // region: quality
    /// Returns the quality whose error rate is the mean of the error rates; the mean of qualities would flatter.
    #[must_use]
    pub fn mean_quality(&self) -> f64 {
        if self.qualities.is_empty() {
            return 0.0;
        }
        let errors = self
            .qualities
            .bytes()
            .map(|quality| RATES[usize::from(quality)]);
        let errors: f64 = errors.sum();
        // 0.0 less the logarithm: no reads of certain error have a mean of -0.0.
        0.0 - 10.0 * (errors / self.qualities.len() as f64).log10()
    }
    // endregion: quality
}

/// How probable an error is, by the character that says so: `!` is certain, `+` is one in ten, `5` one in a hundred.
static RATES: LazyLock<[f64; 256]> =
    LazyLock::new(|| std::array::from_fn(|quality| 10_f64.powf(-(quality as f64 - 33.0) / 10.0)));

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || b"-.*".contains(&byte)
}

/// Records from a file, one at a time.
pub struct Parser<R> {
    input: R,
    record: u64,
    line: u64,
}

impl<R: BufRead> Parser<R> {
    pub fn new(input: R) -> Self {
        Self {
            input,
            record: 0,
            line: 0,
        }
    }

    // region: parse
    /// Reads the next record, if there is one.
    pub fn read(&mut self) -> Result<Option<Record>, Error> {
        self.record += 1;
        let Some(name) = self.read_line()? else {
            return Ok(None);
        };
        let name = self.after(b'@', &name, Reason::NoName)?;
        let sequence = self.read_needed()?;
        let separator = self.read_needed()?;
        let repeated = self.after(b'+', &separator, Reason::NoSeparator)?;
        if !repeated.is_empty() && repeated != name {
            return Err(self.error(Reason::OtherName));
        }
        let qualities = self.read_needed()?;
        // What is not UTF-8 is not one of these characters either.
        let record = String::from_utf8(sequence)
            .map_err(|_| Reason::NotALetter)
            .and_then(|sequence| {
                let qualities = String::from_utf8(qualities).map_err(|_| Reason::NotAQuality)?;
                Record::new(name, sequence, qualities)
            });
        record.map(Some).map_err(|reason| self.error(reason))
    }
    // endregion: parse

    /// Reads a line without its end, if there is one more.
    fn read_line(&mut self) -> Result<Option<Vec<u8>>, Error> {
        self.line += 1;
        let mut line = Vec::new();
        let mut limited = (&mut self.input).take(LONGEST as u64);
        if limited.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if line.len() == LONGEST {
            return Err(self.error(Reason::TooLong));
        }
        for end in [b'\n', b'\r'] {
            if line.last() == Some(&end) {
                line.pop();
            }
        }
        Ok(Some(line))
    }

    fn read_needed(&mut self) -> Result<Vec<u8>, Error> {
        let line = self.read_line()?;
        line.ok_or_else(|| self.error(Reason::Truncated))
    }

    /// Returns what is behind the first character of a line.
    fn after(&self, first: u8, line: &[u8], reason: Reason) -> Result<String, Error> {
        let rest = line.strip_prefix(&[first]);
        let rest = rest.ok_or_else(|| self.error(reason))?;
        String::from_utf8(rest.to_vec()).map_err(|_| self.error(Reason::NotUtf8))
    }

    fn error(&self, reason: Reason) -> Error {
        Error::Format {
            record: self.record,
            line: self.line,
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &[u8]) -> Result<Vec<Record>, Error> {
        let mut parser = Parser::new(text);
        std::iter::from_fn(|| parser.read().transpose()).collect()
    }

    fn record(name: &str, sequence: &str, qualities: &str) -> Record {
        let [name, sequence, qualities] = [name, sequence, qualities].map(str::to_owned);
        Record::new(name, sequence, qualities).unwrap()
    }

    #[test]
    fn records_have_four_lines_of_any_ending() {
        let records = parse(b"@a 1\nAC\n+\nII\n@b\r\n\r\n+b\r\n\r\n@c\nG\n+\n!").unwrap();
        let expected = [
            record("a 1", "AC", "II"),
            record("b", "", ""),
            record("c", "G", "!"),
        ];
        assert_eq!(records, expected);
        assert!(parse(b"").unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (text, place, expected) in [
            (&b"@a\nA\n+\nI\n@b\n"[..], (2, 6), Reason::Truncated),
            (b">a\nA\n+\nI\n", (1, 1), Reason::NoName),
            (b"@a\nA\nA\n+\nII\n", (1, 3), Reason::NoSeparator),
            (b"@a\nA\n+b\nI\n", (1, 3), Reason::OtherName),
            (b"@a\nA 1\n+\nIII\n", (1, 4), Reason::NotALetter),
            (b"@a\nA\xff\n+\nII\n", (1, 4), Reason::NotALetter),
            (b"@a\nA\n+\n \n", (1, 4), Reason::NotAQuality),
            (b"@\xff\nA\n+\nI\n", (1, 1), Reason::NotUtf8),
            (
                b"@a\nAC\n+\nI\n",
                (1, 4),
                Reason::Lengths {
                    letters: 2,
                    qualities: 1,
                },
            ),
        ] {
            let error = parse(text).unwrap_err();
            let Error::Format {
                record,
                line,
                reason,
            } = error
            else {
                panic!("{error}");
            };
            assert_eq!(((record, line), reason), (place, expected));
        }
    }

    #[test]
    fn a_line_without_an_end_does_not_fill_memory() {
        let endless = io::BufReader::new(io::repeat(b'@'));
        let error = Parser::new(endless).read().unwrap_err();
        assert_eq!(error.to_string(), Reason::TooLong.to_string());
    }

    #[test]
    fn the_mean_quality_is_that_of_the_errors() {
        // One letter in ten, and one in a thousand: 0.0505 on average.
        let mean = record("a", "AC", "+?").mean_quality();
        assert!((mean - 12.967).abs() < 0.001, "{mean}");
        assert_eq!(record("a", "A", "!").mean_quality(), 0.0);
        assert_eq!(record("a", "", "").mean_quality(), 0.0);
    }
}
