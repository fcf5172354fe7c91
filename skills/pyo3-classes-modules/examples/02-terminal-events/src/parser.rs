//! Where events begin and end in bytes that come in pieces; nothing here knows of Python.

use crate::event::Event;
use crate::sequence::{Kind, decode_control, decode_escape, is_complete};

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;
/// These two break any sequence off.
const CANCEL: [u8; 2] = [0x18, 0x1a];
/// A sequence that is longer is not kept, so that no input makes a decoder grow.
const LIMIT: usize = 4096;
/// So much of a long string is kept to say what it was.
const HEAD: usize = 64;

/// The bytes of an incomplete event, or what is known of a long string whose end has not come.
#[derive(Debug, Default)]
pub struct Parser {
    pending: Vec<u8>,
    skipping: Option<Skipped>,
}

/// A string that is too long to be kept.
#[derive(Debug)]
struct Skipped {
    kind: Kind,
    name: String,
    /// Its first bytes.
    head: Vec<u8>,
}

/// How a string ends.
enum End {
    /// After so many bytes, by a terminator of so many.
    Terminated(usize, usize),
    /// It is broken off after so many bytes, by as many as are not part of what follows.
    Broken(usize, usize),
    /// So many bytes are certainly part of it.
    Missing(usize),
}

/// What the next bytes are: so many are these events, or their rest is missing.
type Step = Option<(usize, Vec<Event>)>;

impl Parser {
    // region: feed
    /// Returns the events that are complete, and keeps the rest.
    pub fn feed(&mut self, data: &[u8]) -> Vec<Event> {
        let mut bytes = std::mem::take(&mut self.pending);
        bytes.extend_from_slice(data);
        let (mut at, mut events) = (0, Vec::new());
        while at < bytes.len() {
            let Some((length, new)) = self.step(&bytes[at..]) else {
                break;
            };
            at += length;
            events.extend(new);
        }
        self.pending = bytes.split_off(at);
        events
    }
    // endregion: feed

    /// Returns the events of what is kept, which has no rest, and begins anew.
    pub fn flush(&mut self) -> Vec<Event> {
        let pending = std::mem::take(&mut self.pending);
        let (data, broken) = match self.skipping.take() {
            Some(skipped) => (skipped.head, true),
            None => {
                let escape = pending.first() == Some(&ESCAPE);
                (pending, escape)
            }
        };
        if data.is_empty() {
            Vec::new()
        } else if broken {
            vec![Event::Broken { data }]
        } else {
            vec![text(&data)]
        }
    }

    /// The bytes that are kept; of a long string only the first ones.
    #[must_use]
    pub fn pending(&self) -> &[u8] {
        match &self.skipping {
            Some(skipped) => &skipped.head,
            None => &self.pending,
        }
    }

    fn step(&mut self, bytes: &[u8]) -> Step {
        if let Some(skipped) = self.skipping.take() {
            return self.skip(skipped, bytes);
        }
        match bytes[0] {
            ESCAPE => self.escape(bytes),
            byte @ (0..0x20 | 0x7f) => Some((1, vec![decode_control(byte)])),
            _ => characters(bytes),
        }
    }

    /// Reads a sequence. Controls in the middle of one take effect as if they came before it.
    fn escape(&mut self, bytes: &[u8]) -> Step {
        let (mut events, mut body) = (Vec::new(), Vec::new());
        for (at, &byte) in bytes.iter().enumerate().skip(1) {
            if at >= LIMIT {
                return broken(events, bytes, at, 0);
            }
            match byte {
                0x7f => continue,
                0x20..0x7f => body.push(byte),
                ESCAPE | 0x80.. => return broken(events, bytes, at, 0),
                _ if CANCEL.contains(&byte) => return broken(events, bytes, at, 1),
                _ => {
                    events.push(decode_control(byte));
                    continue;
                }
            }
            if let (1, Some(kind)) = (body.len(), Kind::new(byte)) {
                return self.string(events, kind, bytes, at + 1);
            }
            if is_complete(&body) {
                events.extend(decode_escape(&body));
                return Some((at + 1, events));
            }
        }
        None
    }

    /// Reads the string that begins at `start`.
    fn string(&mut self, mut events: Vec<Event>, kind: Kind, bytes: &[u8], start: usize) -> Step {
        let content = &bytes[start..];
        match find_end(kind, content) {
            End::Terminated(length, terminator) => {
                events.push(if length > LIMIT {
                    Event::Other {
                        name: kind.name(&content[..HEAD]),
                    }
                } else {
                    kind.decode(&content[..length])
                });
                Some((start + length + terminator, events))
            }
            End::Broken(length, cancel) => {
                let kept = if length > LIMIT {
                    HEAD
                } else {
                    length + cancel
                };
                let data = bytes[..start + kept].to_vec();
                events.push(Event::Broken { data });
                Some((start + length + cancel, events))
            }
            End::Missing(known) if known > LIMIT => {
                self.skipping = Some(Skipped {
                    kind,
                    name: kind.name(&content[..HEAD]),
                    head: bytes[..start + HEAD].to_vec(),
                });
                Some((start + known, events))
            }
            End::Missing(_) => None,
        }
    }

