//! Code that `references/blocking.md` shows.

use std::fs::File;
use std::io::Read;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyRuntimeError, PyTimeoutError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime, init};
use tokio::io::AsyncBufReadExt;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, block_in_place, spawn_blocking};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

// region: blocking
/// Runs work that blocks on a thread for such work. Dropping the future tells it to stop.
async fn elsewhere<T: Send + 'static>(
    work: impl FnOnce(&CancellationToken) -> PyResult<T> + Send + 'static,
) -> PyResult<T> {
    let stop = CancellationToken::new();
    // Cancels the token when it is dropped, which it is with this future.
    let _guard = stop.clone().drop_guard();
    // A panic is an error that says what it was.
    let panicked = |error: JoinError| PyRuntimeError::new_err(error.to_string());
    let work = spawn_blocking(move || work(&stop));
    work.await.map_err(panicked)?
}

/// Return the sum of all bytes of a file, to compare copies in an archive.
#[pyfunction]
#[pyo3(signature = (path))]
fn checksum(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyAny>> {
    let work = move |stop: &CancellationToken| {
        let (mut file, mut part, mut sum) = (File::open(&path)?, vec![0; 1 << 16], 0_u64);
        while !stop.is_cancelled() {
            match file.read(&mut part)? {
                0 => break,
                size => sum += part[..size].iter().copied().map(u64::from).sum::<u64>(),
            }
        }
        Ok(sum)
    };
    future_into_py(py, elsewhere(work))
}
// endregion: blocking

/// Return the addresses of a host.
#[pyfunction]
#[pyo3(signature = (host, limit))]
fn addresses(py: Python<'_>, host: String, limit: Duration) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        let lookup = tokio::net::lookup_host((host.as_str(), 0));
        let late = |_| PyTimeoutError::new_err(format!("no answer about `{host}`"));
        let addresses = timeout(limit, lookup).await.map_err(late)??;
        Ok(addresses.map(|address| address.ip()).collect::<Vec<_>>())
    })
}

// region: computing
/// More than one for each core would only take time from each other.
static CORES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(thread::available_parallelism().map_or(1, NonZero::get)));

/// Runs work that computes; it waits for a core, and may be cancelled meanwhile.
async fn computing<T: Send + 'static>(
    work: impl FnOnce(&CancellationToken) -> PyResult<T> + Send + 'static,
) -> PyResult<T> {
    let core = CORES
        .acquire()
        .await
        .expect("the semaphore is never closed");
    elsewhere(move |stop| {
        // Given back when the work ends, which may be later than its caller is gone.
        let _core = core;
        work(stop)
    })
    .await
}
// endregion: computing

/// Return a square of a map of the Mandelbrot set, one byte a point.
#[pyfunction]
#[pyo3(signature = (left, top, width, points))]
fn tile(
    py: Python<'_>,
    left: f64,
    top: f64,
    width: f64,
    points: usize,
) -> PyResult<Bound<'_, PyAny>> {
    let step = width / points.max(1) as f64;
    let work = move |stop: &CancellationToken| {
        let mut rows = Vec::with_capacity(points * points);
        for row in (0..points).take_while(|_| !stop.is_cancelled()) {
            let y = top - step * row as f64;
            rows.extend((0..points).map(|column| rounds(left + step * column as f64, y)));
        }
        Ok(rows)
    };
    future_into_py(py, computing(work))
}

fn rounds(x: f64, y: f64) -> u8 {
    let (mut a, mut b, mut round) = (0.0, 0.0, 0);
    while round < 255 && a * a + b * b <= 4.0 {
        (a, b, round) = (a * a - b * b + x, 2.0 * a * b + y, round + 1);
    }
    round
}

// region: lag
const TICK: Duration = Duration::from_millis(5);

/// Return the longest that a timer of tokio was late: no worker was free for so long.
#[pyfunction]
#[pyo3(signature = (time))]
fn worker_lag(py: Python<'_>, time: Duration) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move { Ok(lag(time).await) })
}

async fn lag(time: Duration) -> Duration {
    let (start, mut worst) = (Instant::now(), Duration::ZERO);
    while start.elapsed() < time {
        let before = Instant::now();
        sleep(TICK).await;
        worst = worst.max(before.elapsed().saturating_sub(TICK));
    }
    worst
}
// endregion: lag

