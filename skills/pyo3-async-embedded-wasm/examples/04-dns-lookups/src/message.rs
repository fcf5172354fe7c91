//! Questions and replies as they are sent: the part of RFC 1035 that an address takes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use crate::errors::{Error, Result};

/// The kinds of addresses.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u16)]
pub enum Kind {
    /// Version 4.
    A = 1,
    /// Version 6.
    Aaaa = 28,
}

/// A host name and the kind of addresses to look up.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Question {
    name: String,
    kind: Kind,
}

/// The addresses of a host, and for how long they hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    pub addresses: Vec<IpAddr>,
    pub lifetime: Duration,
}

const INTERNET: u16 = 1;
const HEADER: usize = 12;
// A name can lead to others in a message, but to fewer than it has bytes.
const MOST_STEPS: usize = 128;

impl Question {
    /// Reads a host name; those of other alphabets must be encoded by IDNA.
    ///
    /// # Errors
    ///
    /// [`Error::BadName`]
    pub fn new(name: &str, kind: Kind) -> Result<Self> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let is_label = |label: &str| (1..=63).contains(&label.len()) && label.is_ascii();
        if name.len() > 253 || !name.split('.').all(is_label) {
            return Err(Error::BadName(name));
        }
        Ok(Self { name, kind })
    }

    /// The message that asks.
    pub fn encode(&self, id: u16) -> Vec<u8> {
        let mut message = Vec::with_capacity(HEADER + self.name.len() + 6);
        // One question; the server is to ask others for us.
        for word in [id, 0x0100, 1, 0, 0, 0] {
            message.extend(word.to_be_bytes());
        }
        for label in self.name.split('.') {
            message.push(label.len() as u8);
            message.extend(label.bytes());
        }
        message.push(0);
        message.extend((self.kind as u16).to_be_bytes());
        message.extend(INTERNET.to_be_bytes());
        message
    }

    /// Reads a reply; `None` if it is not one to this question.
    pub fn decode(&self, id: u16, message: &[u8]) -> Option<Result<Answer>> {
        let question = self.encode(id);
        let is_reply = message.len() >= question.len() && message[2] & 0x80 != 0;
        // A server may keep the letters' case, and anybody may send us anything.
        let asked = message.get(HEADER..question.len())?;
        if !is_reply
            || message[..2] != question[..2]
            || !asked.eq_ignore_ascii_case(&question[HEADER..])
        {
            return None;
        }
        Some(match message[3] & 0x0f {
            _ if message[2] & 0x02 != 0 => Err(Error::Truncated),
            0 => self
                .answers(message, question.len())
                .unwrap_or(Err(Error::Malformed)),
            3 => Err(Error::NoSuchName(self.name.clone())),
            code => Err(Error::Refused(code)),
        })
    }

    fn answers(&self, message: &[u8], mut place: usize) -> Option<Result<Answer>> {
        let (mut addresses, mut lifetime) = (Vec::new(), u32::MAX);
        for _ in 0..word(message, 6)? {
            place = skip_name(message, place)?;
            let kind = word(message, place)?;
            let seconds =
                u32::from(word(message, place + 4)?) << 16 | u32::from(word(message, place + 6)?);
            let end = place + 10 + usize::from(word(message, place + 8)?);
            let data = message.get(place + 10..end)?;
            // Aliases are among the answers, too; the addresses of what they lead to follow.
            if kind == self.kind as u16 {
                addresses.push(self.kind.address(data)?);
            }
            lifetime = lifetime.min(seconds);
            place = end;
        }
        if addresses.is_empty() {
            return Some(Err(Error::NoAddress(self.name.clone())));
        }
        let lifetime = Duration::from_secs(lifetime.into());
        Some(Ok(Answer {
            addresses,
            lifetime,
        }))
    }
}

fn word(message: &[u8], place: usize) -> Option<u16> {
    let bytes = message.get(place..place + 2)?;
    Some(u16::from_be_bytes(bytes.try_into().ok()?))
}

