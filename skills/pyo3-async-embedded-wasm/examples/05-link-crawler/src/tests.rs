//! A crawl is dropped wherever it can wait, beside a server on loopback that pauses all the time.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use url::Url;

use crate::crawl::{Crawl, Page};
use crate::fetch::Client;
use crate::steps::{Step, Steps};
use crate::tls::Tls;

/// Reached by code that hangs, and by no other.
const LIMIT: Duration = Duration::from_secs(20);

/// What a server says that wants no TLS: `handshake_failure`.
const TLS_ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

/// Two sites in one: a page with links, a redirect, a place that is busy at first, and one that never answers.
struct Site {
    port: u16,
    open: Arc<AtomicUsize>,
}

impl Site {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let open = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&open);
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let counter = Arc::clone(&counter);
                counter.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || {
                    let _ = answer(stream.unwrap(), number);
                    counter.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { port, open }
    }
}

/// Answers in pieces, then reads until the client closes its side.
fn answer(mut stream: TcpStream, number: usize) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        request.push(byte[0]);
        // So does TLS begin.
        if request[0] == 0x16 {
            return drip(&mut stream, TLS_ALERT.chunks(1));
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let answer = match request.split(' ').nth(1).unwrap_or_default() {
        "/robots.txt" => "HTTP/1.1 200 OK\r\n\r\nuser-agent: *\ndisallow: /no".to_owned(),
        "/" => page(stream.local_addr()?),
        "/away" => "HTTP/1.1 301 Away\r\nlocation: /end\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "/busy" if number % 2 == 0 => "HTTP/1.1 503 Busy\r\nretry-after: 0\r\n\r\n".to_owned(),
        "/busy" => "this is no HTTP\r\n\r\n".to_owned(),
        _ => "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned(),
    };
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let pieces = [&head[..8], &head[8..], "\r\n\r\n", body];
    drip(&mut stream, pieces.map(str::as_bytes).into_iter())?;
    if body.contains("user-agent") {
        return Ok(());
    }
    stream.read_to_end(&mut Vec::new()).map(|_| ())
}

fn drip<'a>(
    stream: &mut TcpStream,
    mut pieces: impl Iterator<Item = &'a [u8]>,
) -> std::io::Result<()> {
    pieces.try_for_each(|piece| {
        stream.write_all(piece)?;
        std::thread::sleep(Duration::from_millis(1));
        Ok(())
    })
}

fn page(address: SocketAddr) -> String {
    let body =
        format!("<a href=/away><a href=/busy><a href=/end><a href=/no><a href=https://{address}/>");
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n\r\n{body}")
}

fn crawl(steps: &Arc<Steps>) -> Crawl {
    Crawl {
        client: Client {
            timeout: LIMIT,
            max_bytes: 10_000,
            user_agent: "crawler/1".to_owned(),
            tls: Tls::new(None).unwrap(),
        },
        per_host: 2,
        retries: 1,
        backoff: Duration::from_millis(2),
        longest_wait: Duration::from_millis(2),
        max_pages: 100,
        turns: Semaphore::new(1),
        steps: Arc::clone(steps),
    }
}

/// Drops a future the n-th time that it waits.
struct Cut<F> {
    future: Pin<Box<F>>,
    left: usize,
    steps: Arc<Steps>,
    waiting: Vec<Step>,
}

impl<F: Future> Future for Cut<F> {
    type Output = Result<F::Output, Vec<Step>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(output) = self.future.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        self.left -= 1;
        let waiting = |step: &Step| self.steps.waiting(*step) > 0;
        self.waiting = Step::ALL.into_iter().filter(waiting).collect();
        match self.left {
            0 => Poll::Ready(Err(std::mem::take(&mut self.waiting))),
            _ => Poll::Pending,
        }
    }
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

fn settle(ready: impl Fn() -> bool) {
    let end = Instant::now() + LIMIT;
    while !ready() {
        assert!(Instant::now() < end, "something is left behind");
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Crawls until the crawl waits for the `left`-th time: the pages, or where it was stopped.
fn cut(
    runtime: &Runtime,
    site: &Site,
    steps: &Arc<Steps>,
    left: usize,
) -> Result<(Vec<Page>, bool), Vec<Step>> {
    let start = Url::parse(&format!("http://127.0.0.1:{}/", site.port)).unwrap();
    let future = Cut {
        future: Box::pin(crawl(steps).run(start)),
        left,
        steps: Arc::clone(steps),
        waiting: Vec::new(),
    };
    let output = runtime.block_on(async { tokio::time::timeout(LIMIT, future).await.unwrap() });
    // The future is gone, and with it everything that it held.
    assert!(Step::ALL.iter().all(|step| steps.waiting(*step) == 0));
    assert_eq!(runtime.metrics().num_alive_tasks(), 0);
    settle(|| site.open.load(Ordering::SeqCst) == 0);
    output
}

// region: cut
#[test]
fn wherever_a_crawl_is_dropped_nothing_is_left() {
    let (site, steps) = (Site::start(), Arc::new(Steps::default()));
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (pages, complete) = cut(&runtime, &site, &steps, usize::MAX).unwrap();
    assert!(complete);
    assert_eq!(pages.len(), 6, "{pages:?}");
    let before = descriptors();
    let mut missing = Step::ALL.to_vec();
    let mut sweeps = 0;
    while !missing.is_empty() {
        sweeps += 1;
        assert!(
            sweeps < 20,
            "no crawl was dropped while it waited: {missing:?}"
        );
        // Some crawls wait less often than others.
        let mut through = 0;
        for left in 1.. {
            match cut(&runtime, &site, &steps, left) {
                Err(waiting) => missing.retain(|step| !waiting.contains(step)),
                Ok(_) => through += 1,
            }
            settle(|| descriptors() <= before);
            if through == 5 {
                break;
            }
        }
    }
}
// endregion: cut
