//! Transactions as Python objects.

use std::sync::Mutex;

use pyo3::PyTraverseError;
use pyo3::exceptions::PyKeyError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::{Error, Result};
use crate::lock;
use crate::record::Batch;
use crate::store::Store;

enum State {
    New,
    Open(Batch),
    Done,
}

/// Changes that are made together or not at all; made by `Store.transaction`.
///
/// Within its block it reads what it wrote itself, and otherwise what the store holds.
#[pyclass(frozen)]
#[pyo3(module = "log_store")]
pub struct Transaction {
    store: Py<Store>,
    state: Mutex<State>,
}

impl Transaction {
    pub fn new(store: Py<Store>) -> Self {
        Self {
            store,
            state: Mutex::new(State::New),
        }
    }

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let change = self.change(|batch| batch.get(key).cloned())?;
        match change {
            Some(value) => Ok(value),
            None => self.store.get().read(|map| map.get(key).cloned()),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Batch) -> T) -> Result<T> {
        match &mut *lock(&self.state) {
            State::Open(batch) => Ok(change(batch)),
            State::New | State::Done => Err(Error::NotOpen),
        }
    }

    /// Ends it, and returns what is to be written.
    fn finish(&self) -> Option<Batch> {
        match std::mem::replace(&mut *lock(&self.state), State::Done) {
            State::Open(batch) => Some(batch),
            State::New | State::Done => None,
        }
    }
}

// A generator that is never continued, say: what it has open would make all others wait for ever.
impl Drop for Transaction {
    fn drop(&mut self) {
        if self.finish().is_some() {
            self.store.get().release();
        }
    }
}

#[pymethods]
impl Transaction {
    /// Return the value of a key, or the default.
    #[pyo3(signature = (key, default = None, /))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        key: &[u8],
        default: Option<Bound<'py, PyAny>>,
    ) -> Result<Option<Bound<'py, PyAny>>> {
        Ok(match self.value(key)? {
            Some(value) => Some(PyBytes::new(py, &value).into_any()),
            None => default,
        })
    }

    fn __getitem__<'py>(&self, key: &Bound<'py, PyBytes>) -> PyResult<Bound<'py, PyBytes>> {
        let value = self.value(key.as_bytes())?;
        let value = value.ok_or_else(|| PyKeyError::new_err(key.clone().unbind()))?;
        Ok(PyBytes::new(key.py(), &value))
    }

    fn __contains__(&self, key: &[u8]) -> Result<bool> {
        Ok(self.value(key)?.is_some())
    }

    fn __setitem__(&self, key: Vec<u8>, value: &[u8]) -> Result<()> {
        self.change(|batch| batch.insert(key, Some(value.to_vec())))?;
        Ok(())
    }

    fn __delitem__(&self, key: &Bound<'_, PyBytes>) -> PyResult<()> {
        if self.value(key.as_bytes())?.is_none() {
            return Err(PyKeyError::new_err(key.clone().unbind()));
        }
        self.change(|batch| batch.insert(key.as_bytes().to_vec(), None))?;
        Ok(())
    }

    // region: enter
    fn __enter__(slf: Bound<'_, Self>) -> PyResult<Bound<'_, Self>> {
        let transaction = slf.get();
        if !matches!(*lock(&transaction.state), State::New) {
            return Err(Error::Used.into());
        }
        transaction.store.get().acquire(slf.py())?;
        let mut state = lock(&transaction.state);
        if !matches!(*state, State::New) {
            // Another thread entered the same object meanwhile, and is through with it.
            drop(state);
            transaction.store.get().release();
            return Err(Error::Used.into());
        }
        *state = State::Open(Batch::new());
        drop(state);
        Ok(slf)
    }

    #[pyo3(signature = (exc_type, exc, traceback, /))]
    #[expect(unused_variables, reason = "the protocol passes all three")]
    fn __exit__(
        &self,
        py: Python<'_>,
        exc_type: Option<&Bound<'_, PyAny>>,
        exc: Option<&Bound<'_, PyAny>>,
        traceback: Option<&Bound<'_, PyAny>>,
    ) -> Result<()> {
        let batch = self.finish().ok_or(Error::NotOpen)?;
        let store = self.store.get();
        // `BaseException` too: who presses Ctrl-C wants no half of it.
        let committed = match exc_type {
            Some(_) => Ok(()),
            None => py.detach(|| store.commit(batch)),
        };
        store.release();
        committed
    }
    // endregion: enter

    fn __traverse__(&self, visit: PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        visit.call(&self.store)
    }
}