impl Kind {
    fn address(self, data: &[u8]) -> Option<IpAddr> {
        Some(match self {
            Self::A => Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?).into(),
            Self::Aaaa => Ipv6Addr::from(<[u8; 16]>::try_from(data).ok()?).into(),
        })
    }
}

/// Returns the place after a name: after its labels, or after what leads to one that was before.
fn skip_name(message: &[u8], mut place: usize) -> Option<usize> {
    for _ in 0..MOST_STEPS {
        match *message.get(place)? {
            0 => return Some(place + 1),
            length if length & 0xc0 == 0xc0 => return Some(place + 2),
            length => place += 1 + usize::from(length),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        Question::new("Host.example.", Kind::A).unwrap()
    }

    /// A reply with answers: the kind, the lifetime and the data of each.
    fn reply(flags: u16, answers: &[(u16, u32, &[u8])]) -> Vec<u8> {
        let mut message = question().encode(7);
        message[2..4].copy_from_slice(&flags.to_be_bytes());
        message[7] = answers.len() as u8;
        for (kind, lifetime, data) in answers {
            message.extend([0xc0, 12]);
            message.extend(kind.to_be_bytes());
            message.extend([0, 1]);
            message.extend(lifetime.to_be_bytes());
            message.extend((data.len() as u16).to_be_bytes());
            message.extend(*data);
        }
        message
    }

    #[test]
    fn aliases_shorten_the_lifetime_and_are_no_addresses() {
        let message = reply(0x8180, &[(5, 20, b"\xc0\x0c"), (1, 60, &[192, 0, 2, 1])]);
        let answer = question().decode(7, &message).unwrap().unwrap();
        assert_eq!(answer.addresses, [IpAddr::from([192, 0, 2, 1])]);
        assert_eq!(answer.lifetime, Duration::from_secs(20));
    }

    #[test]
    fn what_is_no_reply_to_the_question_is_ignored() {
        let message = reply(0x8180, &[(1, 60, &[192, 0, 2, 1])]);
        assert!(question().decode(8, &message).is_none());
        assert!(question().decode(7, &question().encode(7)).is_none());
        let other = Question::new("other.example", Kind::A).unwrap();
        assert!(other.decode(7, &message).is_none());
        assert!(question().decode(7, &message[..20]).is_none());
    }

    #[test]
    fn a_reply_that_ends_anywhere_never_panics() {
        let message = reply(
            0x8180,
            &[(1, 60, &[192, 0, 2, 1]), (1, 60, &[192, 0, 2, 2])],
        );
        for end in 0..message.len() {
            assert!(!matches!(
                question().decode(7, &message[..end]),
                Some(Ok(_))
            ));
        }
    }

    #[test]
    fn errors_say_what_the_server_said() {
        let decode = |flags, answers: &[_]| question().decode(7, &reply(flags, answers)).unwrap();
        assert!(
            matches!(decode(0x8183, &[]), Err(Error::NoSuchName(name)) if name == "host.example")
        );
        assert!(matches!(decode(0x8182, &[]), Err(Error::Refused(2))));
        assert!(matches!(decode(0x8380, &[]), Err(Error::Truncated)));
        assert!(matches!(decode(0x8180, &[]), Err(Error::NoAddress(_))));
        for data in [&[1, 2, 3][..], &[1; 16]] {
            assert!(matches!(
                decode(0x8180, &[(1, 60, data)]),
                Err(Error::Malformed)
            ));
        }
    }

    #[test]
    fn names_have_labels_of_a_limited_length() {
        for name in [
            "",
            ".",
            "a..b",
            "é.example",
            &"a".repeat(64),
            &"a.".repeat(127),
        ] {
            let result = Question::new(name, Kind::A);
            assert_eq!(result.is_err(), name.len() != 254, "{name}");
        }
    }
}
