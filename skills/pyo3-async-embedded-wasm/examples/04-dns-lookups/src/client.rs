//! A client of one DNS server: questions over one socket, replies to whoever waits for them.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyCFunction;
use pyo3::{IntoPyObjectExt, intern};
use tokio::net::UdpSocket;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::cache::Cache;
use crate::errors::{Error, Result};
use crate::mailbox::Mailbox;
use crate::message::{Answer, Kind, Question};
use crate::runtime::{job, runtime};

type Reply = Result<Answer>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who waits for a reply. Its number stays taken until `Asked` is dropped: freed with the reply already, it could be
/// that of another question by then, which `Asked` would remove.
struct Waiting {
    question: Question,
    sender: Option<oneshot::Sender<Reply>>,
}

/// The socket, and who waits for which reply.
struct Channel {
    socket: UdpSocket,
    waiting: Mutex<HashMap<u16, Waiting>>,
}

/// What a client and its lookups share; the last of them ends `receiver`.
struct Shared {
    channel: Arc<Channel>,
    receiver: AbortHandle,
    cache: Mutex<Cache>,
    // How many questions may be on their way: more would only overflow the buffers of sockets.
    places: Semaphore,
    patience: Duration,
    retries: u32,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.receiver.abort();
    }
}

/// A question that is on its way. Dropping it, as a timeout and a cancellation do, frees its number.
struct Asked<'a> {
    channel: &'a Channel,
    id: u16,
    reply: oneshot::Receiver<Reply>,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        lock(&self.channel.waiting).remove(&self.id);
    }
}

impl Channel {
    /// Hands replies over to those who wait.
    async fn receive(&self) {
        let mut buffer = [0; 1500];
        loop {
            // An error is about a datagram before, such as that nobody listens; its lookup times out.
            let Ok(size) = self.socket.recv(&mut buffer).await else {
                continue;
            };
            let message = &buffer[..size];
            let Some(&[first, second]) = message.get(..2) else {
                continue;
            };
            let id = u16::from_be_bytes([first, second]);
            let mut waiting = lock(&self.waiting);
            let Some(entry) = waiting.get_mut(&id) else {
                continue;
            };
            if let Some(reply) = entry.question.decode(id, message) {
                // An error means that its lookup was just cancelled.
                let _ = entry.sender.take().map(|sender| sender.send(reply));
            }
        }
    }

    async fn ask(&self, question: &Question) -> Reply {
        let mut asked = self.register(question);
        self.socket.send(&question.encode(asked.id)).await?;
        (&mut asked.reply).await.unwrap_or(Err(Error::Closed))
    }

    /// Waits for replies to a question under a number that cannot be guessed.
    fn register(&self, question: &Question) -> Asked<'_> {
        let (sender, reply) = oneshot::channel();
        let mut waiting = lock(&self.waiting);
        // There are never as many as there are numbers: `places` sees to that.
        let id = loop {
            let id = RandomState::new().build_hasher().finish() as u16;
            if !waiting.contains_key(&id) {
                break id;
            }
        };
        let question = question.clone();
        let sender = Some(sender);
        waiting.insert(id, Waiting { question, sender });
        Asked {
            channel: self,
            id,
            reply,
        }
    }
}

impl Shared {
    // region: lookup
    /// Asks as often as it takes. It can be dropped at each `.await`, and leaves nothing behind.
    async fn lookup(&self, question: Question) -> Result<Vec<IpAddr>> {
        let mut failure = None;
        for _ in 0..=self.retries {
            let place = self.places.acquire().await;
            let reply = timeout(self.patience, self.channel.ask(&question)).await;
            drop(place);
            match reply {
                // It may be about a datagram before, of another lookup.
                Ok(Err(Error::Io(error))) => failure = failure.or(Some(Error::Io(error))),
                Ok(reply) => {
                    let answer = reply?;
                    lock(&self.cache).insert(question, &answer, Instant::now());
                    return Ok(answer.addresses);
                }
                Err(_) => failure = Some(Error::NoReply(self.retries + 1)),
            }
        }
        Err(failure.unwrap_or(Error::Closed))
    }
    // endregion: lookup
}

