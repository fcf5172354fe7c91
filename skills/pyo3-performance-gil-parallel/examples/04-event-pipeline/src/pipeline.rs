//! Three stages and the channels between them; nothing here knows Python.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::event::{Anonymiser, LineError};

/// The longest line that is an event.
const LONGEST_LINE: u64 = 64 * 1024;

/// Bytes of a batch, more or less: enough for the compression, and for the channels to cost nothing.
const BATCH: usize = 256 * 1024;

/// Bad lines that are told apart; the others are counted.
pub const MOST_REASONS: usize = 100;

/// How long a stop may have to wait.
pub const PATIENCE: Duration = Duration::from_millis(50);

/// Lines of the source, with the number of the first.
pub struct Batch {
    number: u64,
    first_line: u64,
    /// Where lines end in `text`; none for a line that is too long.
    lines: Vec<Option<usize>>,
    text: Vec<u8>,
}

/// What became of a batch.
pub struct Output {
    number: u64,
    packed: Vec<u8>,
    events: u64,
    errors: Vec<(u64, LineError)>,
}

/// What was done in the end.
#[derive(Debug, Default)]
pub struct Totals {
    pub events: u64,
    pub bad_lines: u64,
    pub reasons: Vec<(u64, LineError)>,
}

/// What the stages share with whoever waits for them.
#[derive(Default)]
pub struct Control {
    pub stop: AtomicBool,
    pub lines: AtomicU64,
}

// region: alive
/// Is kept by a stage while it runs: the last one that is dropped closes the channel.
#[derive(Clone)]
pub struct Alive<'a> {
    pub control: &'a Control,
    pub channel: Sender<()>,
}

impl Drop for Alive<'_> {
    fn drop(&mut self) {
        // The batch of a worker that panicked never comes, and the others would wait for it.
        if thread::panicking() {
            self.control.stop.store(true, Relaxed);
        }
    }
}
// endregion: alive

// region: read
/// Reads batches, one for each token: who has none waits, so no more batches exist than there are tokens.
///
/// # Errors
///
/// An `io::Error` if the source can't be read, or is not a whole gzip file.
pub fn read(
    source: &Path,
    control: &Control,
    tokens: &Receiver<()>,
    batches: &Sender<Batch>,
) -> io::Result<()> {
    let mut reader = BufReader::new(MultiGzDecoder::new(BufReader::new(File::open(source)?)));
    let (mut number, mut line) = (0, 1);
    while !control.stop.load(Relaxed) {
        match tokens.recv_timeout(PATIENCE) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => continue,
            // A later stage has given up; it says why itself.
            Err(RecvTimeoutError::Disconnected) => break,
        }
        let batch = read_batch(&mut reader, number, line, &control.stop)?;
        if batch.lines.is_empty() {
            break;
        }
        line += batch.lines.len() as u64;
        number += 1;
        control.lines.store(line - 1, Relaxed);
        if batches.send(batch).is_err() {
            break;
        }
    }
    Ok(())
}
// endregion: read

fn read_batch(
    reader: &mut impl BufRead,
    number: u64,
    first_line: u64,
    stop: &AtomicBool,
) -> io::Result<Batch> {
    let mut batch = Batch {
        number,
        first_line,
        lines: Vec::new(),
        text: Vec::new(),
    };
    while batch.text.len() < BATCH && batch.lines.len() < BATCH / 16 {
        let start = batch.text.len();
        reader
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut batch.text)?;
        if batch.text.len() == start {
            break;
        }
        let whole =
            batch.text.ends_with(b"\n") || ((batch.text.len() - start) as u64) < LONGEST_LINE;
        if !whole {
            batch.text.truncate(start);
            skip_line(reader, stop)?;
        }
        batch.lines.push(whole.then_some(batch.text.len()));
    }
    Ok(batch)
}

/// Reads over the rest of a line, which may be longer than memory and patience.
fn skip_line(reader: &mut impl BufRead, stop: &AtomicBool) -> io::Result<()> {
    let mut piece = Vec::new();
    while !stop.load(Relaxed) {
        piece.clear();
        let length = reader
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut piece)?;
        if length == 0 || piece.ends_with(b"\n") {
            break;
        }
    }
    Ok(())
}

/// Rewrites the lines of batches, and packs each batch by itself: gzip files put together are a gzip file.
pub fn rewrite(anonymiser: &Anonymiser, batches: &Receiver<Batch>, outputs: &Sender<Output>) {
    for batch in batches {
        if outputs.send(rewrite_batch(anonymiser, &batch)).is_err() {
            break;
        }
    }
}