    /// Looks for the end of a string that is too long to be kept.
    fn skip(&mut self, skipped: Skipped, bytes: &[u8]) -> Step {
        match find_end(skipped.kind, bytes) {
            End::Terminated(length, terminator) => {
                let name = skipped.name;
                Some((length + terminator, vec![Event::Other { name }]))
            }
            End::Broken(length, cancel) => {
                let data = skipped.head;
                Some((length + cancel, vec![Event::Broken { data }]))
            }
            End::Missing(known) => {
                self.skipping = Some(skipped);
                (known > 0).then(|| (known, Vec::new()))
            }
        }
    }
}

fn broken(mut events: Vec<Event>, bytes: &[u8], length: usize, cancel: usize) -> Step {
    let data = bytes[..length + cancel].to_vec();
    events.push(Event::Broken { data });
    Some((length + cancel, events))
}

fn find_end(kind: Kind, content: &[u8]) -> End {
    for (at, &byte) in content.iter().enumerate() {
        match byte {
            BELL if kind == Kind::Operating => return End::Terminated(at, 1),
            ESCAPE => {
                return match content.get(at + 1) {
                    Some(b'\\') => End::Terminated(at, 2),
                    Some(_) => End::Broken(at, 0),
                    None => End::Missing(at),
                };
            }
            _ if CANCEL.contains(&byte) => return End::Broken(at, 1),
            _ => {}
        }
    }
    End::Missing(content.len())
}

// region: text
/// Reads characters up to the next control, and leaves the beginning of one whose rest is missing.
fn characters(bytes: &[u8]) -> Step {
    let control = |at: usize| match bytes[at] {
        0..0x20 | 0x7f => true,
        // The controls from U+0080 to U+009F, which some terminals obey.
        0xc2 => matches!(bytes.get(at + 1), Some(0x80..0xa0)),
        _ => false,
    };
    let length = (0..bytes.len()).find(|&at| control(at));
    if length == Some(0) {
        let name = format!("C1 {:02X}", bytes[1]);
        return Some((2, vec![Event::Other { name }]));
    }
    let length = length.unwrap_or_else(|| bytes.len() - unfinished(bytes));
    (length > 0).then(|| (length, vec![text(&bytes[..length])]))
}

/// Returns how many bytes at the end are the beginning of a character.
fn unfinished(bytes: &[u8]) -> usize {
    let rest = bytes
        .utf8_chunks()
        .last()
        .map_or(&[][..], |chunk| chunk.invalid());
    match std::str::from_utf8(rest) {
        Err(error) if error.error_len().is_none() => rest.len(),
        _ => 0,
    }
}
// endregion: text

fn text(bytes: &[u8]) -> Event {
    Event::Text {
        text: String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(data: &[u8], size: usize) -> Vec<String> {
        let mut parser = Parser::default();
        let mut events: Vec<_> = data
            .chunks(size)
            .flat_map(|piece| parser.feed(piece))
            .collect();
        events.extend(parser.flush());
        events.iter().map(|event| format!("{event:?}")).collect()
    }

    #[test]
    fn a_long_string_is_the_same_in_pieces_of_any_size() {
        for end in ["\x07", "\x1b\\", "\x18", "\x1b[m", ""] {
            for length in [LIMIT - 4, LIMIT - 3, 3 * LIMIT] {
                let data = format!("a\x1b]52;c{}{end}", "x".repeat(length));
                let whole = names(data.as_bytes(), data.len());
                for size in [7, 1000] {
                    assert_eq!(
                        names(data.as_bytes(), size),
                        whole,
                        "{end:?} {length} {size}"
                    );
                }
            }
        }
    }

    #[test]
    fn no_input_makes_a_parser_grow() {
        for (start, rest) in [
            ("\x1b[", b' '),
            ("\x1b]", b' '),
            ("\x1bP", b' '),
            ("\x1b ", b' '),
            // These may be in the middle of a sequence, and are no part of it.
            ("\x1b[", b'\n'),
            ("\x1b", 0x7f),
        ] {
            let mut parser = Parser::default();
            parser.feed(start.as_bytes());
            for _ in 0..100 {
                parser.feed(&[rest; 1000]);
            }
            assert!(parser.pending.len() <= LIMIT, "{start:?} {rest}");
            assert!(parser.pending().len() <= LIMIT);
        }
    }

    #[test]
    fn characters_wait_for_their_last_byte() {
        let mut parser = Parser::default();
        assert!(parser.feed(&"€".as_bytes()[..2]).is_empty());
        assert_eq!(parser.pending(), [0xe2, 0x82]);
        assert_eq!(parser.feed(&"€".as_bytes()[2..]), [text("€".as_bytes())]);
        assert!(parser.pending().is_empty());
    }
}
