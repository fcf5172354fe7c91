//! The ring as Python sees it: shared by threads, with its memory lent.

use std::ffi::c_int;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyMemoryView, PySlice};

use crate::errors::{Error, Result};
use crate::export;
use crate::frames::Frames;
use crate::ring::{Ring, Segments};

/// Samples that are copied under one lock, which takes some tens of microseconds: others may wait for it attached.
const PIECE: usize = 16 * 1024;

/// How long a wait goes on until it looks for Ctrl-C.
const NAP: Duration = Duration::from_millis(50);

/// A ring of audio frames of `float32` samples, for threads that write and threads that read.
///
/// It lends its memory, of shape (frames, channels), to whatever takes a buffer.
///
/// Args:
///     frames: How many frames there is room for.
///     channels: How many samples a frame has.
///
/// Raises:
///     ValueError: If either is 0, or both together are more than 2**28 samples.
#[pyclass(frozen, module = "audio_ring")]
pub struct AudioRing {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    ring: Ring,
    /// How many views of the memory there are.
    views: usize,
}

#[pymethods]
#[allow(
    unsafe_code,
    reason = "Python's buffer protocol is a struct of pointers"
)]
impl AudioRing {
    #[new]
    #[pyo3(signature = (frames, channels = 2))]
    fn new(frames: usize, channels: usize) -> PyResult<Self> {
        let ring = Ring::new(frames, channels)?;
        Ok(Self {
            state: Mutex::new(State { ring, views: 0 }),
            changed: Condvar::new(),
        })
    }

    /// How many frames there is room for.
    #[getter]
    fn capacity(&self) -> usize {
        self.lock().ring.capacity()
    }

    /// How many samples a frame has.
    #[getter]
    fn channels(&self) -> usize {
        self.lock().ring.channels()
    }

    /// How many frames can be read.
    #[getter]
    fn unread(&self) -> usize {
        self.lock().ring.unread()
    }

    /// How many frames can be written.
    #[getter]
    fn free(&self) -> usize {
        self.lock().ring.free()
    }

    /// Whether no more frames will come.
    #[getter]
    fn closed(&self) -> bool {
        self.lock().ring.is_closed()
    }

    /// Write frames, as many as there is room for, or becomes in time.
    ///
    /// Args:
    ///     samples: An array of `float32` in any layout, of shape (frames, channels), or (frames,) for one channel.
    ///     timeout: For how many seconds to wait for room; None for as long as it takes.
    ///
    /// Returns:
    ///     How many frames were written. It is less than there are if the time is over, or the ring was closed meanwhile.
    ///
    /// Raises:
    ///     TypeError: If the object lends no memory, or memory of other elements.
    ///     ValueError: If the ring is closed, or the shape is another one.
    #[pyo3(signature = (samples, timeout = Some(0.0)))]
    fn write(
        &self,
        py: Python<'_>,
        samples: &Bound<'_, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<usize> {
        let frames = Frames::borrow(samples, self.channels())?;
        self.lock().ring.check_open()?;
        self.transfer(py, frames.count(), timeout, |ring, done| {
            if ring.is_closed() {
                return Step::End;
            }
            let [places, _] = ring.writable();
            let places = piece(ring, places, frames.count() - done);
            frames.load(done, ring.frames(places.clone()));
            Step::of(places.len(), ring.commit(places.len()))
        })
    }

    /// Read frames into an array, as many as there are, or come in time.
    ///
    /// Args:
    ///     target: An array of `float32` in any layout, of shape (frames, channels), or (frames,) for one channel.
    ///     timeout: For how many seconds to wait for frames; None for as long as it takes.
    ///
    /// Returns:
    ///     How many frames were read. It is less than the target has if the time is over, or the ring is closed.
    ///
    /// Raises:
    ///     TypeError: If the object lends no memory to write to, or memory of other elements.
    ///     ValueError: If the shape is another one.
    #[pyo3(signature = (target, timeout = Some(0.0)))]
    fn read_into(
        &self,
        py: Python<'_>,
        target: &Bound<'_, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<usize> {
        let frames = Frames::borrow_to_write(target, self.channels())?;
        self.transfer(py, frames.count(), timeout, |ring, done| {
            let [places, _] = ring.readable();
            let places = piece(ring, places, frames.count() - done);
            if places.is_empty() && ring.is_closed() {
                return Step::End;
            }
            frames.store(done, ring.frames(places.clone()));
            Step::of(places.len(), ring.consume(places.len()))
        })
    }

