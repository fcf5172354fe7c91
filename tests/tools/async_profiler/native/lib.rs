//! Futures of Rust of which it is known what they do to an event loop.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::coroutine::CancelHandle;
use pyo3::prelude::*;

#[derive(Default)]
struct Signal {
    is_set: bool,
    waker: Option<Waker>,
}

/// Runs `work` on a thread of its own, and waits for it.
async fn beside(work: impl FnOnce() + Send + 'static) {
    let signal = Arc::new(Mutex::new(Signal::default()));
    let sender = Arc::clone(&signal);
    thread::spawn(move || {
        work();
        let mut signal = sender.lock().unwrap();
        signal.is_set = true;
        let waker = signal.waker.take();
        // Waking takes the GIL, which the thread may have that waits for this lock.
        drop(signal);
        waker.map_or((), Waker::wake);
    });
    poll_fn(|context| {
        let mut signal = signal.lock().unwrap();
        if signal.is_set {
            return Poll::Ready(());
        }
        signal.waker = Some(context.waker().clone());
        Poll::Pending
    })
    .await;
}

/// Waits as it should.
#[pyfunction]
async fn waits(seconds: f64) {
    beside(move || thread::sleep(Duration::from_secs_f64(seconds))).await;
}

/// Sleeps on the loop's thread.
#[pyfunction]
async fn sleeps(seconds: f64) {
    beside(|| ()).await;
    thread::sleep(Duration::from_secs_f64(seconds));
}

/// Takes notice of a cancellation, and goes on.
#[pyfunction]
async fn ignores(seconds: f64, #[pyo3(cancel_handle)] _cancel: CancelHandle) {
    beside(move || thread::sleep(Duration::from_secs_f64(seconds))).await;
}

/// Computes on a thread that does not end when the future is dropped.
#[pyfunction]
async fn computes(seconds: f64) {
    beside(move || {
        let start = Instant::now();
        while start.elapsed().as_secs_f64() < seconds {
            std::hint::spin_loop();
        }
    })
    .await;
}

#[pymodule]
mod native {
    #[pymodule_export]
    use super::{computes, ignores, sleeps, waits};
}
