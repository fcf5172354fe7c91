//! What a complete sequence means: ECMA-48, and what xterm adds.

use crate::event::{Area, Control, Direction, Event, Part};

/// A sequence that goes on to a terminator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Device,
    Operating,
    Start,
    Privacy,
    Application,
}

impl Kind {
    /// Returns the kind of string that a byte after ESC begins.
    #[must_use]
    pub fn new(byte: u8) -> Option<Self> {
        Some(match byte {
            b'P' => Self::Device,
            b']' => Self::Operating,
            b'X' => Self::Start,
            b'^' => Self::Privacy,
            b'_' => Self::Application,
            _ => return None,
        })
    }

    /// Returns what the string is called: by its number, or by its final letter.
    #[must_use]
    pub fn name(self, content: &[u8]) -> String {
        match self {
            Self::Operating => match number_and_rest(content).0 {
                Some(number) => format!("OSC {number}"),
                None => "OSC".to_owned(),
            },
            Self::Device => {
                let last = content.iter().position(|byte| (0x40..0x7f).contains(byte));
                let parts = last.and_then(|last| Parts::new(&content[..=last]));
                parts.map_or_else(|| "DCS".to_owned(), |parts| parts.name("DCS"))
            }
            Self::Start => "SOS".to_owned(),
            Self::Privacy => "PM".to_owned(),
            Self::Application => "APC".to_owned(),
        }
    }

    #[must_use]
    pub fn decode(self, content: &[u8]) -> Event {
        let other = || Event::Other {
            name: self.name(content),
        };
        if self != Self::Operating {
            return other();
        }
        match number_and_rest(content) {
            (Some("0" | "2"), Some(title)) => Event::Title {
                title: without_controls(title),
            },
            // Between the two semicolons are parameters, as the `id` of a link in several lines.
            (Some("8"), Some(link)) => {
                let semicolon = link.iter().position(|byte| *byte == b';');
                semicolon.map_or_else(other, |at| Event::Link {
                    address: without_controls(&link[at + 1..]),
                })
            }
            _ => other(),
        }
    }
}

/// Takes `0;title` apart; the number has only digits.
fn number_and_rest(content: &[u8]) -> (Option<&str>, Option<&[u8]>) {
    let semicolon = content.iter().position(|byte| *byte == b';');
    let number = &content[..semicolon.unwrap_or(content.len())];
    let digits = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    let number = std::str::from_utf8(number).ok().filter(|_| digits);
    (number, semicolon.map(|at| &content[at + 1..]))
}

fn without_controls(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|char| !char.is_control()).collect()
}

#[must_use]
pub fn decode_control(byte: u8) -> Event {
    match Control::from_byte(byte) {
        Some(control) => Event::Control { control },
        None => Event::Other {
            name: format!("C0 {byte:02X}"),
        },
    }
}

/// Whether bytes after ESC, from 20 to 7E, are a sequence.
#[must_use]
pub fn is_complete(body: &[u8]) -> bool {
    match body {
        [b'['] => false,
        [b'[', .., last] => (0x40..0x7f).contains(last),
        [.., last] => (0x30..0x7f).contains(last),
        [] => false,
    }
}

#[must_use]
pub fn decode_escape(body: &[u8]) -> Vec<Event> {
    match body.strip_prefix(b"[") {
        None => vec![Event::Other {
            name: name("ESC", body.iter().map(|byte| written(*byte))),
        }],
        Some(body) => match Parts::new(body) {
            Some(parts) => parts.decode(),
            None => vec![Event::Broken {
                data: [b"\x1b[", body].concat(),
            }],
        },
    }
}

/// The parts of a control sequence: `?`, `25`, nothing and `h` in `CSI ? 25 h`.
struct Parts<'a> {
    marker: &'a str,
    parameters: &'a str,
    intermediates: &'a str,
    last: char,
}

impl<'a> Parts<'a> {
    fn new(body: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let last = text.chars().last()?;
        let text = &text[..text.len() - last.len_utf8()];
        let parameters = text.trim_start_matches(['<', '=', '>', '?']);
        let marker = &text[..text.len() - parameters.len()];
        let end = parameters.find(|char: char| !char.is_ascii_digit() && !";:".contains(char));
        let (parameters, intermediates) = parameters.split_at(end.unwrap_or(parameters.len()));
        let valid = intermediates.chars().all(|char| matches!(char, ' '..='/'));
        valid.then_some(Self {
            marker,
            parameters,
            intermediates,
            last,
        })
    }

