//! What queues and maps cost, for `measure_lock_free.py`.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, RwLock};

use crossbeam_queue::{ArrayQueue, SegQueue};
use dashmap::DashMap;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::scaling::time_threads;

const KEYS: u64 = 10_000;

/// Return the nanoseconds that a thread needs for a step of some kind.
#[pyfunction]
#[pyo3(signature = (kind, threads, rounds))]
pub fn nanoseconds(py: Python<'_>, kind: &str, threads: usize, rounds: u64) -> PyResult<f64> {
    py.detach(|| queues(kind, threads, rounds).or_else(|| maps(kind, threads, rounds)))
        .ok_or_else(|| PyValueError::new_err(format!("nothing is called {kind}")))
}

/// A step pushes one and pops one.
fn queues(kind: &str, threads: usize, rounds: u64) -> Option<f64> {
    let mutex = Mutex::new(VecDeque::new());
    let bounded = ArrayQueue::new(1_024);
    let growing = SegQueue::new();
    let (sender, receiver) = crossbeam_channel::bounded(1_024);
    Some(match kind {
        "queue, Mutex<VecDeque>" => time_threads(threads, rounds, |_, round| {
            mutex.lock().unwrap().push_back(round);
            std::hint::black_box(mutex.lock().unwrap().pop_front());
        }),
        "queue, Mutex<VecDeque>, in batches of 64" => {
            time_threads(threads, rounds / 64, |_, round| {
                mutex.lock().unwrap().extend(round..round + 64);
                let mut queue = mutex.lock().unwrap();
                let count = queue.len().min(64);
                queue.drain(..count).for_each(|number| {
                    std::hint::black_box(number);
                });
            }) / 64.0
        }
        "queue, ArrayQueue" => time_threads(threads, rounds, |_, round| {
            let _ = bounded.push(round);
            std::hint::black_box(bounded.pop());
        }),
        "queue, SegQueue" => time_threads(threads, rounds, |_, round| {
            growing.push(round);
            std::hint::black_box(growing.pop());
        }),
        "queue, bounded channel" => time_threads(threads, rounds, |_, round| {
            let _ = sender.try_send(round);
            let _ = std::hint::black_box(receiver.try_recv());
        }),
        _ => return None,
    })
}

/// Spreads rounds over keys, another sequence for each thread.
fn key(thread: usize, round: u64) -> u64 {
    (round + thread as u64 * 7_919).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32 & 0xFFFF_FFFF
}

fn maps(kind: &str, threads: usize, rounds: u64) -> Option<f64> {
    let entries = || (0..KEYS).map(|key| (key, 0_u64));
    let mutex = Mutex::new(entries().collect::<HashMap<_, _>>());
    let shared = RwLock::new(entries().collect::<HashMap<_, _>>());
    let sharded = entries().collect::<DashMap<_, _>>();
    let at = |thread, round| key(thread, round) % KEYS;
    Some(match kind {
        "count, Mutex<HashMap>" => time_threads(threads, rounds, |thread, round| {
            *mutex.lock().unwrap().entry(at(thread, round)).or_insert(0) += 1;
        }),
        "count, DashMap" => time_threads(threads, rounds, |thread, round| {
            *sharded.entry(at(thread, round)).or_insert(0) += 1;
        }),
        "count, a HashMap a thread, then merged" => merged(threads, rounds, at),
        "read, Mutex<HashMap>" => time_threads(threads, rounds, |thread, round| {
            let map = mutex.lock().unwrap();
            std::hint::black_box(map.get(&at(thread, round)));
        }),
        "read, RwLock<HashMap>" => time_threads(threads, rounds, |thread, round| {
            let map = shared.read().unwrap();
            std::hint::black_box(map.get(&at(thread, round)));
        }),
        "read, DashMap" => time_threads(threads, rounds, |thread, round| {
            std::hint::black_box(sharded.get(&at(thread, round)).map(|count| *count));
        }),
        "one hot key, Mutex<HashMap>" => time_threads(threads, rounds, |_, _| {
            *mutex.lock().unwrap().entry(7).or_insert(0) += 1;
        }),
        "one hot key, DashMap" => time_threads(threads, rounds, |_, _| {
            *sharded.entry(7).or_insert(0) += 1;
        }),
        _ => return None,
    })
}

/// Counts in a map of each thread's own, and adds them up in one.
fn merged(threads: usize, rounds: u64, at: impl Fn(usize, u64) -> u64 + Sync) -> f64 {
    let total = Mutex::new(HashMap::new());
    time_threads(threads, 1, |thread, _| {
        let mut counts = HashMap::new();
        (0..rounds).for_each(|round| *counts.entry(at(thread, round)).or_insert(0_u64) += 1);
        let mut total = total.lock().unwrap();
        for (key, count) in counts {
            *total.entry(key).or_insert(0) += count;
        }
    }) / rounds as f64
}
