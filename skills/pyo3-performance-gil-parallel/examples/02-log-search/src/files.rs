//! Folders and lines, read so that no file, however odd, takes much memory or keeps anybody from stopping.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// What is kept of a line; what follows is not searched.
pub const LONGEST_LINE: u64 = 64 * 1024;

/// A file or folder that could not be read, and why.
pub type Unreadable = (PathBuf, io::Error);

/// Lists the files below a folder whose names have this ending, sorted, and the folders that can't be listed.
///
/// Links are not followed: they may lead back. What is no file is left out: to open a pipe may take for ever.
///
/// # Errors
///
/// An `io::Error` if the folder itself can't be listed.
pub fn list_files(
    folder: &Path,
    ending: &str,
    stopped: impl Fn() -> bool,
) -> io::Result<(Vec<PathBuf>, Vec<Unreadable>)> {
    let (mut files, mut unreadable) = (Vec::new(), Vec::new());
    let mut folders = vec![(folder.to_owned(), fs::read_dir(folder)?)];
    while let Some((path, entries)) = folders.pop() {
        for entry in entries {
            if stopped() {
                return Ok((files, unreadable));
            }
            let entry = entry.and_then(|entry| Ok((entry.file_type()?, entry.path())));
            match entry {
                Ok((kind, path)) if kind.is_dir() => match fs::read_dir(&path) {
                    Ok(entries) => folders.push((path, entries)),
                    Err(error) => unreadable.push((path, error)),
                },
                Ok((kind, path)) if kind.is_file() && has_ending(&path, ending) => files.push(path),
                Ok(_) => {}
                Err(error) => unreadable.push((path.clone(), error)),
            }
        }
    }
    files.sort();
    Ok((files, unreadable))
}

fn has_ending(path: &Path, ending: &str) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().ends_with(ending.as_bytes())
}

// region: lines
/// Hands the lines of a file to `take`, without their ends, until it returns false; returns whether it never did.
///
/// `read` gets the number of bytes of each piece that was read, and ends the reading in the same way.
///
/// # Errors
///
/// An `io::Error` if the file can't be opened or read.
pub fn read_lines(
    path: &Path,
    mut read: impl FnMut(u64) -> bool,
    mut take: impl FnMut(&[u8]) -> bool,
) -> io::Result<bool> {
    let mut reader = BufReader::with_capacity(64 * 1024, File::open(path)?);
    let mut line = Vec::new();
    // Of a line that is too long the first piece is searched, and the others are read over.
    let mut rest = false;
    loop {
        line.clear();
        let length = reader
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)? as u64;
        if length == 0 {
            return Ok(true);
        }
        if !read(length) {
            return Ok(false);
        }
        let ended = line.ends_with(b"\n");
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = if ended {
            text.strip_suffix(b"\r").unwrap_or(text)
        } else {
            text
        };
        if !rest && !take(text) {
            return Ok(false);
        }
        rest = !ended;
    }
}
// endregion: lines

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(content: &[u8]) -> Vec<Vec<u8>> {
        let name = format!("log-search-{}-{}", std::process::id(), content.len());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, content).unwrap();
        let (mut lines, mut total) = (Vec::new(), 0);
        let count = |length| {
            total += length;
            true
        };
        let take = |line: &[u8]| {
            lines.push(line.to_vec());
            true
        };
        assert!(read_lines(&path, count, take).unwrap());
        assert_eq!(total, content.len() as u64);
        fs::remove_file(path).unwrap();
        lines
    }

    #[test]
    fn lines_end_in_two_ways_or_with_the_file() {
        assert_eq!(lines_of(b"a\r\n\nb\r"), [&b"a"[..], b"", b"b\r"]);
        assert!(lines_of(b"").is_empty());
    }

    #[test]
    fn of_a_long_line_the_beginning_is_kept() {
        let length = usize::try_from(LONGEST_LINE).unwrap();
        for long in [length - 1, length, length + 1, 3 * length + 5] {
            let lines = lines_of(&[&vec![b'x'; long][..], b"\nnext"].concat());
            let lengths: Vec<_> = lines.iter().map(Vec::len).collect();
            assert_eq!(lengths, [long.min(length), 4], "{long}");
        }
    }
}
