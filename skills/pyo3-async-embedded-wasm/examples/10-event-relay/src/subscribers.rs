//! Who gets which events, and what happens to those that don't take them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::event::Event;

type Line = Arc<[u8]>;

struct Subscriber {
    number: u64,
    prefix: String,
    queue: mpsc::Sender<Line>,
    cut: Mutex<Option<oneshot::Sender<()>>>,
}

/// What a connection needs to serve a subscriber.
pub struct Subscription {
    pub number: u64,
    /// Ends when the relay has nothing more.
    pub queue: mpsc::Receiver<Line>,
    /// Is sent if the subscriber was too slow; dropped otherwise.
    pub cut: oneshot::Receiver<()>,
}

/// All subscribers of a relay.
#[derive(Default)]
pub struct Subscribers {
    /// `None` when the relay has nothing more.
    list: Mutex<Option<Vec<Arc<Subscriber>>>>,
    next: AtomicU64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Subscribers {
    /// Nobody yet.
    pub fn new() -> Self {
        Self {
            list: Mutex::new(Some(Vec::new())),
            next: AtomicU64::new(0),
        }
    }

    /// Has the events whose topic begins with `prefix` put into a queue. `None` if there will be none.
    pub fn add(&self, prefix: String, length: usize) -> Option<Subscription> {
        let (sender, queue) = mpsc::channel(length);
        let (cut, was_cut) = oneshot::channel();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.list).as_mut()?.push(Arc::new(Subscriber {
            number,
            prefix,
            queue: sender,
            cut: Mutex::new(Some(cut)),
        }));
        Some(Subscription {
            number,
            queue,
            cut: was_cut,
        })
    }

    /// Forgets a subscriber.
    pub fn remove(&self, number: u64) {
        if let Some(list) = lock(&self.list).as_mut() {
            list.retain(|subscriber| subscriber.number != number);
        }
    }

    /// Has the queues end.
    pub fn close(&self) {
        let list = lock(&self.list).take();
        drop(list);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        lock(&self.list).as_ref().map_or(0, Vec::len)
    }

    // region: send
    /// Puts events into the queues. For one that is full it waits, so that publishers wait, too; who takes none for as
    /// long as `patience` is cut, and all that do so together. Returns how many events were put, and how many subscribers were cut.
    pub async fn send(&self, events: &[Event], patience: Duration) -> (u64, u64) {
        let (mut sent, mut cut) = (0, 0);
        for event in events {
            // Not under the lock: this may wait.
            let list = lock(&self.list).clone().unwrap_or_default();
            let mut late = Vec::new();
            for subscriber in list {
                if !event.topic.starts_with(&subscriber.prefix) {
                    continue;
                }
                let line = Arc::clone(&event.line);
                match subscriber.queue.try_send(line) {
                    Ok(()) => sent += 1,
                    // Its connection is gone.
                    Err(TrySendError::Closed(_)) => {}
                    Err(TrySendError::Full(line)) => late.push((subscriber, line)),
                }
            }
            let deadline = Instant::now() + patience;
            for (subscriber, line) in late {
                // After the deadline it is still taken if there is room.
                match timeout_at(deadline, subscriber.queue.send(line)).await {
                    Ok(result) => sent += u64::from(result.is_ok()),
                    Err(_) => {
                        self.remove(subscriber.number);
                        let signal = lock(&subscriber.cut).take();
                        let _ = signal.map(|signal| signal.send(()));
                        cut += 1;
                    }
                }
            }
        }
        (sent, cut)
    }
    // endregion: send
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::runtime::Builder;

    fn event(topic: &str) -> Event {
        Event::parse(format!("{{\"topic\": \"{topic}\"}}").into_bytes()).unwrap()
    }

    #[test]
    fn who_is_slow_is_waited_for_then_cut() {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let subscribers = Subscribers::new();
            let mut quick = subscribers.add(String::new(), 9).unwrap();
            let mut slow = subscribers.add("a".to_owned(), 1).unwrap();
            let patience = Duration::from_millis(20);
            let events = [event("a"), event("b"), event("a"), event("a")];
            assert_eq!(subscribers.send(&events, patience).await, (5, 1));
            assert_eq!(
                (subscribers.count(), quick.queue.len(), slow.queue.len()),
                (1, 4, 1)
            );
            assert_eq!(slow.cut.try_recv(), Ok(()));
            assert!(quick.cut.try_recv().is_err());
        });
    }

    #[test]
    fn those_who_are_slow_are_waited_for_together() {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let subscribers = Subscribers::new();
            let queues: Vec<_> = (0..20).map(|_| subscribers.add(String::new(), 1)).collect();
            let (start, patience) = (Instant::now(), Duration::from_secs(1));
            let events = [event("a"), event("b")];
            assert_eq!(subscribers.send(&events, patience).await, (20, 20));
            assert!(start.elapsed() < patience * 10);
            drop(queues);
        });
    }

    #[test]
    fn who_takes_an_event_in_time_gets_all() {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let subscribers = Subscribers::new();
            let mut subscription = subscribers.add(String::new(), 1).unwrap();
            let events: Vec<_> = (0..50).map(|_| event("a")).collect();
            let read = async { while subscription.queue.recv().await.is_some() {} };
            let send = async {
                let result = subscribers.send(&events, Duration::from_secs(60)).await;
                subscribers.close();
                result
            };
            assert_eq!(tokio::join!(send, read).0, (50, 0));
            assert!(subscribers.add(String::new(), 1).is_none());
        });
    }
}
