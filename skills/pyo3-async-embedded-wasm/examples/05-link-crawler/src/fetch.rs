//! One request on a connection of its own. All of it is one future: to drop it closes the connection.

use std::pin::pin;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{self, HeaderMap, HeaderName};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;
use url::{Position, Url};

use crate::errors::Failure;
use crate::steps::{Step, Steps};
use crate::tls::Tls;

/// What to read of an answer beside its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Nothing.
    Head,
    /// The body, if it is HTML.
    Page,
    /// The body.
    All,
}

/// What a server says.
#[derive(Debug, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Where it sends the reader.
    pub location: Option<String>,
    /// When to come again.
    pub retry_after: Option<Duration>,
    /// What was to be read.
    pub body: Option<Vec<u8>>,
}

/// What all requests of a crawl have in common.
#[derive(Debug)]
pub struct Client {
    /// The limit for all of a request.
    pub timeout: Duration,
    /// The limit for a body.
    pub max_bytes: usize,
    /// How the crawler calls itself.
    pub user_agent: String,
    /// Whom it trusts.
    pub tls: Tls,
}

impl Client {
    // region: fetch
    /// Requests a URL.
    ///
    /// # Errors
    ///
    /// Whatever can go wrong with a server.
    pub async fn fetch(&self, url: &Url, read: Read, steps: &Steps) -> Result<Answer, Failure> {
        let deadline = Instant::now() + self.timeout;
        let port = url.port_or_known_default().unwrap_or(80);
        let address = format!("{}:{port}", url.host_str().unwrap_or_default());
        let stream = TcpStream::connect(address);
        let stream = steps.within(Step::Connect, deadline, stream).await?;
        let stream = stream.map_err(Failure::Connect)?;
        if url.scheme() == "http" {
            return self.exchange(stream, url, read, deadline, steps).await;
        }
        let handshake = self.tls.connect(url, stream)?;
        let stream = steps.within(Step::Secure, deadline, handshake).await?;
        let stream = stream.map_err(Failure::Secure)?;
        self.exchange(stream, url, read, deadline, steps).await
    }

    /// Sends the request and reads the answer, and drives the connection meanwhile, which others spawn as a task.
    async fn exchange(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        url: &Url,
        read: Read,
        deadline: Instant,
        steps: &Steps,
    ) -> Result<Answer, Failure> {
        let request = Request::get(&url[Position::BeforePath..Position::AfterQuery])
            .header(
                header::HOST,
                &url[Position::BeforeHost..Position::AfterPort],
            )
            .header(header::USER_AGENT, &self.user_agent)
            .header(header::CONNECTION, "close")
            .body(Empty::<Bytes>::new())?;
        let handshake = http1::handshake(TokioIo::new(stream));
        let (mut sender, connection) = steps.within(Step::Answer, deadline, handshake).await??;
        let mut answer = pin!(async {
            let response = sender.send_request(request);
            let response = steps.within(Step::Answer, deadline, response).await??;
            self.read(response, read, deadline, steps).await
        });
        tokio::select! {
            biased;
            answer = &mut answer => answer,
            // What it has read of the answer is left to be taken.
            _ = connection => answer.await,
        }
    }
    // endregion: fetch

    async fn read(
        &self,
        response: Response<Incoming>,
        read: Read,
        deadline: Instant,
        steps: &Steps,
    ) -> Result<Answer, Failure> {
        let (head, mut body) = response.into_parts();
        let mut answer = Answer {
            status: head.status.as_u16(),
            location: text(&head.headers, header::LOCATION).map(str::to_owned),
            retry_after: text(&head.headers, header::RETRY_AFTER)
                .and_then(|seconds| seconds.parse().ok().map(Duration::from_secs)),
            body: None,
        };
        let kind = text(&head.headers, header::CONTENT_TYPE).unwrap_or_default();
        let html = kind
            .trim_start()
            .to_ascii_lowercase()
            .starts_with("text/html");
        if !head.status.is_success() || read == Read::Head || (read == Read::Page && !html) {
            return Ok(answer);
        }
        let mut bytes = Vec::new();
        while let Some(frame) = steps.within(Step::Body, deadline, body.frame()).await? {
            let Ok(data) = frame?.into_data() else {
                continue;
            };
            if bytes.len() + data.len() > self.max_bytes {
                return Err(Failure::TooLarge(self.max_bytes));
            }
            bytes.extend_from_slice(&data);
        }
        answer.body = Some(bytes);
        Ok(answer)
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
