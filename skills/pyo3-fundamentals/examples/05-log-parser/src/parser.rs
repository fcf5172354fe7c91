//! The Common Log Format; of Python there is only the class of an entry.

use std::ops::Range;
use std::str::FromStr;

use pyo3::prelude::*;

// region: entry
/// A request that a server has answered.
///
/// Attributes:
///     host: Who asked.
///     user: The name of the user, if there is one.
///     time: When, as the log has it.
///     request: Method, path and protocol.
///     status: The status code of the answer.
///     size: How many bytes the answer had, if any.
#[pyclass(
    frozen,
    eq,
    hash,
    get_all,
    new = "from_fields",
    module = "log_parser",
    str = "{host} \"{request}\" {status}"
)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    pub host: String,
    pub user: Option<String>,
    pub time: String,
    pub request: String,
    pub status: u16,
    pub size: Option<u64>,
}

#[pymethods]
impl Entry {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let fields = self.__getnewargs__().into_pyobject(py)?;
        Ok(format!("Entry{}", fields.repr()?))
    }

    // What `copy` and `pickle` call the class with, to make the same entry again.
    fn __getnewargs__(&self) -> Arguments<'_> {
        (
            &self.host,
            self.user.as_deref(),
            &self.time,
            &self.request,
            self.status,
            self.size,
        )
    }
}

type Arguments<'entry> = (
    &'entry str,
    Option<&'entry str>,
    &'entry str,
    &'entry str,
    u16,
    Option<u64>,
);
// endregion: entry

// region: mistake
/// What is wrong in a line. Lines and columns count from 1, columns in characters as Python does.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    pub message: String,
    pub line: usize,
    pub column: usize,
    pub end_column: usize,
    pub text: String,
}

impl Mistake {
    fn new(message: String, line: usize, text: &str, wrong: &Range<usize>) -> Self {
        let characters = |end| text[..end].chars().count();
        Self {
            message,
            line,
            column: characters(wrong.start) + 1,
            end_column: characters(wrong.end) + 1,
            text: text.to_owned(),
        }
    }
}
// endregion: mistake

// region: reader
/// How far a text has been read; the text itself is given to each call.
#[derive(Debug, Default)]
pub struct Reader {
    position: usize,
    line: usize,
}

impl Reader {
    /// Parses the next line that is not empty; none at the end.
    pub fn next_entry(&mut self, text: &str) -> Option<Result<Entry, Mistake>> {
        loop {
            let line = text.get(self.position..)?.split_inclusive('\n').next()?;
            self.position += line.len();
            self.line += 1;
            let line = line.trim_end_matches(['\r', '\n']);
            if !line.is_empty() {
                return Some(parse_line(line, self.line));
            }
        }
    }

    /// Parses one line after the other.
    pub fn entries(mut self, text: &str) -> impl Iterator<Item = Result<Entry, Mistake>> {
        std::iter::from_fn(move || self.next_entry(text))
    }

    /// Parses everything, and sorts entries from mistakes.
    #[must_use]
    pub fn sort(self, text: &str) -> (Vec<Entry>, Vec<Mistake>) {
        let (mut entries, mut mistakes) = (Vec::new(), Vec::new());
        for parsed in self.entries(text) {
            match parsed {
                Ok(entry) => entries.push(entry),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        (entries, mistakes)
    }
}
// endregion: reader

// region: parse
/// Parses one line such as `192.0.2.1 - ada [01/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 512`.
pub fn parse_line(text: &str, line: usize) -> Result<Entry, Mistake> {
    parse_fields(text).map_err(|(message, wrong)| Mistake::new(message, line, text, &wrong))
}

type Wrong = (String, Range<usize>);

fn parse_fields(text: &str) -> Result<Entry, Wrong> {
    let mut fields = Fields { text, position: 0 };
    let host = fields.word("a host")?.to_owned();
    fields.word("an identity")?;
    let user = fields.word("a user")?;
    let entry = Entry {
        host,
        user: (user != "-").then(|| user.to_owned()),
        time: fields.enclosed('[', ']', "a time in brackets")?.to_owned(),
        request: fields.enclosed('"', '"', "a request in quotes")?.to_owned(),
        status: fields.number("a status from 100 to 599", |status| {
            (100..600).contains(status)
        })?,
        size: fields.size()?,
    };
    fields.end()?;
    Ok(entry)
}
// endregion: parse

/// The fields of a line that are still to be read; one space is between two of them.
struct Fields<'text> {
    text: &'text str,
    position: usize,
}

impl<'text> Fields<'text> {
    fn word(&mut self, expected: &str) -> Result<&'text str, Wrong> {
        let word = self.peek();
        if word.is_empty() {
            return Err(self.wrong(expected, word));
        }
        self.advance(word.len())?;
        Ok(word)
    }

    fn number<Number: FromStr>(
        &mut self,
        expected: &str,
        allowed: impl Fn(&Number) -> bool,
    ) -> Result<Number, Wrong> {
        let word = self.peek();
        // `parse` takes a sign, too.
        let digits = word
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then_some(word);
        let number = digits
            .and_then(|digits| digits.parse().ok())
            .filter(allowed);
        let number = number.ok_or_else(|| self.wrong(expected, word))?;
        self.advance(word.len())?;
        Ok(number)
    }

