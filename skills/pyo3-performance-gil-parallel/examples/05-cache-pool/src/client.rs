//! The layer for Python.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyException, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::connection::{Connection, Error, LARGEST_VALUE, Result, check_key};
use crate::pool::{Pool, Status};

/// How long Ctrl-C may have to wait for a connection.
const PATIENCE: Duration = Duration::from_millis(50);

const MOST_CONNECTIONS: usize = 1024;
const LONGEST_TIMEOUT: f64 = 3600.0;

pyo3::create_exception!(
    cache_pool,
    CacheError,
    PyException,
    "An answer that is an error, or none; or a client that is closed."
);

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        match error {
            Error::Key | Error::Large(_) => PyValueError::new_err(error.to_string()),
            // What a read or write that takes too long is called differs between systems.
            Error::Io(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
            {
                PyTimeoutError::new_err("the server did not answer in time")
            }
            Error::Io(error) => error.into(),
            Error::Busy(_) => PyTimeoutError::new_err(error.to_string()),
            Error::Answer(_) | Error::Closed => CacheError::new_err(error.to_string()),
        }
    }
}

// region: class
/// A client of memcached; any number of threads may use it at once.
///
/// Args:
///     address: The server's name and port, such as `localhost:11211`.
///     size: How many connections there are at most, 1 to 1024.
///     timeout: How many seconds a connection is waited for, and an answer then, up to an hour.
///
/// Raises:
///     ValueError: If the size or the timeout is not possible.
#[pyclass(frozen, module = "cache_pool")]
pub struct Client(Pool);
// endregion: class

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (address, *, size = 8, timeout = 1.0))]
    fn new(address: String, size: usize, timeout: f64) -> PyResult<Self> {
        if !(1..=MOST_CONNECTIONS).contains(&size) {
            let message = format!("`size` is {size}: expected 1 to {MOST_CONNECTIONS}");
            return Err(PyValueError::new_err(message));
        }
        if !(0.001..=LONGEST_TIMEOUT).contains(&timeout) {
            let message =
                format!("`timeout` is {timeout}: expected 0.001 to {LONGEST_TIMEOUT} seconds");
            return Err(PyValueError::new_err(message));
        }
        Ok(Self(Pool::new(
            address,
            size,
            Duration::from_secs_f64(timeout),
        )))
    }

    /// Return the value of a key, or `None` if there is none.
    ///
    /// Raises:
    ///     CacheError: If the server answers with an error, or the client is closed.
    ///     OSError: If the server can't be reached, or TimeoutError, which is one, if time is up.
    ///     ValueError: If the key is not one word of 1 to 250 bytes.
    fn get<'py>(&self, py: Python<'py>, key: &str) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let key = check_key(key)?;
        let value = self.request(py, |connection| connection.get(key))?;
        Ok(value.map(|value| PyBytes::new(py, &value)))
    }

    /// Store a value.
    ///
    /// Args:
    ///     key: One word of 1 to 250 bytes.
    ///     value: Up to 8 MiB.
    ///     seconds: How long it is kept; 0 is as long as the server likes.
    ///
    /// Raises:
    ///     CacheError: If the server answers with an error, or the client is closed.
    ///     OSError: If the server can't be reached, or TimeoutError, which is one, if time is up.
    ///     ValueError: If the key or the value is not possible.
    #[pyo3(signature = (key, value, *, seconds = 0))]
    fn set(&self, py: Python<'_>, key: &str, value: &[u8], seconds: u32) -> PyResult<()> {
        let key = check_key(key)?;
        if value.len() > LARGEST_VALUE {
            return Err(Error::Large(value.len()).into());
        }
        self.request(py, |connection| connection.set(key, value, seconds))
    }

    /// Close the connections; those in use are closed after their requests. Who waits for one gets a `CacheError`.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.0.close());
    }

    /// Return how many connections are open, how many of them idle, and how many threads wait for one.
    fn status(&self) -> (usize, usize, usize) {
        let Status {
            open,
            idle,
            waiting,
        } = self.0.status();
        (open, idle, waiting)
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, pyo3::types::PyTuple>) {
        self.close(py);
    }
}

impl Client {
    // region: request
    /// Waits for a connection and does a request, detached; Ctrl-C is looked for while it waits for its turn.
    fn request<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send,
    ) -> PyResult<T> {
        let deadline = Instant::now() + self.0.timeout();
        let mut work = Some(work);
        loop {
            let result = py.detach(|| match self.0.take(deadline, PATIENCE)? {
                Some(lease) => {
                    lease.request(|connection| work.take().map(|work| work(connection)).transpose())
                }
                None => Ok(None),
            });
            if let Some(answer) = result? {
                return Ok(answer);
            }
            py.check_signals()?;
        }
    }
    // endregion: request
}