    fn name(&self, introducer: &str) -> String {
        let Self {
            marker,
            parameters,
            intermediates,
            last,
        } = self;
        let intermediates = intermediates.bytes().map(written);
        let parts = [(*marker).to_owned(), (*parameters).to_owned()];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        name(
            introducer,
            parts.chain(intermediates).chain([last.to_string()]),
        )
    }

    // region: decode
    fn decode(&self) -> Vec<Event> {
        let parameters = self.numbers();
        let first = parameters[0][0];
        let second = parameters.get(1).map_or(0, |parameter| parameter[0]);
        let event = match (self.marker, self.intermediates, self.last) {
            ("", "", 'A'..='D') => Event::Move {
                direction: match self.last {
                    'A' => Direction::Up,
                    'B' => Direction::Down,
                    'C' => Direction::Right,
                    _ => Direction::Left,
                },
                count: first.max(1),
            },
            ("", "", 'H' | 'f') => Event::MoveTo {
                row: first.max(1),
                column: second.max(1),
            },
            ("", "", 'J') if first <= 3 => erase(Area::Screen, first),
            ("", "", 'K') if first <= 2 => erase(Area::Line, first),
            ("", "", 'm') => Event::Style { codes: parameters },
            ("?", "", 'h' | 'l') => {
                let modes = parameters.iter().map(|parameter| Event::Mode {
                    number: parameter[0],
                    on: self.last == 'h',
                });
                return modes.collect();
            }
            _ => Event::Other {
                name: self.name("CSI"),
            },
        };
        vec![event]
    }
    // endregion: decode

    /// The parameters, each with those that belong to it; never empty. One that is left out is 0.
    fn numbers(&self) -> Vec<Vec<u16>> {
        let parameters = self.parameters.split(';');
        parameters
            .map(|parameter| parameter.split(':').map(number).collect())
            .collect()
    }
}

fn erase(area: Area, part: u16) -> Event {
    let part = match part {
        0 => Part::ToEnd,
        1 => Part::ToStart,
        2 => Part::All,
        _ => Part::Saved,
    };
    Event::Erase { area, part }
}

/// What is too large is the largest number, as in xterm.
fn number(digits: &str) -> u16 {
    let digits = digits.bytes().map(|digit| u16::from(digit - b'0'));
    digits.fold(0, |number: u16, digit| {
        number.saturating_mul(10).saturating_add(digit)
    })
}

/// A character as manuals write it.
fn written(byte: u8) -> String {
    match byte {
        b' ' => "SP".to_owned(),
        _ => char::from(byte).to_string(),
    }
}

fn name(introducer: &str, parts: impl Iterator<Item = String>) -> String {
    parts.fold(introducer.to_owned(), |name, part| name + " " + &part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(body: &str) -> Vec<String> {
        let events = decode_escape(body.as_bytes());
        events.iter().map(|event| format!("{event:?}")).collect()
    }

    #[test]
    fn numbers_that_are_left_out_have_defaults() {
        for body in ["[H", "[;H", "[0;0f", "[1;1H"] {
            assert_eq!(decoded(body), ["MoveTo { row: 1, column: 1 }"]);
        }
        assert_eq!(decoded("[m"), decoded("[0m"));
        assert_eq!(decoded("[K"), ["Erase { area: Line, part: ToEnd }"]);
    }

    #[test]
    fn numbers_do_not_overflow() {
        assert_eq!(
            decoded("[99999999999999999999;7H"),
            ["MoveTo { row: 65535, column: 7 }"]
        );
    }

    #[test]
    fn what_is_not_known_has_the_name_of_the_manuals() {
        for (body, name) in [
            ("[2 q", "CSI 2 SP q"),
            ("[>4;2m", "CSI > 4;2 m"),
            ("[9J", "CSI 9 J"),
            ("(B", "ESC ( B"),
            ("7", "ESC 7"),
        ] {
            assert_eq!(decoded(body), [format!("Other {{ name: {name:?} }}")]);
        }
        assert_eq!(Kind::Device.name(b"0;1q#0"), "DCS 0;1 q");
        assert_eq!(Kind::Device.name(b"+q544e"), "DCS + q");
        assert_eq!(Kind::Operating.name(b"52;c;aGk="), "OSC 52");
    }
}