    // region: segments
    /// Return what can be read, where it lies: views of the oldest frames, and of those after the end of the memory.
    ///
    /// `consume` then makes room. Until all views are gone, the ring can't be resized.
    fn readable<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let (first, second) = Self::segments(slf, Ring::readable)?;
        Ok((
            first.call_method0("toreadonly")?,
            second.call_method0("toreadonly")?,
        ))
    }

    /// Return where frames can be written: a view of the memory up to its end, and one from its beginning.
    ///
    /// `commit` then hands them to readers. Until all views are gone, the ring can't be resized.
    fn writable<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        Self::segments(slf, Ring::writable)
    }
    // endregion: segments

    /// Count frames as read, which were read in place.
    ///
    /// Raises:
    ///     ValueError: If there are not as many.
    fn consume(&self, frames: usize) -> PyResult<()> {
        self.change(|state| state.ring.consume(frames))
    }

    /// Count frames as written, which were written in place.
    ///
    /// Raises:
    ///     ValueError: If there is no room for as many, or the ring is closed.
    fn commit(&self, frames: usize) -> PyResult<()> {
        self.change(|state| state.ring.commit(frames))
    }

    // region: resize
    /// Change how many frames there is room for; those that are not read yet stay.
    ///
    /// Raises:
    ///     BufferError: If the memory is lent.
    ///     ValueError: If it would not hold what is not read yet, or is 0 or more than 2**28 samples.
    fn resize(&self, py: Python<'_>, frames: usize) -> PyResult<()> {
        py.detach(|| {
            self.change(|state| match state.views {
                0 => state.ring.resize(frames),
                views => Err(Error::Lent(views)),
            })
        })
    }
    // endregion: resize

    /// Say that no more frames will come: what is there can be read, and nobody waits for more.
    fn close(&self) -> PyResult<()> {
        self.change(|state| {
            state.ring.close();
            Ok(())
        })
    }

    fn __repr__(&self) -> String {
        let state = self.lock();
        let (ring, closed) = (
            &state.ring,
            if state.ring.is_closed() {
                ", closed"
            } else {
                ""
            },
        );
        let (unread, capacity) = (ring.unread(), ring.capacity());
        format!(
            "<AudioRing {unread} of {capacity} frames, {} channel(s){closed}>",
            ring.channels()
        )
    }

    // region: export
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("there is no view to fill in"));
        }
        let mut state = slf.get().lock();
        // SAFETY: Python passes a view to fill in, with a reference to this object, whose memory stays where it is while
        // `views` is not 0.
        unsafe { export::begin(view, flags, &state.ring, slf.clone().into_any())? };
        state.views += 1;
        Ok(())
    }

    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: Python calls this once for each view that `__getbuffer__` filled in.
        unsafe { export::end(view) };
        self.lock().views -= 1;
    }
    // endregion: export
}

/// What a step of a transfer did.
enum Step {
    Moved(usize),
    Failed(Error),
    End,
}

impl Step {
    fn of(count: usize, result: Result<()>) -> Self {
        match result {
            Ok(()) => Self::Moved(count),
            Err(error) => Self::Failed(error),
        }
    }
}

/// Returns how much of some places to copy under one lock; what lies behind the end of the memory is for the next step.
fn piece(ring: &Ring, places: Range<usize>, frames: usize) -> Range<usize> {
    let most = (PIECE / ring.channels()).max(1);
    let end = places.end.min(places.start + frames.min(most));
    places.start..end
}

/// Returns when a wait ends; None is never.
fn deadline(timeout: Option<f64>) -> Result<Option<Instant>> {
    let Some(seconds) = timeout else {
        return Ok(None);
    };
    let duration =
        Duration::try_from_secs_f64(seconds).map_err(|_| Error::Timeout(format!("{seconds:?}")))?;
    Ok(Instant::now().checked_add(duration))
}

impl AudioRing {
    /// Takes the lock. Who has it runs no Python code, and does not attach: so who waits for it may be attached.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, work: impl FnOnce(&mut State) -> Result<()>) -> PyResult<()> {
        work(&mut self.lock())?;
        self.changed.notify_all();
        Ok(())
    }

    // region: transfer
    /// Takes steps until as many frames as there are have moved, or no more will in time.
    fn transfer(
        &self,
        py: Python<'_>,
        frames: usize,
        timeout: Option<f64>,
        mut step: impl FnMut(&mut Ring, usize) -> Step + Send,
    ) -> PyResult<usize> {
        let deadline = deadline(timeout)?;
        let mut done = 0;
        while done < frames {
            let goes_on = py.detach(|| {
                let mut state = self.lock();
                match step(&mut state.ring, done) {
                    Step::End => return Ok(false),
                    Step::Failed(error) => return Err(error),
                    Step::Moved(0) => {}
                    Step::Moved(count) => {
                        done += count;
                        self.changed.notify_all();
                        return Ok(true);
                    }
                }
                let left =
                    deadline.map_or(NAP, |end| end.saturating_duration_since(Instant::now()));
                // The lock is given back before this thread attaches again.
                drop(self.changed.wait_timeout(state, left.min(NAP)));
                Ok(!left.is_zero())
            })?;
            if !goes_on {
                break;
            }
            py.check_signals()?;
        }
        Ok(done)
    }
    // endregion: transfer

    fn segments<'py>(
        slf: &Bound<'py, Self>,
        find: impl Fn(&Ring) -> Segments,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        // The view first: nobody can resize from here on.
        let whole = PyMemoryView::from(slf)?;
        let [first, second] = find(&slf.get().lock().ring).map(|segment| {
            let (start, end) = (segment.start as isize, segment.end as isize);
            PySlice::new(slf.py(), start, end, 1)
        });
        Ok((whole.get_item(first)?, whole.get_item(second)?))
    }
}
