//! What Python calls.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::errors::Error;
use crate::handlers::Handler;
use crate::runtime::{awaitable, job};
use crate::server::{Limits, Phase, Server};
use crate::signature::Secret;

/// As many permits as a semaphore can give out at once, and no more than anybody has sockets or threads for.
const MOST: u32 = 65_535;

fn seconds(name: &'static str, value: f64) -> Result<Duration, Error> {
    let span = Duration::try_from_secs_f64(value).ok();
    // A year is no limit, and fits into every clock.
    span.filter(|span| *span <= Duration::from_secs(365 * 86_400))
        .ok_or(Error::Option(name, "a number of seconds up to a year"))
}

fn count(name: &'static str, value: u32) -> Result<u32, Error> {
    let count = Some(value).filter(|value| (1..=MOST).contains(value));
    count.ok_or(Error::Option(name, "1 to 65535"))
}

enum State {
    Made(Vec<Secret>, Limits, HashMap<String, Arc<Handler>>),
    Started(Arc<Server>),
    Gone,
}

/// A server; `Server` of the package makes decorators of it.
#[pyclass(frozen, module = "hook_server._core")]
pub struct Core(Mutex<State>);

impl Core {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Core {
    #[new]
    fn new(
        secrets: Vec<String>,
        max_body: usize,
        patience: f64,
        tolerance: u64,
        connections: u32,
    ) -> PyResult<Self> {
        let secrets = secrets.iter().map(|secret| Secret::parse(secret));
        let secrets = secrets.collect::<Result<Vec<_>, _>>()?;
        if secrets.is_empty() {
            return Err(Error::NoSecret.into());
        }
        let limits = Limits {
            max_body,
            patience: seconds("patience", patience)?,
            tolerance,
            connections: count("connections", connections)?,
        };
        Ok(Self(Mutex::new(State::Made(
            secrets,
            limits,
            HashMap::new(),
        ))))
    }

    /// Have a function called for the webhooks of a path.
    fn handle(
        &self,
        path: String,
        function: Py<PyAny>,
        is_async: bool,
        limit: f64,
        at_once: u32,
    ) -> PyResult<()> {
        let handler = Handler {
            function,
            is_async,
            limit: seconds("limit", limit)?,
            at_once: count("at_once", at_once)?,
            slots: Arc::new(Semaphore::new(at_once as usize)),
        };
        match &mut *self.state() {
            State::Made(.., handlers) if path.starts_with('/') && !handlers.contains_key(&path) => {
                handlers.insert(path, Arc::new(handler));
                Ok(())
            }
            State::Made(..) => Err(Error::Path(path).into()),
            _ => Err(Error::Started.into()),
        }
    }

    /// Listen at an address. The awaitable has the port.
    fn start<'py>(&self, py: Python<'py>, host: String, port: u16) -> PyResult<Bound<'py, PyAny>> {
        let event_loop = py.import("asyncio")?.call_method0("get_running_loop")?;
        let state = mem::replace(&mut *self.state(), State::Gone);
        let (secrets, limits, handlers) = match state {
            State::Made(secrets, limits, handlers) => (secrets, limits, handlers),
            state => {
                *self.state() = state;
                return Err(Error::Started.into());
            }
        };
        let server = Arc::new(Server {
            secrets,
            places: Arc::new(Semaphore::new(limits.connections as usize)),
            limits,
            handlers,
            event_loop: Arc::new(event_loop.unbind()),
            phase: watch::Sender::new(Phase::Running),
        });
        *self.state() = State::Started(Arc::clone(&server));
        awaitable(py, async move {
            let listener = TcpListener::bind((host, port)).await.map_err(Error::from)?;
            let port = listener.local_addr().map_err(Error::from)?.port();
            tokio::spawn(job(server.listen(listener)));
            Ok(port)
        })
    }

    /// Stop to listen, and wait some seconds for what has begun. The awaitable says whether it has ended.
    fn stop<'py>(&self, py: Python<'py>, grace: f64) -> PyResult<Bound<'py, PyAny>> {
        let grace = seconds("grace", grace)?;
        let server = match &*self.state() {
            State::Started(server) => Some(Arc::clone(server)),
            _ => None,
        };
        awaitable(py, async move {
            match server {
                Some(server) => Ok(server.stop(grace).await),
                None => Ok(true),
            }
        })
    }

    // A handler may know its server: a circle. While the server runs, its tasks have the handlers, too.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Ok(state) = self.0.try_lock() else {
            return Ok(());
        };
        let handlers = match &*state {
            State::Made(.., handlers) => handlers,
            State::Started(server) if Arc::strong_count(server) == 1 => {
                visit.call(&*server.event_loop)?;
                &server.handlers
            }
            _ => return Ok(()),
        };
        let mut functions = handlers.values().map(|handler| &handler.function);
        functions.try_for_each(|function| visit.call(function))
    }

    fn __clear__(&self) {
        let state = mem::replace(&mut *self.state(), State::Gone);
        drop(state);
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if let State::Started(server) = &*self.state() {
            server.phase.send_replace(Phase::Ended);
        }
    }
}
