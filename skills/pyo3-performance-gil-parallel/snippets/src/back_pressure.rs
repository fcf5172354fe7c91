//! Code that `references/back-pressure.md` shows.

use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyIterator;
use pyo3::{PyTraverseError, PyVisit};

/// Height in metres and temperature in degrees.
type Reading = (f64, f64);

/// Reads what a balloon has sent: `height temperature`, and a byte that makes the exclusive or of all zero.
fn decode(packet: &[u8]) -> Result<Reading, String> {
    if packet.iter().fold(0, |sum, byte| sum ^ byte) != 0 {
        return Err("the checksum is wrong".into());
    }
    let (_, text) = packet.split_last().ok_or("the packet is empty")?;
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    let (height, temperature) = text.split_once(' ').ok_or("a number is missing")?;
    let number = |text: &str| {
        text.parse()
            .map_err(|_| format!("`{text}` is not a number"))
    };
    Ok((number(height)?, number(temperature)?))
}

// region: readings
/// The readings of packets, decoded by all cores, in the order of the packets.
#[pyclass]
struct Readings {
    packets: Py<PyIterator>,
    /// The places where the results will be, for the packets that are being decoded.
    waiting: VecDeque<Receiver<PyResult<Reading>>>,
    window: usize,
}

#[pymethods]
impl Readings {
    // `&mut self`: a second thread gets an error, as it does from a generator, and so does `packets` itself.
    fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<Reading>> {
        while self.waiting.len() < self.window {
            let (sender, receiver) = bounded(1);
            match self.packets.bind(py).clone().next() {
                None => break,
                Some(packet) => start(packet, sender),
            }
            self.waiting.push_back(receiver);
        }
        let Some(first) = self.waiting.front() else {
            return Ok(None);
        };
        // If Ctrl-C ends the wait, the reading stays the first.
        let reading = wait(py, first)?;
        self.waiting.pop_front();
        reading.map(Some)
    }
    // endregion: readings

    #[new]
    #[pyo3(signature = (packets, window = 64))]
    fn new(packets: &Bound<'_, PyAny>, window: usize) -> PyResult<Self> {
        if window == 0 {
            return Err(PyValueError::new_err("the window is empty"));
        }
        Ok(Self {
            packets: packets.try_iter()?.unbind(),
            waiting: VecDeque::new(),
            window,
        })
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.packets)
    }
}

// region: start
/// Has a packet decoded by the pool; an error of the source takes its place in the order, too.
fn start(packet: PyResult<Bound<'_, PyAny>>, sender: Sender<PyResult<Reading>>) {
    let send = move |reading| {
        // Nobody waits any longer if the iterator is gone.
        let _ = sender.send(reading);
    };
    match packet.and_then(|packet| Ok(packet.extract::<PyBackedBytes>()?)) {
        Ok(packet) => rayon::spawn(move || send(caught(|| decode(&packet)))),
        Err(error) => send(Err(error)),
    }
}

/// Makes an error of a panic, which would end the process: nobody joins what `rayon::spawn` runs.
fn caught(decode: impl FnOnce() -> Result<Reading, String>) -> PyResult<Reading> {
    let reading = panic::catch_unwind(AssertUnwindSafe(decode))
        .map_err(|_| PyRuntimeError::new_err("the decoder panicked"))?;
    reading.map_err(PyValueError::new_err)
}
// endregion: start

/// Panic in a task of the pool.
#[pyfunction]
fn panic_in_decoder(py: Python<'_>) -> PyResult<Reading> {
    let (sender, receiver) = bounded(1);
    rayon::spawn(move || {
        let _ = sender.send(caught(|| panic!("the battery is flat")));
    });
    wait(py, &receiver)?
}

/// Waits, detached, and looks for Ctrl-C now and then.
fn wait<T: Send>(py: Python<'_>, receiver: &Receiver<T>) -> PyResult<T> {
    loop {
        match py.detach(|| receiver.recv_timeout(Duration::from_millis(100))) {
            Ok(value) => return Ok(value),
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("a worker panicked"));
            }
        }
    }
}

// region: stages
/// Return how many packets are right, and the mean temperature. All packets are decoded by `workers`.
#[pyfunction]
#[pyo3(signature = (packets, workers = 2, capacity = 16))]
fn summarise(
    py: Python<'_>,
    packets: Vec<PyBackedBytes>,
    workers: usize,
    capacity: usize,
) -> PyResult<(usize, f64)> {
    let (to_decode, parts) = bounded::<&[PyBackedBytes]>(capacity);
    let (decoded, readings) = bounded(capacity);
    let mut all = packets.chunks(100);
    py.detach(|| {
        thread::scope(|scope| {
            for _ in 0..workers.max(1) {
                // Each worker has its own ends of both channels, and lets go of them when it is done.
                let (parts, decoded) = (parts.clone(), decoded.clone());
                scope.spawn(move || {
                    for part in parts {
                        let readings: Result<Vec<_>, _> = part.iter().map(|p| decode(p)).collect();
                        if decoded.send(readings).is_err() {
                            break; // The last stage has given up.
                        }
                    }
                });
            }
            // The originals would keep the channels open for ever.
            drop((parts, decoded));
            scope.spawn(move || all.try_for_each(|part| to_decode.send(part)));
            mean(readings)
        })
    })
}
// endregion: stages

/// The last stage. An error drops `readings`, and by that ends the stages before.
fn mean(readings: Receiver<Result<Vec<Reading>, String>>) -> PyResult<(usize, f64)> {
    let (mut count, mut total) = (0, 0.0);
    for part in readings {
        for (_, temperature) in part.map_err(PyValueError::new_err)? {
            count += 1;
            total += temperature;
        }
    }
    Ok((count, total / count.max(1) as f64))
}

/// Send so many numbers to a slower receiver, and return how many waited at most.
#[pyfunction]
#[pyo3(signature = (count, capacity))]
fn longest_queue(py: Python<'_>, count: usize, capacity: Option<usize>) -> usize {
    let (sender, receiver) = capacity.map_or_else(unbounded, bounded);
    let longest = AtomicUsize::new(0);
    py.detach(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                let sender = sender;
                for number in 0..count {
                    sender.send(number).unwrap_or_default();
                    longest.fetch_max(sender.len(), Relaxed);
                }
            });
            for _ in &receiver {
                thread::sleep(Duration::from_micros(50));
            }
        });
    });
    longest.into_inner()
}

/// Fill a channel while attached, which a callback empties: a deadlock, for the tests.
#[pyfunction]
#[pyo3(signature = (callback))]
fn send_attached(callback: Py<PyAny>) {
    let (sender, receiver) = bounded(1);
    thread::spawn(move || {
        for number in receiver {
            Python::attach(|py| callback.call1(py, (number,)).map(drop)).unwrap_or_default();
        }
    });
    (0..10).for_each(|number: i32| sender.send(number).unwrap_or_default());
}

#[pymodule]
pub mod back_pressure {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
    #[pymodule_export]
    use super::{Readings, longest_queue, panic_in_decoder, send_attached, summarise};
}
