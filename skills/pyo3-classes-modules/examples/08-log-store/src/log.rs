//! The log file: opened once at a time, repaired, and appended to; nothing here knows of Python.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use fs4::{FileExt, TryLockError};

use crate::errors::{Error, Result};
use crate::record::{Batch, MARK, Map, encode, replay};

/// A log that no other process has open.
#[derive(Debug)]
pub struct Log {
    // Closing it gives up the lock as well, also when the process dies.
    file: File,
    length: u64,
    broken: bool,
}

impl Log {
    // region: open
    /// Opens a log or makes one, and returns what it holds, and how many bytes of a torn write were cut off.
    pub fn open(path: &Path) -> Result<(Self, Map, u64)> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path)?;
        // The crate's method: that of the standard library is too new for the oldest Rust here.
        FileExt::try_lock(&file).map_err(|error| match error {
            TryLockError::WouldBlock => Error::Locked(path.into()),
            TryLockError::Error(error) => Error::Io(error),
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        // Also what was cut off in the middle of the mark.
        if MARK.starts_with(&bytes) && bytes.len() < MARK.len() {
            let mut log = Self {
                file,
                length: 0,
                broken: false,
            };
            log.write(MARK)?;
            sync_folder(path)?;
            return Ok((log, Map::new(), 0));
        }
        let Some(records) = bytes.strip_prefix(MARK) else {
            return Err(Error::NotAStore(path.into()));
        };
        let replay = replay(records).map_err(|start| Error::Corrupt {
            path: path.into(),
            offset: (MARK.len() + start) as u64,
        })?;
        let length = (MARK.len() + replay.length) as u64;
        let torn = bytes.len() as u64 - length;
        if torn > 0 {
            file.set_len(length)?;
            file.sync_all()?;
        }
        let log = Self {
            file,
            length,
            broken: false,
        };
        Ok((log, replay.map, torn))
    }
    // endregion: open

    /// Writes a transaction; when this returns, it is on the disk.
    pub fn append(&mut self, batch: &Batch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        self.write(&encode(batch)?)
    }

    // region: write
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if self.broken {
            return Err(Error::Broken);
        }
        let end = self.length;
        let written = self
            .file
            .seek(SeekFrom::Start(end))
            .and_then(|_| self.file.write_all(bytes));
        if let Err(error) = written {
            // The disk is full, say: without the part that fitted the log is as it was.
            self.broken = self.file.set_len(end).is_err();
            return Err(error.into());
        }
        if let Err(error) = self.file.sync_data() {
            // The system may have dropped what it could not write, and a second try would succeed without it.
            self.broken = true;
            return Err(error.into());
        }
        self.length = end + bytes.len() as u64;
        Ok(())
    }
    // endregion: write
}

/// A new file is there after a crash only if its folder was written, too.
#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    Ok(File::open(folder)?.sync_all()?)
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> Result<()> {
    Ok(())
}
