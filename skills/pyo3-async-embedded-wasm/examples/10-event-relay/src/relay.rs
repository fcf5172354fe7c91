//! Connections, and what is between publishers and subscribers.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{sleep, timeout};

use crate::errors::Rejection;
use crate::event::{Event, is_topic};
use crate::lines::Lines;
use crate::runtime::job;
use crate::subscribers::{Subscribers, Subscription};

/// What a relay is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Phase {
    /// It takes events.
    Running,
    /// It delivers those that it has.
    Stopping,
    /// It ends.
    Ended,
}

/// The limits of a relay.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest line.
    pub line: usize,
    /// Events that wait for the hook, and for each subscriber.
    pub queue: usize,
    /// Connections at a time.
    pub connections: u32,
    /// How long a subscriber may take no event, a publisher no answer, and a new connection say nothing.
    pub patience: Duration,
}

/// What was done so far.
#[derive(Debug, Default)]
pub struct Counters {
    pub accepted: AtomicU64,
    pub rejected: AtomicU64,
    pub delivered: AtomicU64,
    pub cut: AtomicU64,
    pub publishers: AtomicU64,
}

type Lane = Lines<BufReader<OwnedReadHalf>>;

/// What the connections of a relay share.
pub struct Relay {
    pub limits: Limits,
    pub counters: Counters,
    pub subscribers: Subscribers,
    pub phase: watch::Sender<Phase>,
    places: Arc<Semaphore>,
    /// Publishers have clones. When all are gone, there is nothing more.
    intake: Mutex<Option<mpsc::Sender<Event>>>,
    events: tokio::sync::Mutex<mpsc::Receiver<Event>>,
}

impl Relay {
    /// Makes a relay.
    pub fn new(limits: Limits) -> Self {
        let (sender, events) = mpsc::channel(limits.queue);
        Self {
            places: Arc::new(Semaphore::new(limits.connections as usize)),
            limits,
            counters: Counters::default(),
            subscribers: Subscribers::new(),
            phase: watch::Sender::new(Phase::Running),
            intake: Mutex::new(Some(sender)),
            events: events.into(),
        }
    }

