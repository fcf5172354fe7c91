//! Code that `references/testing-async.md` shows.

use std::io::{self, ErrorKind};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Asks a gauge for the level of its river, in metres.
async fn level(address: &str) -> io::Result<f64> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"level\n").await?;
    let mut line = String::new();
    // Whatever a broken gauge sends, it is not more than this.
    BufReader::new(stream.take(64)).read_line(&mut line).await?;
    match line.strip_suffix('\n').map(str::parse) {
        Some(Ok(level)) => Ok(level),
        Some(Err(_)) => Err(io::Error::new(ErrorKind::InvalidData, "not a number")),
        None => Err(ErrorKind::UnexpectedEof.into()),
    }
}

// region: core
/// Asks up to three times, each time with a limit, with pauses of one and two seconds.
async fn persistently<T, F>(limit: Duration, mut ask: impl FnMut() -> F) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    for pause in [1, 2] {
        if let Ok(Ok(answer)) = timeout(limit, ask()).await {
            return Ok(answer);
        }
        sleep(Duration::from_secs(pause)).await;
    }
    timeout(limit, ask()).await?
}
// endregion: core

/// Return the level of a river in metres.
#[pyfunction]
#[pyo3(signature = (address, limit))]
fn read_level(py: Python<'_>, address: String, limit: Duration) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        let level = timeout(limit, level(&address)).await;
        Ok(level.map_err(io::Error::from)??)
    })
}

/// Return the level of a river in metres, after up to three attempts.
#[pyfunction]
#[pyo3(signature = (address, limit))]
fn read_level_persistently(
    py: Python<'_>,
    address: String,
    limit: Duration,
) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        Ok(persistently(limit, || level(&address)).await?)
    })
}

/// Count the tasks that have not ended, for tests.
#[pyfunction]
fn running_tasks() -> usize {
    get_runtime().metrics().num_alive_tasks()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn it_pauses_longer_each_time_and_gives_up() {
        let (start, mut times) = (Instant::now(), Vec::new());
        let error = persistently(Duration::from_secs(5), || {
            times.push(start.elapsed().as_secs());
            async { Err::<(), _>(io::Error::from(ErrorKind::ConnectionRefused)) }
        });
        assert_eq!(
            error.await.unwrap_err().kind(),
            ErrorKind::ConnectionRefused
        );
        assert_eq!(times, [0, 1, 3]);
    }

    // region: paused
    #[tokio::test(start_paused = true)]
    async fn a_gauge_that_is_silent_is_asked_again_after_the_limit() {
        let (start, mut times) = (Instant::now(), Vec::new());
        let answer = persistently(Duration::from_secs(60), || {
            times.push(start.elapsed().as_secs());
            let silent = times.len() == 1;
            async move {
                if silent {
                    std::future::pending::<()>().await;
                }
                Ok(3.5)
            }
        });
        assert_eq!(answer.await.unwrap(), 3.5);
        assert_eq!(times, [0, 61]);
    }
    // endregion: paused
}

#[cfg(test)]
mod traps {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_runs_away_from_sockets() {
        let start = std::time::Instant::now();
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = silent.local_addr().unwrap().to_string();
        assert!(
            timeout(Duration::from_secs(3600), level(&address))
                .await
                .is_err()
        );
        assert!(start.elapsed() < Duration::from_secs(60));
    }

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_waits_for_threads_that_block() {
        let work = tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(50)));
        assert!(timeout(Duration::from_millis(10), work).await.is_ok());
    }
}

#[pymodule]
pub mod testing_async {
    #[pymodule_export]
    use super::{read_level, read_level_persistently, running_tasks};
}
