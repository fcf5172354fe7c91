//! Code shown in `references/garbage-collection.md`.

use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, ThreadId};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::{PyTraverseError, PyVisit};

// region: class
/// A topic that calls its subscribers.
#[pyclass(frozen, weakref, module = "classes_snippets.news")]
#[derive(Default)]
struct Topic {
    subscribers: Mutex<Vec<Py<PyAny>>>,
}

impl Topic {
    fn subscribers(&self) -> MutexGuard<'_, Vec<Py<PyAny>>> {
        self.subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
// endregion: class

// region: collector
#[pymethods]
impl Topic {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Never waits: whoever holds the lock may be waiting for the collector.
        let subscribers = match self.subscribers.try_lock() {
            Ok(subscribers) => subscribers,
            // After a panic it is free all the same; to skip it would be a leak for good.
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        subscribers.iter().try_for_each(|object| visit.call(object))
    }

    fn __clear__(&self) {
        // The lock is released first: dropping an object runs Python code.
        let subscribers = mem::take(&mut *self.subscribers());
        drop(subscribers);
    }
    // endregion: collector

    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Call `subscriber` with each item that is published.
    #[pyo3(signature = (subscriber, /))]
    fn subscribe(&self, subscriber: Py<PyAny>) {
        self.subscribers().push(subscriber);
    }

    /// Panic while the lock is held.
    fn spoil(&self) {
        let _subscribers = self.subscribers();
        panic!("spoilt");
    }

    /// Call all subscribers.
    #[pyo3(signature = (item, /))]
    fn publish(&self, py: Python<'_>, item: &str) -> PyResult<()> {
        let subscribers: Vec<_> = self
            .subscribers()
            .iter()
            .map(|subscriber| subscriber.clone_ref(py))
            .collect();
        for subscriber in subscribers {
            subscriber.call1(py, (item,))?;
        }
        Ok(())
    }
}

/// The same without `__traverse__`: what it holds is invisible to the collector.
#[pyclass(frozen)]
struct OpaqueTopic {
    subscriber: Py<PyAny>,
}

#[pymethods]
impl OpaqueTopic {
    #[new]
    fn new(subscriber: Py<PyAny>) -> Self {
        Self { subscriber }
    }

    fn publish(&self, py: Python<'_>, item: &str) -> PyResult<()> {
        self.subscriber.call1(py, (item,)).map(drop)
    }
}

type Rule = Box<dyn Fn(Python<'_>, &str) -> PyResult<bool> + Send + Sync>;

/// What a closure has captured can't be visited.
#[pyclass(frozen)]
struct ClosureRule {
    accepts: Rule,
}

#[pymethods]
impl ClosureRule {
    #[new]
    fn new(predicate: Py<PyAny>) -> Self {
        Self {
            accepts: Box::new(move |py, item| predicate.call1(py, (item,))?.is_truthy(py)),
        }
    }

    fn accepts(&self, py: Python<'_>, item: &str) -> PyResult<bool> {
        (self.accepts)(py, item)
    }
}

// region: closure
type Test = fn(&Bound<'_, PyAny>, &str) -> PyResult<bool>;

/// Decides by what Python gave it. The object is a field, and the Rust part takes it as an argument.
#[pyclass(frozen)]
struct FieldRule {
    predicate: Py<PyAny>,
    test: Test,
}

#[pymethods]
impl FieldRule {
    fn accepts(&self, py: Python<'_>, item: &str) -> PyResult<bool> {
        (self.test)(self.predicate.bind(py), item)
    }

    // endregion: closure

    // There is no `__clear__`: a frozen field can't be emptied, and the rest of the cycle can.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.predicate)
    }

    #[new]
    fn new(predicate: Py<PyAny>) -> Self {
        Self {
            predicate,
            test: |predicate, item| predicate.call1((item,))?.is_truthy(),
        }
    }
}

/// A base that holds an object.
#[pyclass(frozen, subclass)]
struct Feed {
    source: Py<PyAny>,
}

#[pymethods]
impl Feed {
    #[new]
    fn new(source: Py<PyAny>) -> Self {
        Self { source }
    }

    #[getter]
    fn source(&self, py: Python<'_>) -> Py<PyAny> {
        self.source.clone_ref(py)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.source)
    }
}

/// It has no `__traverse__` of its own: its base's is enough.
#[pyclass(frozen, extends = Feed)]
struct TimedFeed {
    #[pyo3(get)]
    seconds: u32,
}

#[pymethods]
impl TimedFeed {
    #[new]
    fn new(source: Py<PyAny>, seconds: u32) -> PyClassInitializer<Self> {
        PyClassInitializer::from(Feed { source }).add_subclass(Self { seconds })
    }
}

/// It has a field of its own, and visits no other.
#[pyclass(frozen, extends = Feed)]
struct FilteredFeed {
    filter: Py<PyAny>,
}

#[pymethods]
impl FilteredFeed {
    #[new]
    fn new(source: Py<PyAny>, filter: Py<PyAny>) -> PyClassInitializer<Self> {
        PyClassInitializer::from(Feed { source }).add_subclass(Self { filter })
    }