    fn size(&mut self) -> Result<Option<u64>, Wrong> {
        match self.peek() {
            "-" => self.advance(1).map(|()| None),
            _ => self.number("a size or `-`", |_| true).map(Some),
        }
    }

    /// Takes what is between two characters; a backslash before the second one keeps it inside.
    fn enclosed(&mut self, open: char, close: char, expected: &str) -> Result<&'text str, Wrong> {
        let rest = self.rest();
        let inside = rest
            .strip_prefix(open)
            .ok_or_else(|| self.wrong(expected, self.peek()))?;
        let mut escaped = false;
        let end = inside.find(|letter| {
            let found = letter == close && !escaped;
            escaped = letter == '\\' && !escaped;
            found
        });
        let end = end.ok_or_else(|| self.wrong(&format!("`{close}` after it"), rest))?;
        self.advance(open.len_utf8() + end + close.len_utf8())?;
        Ok(&inside[..end])
    }

    fn end(&self) -> Result<(), Wrong> {
        match self.rest() {
            "" => Ok(()),
            rest => Err(self.wrong("the end of the line", rest)),
        }
    }

    fn rest(&self) -> &'text str {
        &self.text[self.position..]
    }

    fn peek(&self) -> &'text str {
        let rest = self.rest();
        rest.split_once(' ').map_or(rest, |(word, _)| word)
    }

    /// Goes past a field and the space after it.
    fn advance(&mut self, length: usize) -> Result<(), Wrong> {
        self.position += length;
        if self.rest().starts_with(' ') {
            self.position += 1;
        } else if !self.rest().is_empty() {
            return Err(self.wrong("a space", self.peek()));
        }
        Ok(())
    }

    fn wrong(&self, expected: &str, found: &str) -> Wrong {
        let (found, length) = match found {
            "" if self.rest().is_empty() => ("the end of the line".to_owned(), 0),
            "" => ("a second space".to_owned(), 1),
            found => (format!("`{found}`"), found.len()),
        };
        let place = self.position..self.position + length;
        (format!("expected {expected}, found {found}"), place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"192.0.2.1 - ada [01/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 512"#;

    fn mistake(line: &str) -> (usize, usize, String) {
        let mistake = parse_line(line, 1).expect_err(line);
        (mistake.column, mistake.end_column, mistake.message)
    }

    #[test]
    fn a_good_line_is_an_entry() {
        let entry = parse_line(GOOD, 1).expect(GOOD);
        assert_eq!(
            (entry.host.as_str(), entry.user.as_deref()),
            ("192.0.2.1", Some("ada"))
        );
        assert_eq!((entry.status, entry.size), (200, Some(512)));
        let entry = parse_line(&GOOD.replace("ada", "-").replace("512", "-"), 1).expect(GOOD);
        assert_eq!((entry.user, entry.size), (None, None));
    }

    #[test]
    fn a_quote_may_be_escaped() {
        let entry = parse_line(&GOOD.replace("/a", r#"/\"\\"#), 1).expect(GOOD);
        assert_eq!(entry.request, r#"GET /\"\\ HTTP/1.1"#);
    }

    #[test]
    fn each_mistake_has_its_place() {
        for (from, to, column, end_column, message) in [
            (
                "200",
                "20x",
                64,
                67,
                "expected a status from 100 to 599, found `20x`",
            ),
            (
                "200",
                "600",
                64,
                67,
                "expected a status from 100 to 599, found `600`",
            ),
            ("512", "+5", 68, 70, "expected a size or `-`, found `+5`"),
            (
                " 512",
                "",
                67,
                67,
                "expected a size or `-`, found the end of the line",
            ),
            (
                "512",
                "512 x y",
                72,
                75,
                "expected the end of the line, found `x y`",
            ),
            (
                "- ada",
                "-  ada",
                13,
                14,
                "expected a user, found a second space",
            ),
            (
                "[01",
                "01",
                17,
                37,
                "expected a time in brackets, found `01/Nov/2026:10:00:00`",
            ),
            ("\" 200", "\"200", 63, 66, "expected a space, found `200`"),
        ] {
            let line = GOOD.replace(from, to);
            assert_eq!(
                mistake(&line),
                (column, end_column, message.to_owned()),
                "{line}"
            );
        }
    }

    #[test]
    fn an_open_quote_is_wrong_to_the_end() {
        let line = r#"a - - [b] "GET"#;
        assert_eq!(
            mistake(line),
            (11, 15, "expected `\"` after it, found `\"GET`".to_owned())
        );
    }

    #[test]
    fn columns_are_in_characters() {
        assert_eq!(mistake("été - - x").0, 9);
    }

    #[test]
    fn mistakes_are_sorted_from_entries() {
        let text = format!("{GOOD}\r\n\nwrong\n{GOOD}");
        let (entries, mistakes) = Reader::default().sort(&text);
        assert_eq!(entries.len(), 2);
        assert_eq!(
            mistakes
                .iter()
                .map(|mistake| mistake.line)
                .collect::<Vec<_>>(),
            [3]
        );
    }
}
