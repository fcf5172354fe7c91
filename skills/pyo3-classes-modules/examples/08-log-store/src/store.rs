//! The store as a Python object.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use pyo3::exceptions::{PyKeyError, PyResourceWarning};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::{Error, Result};
use crate::lock;
use crate::log::Log;
use crate::record::{Batch, Map, apply};
use crate::transaction::Transaction;

/// How long a thread waits before it looks whether somebody pressed Ctrl-C.
const WAIT: Duration = Duration::from_millis(50);

// region: store
/// Keys and values in a file; keys and values are bytes.
///
/// Reads see what was committed. Writes go through a `transaction`. Threads may share a store; other processes can't
/// open it meanwhile. Close it, best by `with`.
///
/// Args:
///     path: The file; it is made unless it exists.
///
/// Raises:
///     StoreLockedError: If another store has it open, here or in another process.
///     CorruptStoreError: If it is damaged, or something else.
///     OSError: If it can't be read or written.
#[pyclass(frozen, weakref)]
#[pyo3(module = "log_store")]
pub struct Store {
    /// The file.
    #[pyo3(get)]
    path: PathBuf,
    /// How many bytes of an unfinished write were cut off when it was opened; 0 unless somebody pulled the plug.
    #[pyo3(get)]
    recovered: u64,
    process: u32,
    // Three locks, so that who reads waits neither for the disk nor for a transaction. None: the store is closed.
    map: Mutex<Option<Map>>,
    log: Mutex<Option<Log>>,
    writer: Mutex<Option<ThreadId>>,
    free: Condvar,
}
// endregion: store

impl Store {
    /// Looks at what was committed.
    pub fn read<T>(&self, look: impl FnOnce(&Map) -> T) -> Result<T> {
        lock(&self.map).as_ref().map(look).ok_or(Error::Closed)
    }

    // region: acquire
    /// Waits until no other thread has a transaction open. Ctrl-C works meanwhile.
    pub fn acquire(&self, py: Python<'_>) -> PyResult<()> {
        self.refuse_child()?;
        let thread = thread::current().id();
        loop {
            self.read(|_| ())?;
            {
                let mut writer = lock(&self.writer);
                match *writer {
                    None => {
                        *writer = Some(thread);
                        return Ok(());
                    }
                    Some(holder) if holder == thread => return Err(Error::Nested.into()),
                    Some(_) => {}
                }
            }
            py.detach(|| {
                let writer = lock(&self.writer);
                let waited = self
                    .free
                    .wait_timeout_while(writer, WAIT, |writer| writer.is_some());
                drop(waited);
            });
            py.check_signals()?;
        }
    }
    // endregion: acquire

    pub fn release(&self) {
        *lock(&self.writer) = None;
        self.free.notify_all();
    }

    /// Writes a transaction to the disk, and then lets readers see it.
    pub fn commit(&self, batch: Batch) -> Result<()> {
        self.refuse_child()?;
        let mut log = lock(&self.log);
        log.as_mut().ok_or(Error::Closed)?.append(&batch)?;
        if let Some(map) = lock(&self.map).as_mut() {
            apply(map, batch);
        }
        Ok(())
    }

    /// A forked child has the lock of the file as well, and would write into the log of its parent.
    fn refuse_child(&self) -> Result<()> {
        if self.process == std::process::id() {
            Ok(())
        } else {
            Err(Error::Forked)
        }
    }

    fn shut(&self) -> bool {
        let log = lock(&self.log).take();
        lock(&self.map).take();
        log.is_some()
    }
}

// region: forgotten
impl Drop for Store {
    fn drop(&mut self) {
        if !self.shut() || self.process != std::process::id() {
            return;
        }
        // None while the interpreter ends: nobody is left to be warned.
        Python::try_attach(|py| {
            // An object may well be dropped because of an exception that is on its way.
            let pending = PyErr::take(py);
            let category = py.get_type::<PyResourceWarning>();
            if let Err(error) = PyErr::warn(py, &category, c"a store was never closed", 1) {
                error.write_unraisable(py, None);
            }
            if let Some(pending) = pending {
                pending.restore(py);
            }
        });
    }
}
// endregion: forgotten