    #[getter]
    fn filter(&self, py: Python<'_>) -> Py<PyAny> {
        self.filter.clone_ref(py)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.filter)
    }
}

/// Users may set attributes of their own, and refer to it weakly.
#[pyclass(frozen, dict, weakref)]
struct Article {
    #[pyo3(get)]
    title: String,
}

#[pymethods]
impl Article {
    #[new]
    fn new(title: String) -> Self {
        Self { title }
    }
}

/// A connection; the log gets its name, and the thread in which it was closed, when it ends.
#[pyclass(frozen)]
struct Connection {
    name: String,
    log: Arc<Mutex<Vec<(String, ThreadId)>>>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let line = (mem::take(&mut self.name), thread::current().id());
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push(line);
    }
}

/// What was closed.
#[pyclass(frozen)]
#[derive(Default)]
struct Log(Arc<Mutex<Vec<(String, ThreadId)>>>);

#[pymethods]
impl Log {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn connect(&self, name: String) -> Connection {
        Connection {
            name,
            log: Arc::clone(&self.0),
        }
    }

    /// The names, and whether each was closed in the thread that asks.
    fn lines(&self) -> Vec<(String, bool)> {
        let here = thread::current().id();
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines
            .iter()
            .map(|(name, thread)| (name.clone(), *thread == here))
            .collect()
    }
}

/// A drop that panics.
#[pyclass(frozen)]
struct Grenade;

#[pymethods]
impl Grenade {
    #[new]
    fn new() -> Self {
        Self
    }
}

impl Drop for Grenade {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

/// `__del__` written in Rust.
#[pyclass(frozen, subclass)]
struct Finalized(Py<PyAny>);

#[pymethods]
impl Finalized {
    #[new]
    fn new(tell: Py<PyAny>) -> Self {
        Self(tell)
    }

    fn __del__(&self, py: Python<'_>) -> PyResult<()> {
        self.0.call0(py).map(drop)
    }
}

/// A `__traverse__` that attaches.
#[pyclass(frozen)]
struct Attaching;

#[pymethods]
impl Attaching {
    #[new]
    fn new() -> Self {
        Self
    }

    fn __traverse__(&self, _visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        Python::attach(|_| Ok(()))
    }
}

/// One of several owners of one reference, each of which visits it: wrong.
#[pyclass(frozen)]
struct Shared(Arc<Py<PyAny>>);

#[pymethods]
impl Shared {
    #[staticmethod]
    fn pair(object: Py<PyAny>) -> (Self, Self) {
        let object = Arc::new(object);
        (Self(Arc::clone(&object)), Self(object))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&*self.0)
    }
}

/// Shows what it holds every second time that it is asked, as if its lock were taken meanwhile: wrong.
#[pyclass(frozen)]
struct Flaky {
    #[pyo3(get)]
    object: Py<PyAny>,
    asked: AtomicUsize,
}

#[pymethods]
impl Flaky {
    #[new]
    fn new(object: Py<PyAny>) -> Self {
        let asked = AtomicUsize::new(0);
        Self { object, asked }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.asked.fetch_add(1, Ordering::Relaxed) % 2 {
            0 => visit.call(&self.object),
            _ => Ok(()),
        }
    }
}

/// Drop `object` in a thread that is not attached.
#[pyfunction]
#[pyo3(signature = (object, /))]
fn discard(object: Py<PyAny>) {
    thread::spawn(move || drop(object))
        .join()
        .expect("dropping doesn't panic");
}

/// Keep `object` in a static.
#[pyfunction]
fn keep_for_good(py: Python<'_>, object: Py<PyAny>) {
    static KEPT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    KEPT.get_or_init(py, || object);
}

#[pyo3::pymodule]
pub mod garbage_collection {
    #[pymodule_export]
    use super::{
        Article, Attaching, ClosureRule, Connection, Feed, FieldRule, FilteredFeed, Finalized,
        Flaky, Grenade, Log, OpaqueTopic, Shared, TimedFeed, Topic, discard, keep_for_good,
    };
}
