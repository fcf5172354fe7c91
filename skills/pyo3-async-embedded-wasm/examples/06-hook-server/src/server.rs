//! Connections and requests.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderMap;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use pyo3::prelude::*;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::handlers::{Handler, Message, Outcome, call};
use crate::runtime::job;
use crate::signature::{Rejection, Secret, verify};

/// What a server is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Phase {
    /// It takes requests.
    Running,
    /// It ends those that have begun.
    Stopping,
    /// It ends.
    Ended,
}

/// The limits of a server.
#[derive(Debug)]
pub struct Limits {
    /// The longest body.
    pub max_body: usize,
    /// The time for the head of a request, and for its body.
    pub patience: Duration,
    /// How old a message may be, in seconds.
    pub tolerance: u64,
    /// Connections at a time.
    pub connections: u32,
}

/// What the connections of a server share.
pub struct Server {
    pub secrets: Vec<Secret>,
    pub limits: Limits,
    pub handlers: HashMap<String, Arc<Handler>>,
    pub event_loop: Arc<Py<PyAny>>,
    pub phase: watch::Sender<Phase>,
    pub places: Arc<Semaphore>,
}

type Answer = Response<Full<Bytes>>;

impl Server {
    /// Takes connections until the server stops.
    pub async fn listen(self: Arc<Self>, listener: TcpListener) {
        let mut phase = self.phase.subscribe();
        loop {
            let accept = async {
                let place = Arc::clone(&self.places).acquire_owned().await;
                (listener.accept().await, place)
            };
            let (accepted, place) = tokio::select! {
                // Whoever comes after the word to stop is not taken.
                biased;
                _ = phase.wait_for(|phase| *phase > Phase::Running) => return,
                accepted = accept => accepted,
            };
            let Ok((stream, _)) = accepted else {
                // There are too many open files, for example: that may pass.
                sleep(Duration::from_millis(50)).await;
                continue;
            };
            let connection = Arc::clone(&self).serve(stream);
            tokio::spawn(job(async move {
                let _place = place;
                connection.await;
            }));
        }
    }

    // region: serve
    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let mut phase = self.phase.subscribe();
        let answer = service_fn(|request| {
            let server = Arc::clone(&self);
            async move { Ok::<_, hyper::Error>(server.answer(request).await) }
        });
        let connection = http1::Builder::new()
            // One answer, which has room in any buffer: who sends on and reads nothing would hold the connection for ever.
            .keep_alive(false)
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.patience)
            .serve_connection(TokioIo::new(stream), answer);
        let mut connection = pin!(connection);
        tokio::select! {
            _ = &mut connection => return,
            _ = phase.wait_for(|phase| *phase > Phase::Running) => connection.as_mut().graceful_shutdown(),
        }
        tokio::select! {
            _ = connection => {}
            _ = phase.wait_for(|phase| *phase > Phase::Stopping) => {}
        }
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        let Some(handler) = self.handlers.get(request.uri().path()) else {
            return status(StatusCode::NOT_FOUND);
        };
        if request.method() != Method::POST {
            return status(StatusCode::METHOD_NOT_ALLOWED);
        }
        let (head, body) = request.into_parts();
        let body = Limited::new(body, self.limits.max_body).collect();
        let body = match timeout(self.limits.patience, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                return status(StatusCode::PAYLOAD_TOO_LARGE);
            }
            Ok(Err(_)) => return status(StatusCode::BAD_REQUEST),
            Err(_) => return status(StatusCode::REQUEST_TIMEOUT),
        };
        let message = match self.read(&head.headers, body) {
            Ok(message) => message,
            Err(code) => return status(code),
        };
        // Not here: a sender that hangs up would stop the handler in the midst of its work.
        let call = call(Arc::clone(handler), Arc::clone(&self.event_loop), message);
        let outcome = tokio::spawn(job(call)).await.ok().flatten();
        status(match outcome.unwrap_or(Outcome::Failed) {
            Outcome::Done => StatusCode::NO_CONTENT,
            Outcome::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Outcome::Late => StatusCode::GATEWAY_TIMEOUT,
            Outcome::Busy => StatusCode::SERVICE_UNAVAILABLE,
        })
    }
    // endregion: serve

    fn read(&self, headers: &HeaderMap, body: Bytes) -> Result<Message, StatusCode> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let read = |name| text(name).ok_or(StatusCode::BAD_REQUEST);
        let id = read("webhook-id")?;
        let seal = (id, read("webhook-timestamp")?, read("webhook-signature")?);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| now.as_secs());
        let time = verify(&self.secrets, seal, &body, now, self.limits.tolerance);
        Ok(Message {
            time: time.map_err(|rejection| match rejection {
                Rejection::Time => StatusCode::BAD_REQUEST,
                Rejection::Signature => StatusCode::UNAUTHORIZED,
            })?,
            id: id.to_owned(),
            body,
        })
    }

    /// Waits for the end of connections and handlers, but not for ever. Returns whether all have ended.
    pub async fn stop(&self, grace: Duration) -> bool {
        self.phase.send_replace(Phase::Stopping);
        let ended = async {
            for handler in self.handlers.values() {
                let _ = handler.slots.acquire_many(handler.at_once).await;
            }
            let _ = self.places.acquire_many(self.limits.connections).await;
        };
        let ended = timeout(grace, ended).await.is_ok();
        self.phase.send_replace(Phase::Ended);
        ended
    }
}

fn status(code: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = code;
    answer
}
