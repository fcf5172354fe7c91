//! Calls of Python handlers, each with places of its own and a limit in time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCFunction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::runtime::attached;

/// What a webhook says.
#[pyclass(frozen, get_all, module = "hook_server")]
pub struct Event {
    /// The sender's name for it, the same each time that it is sent.
    id: String,
    /// When it was sent, in seconds since 1970.
    time: u64,
    /// What was sent.
    body: Py<PyBytes>,
}

#[pymethods]
impl Event {
    /// Read the body as JSON.
    ///
    /// Raises:
    ///     ValueError: If it is none.
    fn json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("json")?.call_method1("loads", (&self.body,))
    }
}

/// A place among the calls of a handler, which a coroutine gives back when it ends.
#[pyclass(frozen, module = "hook_server._core")]
pub struct Slot(Mutex<Option<OwnedSemaphorePermit>>);

#[pymethods]
impl Slot {
    /// Give the place back.
    fn release(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// A Python function for the webhooks of one path.
pub struct Handler {
    /// Takes an event, and a slot if it is a coroutine function; returns whether all is well.
    pub function: Py<PyAny>,
    /// Whether it is a coroutine function.
    pub is_async: bool,
    /// How long a call may take, from its request's body on.
    pub limit: Duration,
    /// Calls at a time.
    pub at_once: u32,
    /// Places for calls.
    pub slots: Arc<Semaphore>,
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned.
    Done,
    /// It raised, or Python ended.
    Failed,
    /// It was not done in time.
    Late,
    /// It was not begun in time, because others are not done.
    Busy,
}

impl From<Option<PyResult<bool>>> for Outcome {
    fn from(result: Option<PyResult<bool>>) -> Self {
        match result {
            Some(Ok(true)) => Self::Done,
            _ => Self::Failed,
        }
    }
}

/// What a request brings.
pub struct Message {
    pub id: String,
    pub time: u64,
    pub body: hyper::body::Bytes,
}

impl Message {
    fn event(&self, py: Python<'_>) -> Event {
        Event {
            id: self.id.clone(),
            time: self.time,
            body: PyBytes::new(py, &self.body).unbind(),
        }
    }
}

// region: call
/// Calls a handler, and returns when it is done or its time is over.
pub async fn call(handler: Arc<Handler>, event_loop: Arc<Py<PyAny>>, message: Message) -> Outcome {
    let deadline = Instant::now() + handler.limit;
    let slot = Arc::clone(&handler.slots).acquire_owned();
    let Ok(Ok(slot)) = timeout_at(deadline, slot).await else {
        return Outcome::Busy;
    };
    let outcome = async {
        if handler.is_async {
            call_async(&handler, event_loop, message, slot).await
        } else {
            call_sync(&handler, message, slot).await
        }
    };
    timeout_at(deadline, outcome).await.unwrap_or(Outcome::Late)
}

/// Nothing stops a function that hangs, so it keeps its thread and its place, and others get none of them.
async fn call_sync(
    handler: &Arc<Handler>,
    message: Message,
    slot: OwnedSemaphorePermit,
) -> Outcome {
    let handler = Arc::clone(handler);
    let result = attached(move |py| {
        let _slot = slot;
        let result = handler.function.bind(py).call1((message.event(py),))?;
        result.extract()
    });
    result.await.into()
}

/// A coroutine is cancelled when this future is dropped, and keeps its place until it has cleaned up.
async fn call_async(
    handler: &Arc<Handler>,
    event_loop: Arc<Py<PyAny>>,
    message: Message,
    slot: OwnedSemaphorePermit,
) -> Outcome {
    let (sender, answer) = oneshot::channel();
    let handler = Arc::clone(handler);
    let begin = attached(move |py| {
        let slot = Slot(Mutex::new(Some(slot)));
        let coroutine = handler.function.bind(py).call1((message.event(py), slot))?;
        let asyncio = py.import("asyncio")?;
        let arguments = (&coroutine, event_loop.bind(py));
        let future = asyncio.call_method1("run_coroutine_threadsafe", arguments);
        let future = future.inspect_err(|_| drop(coroutine.call_method0("close")))?;
        let sender = Mutex::new(Some(sender));
        let done = PyCFunction::new_closure(py, None, None, move |arguments, _| {
            let result = arguments
                .get_item(0)
                .and_then(|future| future.call_method0("result"));
            let result = result.and_then(|result| result.extract::<bool>());
            let sender = sender.lock().unwrap_or_else(PoisonError::into_inner).take();
            sender.map(|sender| sender.send(result).is_ok())
        })?;
        future.call_method1("add_done_callback", (done,))?;
        PyResult::Ok(Cancel(Some(future.unbind())))
    });
    let Some(Ok(mut cancel)) = begin.await else {
        return Outcome::Failed;
    };
    let result = answer.await.ok();
    cancel.0 = None;
    result.into()
}

/// Cancels a coroutine, unless it is done.
struct Cancel(Option<Py<PyAny>>);

impl Drop for Cancel {
    fn drop(&mut self) {
        if let Some(future) = self.0.take() {
            drop(attached(move |py| {
                future.call_method0(py, "cancel").is_ok()
            }));
        }
    }
}
// endregion: call
