//! Results on their way to an event loop, many in one call.

use std::mem;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyCFunction;
use pyo3::{IntoPyObjectExt, intern};

use crate::errors::Result;
use crate::runtime::attached;

/// A result, and the asyncio future that waits for it.
struct Letter {
    future: Py<PyAny>,
    result: Result<Vec<IpAddr>>,
}

/// Results for futures of one event loop.
pub struct Mailbox {
    event_loop: Py<PyAny>,
    letters: Mutex<Vec<Letter>>,
}

impl Mailbox {
    pub fn new(event_loop: Py<PyAny>) -> Arc<Self> {
        Arc::new(Self {
            event_loop,
            letters: Mutex::default(),
        })
    }

    pub fn is_for(&self, event_loop: &Bound<'_, PyAny>) -> bool {
        self.event_loop.is(event_loop)
    }

    fn letters(&self) -> MutexGuard<'_, Vec<Letter>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // region: post
    /// Posts a result. Only the first since the last delivery takes a thread, the GIL and a call of the event loop.
    pub fn post(self: Arc<Self>, future: Py<PyAny>, result: Result<Vec<IpAddr>>) {
        let mut letters = self.letters();
        letters.push(Letter { future, result });
        let is_first = letters.len() == 1;
        drop(letters);
        if is_first {
            attached(move |py| {
                // An error means that the event loop is closed, and nobody waits.
                if self.ring(py).is_err() {
                    drop(mem::take(&mut *self.letters()));
                }
            });
        }
    }

    /// Has the event loop's thread deliver all that is there when it gets to it.
    fn ring(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        let mailbox = Arc::clone(self);
        let deliver = move |arguments: &Bound<'_, _>, _: Option<&Bound<'_, _>>| {
            mailbox.deliver(arguments.py())
        };
        let deliver = PyCFunction::new_closure(py, None, None, deliver)?;
        self.event_loop
            .call_method1(py, intern!(py, "call_soon_threadsafe"), (deliver,))?;
        Ok(())
    }

    fn deliver(&self, py: Python<'_>) -> PyResult<()> {
        // Taken first: a callback of a future may begin other lookups.
        let letters = mem::take(&mut *self.letters());
        for Letter { future, result } in letters {
            let future = future.bind(py);
            if future.call_method0(intern!(py, "done"))?.is_truthy()? {
                continue;
            }
            match result {
                Ok(addresses) => {
                    future.call_method1(intern!(py, "set_result"), (addresses.into_py_any(py)?,))?
                }
                Err(error) => {
                    future.call_method1(intern!(py, "set_exception"), (PyErr::from(error),))?
                }
            };
        }
        Ok(())
    }
    // endregion: post
}
