//! The search, shared out to the threads of a pool; nothing here knows Python.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use rayon::prelude::*;
use regex::bytes::Regex;

use crate::files::{Unreadable, list_files, read_lines};

/// Files that are shared out before somebody looks whether there are enough matches. More keep the threads busier, and
/// make more matches that are not wanted.
const BATCH: usize = 64;

/// A line with a match.
#[derive(Debug, PartialEq)]
pub struct Hit {
    pub path: PathBuf,
    /// Counted from 1.
    pub line: u64,
    pub text: Vec<u8>,
}

/// What a search has to show in the end.
#[derive(Debug, Default)]
pub struct Findings {
    pub hits: Vec<Hit>,
    pub unreadable: Vec<Unreadable>,
    /// Whether all files were read to their ends.
    pub complete: bool,
}

/// What to look for.
pub struct Query<'a> {
    pub folder: &'a Path,
    pub ending: &'a str,
    pub regex: Regex,
    pub limit: usize,
}

// region: control
/// How far a search is, and whether it is to stop: what the threads share with whoever waits for them.
///
/// `Relaxed` is enough, since no other memory is read on the strength of these values.
#[derive(Debug, Default)]
pub struct Control {
    pub stop: AtomicBool,
    pub files: AtomicU64,
    pub files_done: AtomicU64,
    pub bytes_done: AtomicU64,
}

impl Control {
    fn stopped(&self) -> bool {
        self.stop.load(Relaxed)
    }
}
// endregion: control

impl Query<'_> {
    // region: run
    /// Searches all files, in the pool of the thread that calls this.
    ///
    /// The first matches in the order of paths and lines are found, however many threads there are.
    ///
    /// # Errors
    ///
    /// An `io::Error` if the folder can't be listed; what else can't be read is among the findings.
    pub fn run(&self, control: &Control) -> io::Result<Findings> {
        let (files, unreadable) = list_files(self.folder, self.ending, || control.stopped())?;
        control.files.store(files.len() as u64, Relaxed);
        let mut findings = Findings {
            unreadable,
            complete: true,
            ..Findings::default()
        };
        let mut searched = 0;
        for batch in files.chunks(BATCH) {
            let room = self.limit - findings.hits.len();
            // A clone a thread: a regex has a cache, for which the threads would queue.
            let results: Vec<_> = batch
                .par_iter()
                .map_init(
                    || self.regex.clone(),
                    |regex, path| (path, self.search_file(regex, path, room, control)),
                )
                .collect();
            for (path, result) in results {
                match result {
                    Ok((hits, complete)) => {
                        findings.complete &= complete;
                        findings.hits.extend(hits);
                    }
                    Err(error) => findings.unreadable.push((path.clone(), error)),
                }
            }
            searched += batch.len();
            if findings.hits.len() >= self.limit || control.stopped() {
                findings.complete &= findings.hits.len() <= self.limit && searched == files.len();
                findings.hits.truncate(self.limit);
                break;
            }
        }
        Ok(findings)
    }
    // endregion: run

    fn search_file(
        &self,
        regex: &Regex,
        path: &Path,
        room: usize,
        control: &Control,
    ) -> io::Result<(Vec<Hit>, bool)> {
        let (mut hits, mut line) = (Vec::new(), 0);
        let count = |length| {
            control.bytes_done.fetch_add(length, Relaxed);
            !control.stopped()
        };
        let complete = read_lines(path, count, |text| {
            line += 1;
            if regex.is_match(text) {
                if hits.len() == room {
                    return false;
                }
                hits.push(Hit {
                    path: path.to_owned(),
                    line,
                    text: text.to_vec(),
                });
            }
            true
        })?;
        control.files_done.fetch_add(1, Relaxed);
        Ok((hits, complete))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_matches_are_found_and_the_rest_is_known_to_be_missing() {
        let folder = std::env::temp_dir().join(format!("log-search-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for number in 0..200 {
            std::fs::write(
                folder.join(format!("{number:03}.log")),
                "ok\nerror 1\nerror 2\n",
            )
            .unwrap();
        }
        let search = |limit| {
            let regex = Regex::new("error").unwrap();
            let query = Query {
                folder: &folder,
                ending: ".log",
                regex,
                limit,
            };
            query.run(&Control::default()).unwrap()
        };
        for (limit, hits, complete) in [
            (0, 0, false),
            (3, 3, false),
            (399, 399, false),
            (400, 400, true),
            (999, 400, true),
        ] {
            let findings = search(limit);
            assert_eq!(
                (findings.hits.len(), findings.complete),
                (hits, complete),
                "{limit}"
            );
            assert!(
                findings
                    .hits
                    .is_sorted_by_key(|hit| (hit.path.clone(), hit.line))
            );
        }
        let control = Control::default();
        control.stop.store(true, Relaxed);
        let regex = Regex::new("error").unwrap();
        let query = Query {
            folder: &folder,
            ending: "",
            regex,
            limit: 9,
        };
        assert!(query.run(&control).unwrap().hits.is_empty());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
