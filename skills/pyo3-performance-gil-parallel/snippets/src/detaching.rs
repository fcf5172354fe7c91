//! Code that `references/detaching.md` shows.
//!
//! What is bound to the interpreter doesn't cross into the closure, nor does the token itself:
//!
//! ```compile_fail,E0277
//! use pyo3::prelude::*;
//!
//! fn nearest(py: Python<'_>, codes: Bound<'_, PyAny>) -> PyResult<usize> {
//!     py.detach(|| codes.len())
//! }
//! ```
//!
//! ```compile_fail,E0277
//! use pyo3::prelude::*;
//!
//! fn nearest(py: Python<'_>) -> PyResult<()> {
//!     py.detach(|| py.check_signals())
//! }
//! ```
//!
//! The rule is `Send`, so an `Rc` is refused as well, though no other thread gets it:
//!
//! ```compile_fail,E0277
//! use std::rc::Rc;
//! use pyo3::prelude::*;
//!
//! fn nearest(py: Python<'_>, codes: Rc<Vec<u64>>) -> usize {
//!     py.detach(|| codes.len())
//! }
//! ```
//!
//! Nor does a borrow of an object cross, only what it lends:
//!
//! ```compile_fail,E0277
//! use pyo3::prelude::*;
//!
//! #[pyclass]
//! struct Album {
//!     codes: Vec<u64>,
//! }
//!
//! fn count(py: Python<'_>, album: PyRef<'_, Album>) -> usize {
//!     py.detach(|| album.codes.len())
//! }
//! ```
//!
//! ```
//! use pyo3::prelude::*;
//!
//! #[pyclass]
//! struct Album {
//!     codes: Vec<u64>,
//! }
//!
//! fn count(py: Python<'_>, album: PyRef<'_, Album>) -> usize {
//!     let album: &Album = &album;
//!     py.detach(|| album.codes.len())
//! }
//! ```

use std::hint::black_box;
use std::time::{Duration, Instant};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

// region: core
/// Finds the fingerprint of a picture that differs from `code` in the fewest bits.
fn nearest(codes: &[u64], code: u64) -> Option<usize> {
    let distances = codes.iter().map(|other| (other ^ code).count_ones());
    let closest = distances.enumerate().min_by_key(|(_, distance)| *distance);
    closest.map(|(place, _)| place)
}
// endregion: core

// region: album
/// Pictures by their fingerprints. Nothing changes, so any number of threads may search at once.
#[pyclass(frozen)]
struct Album {
    codes: Vec<u64>,
}

/// So many fingerprints take about a tenth of a millisecond.
const WORTH_DETACHING: usize = 30_000;

#[pymethods]
impl Album {
    /// Return the place of the picture that looks most like the one with this fingerprint.
    #[pyo3(signature = (code))]
    fn nearest(&self, py: Python<'_>, code: u64) -> PyResult<usize> {
        let search = || nearest(&self.codes, code);
        let place = match self.codes.len() {
            WORTH_DETACHING.. => py.detach(search),
            _ => search(),
        };
        place.ok_or_else(|| PyValueError::new_err("the album has no pictures"))
    }
    // endregion: album

    #[new]
    fn new(codes: Vec<u64>) -> Self {
        Self { codes }
    }

    #[pyo3(signature = (code))]
    fn nearest_attached(&self, code: u64) -> Option<usize> {
        nearest(&self.codes, code)
    }

    #[pyo3(signature = (code))]
    fn nearest_detached(&self, py: Python<'_>, code: u64) -> Option<usize> {
        py.detach(|| nearest(&self.codes, code))
    }
}

// region: lends
/// Hash the title of a picture and its pixels.
#[pyfunction]
#[pyo3(signature = (title, pixels))]
fn hash(py: Python<'_>, title: &Bound<'_, PyString>, pixels: &Bound<'_, PyBytes>) -> PyResult<u64> {
    // Both can't change, and the arguments keep them alive: nothing is copied.
    let (title, pixels): (&str, &[u8]) = (title.to_str()?, pixels.as_bytes());
    Ok(py.detach(|| mix(title.as_bytes()) ^ mix(pixels)))
}
// endregion: lends

fn mix(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

// region: handles
/// Return which album has the picture that looks most like the one with this fingerprint.
#[pyfunction]
#[pyo3(signature = (albums, code))]
fn album_of(py: Python<'_>, albums: Vec<Py<Album>>, code: u64) -> Option<usize> {
    py.detach(|| {
        // `get` needs no token, because the class is frozen.
        let searched = albums.iter().map(|album| &album.get().codes);
        let distances = searched.enumerate().filter_map(|(number, codes)| {
            let place = nearest(codes, code)?;
            Some(((codes[place] ^ code).count_ones(), number))
        });
        distances.min().map(|(_, number)| number)
    })
}
// endregion: handles

/// Do nothing, in four ways: what is measured is the border.
#[pyfunction]
fn attached() {}

#[pyfunction]
fn detached(py: Python<'_>) {
    py.detach(|| ());
}

#[pyfunction]
fn attached_again() {
    Python::attach(|py| {
        black_box(py);
    });
}

#[pyfunction]
fn attached_while_detached(py: Python<'_>) {
    py.detach(|| {
        Python::attach(|py| {
            black_box(py);
        });
    });
}

// region: by-hand
/// Search in parts, and let other threads run after each.
#[pyfunction]
#[pyo3(signature = (album, code, part = 1_000_000))]
fn nearest_in_parts(
    py: Python<'_>,
    album: &Album,
    code: u64,
    part: usize,
) -> PyResult<Option<usize>> {
    let (part, mut best) = (part.max(1), None::<(u32, usize)>);
    for (number, codes) in album.codes.chunks(part).enumerate() {
        if let Some(place) = nearest(codes, code) {
            let distance = (codes[place] ^ code).count_ones();
            let candidate = (distance, number * part + place);
            best = Some(best.map_or(candidate, |best| best.min(candidate)));
        }
        // Detaches for a moment, which is enough for a thread that waits.
        py.detach(|| ());
        py.check_signals()?;
    }
    Ok(best.map(|(_, place)| place))
}
// endregion: by-hand

/// Panic while detached.
#[pyfunction]
fn panic_detached(py: Python<'_>) {
    py.detach(|| panic!("the album is torn"));
}

/// Give up an object while detached.
#[pyfunction]
fn drop_detached(py: Python<'_>, object: Py<PyAny>) {
    py.detach(|| drop(object));
}

/// Stay attached until the given time has passed: for the tests and the measuring.
#[pyfunction]
#[pyo3(signature = (milliseconds, detach))]
fn compute(py: Python<'_>, milliseconds: u64, detach: bool) {
    let work = || {
        let end = Instant::now() + Duration::from_millis(milliseconds);
        while Instant::now() < end {
            black_box(nearest(&[1, 2, 3], 7));
        }
    };
    match detach {
        true => py.detach(work),
        false => work(),
    }
}

#[pymodule]
pub mod detaching {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
    #[pymodule_export]
    use super::{
        Album, album_of, attached, attached_again, attached_while_detached, compute, detached,
        drop_detached, hash, nearest_in_parts, panic_detached,
    };
}
