//! Code shown in `references/several-extensions.md`. The tests load this library twice, as two packages would be.

#![expect(unsafe_code, reason = "a capsule is a pointer")]

use std::ffi::CStr;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyCapsule, PyType};

/// A walk, and the height in metres at each of its points.
#[pyclass(frozen, module = "classes_snippets.walks")]
struct Walk {
    #[pyo3(get)]
    name: String,
    heights: Arc<[f64]>,
}

#[pymethods]
impl Walk {
    #[new]
    fn new(name: String, heights: Vec<f64>) -> Self {
        Self {
            name,
            heights: heights.into(),
        }
    }

    #[getter]
    fn heights(&self) -> &[f64] {
        &self.heights
    }

    /// Share the heights with another extension, without a copy.
    fn __walk_heights__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        PyCapsule::new_with_value(py, Exported::new(&self.heights), NAME)
    }
}

/// Whether it is a `Walk` of this library.
#[pyfunction]
fn is_walk(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<Walk>()
}

#[pyfunction]
fn highest_of(walk: &Walk) -> Option<f64> {
    walk.heights.iter().copied().reduce(f64::max)
}

// region: attributes
/// What is needed of another package's walk. Any class with these attributes will do.
#[derive(FromPyObject)]
struct Profile {
    name: String,
    heights: Vec<f64>,
}

/// Return the metres of ascent.
#[pyfunction]
fn ascent(walk: Profile) -> f64 {
    let steps = walk.heights.windows(2).map(|pair| pair[1] - pair[0]);
    steps.filter(|metres| *metres > 0.0).sum()
}

/// Return the walk in the other direction, as an object of the package that owns the class.
#[pyfunction]
fn reversed<'py>(py: Python<'py>, mut walk: Profile) -> PyResult<Bound<'py, PyAny>> {
    static WALK: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    walk.heights.reverse();
    let class = WALK.import(py, "classes_snippets.walks", "Walk")?;
    class.call1((walk.name, walk.heights))
}
// endregion: attributes

// region: contract
/// What both sides agree on; it is never changed, only followed by a version 2.
#[repr(C)]
struct Heights {
    version: u32,
    length: usize,
    data: *const f64,
}

const NAME: &CStr = c"walk_heights";
const VERSION: u32 = 1;
// endregion: contract

// region: owner
/// What the owner puts into the capsule. Others see its first field only.
#[repr(C)]
struct Exported {
    heights: Heights,
    // Keeps `data` alive. It is dropped by the library that made it, together with the capsule.
    _owner: Arc<[f64]>,
}

// SAFETY: `data` is read-only and belongs to `_owner`, which may be sent.
unsafe impl Send for Exported {}

impl Exported {
    fn new(heights: &Arc<[f64]>) -> Self {
        Self {
            heights: Heights {
                version: VERSION,
                length: heights.len(),
                data: heights.as_ptr(),
            },
            _owner: Arc::clone(heights),
        }
    }
}
// endregion: owner

// region: consumer
/// Return the greatest height, read where the other extension keeps it.
#[pyfunction]
fn highest(walk: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    let capsule = walk
        .call_method0("__walk_heights__")?
        .cast_into::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(NAME))?.cast::<Heights>();
    // SAFETY: a capsule of this name begins with the version; what it holds lives as long as `capsule`.
    let version = unsafe { *pointer.cast::<u32>().as_ref() };
    if version != VERSION {
        let message = format!("heights of version {version}; {VERSION} is supported");
        return Err(PyValueError::new_err(message));
    }
    // SAFETY: version 1 is `Heights`, whose `data` points to `length` numbers that nobody changes.
    let heights = unsafe {
        let Heights { data, length, .. } = *pointer.as_ref();
        slice::from_raw_parts(data, length)
    };
    Ok(heights.iter().copied().reduce(f64::max))
}
// endregion: consumer

/// A capsule of a version that does not exist yet.
#[pyclass(frozen)]
struct FutureWalk;

#[pymethods]
impl FutureWalk {
    #[new]
    fn new() -> Self {
        Self
    }

    #[staticmethod]
    fn __walk_heights__(py: Python<'_>) -> PyResult<Bound<'_, PyCapsule>> {
        let mut exported = Exported::new(&Arc::from([]));
        exported.heights.version = 2;
        PyCapsule::new_with_value(py, exported, NAME)
    }
}

/// Count the calls, in a static.
#[pyfunction]
fn next_number() -> u64 {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    CALLS.fetch_add(1, Ordering::Relaxed)
}

#[pyfunction]
fn panic() {
    panic!("a bug");
}

#[pyo3::pymodule]
pub mod several_extensions {
    #[pymodule_export]
    use super::{
        FutureWalk, Walk, ascent, highest, highest_of, is_walk, next_number, panic, reversed,
    };
}
