//! What WebAssembly lacks, and what Rust's standard library answers.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::process::Command;
use std::sync::mpsc;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyMemoryError, PyNotImplementedError};
use pyo3::prelude::*;
use rayon::prelude::*;

/// Start a thread, if there are threads.
#[pyfunction]
fn start_thread() -> PyResult<()> {
    let thread = thread::Builder::new().spawn(|| ())?;
    thread.join().expect("the thread doesn't panic");
    Ok(())
}

/// Start a thread, or panic.
#[pyfunction]
fn spawn_thread() {
    let _ = thread::spawn(|| ()).join();
}

#[pyfunction]
fn parallelism() -> PyResult<usize> {
    Ok(thread::available_parallelism()?.get())
}

/// Add up squares in rayon's pool.
#[pyfunction]
fn sum_of_squares(limit: u64) -> u64 {
    (0..limit)
        .into_par_iter()
        .map(|number| number * number)
        .sum()
}

/// Send some bytes to a port of this machine, and wait for an answer.
#[pyfunction]
fn ask(port: u16) -> PyResult<usize> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.write_all(b"hello")?;
    Ok(stream.read(&mut [0; 16])?)
}

#[pyfunction]
fn connect(port: u16) -> PyResult<()> {
    TcpStream::connect(("127.0.0.1", port))?;
    Ok(())
}

#[pyfunction]
fn listen() -> PyResult<()> {
    TcpListener::bind(("127.0.0.1", 0))?;
    Ok(())
}

/// Look up the address of a host.
#[pyfunction]
fn resolve(host: &str) -> PyResult<Option<String>> {
    let address = (host, 80).to_socket_addrs()?.next();
    Ok(address.map(|address| address.ip().to_string()))
}

#[pyfunction]
fn run_program() -> PyResult<()> {
    Command::new("true").status()?;
    Ok(())
}

/// Write a file and read it again.
#[pyfunction]
fn keep(path: &str, text: &str) -> PyResult<String> {
    fs::write(path, text)?;
    Ok(fs::read_to_string(path)?)
}

/// Sleep, and return the seconds that it took.
#[pyfunction]
fn sleep(milliseconds: u64) -> f64 {
    let start = Instant::now();
    thread::sleep(Duration::from_millis(milliseconds));
    start.elapsed().as_secs_f64()
}

/// Wait for a message that nobody sends, and return the seconds until the time is over.
#[pyfunction]
fn wait_for_message(milliseconds: u64) -> f64 {
    let start = Instant::now();
    let (_sender, messages) = mpsc::channel::<u8>();
    let _ = messages.recv_timeout(Duration::from_millis(milliseconds));
    start.elapsed().as_secs_f64()
}

/// Wait for a condition that nobody makes true, and return whether the time was over.
#[pyfunction]
fn wait_for_condition(milliseconds: u64) -> bool {
    let (ready, condition) = (Mutex::new(false), Condvar::new());
    let guard = ready.lock().unwrap_or_else(PoisonError::into_inner);
    let timeout = Duration::from_millis(milliseconds);
    let (_guard, result) = condition
        .wait_timeout(guard, timeout)
        .unwrap_or_else(PoisonError::into_inner);
    result.timed_out()
}

// region: size
/// Make a silent recording.
#[pyfunction]
fn silence(seconds: u64) -> PyResult<Vec<u8>> {
    // `as usize` would cut off what doesn't fit into 32 bits, and `*` what doesn't fit into 64.
    let size: usize = seconds.saturating_mul(96_000).try_into()?;
    let mut samples = Vec::new();
    // `vec![0; size]` would abort the interpreter if there is no memory.
    samples
        .try_reserve_exact(size)
        .map_err(|error| PyMemoryError::new_err(error.to_string()))?;
    samples.resize(size, 0);
    Ok(samples)
}
// endregion: size

/// Count, and let interrupts in.
#[pyfunction]
fn count(py: Python<'_>, limit: u64) -> PyResult<u64> {
    for _ in 0..limit {
        py.check_signals()?;
    }
    Ok(limit)
}

/// Go some calls deep.
#[pyfunction]
fn depth(limit: u32) -> u32 {
    let frame = std::hint::black_box([limit; 16]);
    if frame[0] == 0 {
        0
    } else {
        1 + depth(frame[3] - 1)
    }
}

// region: cfg
#[cfg(not(target_family = "wasm"))]
fn upload_from_thread(samples: Vec<u8>) -> PyResult<()> {
    thread::Builder::new().spawn(move || drop(samples))?;
    Ok(())
}

#[cfg(target_family = "wasm")]
fn upload_from_thread(_samples: Vec<u8>) -> PyResult<()> {
    let message = "uploading in the background needs threads, which WebAssembly lacks";
    Err(PyNotImplementedError::new_err(message))
}

/// Upload a recording in the background.
#[pyfunction]
fn upload(samples: Vec<u8>) -> PyResult<()> {
    upload_from_thread(samples)
}
// endregion: cfg

// region: native
/// Say what PyO3 alone makes awaitable: no runtime, no thread.
#[pyfunction]
async fn greeting(name: String) -> String {
    format!("Hello, {name}")
}
// endregion: native

/// What is missing.
#[pymodule]
pub mod missing_parts {
    #[pymodule_export]
    use super::{
        ask, connect, count, depth, greeting, keep, listen, parallelism, resolve, run_program,
        silence, sleep, spawn_thread, start_thread, sum_of_squares, upload, wait_for_condition,
        wait_for_message,
    };
}
