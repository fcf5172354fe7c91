//! What Python calls.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use pyo3::prelude::*;
use tokio::sync::Semaphore;
use url::Url;

use crate::crawl::Crawl;
use crate::errors::Error;
use crate::fetch::Client;
use crate::runtime::awaitable;
use crate::steps::{Step, Steps};
use crate::tls::Tls;

static STEPS: LazyLock<Arc<Steps>> = LazyLock::new(Arc::default);

fn seconds(name: &'static str, value: f64) -> Result<Duration, Error> {
    let span = Duration::try_from_secs_f64(value).ok();
    // A year is no limit, and fits into every clock.
    span.filter(|span| *span <= Duration::from_secs(365 * 86_400))
        .ok_or(Error::Option(name, "a number of seconds up to a year"))
}

fn size(name: &'static str, value: usize) -> Result<usize, Error> {
    if (1..=Semaphore::MAX_PERMITS).contains(&value) {
        return Ok(value);
    }
    Err(Error::Option(name, "1 or more"))
}

fn start_url(url: String) -> Result<Url, Error> {
    let mut start = Url::parse(&url).map_err(|source| Error::Url { url, source })?;
    start.set_fragment(None);
    match start.scheme() {
        "http" | "https" => Ok(start),
        _ => Err(Error::Scheme(start.to_string())),
    }
}

/// Start a crawl; `crawl` of the package has the options' defaults and explains them.
///
/// Returns:
///     An awaitable of the pages, and whether they are all that there are.
#[pyfunction]
#[pyo3(signature = (
    start, *, per_host, connections, timeout, retries, backoff, longest_wait, max_bytes, max_pages, user_agent,
    authorities
))]
#[expect(clippy::too_many_arguments, reason = "keywords of a Python function")]
pub fn crawl<'py>(
    py: Python<'py>,
    start: String,
    per_host: usize,
    connections: usize,
    timeout: f64,
    retries: u32,
    backoff: f64,
    longest_wait: f64,
    max_bytes: usize,
    max_pages: usize,
    user_agent: String,
    authorities: Option<&[u8]>,
) -> PyResult<Bound<'py, PyAny>> {
    let start = start_url(start)?;
    if user_agent.is_empty() || !user_agent.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(Error::Option("user_agent", "printable ASCII characters").into());
    }
    let crawl = Crawl {
        client: Client {
            timeout: seconds("timeout", timeout)?,
            max_bytes,
            user_agent,
            tls: Tls::new(authorities)?,
        },
        per_host: size("per_host", per_host)?,
        retries,
        backoff: seconds("backoff", backoff)?,
        longest_wait: seconds("longest_wait", longest_wait)?,
        max_pages: size("max_pages", max_pages)?,
        turns: Semaphore::new(size("connections", connections)?),
        steps: Arc::clone(&STEPS),
    };
    awaitable(py, async move { Ok(crawl.run(start).await) })
}

/// Count what waits, at each step of all crawls; all 0 when nothing runs.
#[pyfunction]
pub fn waiting() -> BTreeMap<&'static str, usize> {
    let count = |step: Step| (step.name(), STEPS.waiting(step));
    Step::ALL.into_iter().map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_checked() {
        assert_eq!(seconds("timeout", 0.5).unwrap(), Duration::from_millis(500));
        for value in [-1.0, f64::NAN, f64::INFINITY, 1e9] {
            assert!(seconds("timeout", value).is_err());
        }
        assert!(size("per_host", 0).is_err() && size("per_host", usize::MAX).is_err());
        assert_eq!(size("per_host", 2).unwrap(), 2);
    }

    #[test]
    fn only_the_web_is_crawled() {
        assert_eq!(
            start_url("HTTP://A.example#x".into()).unwrap().as_str(),
            "http://a.example/"
        );
        assert!(matches!(start_url("a".into()), Err(Error::Url { .. })));
        assert!(matches!(start_url("ftp://a".into()), Err(Error::Scheme(_))));
    }
}