fn rewrite_batch(anonymiser: &Anonymiser, batch: &Batch) -> Output {
    let mut text = Vec::with_capacity(batch.text.len());
    let (mut errors, mut events, mut start) = (Vec::new(), 0, 0);
    for (number, end) in (batch.first_line..).zip(&batch.lines) {
        let result = end.ok_or(LineError::TooLong).and_then(|end| {
            let line = &batch.text[std::mem::replace(&mut start, end)..end];
            anonymiser.rewrite(line.strip_suffix(b"\n").unwrap_or(line), &mut text)
        });
        match result {
            Ok(()) => events += 1,
            Err(error) => errors.push((number, error)),
        }
    }
    Output {
        number: batch.number,
        packed: pack(&text),
        events,
        errors,
    }
}

fn pack(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // To write to a `Vec` can't fail.
    let _ = encoder.write_all(text);
    encoder.finish().unwrap_or_default()
}

// region: write
/// Writes outputs in the order of their batches, and gives back a token for each.
///
/// # Errors
///
/// An `io::Error` if the file can't be written.
pub fn write(
    file: &mut File,
    outputs: &Receiver<Output>,
    tokens: &Sender<()>,
) -> io::Result<Totals> {
    let (mut totals, mut waiting, mut next) = (Totals::default(), BTreeMap::new(), 0);
    for output in outputs {
        waiting.insert(output.number, output);
        while let Some(output) = waiting.remove(&next) {
            file.write_all(&output.packed)?;
            totals.events += output.events;
            totals.bad_lines += output.errors.len() as u64;
            let room = MOST_REASONS - totals.reasons.len();
            totals.reasons.extend(output.errors.into_iter().take(room));
            next += 1;
            // The reader may be done, and want none.
            let _ = tokens.try_send(());
        }
    }
    if next == 0 {
        file.write_all(&pack(b""))?;
    }
    file.flush()?;
    Ok(totals)
}
// endregion: write

/// A file that takes the place of another when it is finished, and is removed if it never is.
pub struct Part {
    pub file: File,
    path: PathBuf,
}

impl Part {
    /// Creates a new file beside the target.
    ///
    /// # Errors
    ///
    /// An `io::Error` if it can't be created, or somebody else writes there.
    pub fn create(target: &Path) -> io::Result<Self> {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let path = target.with_file_name(name);
        Ok(Self {
            file: File::create_new(&path)?,
            path,
        })
    }

    /// Moves the file to its place.
    ///
    /// # Errors
    ///
    /// An `io::Error` if it can't be moved.
    pub fn keep(self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // After `keep` there is nothing to remove.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::bounded;

    use super::*;

    #[test]
    fn lines_that_are_too_long_are_left_out() {
        let go = AtomicBool::new(false);
        let long = "x".repeat(70_000);
        let text = format!("1\ta\t::\tb\n{long}\n2\tc\t::\td");
        let batch = read_batch(&mut text.as_bytes(), 0, 1, &go).unwrap();
        assert_eq!(batch.lines, [Some(9), None, Some(17)]);
        let output = rewrite_batch(&Anonymiser::new(b""), &batch);
        assert_eq!(
            (output.events, output.errors),
            (2, vec![(2, LineError::TooLong)])
        );
        let exact = "x".repeat(65_536);
        assert_eq!(
            read_batch(&mut exact.as_bytes(), 0, 1, &go).unwrap().lines,
            [None]
        );
    }

    #[test]
    fn the_order_is_restored() {
        let path = std::env::temp_dir().join(format!("event-pipeline-{}", std::process::id()));
        let mut file = File::create(&path).unwrap();
        let ((sender, receiver), (tokens, _taken)) = (bounded(9), bounded(9));
        for (number, text) in [(2, "c"), (0, "a"), (1, "b")] {
            sender
                .send(Output {
                    number,
                    packed: text.into(),
                    events: 1,
                    errors: vec![(number, LineError::TooLong)],
                })
                .unwrap();
        }
        drop(sender);
        let totals = write(&mut file, &receiver, &tokens).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "abc");
        let numbers: Vec<_> = totals.reasons.iter().map(|reason| reason.0).collect();
        assert_eq!(
            (totals.events, numbers, tokens.len()),
            (3, vec![0, 1, 2], 3)
        );
        fs::remove_file(path).unwrap();
    }
}
