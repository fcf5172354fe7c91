//! Lines of a stream, with a limit to their length.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

use crate::errors::Rejection;

/// Reads lines. To drop `next` while it waits loses nothing: what has arrived is kept here.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    limit: usize,
    line: Vec<u8>,
    skips: bool,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    /// Reads lines of up to `limit` bytes.
    pub fn new(reader: R, limit: usize) -> Self {
        Self {
            reader,
            limit,
            line: Vec::new(),
            skips: false,
        }
    }

    // region: next
    /// Returns the next line, without its end; `None` after the last one.
    ///
    /// # Errors
    ///
    /// What reading brings.
    pub async fn next(&mut self) -> io::Result<Option<Result<Vec<u8>, Rejection>>> {
        loop {
            // The only await: nothing is taken before it, and nothing waits after it.
            let buffer = self.reader.fill_buf().await?;
            if buffer.is_empty() && self.line.is_empty() && !self.skips {
                return Ok(None);
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            if self.skips || self.line.len() + part.len() > self.limit {
                self.skips = true;
                self.line.clear();
            } else {
                self.line.extend_from_slice(part);
            }
            let is_last = buffer.is_empty();
            let count = part.len() + usize::from(end.is_some());
            self.reader.consume(count);
            if end.is_some() || is_last {
                let line = std::mem::take(&mut self.line);
                let skips = std::mem::take(&mut self.skips);
                return Ok(Some(if skips {
                    Err(Rejection::Long)
                } else {
                    Ok(line)
                }));
            }
        }
    }
    // endregion: next

    /// Reads, and forgets, until there is nothing more.
    ///
    /// # Errors
    ///
    /// What reading brings.
    pub async fn skip(&mut self) -> io::Result<()> {
        loop {
            let count = self.reader.fill_buf().await?.len();
            if count == 0 {
                return Ok(());
            }
            self.reader.consume(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncWriteExt, BufReader, duplex};
    use tokio::runtime::Builder;

    fn all(text: &[u8]) -> Vec<Result<Vec<u8>, Rejection>> {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut lines = Lines::new(BufReader::with_capacity(3, text), 4);
            let mut seen = Vec::new();
            while let Some(line) = lines.next().await.unwrap() {
                seen.push(line);
            }
            seen
        })
    }

    #[test]
    fn lines_have_an_end_and_a_limit() {
        assert_eq!(all(b""), []);
        assert_eq!(
            all(b"abcd\n\nx"),
            [Ok(b"abcd".into()), Ok(vec![]), Ok(b"x".into())]
        );
        assert_eq!(all(b"abcde\nx\n"), [Err(Rejection::Long), Ok(b"x".into())]);
        assert_eq!(all(b"abcdefghijk"), [Err(Rejection::Long)]);
    }

    #[test]
    fn to_drop_the_wait_loses_nothing() {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (mut writer, reader) = duplex(1);
            let mut lines = Lines::new(BufReader::new(reader), 100);
            let writing = tokio::spawn(async move { writer.write_all(b"one\ntwo\n").await });
            let mut seen = Vec::new();
            let mut drops = 0;
            while seen.len() < 2 {
                // Each time that it has to wait, it is dropped.
                tokio::select! {
                    biased;
                    line = lines.next() => seen.push(line.unwrap().unwrap().unwrap()),
                    () = tokio::task::yield_now() => drops += 1,
                }
            }
            assert_eq!(seen, [b"one", b"two"]);
            assert!(drops > 3);
            writing.await.unwrap().unwrap();
        });
    }
}