/// Looks up host names at one DNS server, over UDP. It belongs to the event loop that it is first used on.
///
/// Args:
///     server: The server's address, such as `127.0.0.1:53`.
///     timeout: How many seconds to wait for a reply before the question is sent again.
///     retries: How often it is sent again.
///     limit: How many questions may be on their way at once, 1 to 32767; further lookups wait for their turn.
///     cache: For how many questions the answers are kept as long as they hold.
///
/// Raises:
///     ValueError: If the address, the timeout or the limit is none.
///     OSError: If there can be no socket.
///     ClosedError: In a process that was forked after the first use of this module.
#[pyclass(frozen, module = "dns_lookups")]
pub struct Client {
    shared: Arc<Shared>,
    mailbox: PyOnceLock<Arc<Mailbox>>,
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (server, *, timeout = 1.0, retries = 2, limit = NonZeroU16::new(128).unwrap(), cache = 10_000))]
    fn new(
        py: Python<'_>,
        server: &str,
        timeout: f64,
        retries: u16,
        limit: NonZeroU16,
        cache: usize,
    ) -> PyResult<Self> {
        let patience = Duration::try_from_secs_f64(timeout)
            .ok()
            .filter(|patience| !patience.is_zero());
        let patience = patience.ok_or(Error::BadSeconds(timeout))?;
        let server: SocketAddr = server.parse()?;
        if limit.get() > 32767 {
            return Err(PyValueError::new_err("`limit` is above 32767"));
        }
        let runtime = runtime(py)?;
        let own = if server.is_ipv4() {
            "0.0.0.0:0"
        } else {
            "[::]:0"
        };
        let socket = std::net::UdpSocket::bind(own)?;
        // What others send is then none of ours.
        socket.connect(server)?;
        socket.set_nonblocking(true)?;
        let _guard = runtime.enter();
        let channel = Arc::new(Channel {
            socket: UdpSocket::from_std(socket)?,
            waiting: Mutex::default(),
        });
        let receiving = Arc::clone(&channel);
        let receiver = runtime.spawn(job(async move { receiving.receive().await }));
        let shared = Shared {
            channel,
            receiver: receiver.abort_handle(),
            cache: Mutex::new(Cache::new(cache)),
            places: Semaphore::new(limit.get().into()),
            patience,
            retries: retries.into(),
        };
        Ok(Self {
            shared: Arc::new(shared),
            mailbox: PyOnceLock::new(),
        })
    }

    // region: method
    /// Look up the addresses of a host.
    ///
    /// Args:
    ///     name: The host.
    ///     version: Of which version of IP, 4 or 6.
    ///
    /// Returns:
    ///     An asyncio future of the addresses, done already if the answer is known. Cancelling it ends the lookup.
    ///
    /// Raises:
    ///     ValueError: If the name or the version is none.
    ///     RuntimeError: If no event loop is running, or another one than at the first lookup.
    #[pyo3(signature = (name, *, version = 4))]
    fn lookup<'py>(&self, py: Python<'py>, name: &str, version: u8) -> PyResult<Bound<'py, PyAny>> {
        let kind = match version {
            4 => Kind::A,
            6 => Kind::Aaaa,
            _ => return Err(PyValueError::new_err("`version` is neither 4 nor 6")),
        };
        let question = Question::new(name, kind)?;
        let (mailbox, event_loop) = self.mailbox(py)?;
        let future = event_loop.call_method0(intern!(py, "create_future"))?;
        let known = lock(&self.shared.cache).get(&question, Instant::now());
        if let Some(addresses) = known {
            future.call_method1(intern!(py, "set_result"), (addresses.into_py_any(py)?,))?;
            return Ok(future);
        }
        let (shared, target) = (Arc::clone(&self.shared), future.clone().unbind());
        let work = runtime(py)?.spawn(async move {
            if let Some(result) = job(shared.lookup(question)).await {
                mailbox.post(target, result);
            }
        });
        // Called, too, when the future has its result: then there is nothing left to abort.
        let work = work.abort_handle();
        let abort = PyCFunction::new_closure(py, None, None, move |_, _| work.abort())?;
        future.call_method1(intern!(py, "add_done_callback"), (abort,))?;
        Ok(future)
    }
    // endregion: method

    /// How many questions are on their way.
    #[getter]
    fn asked(&self) -> usize {
        lock(&self.shared.channel.waiting).len()
    }
}

impl Client {
    fn mailbox<'py>(&self, py: Python<'py>) -> PyResult<(Arc<Mailbox>, Bound<'py, PyAny>)> {
        let event_loop = py.import("asyncio")?.call_method0("get_running_loop")?;
        let mailbox = self
            .mailbox
            .get_or_init(py, || Mailbox::new(event_loop.clone().unbind()));
        if !mailbox.is_for(&event_loop) {
            return Err(PyRuntimeError::new_err(
                "the client belongs to another event loop",
            ));
        }
        Ok((Arc::clone(mailbox), event_loop))
    }
}
