//! What Python calls.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyIterator, PyString};
use rayon::prelude::*;

use crate::errors::Error;
use crate::groups;
use crate::shingles::{self, LONGEST};
use crate::signature::{HASHES, sign};
use crate::work::Workers;

/// Bytes and documents of a batch: enough for all threads for some milliseconds, and little for the memory.
const BATCH_BYTES: usize = 4 << 20;
const BATCH_DOCUMENTS: usize = 4096;

fn check_words(words: usize) -> Result<(), Error> {
    if (1..=LONGEST).contains(&words) {
        return Ok(());
    }
    Err(Error::Range("words", LONGEST))
}

/// Return the share of runs of words that two texts have in common.
///
/// Args:
///     first: A text.
///     second: Another.
///     words: The number of words of a run, up to 64.
///
/// Returns:
///     The Jaccard similarity: 1.0 for texts that differ in punctuation and case only.
///
/// Raises:
///     ValueError: If `words` is out of range.
#[pyfunction]
#[pyo3(signature = (first, second, *, words = 3))]
pub fn similarity(
    py: Python<'_>,
    first: PyBackedStr,
    second: PyBackedStr,
    words: usize,
) -> Result<f64, Error> {
    check_words(words)?;
    Ok(py.detach(|| shingles::similarity(&first, &second, words)))
}

// region: find
/// Group the documents of a corpus that are nearly the same.
///
/// Texts are read one after the other, and not kept: each needs 512 bytes of memory, however long it is. Other threads run
/// meanwhile.
///
/// Args:
///     texts: The documents, in any iterable.
///     threshold: The similarity from which on two are duplicates, from 0.1 to 1. It is estimated: some pairs near to it
///         end up on the other side.
///     words: The number of words of a run, up to 64.
///     workers: How many threads work, up to 256; by default one for each processor that this process may use.
///     progress: Called now and then with the number of documents read so far.
///
/// Returns:
///     Groups of two and more: the numbers of the documents, from 0, in order. They are the same for any `workers`.
///
/// Raises:
///     KeyboardInterrupt: On Ctrl-C, within about a tenth of a second.
///     MemoryError: If there is no memory for so many documents.
///     TypeError: If a document is no string; the message has its number.
///     ValueError: If a number is out of range, or a string can't be encoded.
///     Exception: Whatever `texts` or `progress` raises, unchanged.
#[pyfunction]
#[pyo3(signature = (texts, *, threshold = 0.8, words = 3, workers = None, progress = None))]
pub fn find_groups(
    py: Python<'_>,
    texts: &Bound<'_, PyAny>,
    threshold: f64,
    words: usize,
    workers: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
) -> Result<Vec<Vec<u32>>, Error> {
    if !(0.1..=1.0).contains(&threshold) {
        return Err(Error::Threshold(threshold));
    }
    check_words(words)?;
    if texts.is_instance_of::<PyString>() {
        return Err(Error::Text);
    }
    let texts = texts.try_iter()?;
    let workers = Workers::start(workers)?;
    let mut signatures = Vec::new();
    loop {
        let batch = read_batch(&texts, signatures.len() / HASHES)?;
        if batch.is_empty() {
            break;
        }
        sign_batch(py, &workers, &batch, words, &mut signatures)?;
        if let Some(progress) = progress {
            progress.call1((signatures.len() / HASHES,))?;
        }
    }
    workers.run(py, |cancelled| {
        groups::find_groups(&signatures, threshold, cancelled)
    })
}
// endregion: find

/// Reads some documents. Their text stays in Python's strings, which never change.
fn read_batch(texts: &Bound<'_, PyIterator>, before: usize) -> Result<Vec<PyBackedStr>, Error> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    for text in texts {
        let number = before + batch.len();
        if u32::try_from(number).is_err() {
            return Err(Error::Documents);
        }
        let text = read_text(&text?, number)?;
        bytes += text.len();
        batch.push(text);
        if bytes >= BATCH_BYTES || batch.len() >= BATCH_DOCUMENTS {
            break;
        }
    }
    Ok(batch)
}

fn read_text(text: &Bound<'_, PyAny>, number: usize) -> Result<PyBackedStr, Error> {
    let Ok(text) = text.cast::<PyString>() else {
        let kind = text.get_type().fully_qualified_name()?.to_string();
        return Err(Error::Document { number, kind });
    };
    text.clone().try_into().or_else(|error: PyErr| {
        // A lone surrogate: which of a million documents has it?
        error.add_note(text.py(), format!("document {number}"))?;
        Err(error.into())
    })
}

fn sign_batch(
    py: Python<'_>,
    workers: &Workers,
    batch: &[PyBackedStr],
    words: usize,
    signatures: &mut Vec<u32>,
) -> Result<(), Error> {
    let all = signatures.len() / HASHES + batch.len();
    signatures
        .try_reserve(batch.len() * HASHES)
        .map_err(|error| Error::Memory(all, error))?;
    let signed: Vec<_> = workers.run(py, |cancelled| {
        batch
            .par_iter()
            .map(|text| sign(text, words, cancelled))
            .collect::<Option<_>>()
    })?;
    signatures.extend(signed.into_iter().flatten());
    Ok(())
}