/// Block a thread in as many tasks as there are workers.
#[pyfunction]
#[pyo3(signature = (way, time))]
fn occupy(way: String, time: Duration) {
    let runtime = get_runtime();
    for _ in 0..runtime.metrics().num_workers() {
        let way = way.clone();
        runtime.spawn(async move {
            match way.as_str() {
                "in place" => block_in_place(|| thread::sleep(time)),
                "elsewhere" => spawn_blocking(move || thread::sleep(time)).await.unwrap(),
                _ => thread::sleep(time),
            }
        });
    }
}

/// Return tokio's lag while this thread stays attached and as many tasks as there are workers attach.
#[pyfunction]
#[pyo3(signature = (time, on_workers))]
fn lag_while_attached(py: Python<'_>, time: Duration, on_workers: bool) -> Duration {
    let runtime = get_runtime();
    let _context = runtime.enter();
    let lag = runtime.spawn(lag(time * 2));
    for _ in 0..runtime.metrics().num_workers() {
        let attach = || Python::attach(|_| ());
        match on_workers {
            true => drop(runtime.spawn(async move { attach() })),
            false => drop(spawn_blocking(attach)),
        }
    }
    thread::sleep(time);
    py.detach(|| runtime.block_on(lag)).unwrap()
}

/// Give tokio so few threads that block: before anything else uses it.
#[pyfunction]
#[pyo3(signature = (threads))]
fn limit_threads(threads: usize) {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all().max_blocking_threads(threads);
    init(builder);
}

/// Return a result that is there already.
#[pyfunction]
fn ready(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async { Ok(()) })
}

/// Return how many lines a file has, by operations of tokio or by one piece of blocking work.
#[pyfunction]
#[pyo3(signature = (path, way))]
fn count_lines(py: Python<'_>, path: PathBuf, way: String) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        if way == "blocking" {
            return elsewhere(move |_| Ok(std::fs::read_to_string(path)?.lines().count())).await;
        }
        let file = tokio::fs::File::open(path).await?;
        let (mut lines, mut count) = (tokio::io::BufReader::new(file).lines(), 0);
        while lines.next_line().await?.is_some() {
            count += 1;
        }
        Ok(count)
    })
}

/// Return how many lines a file has: to be called by `asyncio.to_thread`.
#[pyfunction]
#[pyo3(signature = (path))]
fn count_lines_here(py: Python<'_>, path: PathBuf) -> PyResult<usize> {
    Ok(py.detach(|| std::fs::read_to_string(path).map(|text| text.lines().count()))?)
}

/// Block this thread, attached or detached.
#[pyfunction]
#[pyo3(signature = (time, detached))]
fn stand_still(py: Python<'_>, time: Duration, detached: bool) {
    match detached {
        true => py.detach(|| thread::sleep(time)),
        false => thread::sleep(time),
    }
}

/// Panic on a worker, or on a thread that may block.
#[pyfunction]
#[pyo3(signature = (on_worker))]
fn panic_elsewhere(py: Python<'_>, on_worker: bool) -> PyResult<Bound<'_, PyAny>> {
    let panic = || -> PyResult<()> { panic!("the disk is on fire") };
    match on_worker {
        true => future_into_py(py, async move { panic() }),
        false => future_into_py(py, elsewhere(move |_| panic())),
    }
}

#[pymodule]
pub mod blocking {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
    #[pymodule_export]
    use super::{
        addresses, checksum, count_lines, count_lines_here, lag_while_attached, limit_threads,
        occupy, panic_elsewhere, ready, stand_still, tile, worker_lag,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[tokio::test]
    #[should_panic = "can call blocking only when running on the multi-threaded runtime"]
    async fn one_thread_can_block_nothing_in_place() {
        block_in_place(|| ());
    }

    #[tokio::test]
    async fn a_closure_that_runs_is_not_aborted() {
        let ((started, start), (release, wait)) = (channel(), channel::<()>());
        let work = spawn_blocking(move || {
            started.send(()).unwrap();
            wait.recv().is_ok()
        });
        start.recv().unwrap();
        work.abort();
        release.send(()).unwrap();
        assert!(work.await.unwrap());
    }
}