#[pymethods]
impl Store {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> Result<Self> {
        let (log, map, recovered) = py.detach(|| Log::open(&path))?;
        Ok(Self {
            path,
            recovered,
            process: std::process::id(),
            map: Mutex::new(Some(map)),
            log: Mutex::new(Some(log)),
            writer: Mutex::new(None),
            free: Condvar::new(),
        })
    }

    /// Whether the store was closed.
    #[getter]
    fn closed(&self) -> bool {
        lock(&self.map).is_none()
    }

    /// Close the store, and let others open it; again does nothing.
    ///
    /// It waits for a write that is on its way. A transaction that is open can't be committed any more.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.shut());
    }

    /// Prepare a transaction.
    ///
    /// Returns:
    ///     A context manager. What is changed in its block is committed together when the block ends, or not at all if
    ///     an exception leaves it. One transaction is open at a time: other threads wait.
    ///
    /// Raises:
    ///     StoreClosedError: If the store is closed.
    fn transaction(slf: &Bound<'_, Self>) -> Result<Transaction> {
        slf.get().read(|_| ())?;
        Ok(Transaction::new(slf.clone().unbind()))
    }

    /// Return the value of a key, or the default.
    #[pyo3(signature = (key, default = None, /))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        key: &[u8],
        default: Option<Bound<'py, PyAny>>,
    ) -> Result<Option<Bound<'py, PyAny>>> {
        let value = self.read(|map| map.get(key).cloned())?;
        Ok(match value {
            Some(value) => Some(PyBytes::new(py, &value).into_any()),
            None => default,
        })
    }

    /// Return the keys that begin so, in the order of their bytes.
    #[pyo3(signature = (prefix = None, /))]
    fn keys<'py>(
        &self,
        py: Python<'py>,
        prefix: Option<&[u8]>,
    ) -> Result<Vec<Bound<'py, PyBytes>>> {
        let prefix = prefix.unwrap_or_default();
        let keys: Vec<Vec<u8>> = self.read(|map| {
            let keys = map.range(prefix.to_vec()..).map(|(key, _)| key);
            keys.take_while(|key| key.starts_with(prefix))
                .cloned()
                .collect()
        })?;
        Ok(keys.iter().map(|key| PyBytes::new(py, key)).collect())
    }

    fn __getitem__<'py>(&self, key: &Bound<'py, PyBytes>) -> PyResult<Bound<'py, PyBytes>> {
        let value = self.read(|map| map.get(key.as_bytes()).cloned())?;
        let value = value.ok_or_else(|| PyKeyError::new_err(key.clone().unbind()))?;
        Ok(PyBytes::new(key.py(), &value))
    }

    fn __contains__(&self, key: &[u8]) -> Result<bool> {
        self.read(|map| map.contains_key(key))
    }

    fn __len__(&self) -> Result<usize> {
        self.read(Map::len)
    }

    // Otherwise it would be `len`, and a closed store an exception where it is only asked whether there is one.
    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self) -> String {
        let state = if self.closed() { "closed" } else { "open" };
        format!("<Store {:?}, {state}>", self.path)
    }

    fn __enter__(slf: Bound<'_, Self>) -> Result<Bound<'_, Self>> {
        slf.get().read(|_| ())?;
        Ok(slf)
    }

    // Returns None, so exceptions pass and type checkers know that they do.
    #[pyo3(signature = (exc_type, exc, traceback, /))]
    #[expect(unused_variables, reason = "the protocol passes all three")]
    fn __exit__(
        &self,
        py: Python<'_>,
        exc_type: &Bound<'_, PyAny>,
        exc: &Bound<'_, PyAny>,
        traceback: &Bound<'_, PyAny>,
    ) {
        self.close(py);
    }
}