    /// Takes connections until the relay stops.
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
            let relay = Arc::clone(&self);
            tokio::spawn(job(async move {
                let _place = place;
                let mut phase = relay.phase.subscribe();
                tokio::select! {
                    _ = relay.serve(stream) => {}
                    _ = phase.wait_for(|phase| *phase > Phase::Stopping) => {}
                }
            }));
        }
    }

    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        // Lines are sent as soon as there are some, and many at once if there are many.
        stream.set_nodelay(true)?;
        let (read, mut write) = stream.into_split();
        let mut lines = Lines::new(BufReader::new(read), self.limits.line);
        let mut phase = self.phase.subscribe();
        let first = tokio::select! {
            first = timeout(self.limits.patience, lines.next()) => first,
            _ = phase.wait_for(|phase| *phase > Phase::Running) => return Ok(()),
        };
        let Ok(Ok(Some(Ok(first)))) = first else {
            return Ok(());
        };
        let first = String::from_utf8_lossy(&first).into_owned();
        let mut words = first.split_whitespace();
        match (words.next(), words.next().unwrap_or_default()) {
            (Some("PUB"), "") => self.publish(lines, write).await,
            (Some("SUB"), prefix) if is_topic(prefix) => {
                let added = self.subscribers.add(prefix.to_owned(), self.limits.queue);
                let Some(subscription) = added else {
                    return Ok(());
                };
                let number = subscription.number;
                let result = self.subscribe(subscription, lines, write).await;
                self.subscribers.remove(number);
                result
            }
            _ => {
                write
                    .write_all(b"{\"error\": \"expected `PUB` or `SUB` and a topic\"}\n")
                    .await
            }
        }
    }

    // region: publish
    /// Takes events, as fast as they can be delivered.
    async fn publish(&self, mut lines: Lane, mut write: OwnedWriteHalf) -> io::Result<()> {
        let intake = self
            .intake
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let Some(intake) = intake else {
            return Ok(());
        };
        let _publisher = Gauge::new(&self.counters.publishers);
        let mut phase = self.phase.subscribe();
        let (mut number, mut accepted, mut rejected) = (0_u64, 0_u64, 0_u64);
        loop {
            let line = tokio::select! {
                line = lines.next() => line?,
                _ = phase.wait_for(|phase| *phase > Phase::Running) => None,
            };
            let Some(line) = line else {
                break;
            };
            number += 1;
            let event = line.and_then(Event::parse);
            let Err(rejection) = self.take(event, &intake).await else {
                accepted += 1;
                continue;
            };
            rejected += 1;
            self.counters.rejected.fetch_add(1, Ordering::Relaxed);
            let answer = format!("{{\"error\": \"{rejection}\", \"line\": {number}}}\n");
            self.answer(&mut write, &answer).await?;
        }
        drop(intake);
        let answer = format!("{{\"accepted\": {accepted}, \"rejected\": {rejected}}}\n");
        self.answer(&mut write, &answer).await?;
        write.shutdown().await
    }

    /// Answers a publisher. Who reads no answers is let go, or the end of the relay would wait for it.
    async fn answer(&self, write: &mut OwnedWriteHalf, answer: &str) -> io::Result<()> {
        timeout(self.limits.patience, write.write_all(answer.as_bytes())).await?
    }

    async fn take(
        &self,
        event: Result<Event, Rejection>,
        intake: &mpsc::Sender<Event>,
    ) -> Result<(), Rejection> {
        // While there is no room, this waits, nobody reads, and the publisher's system tells it so.
        let _ = intake.send(event?).await;
        self.counters.accepted.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
    // endregion: publish

    /// Sends events until there are no more, or nobody reads them.
    async fn subscribe(
        &self,
        subscription: Subscription,
        mut lines: Lane,
        mut write: OwnedWriteHalf,
    ) -> io::Result<()> {
        let Subscription {
            mut queue, mut cut, ..
        } = subscription;
        let sending = async {
            let (mut waiting, mut bytes) = (Vec::new(), Vec::new());
            while queue.recv_many(&mut waiting, 256).await > 0 {
                bytes.clear();
                waiting
                    .drain(..)
                    .for_each(|line| bytes.extend_from_slice(&line));
                write.write_all(&bytes).await?;
            }
            write.shutdown().await
        };
        tokio::select! {
            result = sending => result,
            Ok(()) = &mut cut => Ok(()),
            // A subscriber says nothing more: this is the end of its connection.
            _ = lines.skip() => Ok(()),
        }
    }

    /// Takes some events from the intake; none when there will be no more.
    pub async fn events(&self, most: usize) -> Vec<Event> {
        let mut events = Vec::new();
        self.events.lock().await.recv_many(&mut events, most).await;
        if events.is_empty() {
            self.subscribers.close();
        }
        events
    }

    /// Gives events to those who want them.
    pub async fn deliver(&self, events: &[Event]) {
        let (sent, cut) = self.subscribers.send(events, self.limits.patience).await;
        self.counters.delivered.fetch_add(sent, Ordering::Relaxed);
        self.counters.cut.fetch_add(cut, Ordering::Relaxed);
    }

    /// Delivers events as they come, where no hook wants to see them first.
    pub async fn forward(self: Arc<Self>) {
        loop {
            let events = self.events(256).await;
            if events.is_empty() {
                return;
            }
            self.deliver(&events).await;
        }
    }

    // region: stop
    /// Takes nothing more, delivers what there is, and waits for that, but not for ever. Returns whether all is delivered.
    pub async fn stop(&self, grace: Duration) -> bool {
        self.phase.send_replace(Phase::Stopping);
        // With the publishers' clones the last one goes, then the events end, then the queues, then the connections.
        self.close_intake();
        let all = self.places.acquire_many(self.limits.connections);
        let ended = timeout(grace, all).await.is_ok();
        self.end();
        ended
    }
    // endregion: stop

    fn close_intake(&self) {
        let mut intake = self.intake.lock().unwrap_or_else(PoisonError::into_inner);
        intake.take();
    }

    /// Drops all connections.
    pub fn end(&self) {
        self.phase.send_replace(Phase::Ended);
        self.close_intake();
    }
}

/// Counts for as long as it lives.
struct Gauge<'a>(&'a AtomicU64);

impl<'a> Gauge<'a> {
    fn new(counter: &'a AtomicU64) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Gauge<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
