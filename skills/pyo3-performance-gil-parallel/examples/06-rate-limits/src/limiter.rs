//! The limiter as a Python class.

use std::thread::available_parallelism;
use std::time::Instant;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyString;

use crate::bucket::Limit;
use crate::errors::Error;
use crate::shards::{Count, Shards, check_name};

/// Shards for each processor: with so many, two threads seldom meet in one.
const SHARDS: usize = 16;

/// Below this, to detach and to attach again would take longer than the work.
const SMALL: usize = 64;

/// What a limiter has counted.
#[pyclass(frozen, get_all, module = "rate_limits")]
pub struct Stats {
    /// Clients that it remembers.
    clients: usize,
    /// Requests that got their tokens.
    allowed: u64,
    /// Requests that did not.
    refused: u64,
}

#[pymethods]
impl Stats {
    fn __repr__(&self) -> String {
        let Self {
            clients,
            allowed,
            refused,
        } = self;
        format!("Stats(clients={clients}, allowed={allowed}, refused={refused})")
    }
}

/// Token buckets of many clients, which threads share.
///
/// A client that is new has a full bucket. Memory is bounded: once there are `max_clients`, those whose bucket is full
/// again are forgotten; if there are none, new clients share one bucket for each shard.
///
/// Args:
///     rate: Tokens that a client gets in a second, above 0 and up to a million.
///     burst: Tokens that a client's bucket holds.
///     max_clients: How many clients to remember, rounded up to a multiple of `shards`.
///     shards: How many parts with a lock each: by default 16 for each processor that this process may use, at most 1024.
///
/// Raises:
///     OverflowError: If a number is negative, or too large for a machine's integer.
///     ValueError: If a number is out of range.
#[pyclass(frozen, module = "rate_limits")]
pub struct Limiter {
    limit: Limit,
    shards: Shards,
    start: Instant,
}

#[pymethods]
impl Limiter {
    #[new]
    #[pyo3(signature = (rate, burst, *, max_clients = 1_000_000, shards = None))]
    fn new(
        rate: f64,
        burst: u32,
        max_clients: usize,
        shards: Option<usize>,
    ) -> Result<Self, Error> {
        let default = || (available_parallelism().map_or(1, usize::from) * SHARDS).min(1024);
        let limit = Limit::new(rate, burst)?;
        Ok(Self {
            limit,
            shards: Shards::new(limit, max_clients, shards.unwrap_or_else(default))?,
            start: Instant::now(),
        })
    }

    // region: take
    /// Take tokens of a client.
    ///
    /// Args:
    ///     client: The name of the client, up to 256 bytes in UTF-8.
    ///     cost: How many tokens.
    ///
    /// Returns:
    ///     0.0 if they were there. Otherwise none was taken, and this is in how many seconds they will be there, if
    ///     nobody takes any until then.
    ///
    /// Raises:
    ///     ValueError: If the bucket can't hold so many tokens, or the name is too long.
    #[pyo3(signature = (client, cost = 1))]
    fn take(&self, client: &str, cost: u32) -> Result<f64, Error> {
        self.limit.check(cost)?;
        // Attached: this takes less time than to detach.
        let taken = self.shards.take(client, cost, self.now())?;
        Ok(taken.map_or_else(|wait| wait as f64 / 1e9, |()| 0.0))
    }
    // endregion: take

    // region: many
    /// Take a token of each of many clients; other threads run meanwhile.
    ///
    /// Args:
    ///     clients: Their names, in any iterable. One that comes twice needs two tokens.
    ///
    /// Returns:
    ///     For each whether it got its token.
    ///
    /// Raises:
    ///     TypeError: If `clients` is a string, whose letters are hardly meant.
    ///     ValueError: If a name is too long. No token has been taken then.
    fn take_many(&self, py: Python<'_>, clients: &Bound<'_, PyAny>) -> PyResult<Vec<bool>> {
        let names = read_names(clients)?;
        let take = || {
            let now = self.now();
            let allowed = |name: &PyBackedStr| Ok(self.shards.take(name, 1, now)?.is_ok());
            names.iter().map(allowed).collect::<Result<_, Error>>()
        };
        Ok(if names.len() < SMALL {
            take()
        } else {
            py.detach(take)
        }?)
    }
    // endregion: many

    /// Return how many tokens a client has.
    fn available(&self, client: &str) -> u32 {
        self.shards.available(client, self.now())
    }

    /// Forget the clients whose bucket is full again, and return how many.
    fn forget_idle(&self, py: Python<'_>) -> usize {
        py.detach(|| self.shards.forget_idle(self.now()))
    }

    /// Return what has been counted.
    fn stats(&self) -> Stats {
        let Count {
            clients,
            allowed,
            refused,
        } = self.shards.count();
        Stats {
            clients,
            allowed,
            refused,
        }
    }
}

impl Limiter {
    /// Nanoseconds since this limiter was made: a clock that nobody sets, and that fits for 584 years.
    fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }
}

/// Reads all names before the first is used. `PyBackedStr` lends the text of Python's own strings, which never change, to
/// any thread.
fn read_names(clients: &Bound<'_, PyAny>) -> PyResult<Vec<PyBackedStr>> {
    if clients.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err(
            "`clients` is a string, expected several",
        ));
    }
    // Not `Vec<PyBackedStr>` as the argument's type: it believes what `__len__` says, and panics where that is too much.
    let mut names = Vec::new();
    for name in clients.try_iter()? {
        let name: PyBackedStr = name?.extract()?;
        check_name(&name)?;
        names.push(name);
    }
    Ok(names)
}
