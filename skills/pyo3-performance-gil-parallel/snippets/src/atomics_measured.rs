//! What counting costs, for `measure_atomics.py`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use arc_swap::{ArcSwap, Cache};
use crossbeam_utils::CachePadded;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::Sharded;
use crate::scaling::time_threads;

/// Return the nanoseconds that a thread needs for a step of some kind.
#[pyfunction]
#[pyo3(signature = (kind, threads, rounds))]
pub fn nanoseconds(py: Python<'_>, kind: &str, threads: usize, rounds: u64) -> PyResult<f64> {
    py.detach(|| count(kind, threads, rounds).or_else(|| read(kind, threads, rounds)))
        .ok_or_else(|| PyValueError::new_err(format!("nothing is called {kind}")))
}

#[allow(deprecated, reason = "`try_update`, its other name, needs Rust 1.95")]
fn count(kind: &str, threads: usize, rounds: u64) -> Option<f64> {
    let shared = AtomicU64::new(0);
    let mutex = Mutex::new(0_u64);
    let beside: Vec<AtomicU64> = (0..threads).map(|_| AtomicU64::new(0)).collect();
    let apart: Vec<CachePadded<AtomicU64>> = (0..threads).map(|_| CachePadded::default()).collect();
    let sharded = Sharded::new(threads);
    Some(match kind {
        "Mutex" => time_threads(threads, rounds, |_, _| *mutex.lock().unwrap() += 1),
        "one atomic" => time_threads(threads, rounds, |_, _| {
            shared.fetch_add(1, Ordering::Relaxed);
        }),
        "one atomic, SeqCst" => time_threads(threads, rounds, |_, _| {
            shared.fetch_add(1, Ordering::SeqCst);
        }),
        "one atomic, fetch_update" => time_threads(threads, rounds, |_, _| {
            let _ = shared.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                count.checked_add(1)
            });
        }),
        "an atomic a thread, side by side" => time_threads(threads, rounds, |thread, _| {
            beside[thread].fetch_add(1, Ordering::Relaxed);
        }),
        "an atomic a thread, padded" => time_threads(threads, rounds, |thread, _| {
            apart[thread].fetch_add(1, Ordering::Relaxed);
        }),
        "Sharded" => time_threads(threads, rounds, |_, _| sharded.add(1)),
        "store, Release" => time_threads(threads, rounds, |thread, round| {
            apart[thread].store(round, Ordering::Release);
        }),
        "store, SeqCst" => time_threads(threads, rounds, |thread, round| {
            apart[thread].store(round, Ordering::SeqCst);
        }),
        _ => return None,
    })
}

fn read(kind: &str, threads: usize, rounds: u64) -> Option<f64> {
    let mutex = Mutex::new(Arc::new(7_u64));
    let shared = RwLock::new(7_u64);
    let swap = ArcSwap::from_pointee(7_u64);
    Some(match kind {
        "read, Mutex<Arc>" => time_threads(threads, rounds, |_, _| {
            std::hint::black_box(Arc::clone(&mutex.lock().unwrap()));
        }),
        "read, RwLock" => time_threads(threads, rounds, |_, _| {
            std::hint::black_box(*shared.read().unwrap());
        }),
        "read, ArcSwap" => time_threads(threads, rounds, |_, _| {
            std::hint::black_box(**swap.load());
        }),
        "read, ArcSwap, Cache" => {
            let batch = 1_000;
            time_threads(threads, rounds / batch, |_, _| {
                let mut cache = Cache::new(&swap);
                (0..batch).for_each(|_| {
                    std::hint::black_box(**cache.load());
                });
            }) / batch as f64
        }
        _ => return None,
    })
}
