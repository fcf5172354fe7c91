//! An event: parsed, and written without what tells people apart.

use std::fmt;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// What can be wrong with one line.
#[derive(Debug, PartialEq)]
pub enum LineError {
    Encoding,
    Fields(usize),
    Time(String),
    Address(String),
    TooLong,
}

impl fmt::Display for LineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoding => write!(formatter, "not UTF-8"),
            Self::Fields(count) => write!(
                formatter,
                "{count} fields: expected time, user, address and action"
            ),
            Self::Time(time) => write!(formatter, "`{time}` is not a number of seconds"),
            Self::Address(address) => write!(formatter, "`{address}` is not an IP address"),
            Self::TooLong => write!(formatter, "too long for an event"),
        }
    }
}

/// Knows the key with which users get their pseudonyms.
#[derive(Clone)]
pub struct Anonymiser(Hmac<Sha256>);

impl Anonymiser {
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        // HMAC takes keys of any length.
        Self(Hmac::new_from_slice(key).unwrap_or_else(|_| unreachable!()))
    }

    /// Writes a line again: the time to the minute, a pseudonym for the user, the network of the address.
    ///
    /// # Errors
    ///
    /// A [`LineError`] if the line is not an event; nothing is written then.
    pub fn rewrite(&self, line: &[u8], output: &mut Vec<u8>) -> Result<(), LineError> {
        let line = std::str::from_utf8(line).map_err(|_| LineError::Encoding)?;
        let fields: Vec<_> = line.split('\t').collect();
        let &[time, user, address, action] = fields.as_slice() else {
            return Err(LineError::Fields(fields.len()));
        };
        let seconds: u64 = time.parse().map_err(|_| LineError::Time(time.to_owned()))?;
        let address: IpAddr = address
            .parse()
            .map_err(|_| LineError::Address(address.to_owned()))?;
        let (minute, user, network) = (
            seconds - seconds % 60,
            self.pseudonym(user),
            network_of(address),
        );
        // To write to a `Vec` can't fail.
        let _ = writeln!(output, "{minute}\t{user:016x}\t{network}\t{action}");
        Ok(())
    }

    fn pseudonym(&self, user: &str) -> u64 {
        let code = self.0.clone().chain_update(user).finalize().into_bytes();
        code.iter()
            .take(8)
            .fold(0, |value, byte| value << 8 | u64::from(*byte))
    }
}

fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & !0xff).into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !0 << 80).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewrite(line: &[u8]) -> Result<String, LineError> {
        let mut output = Vec::new();
        Anonymiser::new(b"key").rewrite(line, &mut output)?;
        Ok(String::from_utf8(output).unwrap())
    }

    #[test]
    fn nothing_tells_people_apart() {
        let line =
            rewrite(b"119\tThe quick brown fox jumps over the lazy dog\t10.1.2.3\tbuy").unwrap();
        assert_eq!(line, "60\tf7bc83f430538424\t10.1.2.0\tbuy\n");
        let line = rewrite(b"0\t\t2001:db8:1:2:3:4:5:6\t").unwrap();
        assert!(line.ends_with("\t2001:db8:1::\t\n"));
    }

    #[test]
    fn what_is_no_event_is_an_error() {
        assert_eq!(rewrite(b"\xff"), Err(LineError::Encoding));
        assert_eq!(rewrite(b"1\t2"), Err(LineError::Fields(2)));
        assert_eq!(rewrite(b"-1\ta\t::\tb"), Err(LineError::Time("-1".into())));
        assert_eq!(
            rewrite(b"1\ta\t1.2.3\tb"),
            Err(LineError::Address("1.2.3".into()))
        );
    }
}
