//! Every place where a crawl waits. Nothing else in this crate awaits anything but its own functions; a test looks.

use std::array;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::{Instant, timeout_at};

use crate::errors::Failure;

/// A place where a crawl waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// For the end of one of the visits.
    Visits,
    /// For a site's robots.txt, which one visit reads for all.
    Rules,
    /// For its turn at a host.
    HostTurn,
    /// For its turn among all connections.
    Turn,
    /// For the name to be resolved, and the connection.
    Connect,
    /// For keys and certificates.
    Secure,
    /// For the head of the answer.
    Answer,
    /// For the rest of the answer.
    Body,
    /// For another try.
    Backoff,
}

impl Step {
    /// All of them, in the order in which they are declared.
    pub const ALL: [Self; 9] = [
        Self::Visits,
        Self::Rules,
        Self::HostTurn,
        Self::Turn,
        Self::Connect,
        Self::Secure,
        Self::Answer,
        Self::Body,
        Self::Backoff,
    ];

    /// Its name in Python.
    pub fn name(self) -> &'static str {
        match self {
            Self::Visits => "visits",
            Self::Rules => "rules",
            Self::HostTurn => "host turn",
            Self::Turn => "turn",
            Self::Connect => "connect",
            Self::Secure => "secure",
            Self::Answer => "answer",
            Self::Body => "body",
            Self::Backoff => "backoff",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How many futures wait at each step.
#[derive(Debug)]
pub struct Steps([AtomicUsize; Step::ALL.len()]);

impl Default for Steps {
    fn default() -> Self {
        Self(array::from_fn(|_| AtomicUsize::new(0)))
    }
}

/// Counts for as long as it lives, so a future that is dropped while it waits is counted out.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Steps {
    /// How many futures wait at a step.
    pub fn waiting(&self, step: Step) -> usize {
        self.0[step as usize].load(Ordering::Relaxed)
    }

    // region: at
    /// Waits for a future, for as long as it takes.
    pub async fn at<F: Future>(&self, step: Step, future: F) -> F::Output {
        let counter = &self.0[step as usize];
        counter.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(counter);
        future.await
    }

    /// Waits for a future until the deadline.
    pub async fn within<F: Future>(
        &self,
        step: Step,
        deadline: Instant,
        future: F,
    ) -> Result<F::Output, Failure> {
        let output = self.at(step, timeout_at(deadline, future)).await;
        output.map_err(|_| Failure::Late(step))
    }
    // endregion: at
}
