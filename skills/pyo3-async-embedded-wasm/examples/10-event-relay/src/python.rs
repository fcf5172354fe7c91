//! What Python calls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tokio::net::TcpListener;

use crate::errors::Error;
use crate::event::Event;
use crate::relay::{Limits, Relay};
use crate::runtime::{awaitable, job};

/// As many permits as a semaphore can give out at once.
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

/// The lines of some events, which become bytes when Python gets them.
struct Batch(Vec<Event>);

impl<'py> IntoPyObject<'py> for Batch {
    type Target = pyo3::types::PyList;
    type Output = Bound<'py, Self::Target>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        let lines = self.0.iter().map(|event| PyBytes::new(py, &event.line));
        pyo3::types::PyList::new(py, lines.collect::<Vec<_>>())
    }
}

/// A relay; `Relay` of the package adds the hook.
#[pyclass(frozen, module = "event_relay._core")]
pub struct Core {
    relay: Arc<Relay>,
    started: AtomicBool,
}

#[pymethods]
impl Core {
    #[new]
    fn new(max_line: usize, queue: u32, connections: u32, patience: f64) -> PyResult<Self> {
        let limits = Limits {
            line: max_line,
            queue: count("queue", queue)? as usize,
            connections: count("connections", connections)?,
            patience: seconds("patience", patience)?,
        };
        Ok(Self {
            relay: Arc::new(Relay::new(limits)),
            started: AtomicBool::new(false),
        })
    }

    /// Listen at an address; deliver events as they come, or leave them to `take`. The awaitable has the port.
    fn start<'py>(
        &self,
        py: Python<'py>,
        host: String,
        port: u16,
        forward: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        if self.started.swap(true, Ordering::Relaxed) {
            return Err(Error::Started.into());
        }
        let relay = Arc::clone(&self.relay);
        awaitable(py, async move {
            let listener = TcpListener::bind((host, port)).await.map_err(Error::from)?;
            let port = listener.local_addr().map_err(Error::from)?.port();
            if forward {
                tokio::spawn(job(Arc::clone(&relay).forward()));
            }
            tokio::spawn(job(relay.listen(listener)));
            Ok(port)
        })
    }

    /// Wait for events. The awaitable has some lines; none when the relay has stopped and there will be no more.
    fn take<'py>(&self, py: Python<'py>, most: usize) -> PyResult<Bound<'py, PyAny>> {
        let relay = Arc::clone(&self.relay);
        awaitable(
            py,
            async move { Ok(Batch(relay.events(most.max(1)).await)) },
        )
    }

    /// Check lines, and give them to subscribers. The awaitable ends when they have room for them.
    fn deliver<'py>(&self, py: Python<'py>, lines: Vec<Vec<u8>>) -> PyResult<Bound<'py, PyAny>> {
        let parse =
            |(number, line)| Event::parse(line).map_err(|wrong| Error::Event(number, wrong));
        let events = lines.into_iter().enumerate().map(parse);
        let events = events.collect::<Result<Vec<_>, _>>()?;
        let relay = Arc::clone(&self.relay);
        awaitable(py, async move {
            relay.deliver(&events).await;
            Ok(true)
        })
    }

    /// Take nothing more, and deliver what there is. The awaitable says whether that was done within the grace.
    fn stop<'py>(&self, py: Python<'py>, grace: f64) -> PyResult<Bound<'py, PyAny>> {
        let grace = seconds("grace", grace)?;
        let relay = Arc::clone(&self.relay);
        awaitable(py, async move { Ok(relay.stop(grace).await) })
    }

    /// Count what was done, and who is there.
    fn metrics(&self) -> BTreeMap<&'static str, u64> {
        let counters = &self.relay.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        BTreeMap::from([
            ("accepted_total", read(&counters.accepted)),
            ("rejected_total", read(&counters.rejected)),
            ("delivered_total", read(&counters.delivered)),
            ("cut_total", read(&counters.cut)),
            ("publishers", read(&counters.publishers)),
            ("subscribers", self.relay.subscribers.count() as u64),
        ])
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.relay.end();
    }
}
