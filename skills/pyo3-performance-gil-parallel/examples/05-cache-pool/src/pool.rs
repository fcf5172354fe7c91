//! Connections that wait to be used, and users that wait for connections; nothing here knows Python.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::connection::{Connection, Error, Result};

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    /// Connections that exist or are being opened.
    open: usize,
    closed: bool,
    /// How many users wait.
    waiting: usize,
    /// Whose connections these are.
    process: u32,
}

/// At most `size` connections to one server.
pub struct Pool {
    address: String,
    size: usize,
    timeout: Duration,
    state: Mutex<State>,
    free: Condvar,
}

/// How a pool is: connections, those of them that are not in use, and users that wait for one.
#[derive(Debug, PartialEq)]
pub struct Status {
    pub open: usize,
    pub idle: usize,
    pub waiting: usize,
}

impl Pool {
    /// Makes a pool; connections are opened when they are needed.
    #[must_use]
    pub fn new(address: String, size: usize, timeout: Duration) -> Self {
        Self {
            address,
            size,
            timeout,
            state: Mutex::default(),
            free: Condvar::new(),
        }
    }

    // region: fork
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // In a child of `fork` the connections are still the parent's, whose answers they would steal.
        let process = std::process::id();
        if state.process != process {
            state.idle.clear();
            (state.process, state.open, state.waiting) = (process, 0, 0);
        }
        state
    }
    // endregion: fork

    // region: take
    /// Takes a connection, or waits until the deadline for one; `None` means that it is time to look up.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::Busy`] after the deadline, or why no connection could be opened.
    pub fn take(&self, deadline: Instant, patience: Duration) -> Result<Option<Lease<'_>>> {
        let mut state = self.state();
        loop {
            if state.closed {
                return Err(Error::Closed);
            }
            // The one that was used last: the others may grow old, and be closed by the server.
            if let Some(connection) = state.idle.pop() {
                let lease = Lease {
                    pool: self,
                    connection: Some(connection),
                    healthy: false,
                };
                drop(state);
                if lease
                    .connection
                    .as_ref()
                    .is_some_and(Connection::is_healthy)
                {
                    return Ok(Some(lease));
                }
                drop(lease);
                state = self.state();
            } else if state.open < self.size {
                state.open += 1;
                drop(state);
                // Opened without the lock; if it fails, the drop of the lease makes room for others.
                let mut lease = Lease {
                    pool: self,
                    connection: None,
                    healthy: false,
                };
                lease.connection = Some(Connection::open(&self.address, self.timeout)?);
                return Ok(Some(lease));
            } else {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(Error::Busy(self.timeout));
                }
                state.waiting += 1;
                let (guard, wait) = self
                    .free
                    .wait_timeout(state, left.min(patience))
                    .unwrap_or_else(PoisonError::into_inner);
                state = guard;
                state.waiting -= 1;
                if wait.timed_out() && left > patience {
                    return Ok(None);
                }
            }
        }
    }
    // endregion: take

    /// Closes the idle connections, and the others when they come back. Who waits gets an error.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.open -= state.idle.len();
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        drop(idle);
        self.free.notify_all();
    }

    /// Returns how long a user waits for a connection, and for an answer.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Returns how the pool is at this moment.
    #[must_use]
    pub fn status(&self) -> Status {
        let state = self.state();
        Status {
            open: state.open,
            idle: state.idle.len(),
            waiting: state.waiting,
        }
    }
}

// region: lease
/// A connection in use. It goes back to the pool only if its last request was answered to the end.
pub struct Lease<'pool> {
    pool: &'pool Pool,
    connection: Option<Connection>,
    healthy: bool,
}

impl Lease<'_> {
    /// Does one request.
    ///
    /// # Errors
    ///
    /// What the request returns.
    pub fn request<T>(mut self, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        let connection = self.connection.as_mut().ok_or(Error::Closed)?;
        let result = work(connection);
        self.healthy = result.is_ok();
        result
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        match self.connection.take() {
            Some(connection) if self.healthy && !state.closed => state.idle.push(connection),
            connection => {
                state.open = state.open.saturating_sub(1);
                drop(state);
                // To close a socket may take a while.
                drop(connection);
            }
        }
        self.pool.free.notify_one();
    }
}
// endregion: lease

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    #[test]
    fn a_pool_without_a_server_stays_empty() {
        let pool = Pool::new("127.0.0.1:1".into(), 1, SHORT);
        for _ in 0..3 {
            assert!(matches!(
                pool.take(Instant::now() + SHORT, SHORT),
                Err(Error::Io(_))
            ));
        }
        assert_eq!(
            pool.status(),
            Status {
                open: 0,
                idle: 0,
                waiting: 0
            }
        );
    }

    #[test]
    fn who_waits_is_woken_by_the_end_of_a_lease_and_of_the_pool() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let pool = Pool::new(listener.local_addr().unwrap().to_string(), 1, SHORT);
        let long = Duration::from_secs(60);
        let take = || pool.take(Instant::now() + long, long);
        let first = take().unwrap().unwrap();
        assert!(matches!(
            pool.take(Instant::now() + SHORT, long),
            Err(Error::Busy(_))
        ));
        assert!(pool.take(Instant::now() + long, SHORT).unwrap().is_none());
        std::thread::scope(|scope| {
            let second = scope.spawn(|| take().unwrap().unwrap().request(|_| Ok(7)).unwrap());
            while pool.status().waiting == 0 {}
            drop(first);
            assert_eq!(second.join().unwrap(), 7);
            assert_eq!(
                pool.status(),
                Status {
                    open: 1,
                    idle: 1,
                    waiting: 0
                }
            );
            let lease = take().unwrap().unwrap();
            let third = scope.spawn(|| take().map(drop));
            while pool.status().waiting == 0 {}
            pool.close();
            assert!(matches!(third.join().unwrap(), Err(Error::Closed)));
            drop(lease);
        });
        assert_eq!(
            pool.status(),
            Status {
                open: 0,
                idle: 0,
                waiting: 0
            }
        );
    }
}
