//! Hashing, which knows nothing of Python: it reads files, logs, and reports how far it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

/// The Python logger. Without a target `log` would take the Rust path, `file_digest_core::digest`, which no Python
/// user of `file_digest` has heard of.
pub const LOGGER: &str = "file_digest";

const CHUNK: usize = 64 * 1024;

/// What a run found.
#[derive(Debug, Default, PartialEq)]
pub struct Report {
    /// SHA-256 in hexadecimal, by path.
    pub digests: BTreeMap<PathBuf, String>,
    /// The files that could not be read.
    pub unreadable: Vec<PathBuf>,
}

/// What this process has hashed so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    pub files: u64,
    pub bytes: u64,
}

static COUNT: Mutex<Count> = Mutex::new(Count { files: 0, bytes: 0 });

// region: lock
/// Returns what this process has hashed so far.
#[must_use]
pub fn count() -> Count {
    *COUNT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts a file, and logs it after the lock has been released: a handler may be Python code that asks for the count.
fn note(path: &Path, bytes: u64) {
    let files = {
        let mut count = COUNT.lock().unwrap_or_else(PoisonError::into_inner);
        count.files += 1;
        count.bytes += bytes;
        count.files
    };
    log::debug!(target: LOGGER, "file {files}: {} ({bytes} bytes)", path.display());
}
// endregion: lock

/// Hashes the files of a folder and of the folders in it, in the order of their paths.
///
/// `report` gets the number of bytes hashed so far. It is called for each entry of a folder, each file and each chunk of
/// a file, so that no part of the work goes on for long without it.
///
/// # Errors
///
/// An `io::Error` if a folder can't be listed; what `report` returns, unchanged. A file that can't be read is no error:
/// it is logged, and left out.
pub fn digest_folder<E: From<io::Error>>(
    folder: &Path,
    mut report: impl FnMut(u64) -> Result<(), E>,
) -> Result<Report, E> {
    let mut found = Report::default();
    let mut done = 0;
    for path in files(folder, || report(0))? {
        report(done)?;
        let outcome = digest_file(&path, |bytes| {
            done += bytes;
            report(done)
        });
        match outcome {
            Ok((digest, bytes)) => {
                note(&path, bytes);
                found.digests.insert(path, digest);
            }
            Err(Failure::Read(error)) => {
                log::warn!(target: LOGGER, "can't read {}: {error}", path.display());
                found.unreadable.push(path);
            }
            Err(Failure::Report(error)) => return Err(error),
        }
    }
    Ok(found)
}

enum Failure<E> {
    Read(io::Error),
    Report(E),
}

fn digest_file<E>(
    path: &Path,
    mut report: impl FnMut(u64) -> Result<(), E>,
) -> Result<(String, u64), Failure<E>> {
    let mut file = File::open(path).map_err(Failure::Read)?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut total = 0;
    loop {
        let length = match file.read(&mut chunk) {
            Ok(0) => return Ok((hexadecimal(&hasher.finalize()), total)),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Failure::Read(error)),
        };
        hasher.update(&chunk[..length]);
        total += length as u64;
        report(length as u64).map_err(Failure::Report)?;
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Lists files and links, not what is neither. Links to folders are not followed, they may lead back to where they are.
fn files<E: From<io::Error>>(
    folder: &Path,
    mut report: impl FnMut() -> Result<(), E>,
) -> Result<Vec<PathBuf>, E> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            report()?;
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() || (kind.is_symlink() && !entry.path().is_dir()) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("file-digest-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("inner")).unwrap();
        fs::write(folder.join("inner/a.txt"), "abc").unwrap();
        fs::write(folder.join("z.bin"), vec![7; 3 * CHUNK]).unwrap();
        folder
    }

    #[test]
    fn files_are_hashed_at_any_depth() {
        let folder = folder("depth");
        let report = digest_folder::<io::Error>(&folder, |_| Ok(())).unwrap();
        assert_eq!(report.digests.len(), 2);
        assert_eq!(report.digests[&folder.join("inner/a.txt")], ABC);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn progress_counts_the_bytes_of_all_files() {
        let folder = folder("progress");
        let mut seen = Vec::new();
        let report = |done| {
            seen.push(done);
            Ok(())
        };
        digest_folder::<io::Error>(&folder, report).unwrap();
        let chunk = CHUNK as u64;
        seen.dedup();
        assert_eq!(seen, [0, 3, 3 + chunk, 3 + 2 * chunk, 3 + 3 * chunk]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn folders_and_empty_files_are_reported() {
        let folder = folder("empty");
        fs::write(folder.join("z.bin"), "").unwrap();
        fs::write(folder.join("inner/a.txt"), "").unwrap();
        let mut calls = 0;
        let report = |_| {
            calls += 1;
            Ok(())
        };
        digest_folder::<io::Error>(&folder, report).unwrap();
        assert_eq!(calls, 3 + 2); // three entries, two files
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_report_ends_the_work() {
        let folder = folder("end");
        let outcome = digest_folder(&folder, |_| Err(io::Error::other("enough")));
        assert_eq!(outcome.unwrap_err().to_string(), "enough");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_that_is_none_is_an_error() {
        let outcome = digest_folder::<io::Error>(Path::new("no such folder"), |_| Ok(()));
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
