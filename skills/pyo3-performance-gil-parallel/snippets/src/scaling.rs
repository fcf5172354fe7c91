//! Code that `references/scaling.md` shows.

use std::panic::resume_unwind;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Do a step in each of several threads many times, and return the nanoseconds that a step took.
pub(crate) fn time_threads(threads: usize, rounds: u64, step: impl Fn(usize, u64) + Sync) -> f64 {
    let start = Barrier::new(threads);
    let work = |thread| {
        // Threads take long to start: none begins before all are there.
        start.wait();
        let begin = Instant::now();
        (0..rounds).for_each(|round| step(thread, round));
        begin.elapsed()
    };
    let work = &work;
    let slowest = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        workers
            .into_iter()
            .map(join)
            .max()
            .unwrap_or(Duration::ZERO)
    });
    slowest.as_nanos() as f64 / rounds as f64
}

/// Waits for a thread, and goes on with its panic if it had one: a part that is missing would be a wrong result.
fn join<T>(worker: ScopedJoinHandle<'_, T>) -> T {
    worker.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// Counts the places of a genome at which a primer binds, window by window.
fn places_by_window(genome: &[u8], primer: &[u8], mismatches: usize) -> usize {
    let windows = genome.windows(primer.len());
    windows
        .filter(|window| {
            let differing = window.iter().zip(primer).filter(|(a, b)| a != b).count();
            differing <= mismatches
        })
        .count()
}

/// Counts them in blocks: a letter of the primer after the other, for many places at once, in wide registers.
fn places(genome: &[u8], primer: &[u8], mismatches: usize) -> usize {
    const BLOCK: usize = 2_048;
    // Differing letters are counted in bytes.
    if primer.len() > 255 || genome.len() < primer.len() {
        return places_by_window(genome, primer, mismatches);
    }
    let places = genome.len() - primer.len() + 1;
    let mut count = 0;
    for start in (0..places).step_by(BLOCK) {
        let size = BLOCK.min(places - start);
        let mut differing = [0_u8; BLOCK];
        for (offset, letter) in primer.iter().enumerate() {
            let letters = &genome[start + offset..start + offset + size];
            for (sum, other) in differing.iter_mut().zip(letters) {
                *sum += u8::from(other != letter);
            }
        }
        let binding = differing[..size].iter();
        count += binding
            .filter(|sum| usize::from(**sum) <= mismatches)
            .count();
    }
    count
}

// region: chunks
/// Count the places at which a primer binds, in threads that each take the next chunk as long as there is one.
#[pyfunction]
#[pyo3(signature = (genome, primer, mismatches, threads, chunk, by_window = false))]
fn count_places(
    py: Python<'_>,
    genome: &[u8],
    primer: &[u8],
    mismatches: usize,
    threads: usize,
    chunk: usize,
    by_window: bool,
) -> PyResult<usize> {
    if primer.is_empty() || threads == 0 || chunk == 0 {
        return Err(PyValueError::new_err(
            "a primer, a thread and a chunk are needed",
        ));
    }
    let places = if by_window { places_by_window } else { places };
    let chunk = chunk.min(genome.len().max(1));
    let threads = threads.min(genome.len().div_ceil(chunk)).max(1); // no more threads than chunks
    let next = AtomicUsize::new(0);
    let work = || {
        let mut count = 0; // a thread's own: a shared counter would be another limit
        loop {
            let start = next.fetch_add(chunk, Ordering::Relaxed);
            let Some(rest) = genome.get(start..) else {
                return count;
            };
            let end = rest.len().min(chunk + primer.len() - 1);
            count += places(&rest[..end], primer, mismatches);
        }
    };
    Ok(py.detach(|| {
        thread::scope(|scope| {
            let workers: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let own = work(); // The caller works, too: with one thread none is started.
            own + workers.into_iter().map(join).sum::<usize>()
        })
    }))
}
// endregion: chunks

/// Add up an array in several threads: limited by memory, not by computing.
#[pyfunction]
#[pyo3(signature = (values, threads))]
fn total(py: Python<'_>, values: PyReadonlyArray1<'_, f64>, threads: usize) -> PyResult<f64> {
    let values = values.as_slice()?;
    let size = values.len().div_ceil(threads.max(1)).max(1);
    Ok(py.detach(|| {
        thread::scope(|scope| {
            let workers: Vec<_> = values
                .chunks(size)
                .map(|part| scope.spawn(|| sum(part)))
                .collect();
            workers.into_iter().map(join).sum()
        })
    }))
}

/// Adds up numbers in eight lanes, which wait for memory only.
fn sum(values: &[f64]) -> f64 {
    let parts = values.chunks_exact(8);
    let rest = parts.remainder();
    let mut lanes = [0.0; 8];
    for part in parts {
        for (lane, value) in lanes.iter_mut().zip(part) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

#[pyo3::pymodule]
pub mod scaling {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
    #[pymodule_export]
    use super::{count_places, total};
}
