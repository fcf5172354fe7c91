//! From text to tokens with their places; nothing here knows of Python.

use crate::errors::Place;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Name,
    Number,
    Comparison,
    Open,
    Close,
    Colon,
    Unknown,
    End,
}

/// A piece of a line; at its end an empty one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub place: Place,
}

/// Splits a line into tokens; the last one is the end. A `#` begins a comment.
#[must_use]
pub fn tokens(line: &str, number: usize) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut rest, mut column) = (line, 1);
    loop {
        let trimmed = rest.trim_start();
        column += rest[..rest.len() - trimmed.len()].chars().count();
        let (kind, length) = next(trimmed);
        let text = &trimmed[..length];
        let place = Place {
            line: number,
            column,
        };
        tokens.push(Token { kind, text, place });
        if kind == Kind::End {
            return tokens;
        }
        column += text.chars().count();
        rest = &trimmed[length..];
    }
}

/// The kind of the token at the beginning of a text, and its length in bytes.
fn next(text: &str) -> (Kind, usize) {
    let Some(first) = text.chars().next() else {
        return (Kind::End, 0);
    };
    let run =
        |belongs: fn(char) -> bool| text.find(|letter| !belongs(letter)).unwrap_or(text.len());
    match first {
        '#' => (Kind::End, 0),
        '(' => (Kind::Open, 1),
        ')' => (Kind::Close, 1),
        ':' => (Kind::Colon, 1),
        '<' | '>' | '=' | '!' => (Kind::Comparison, run(|letter| "<>=!".contains(letter))),
        '0'..='9' | '.' | '-' => (
            Kind::Number,
            run(|letter| letter.is_alphanumeric() || ".-%".contains(letter)),
        ),
        _ if first.is_alphabetic() || first == '_' => (
            Kind::Name,
            run(|letter| letter.is_alphanumeric() || "_.".contains(letter)),
        ),
        _ => (Kind::Unknown, first.len_utf8()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_know_their_columns_in_characters() {
        let tokens = tokens("größe: a.b<=-5ms) # é", 3);
        let columns: Vec<_> = tokens
            .iter()
            .map(|token| (token.text, token.place.column))
            .collect();
        assert_eq!(
            columns,
            [
                ("größe", 1),
                (":", 6),
                ("a.b", 8),
                ("<=", 11),
                ("-5ms", 13),
                (")", 17),
                ("", 19),
            ]
        );
        assert!(tokens.iter().all(|token| token.place.line == 3));
    }
}
