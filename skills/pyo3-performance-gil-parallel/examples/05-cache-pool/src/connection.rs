//! One connection: requests and answers in the text protocol of memcached.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// The longest line of an answer, and the largest value that is taken.
const LONGEST_LINE: u64 = 2048;
pub const LARGEST_VALUE: usize = 8 << 20;

/// What can go wrong.
#[derive(Debug)]
pub enum Error {
    /// A key that the protocol can't carry.
    Key,
    /// A value that is too large to be sent.
    Large(usize),
    /// The network, or the time that was allowed.
    Io(io::Error),
    /// An answer that is none, or an error of the server.
    Answer(String),
    /// No connection was free in time.
    Busy(Duration),
    /// The pool is closed.
    Closed,
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key => write!(
                formatter,
                "a key has 1 to 250 bytes, without spaces and control characters"
            ),
            Self::Large(size) => write!(
                formatter,
                "the value has {size} bytes, and may have {LARGEST_VALUE}"
            ),
            Self::Io(error) => write!(formatter, "{error}"),
            Self::Answer(line) => write!(formatter, "the server answered `{line}`"),
            Self::Busy(wait) => write!(formatter, "no connection was free within {wait:?}"),
            Self::Closed => write!(formatter, "the client is closed"),
        }
    }
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A connection between two requests; after an error it must not be used again: the rest of an answer may be on its way.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Connects within the time, which then holds for each read and write, too.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if none of the addresses answers.
    pub fn open(address: &str, timeout: Duration) -> Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, timeout) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(timeout))?;
                    stream.set_write_timeout(Some(timeout))?;
                    // A request is written at once, and shouldn't wait for more.
                    stream.set_nodelay(true)?;
                    return Ok(Self(BufReader::new(stream)));
                }
                Err(error) => last = error,
            }
        }
        Err(last.into())
    }

    // region: health
    /// Returns whether an idle connection can be used: the server has neither closed it nor said anything.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        let stream = self.0.get_ref();
        let quiet = stream.set_nonblocking(true).is_ok()
            && matches!(stream.peek(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        quiet && self.0.buffer().is_empty() && stream.set_nonblocking(false).is_ok()
    }
    // endregion: health

    fn send(&mut self, parts: &[&[u8]]) -> Result<()> {
        Ok(self.0.get_mut().write_all(&parts.concat())?)
    }

    fn read_line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        self.0
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)?;
        let Some(text) = line.strip_suffix(b"\r\n") else {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        };
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    /// Asks for a value.
    ///
    /// # Errors
    ///
    /// [`Error::Key`], [`Error::Io`] or [`Error::Answer`].
    pub fn get(&mut self, key: &str) -> Result<Option<Vec<u8>>> {
        self.send(&[b"get ", key.as_bytes(), b"\r\n"])?;
        let line = self.read_line()?;
        if line == "END" {
            return Ok(None);
        }
        let fields: Vec<_> = line.split(' ').collect();
        let size = match fields.as_slice() {
            ["VALUE", name, _, size] if *name == key => size.parse().ok(),
            _ => None,
        };
        // A server may claim any size.
        let Some(size) = size.filter(|size| *size <= LARGEST_VALUE) else {
            return Err(Error::Answer(line));
        };
        let mut value = vec![0; size];
        self.0.read_exact(&mut value)?;
        for expected in ["", "END"] {
            let line = self.read_line()?;
            if line != expected {
                return Err(Error::Answer(line));
            }
        }
        Ok(Some(value))
    }

    /// Stores a value for some seconds, or for ever with 0.
    ///
    /// # Errors
    ///
    /// [`Error::Key`], [`Error::Large`], [`Error::Io`] or [`Error::Answer`].
    pub fn set(&mut self, key: &str, value: &[u8], seconds: u32) -> Result<()> {
        let head = format!("set {key} 0 {seconds} {}\r\n", value.len());
        self.send(&[head.as_bytes(), value, b"\r\n"])?;
        match self.read_line()? {
            line if line == "STORED" => Ok(()),
            line => Err(Error::Answer(line)),
        }
    }
}

/// Returns a key that can be part of a request: with a space or a line end in it, it would be another request.
///
/// # Errors
///
/// [`Error::Key`].
pub fn check_key(key: &str) -> Result<&str> {
    let fits = (1..=250).contains(&key.len());
    let plain = key.bytes().all(|byte| byte > b' ' && byte != 0x7f);
    if fits && plain {
        Ok(key)
    } else {
        Err(Error::Key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_one_word() {
        assert!(check_key("user:42").is_ok() && check_key("ü").is_ok());
        for key in ["", "a b", "a\r\nflush_all", "a\0", &"x".repeat(251)] {
            assert!(check_key(key).is_err());
        }
    }
}
