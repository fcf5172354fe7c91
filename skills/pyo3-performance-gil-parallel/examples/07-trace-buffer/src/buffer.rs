//! The buffer between the threads that record and the one that writes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crossbeam_queue::ArrayQueue;

use crate::event::Event;

/// Events that a buffer may have room for; each takes some 60 bytes, from the start.
pub const LARGEST: usize = 1 << 20;

// region: buffer
/// Takes events from any number of threads, and lets none of them wait.
#[derive(Debug)]
pub struct Buffer {
    events: ArrayQueue<Event>,
    refused: AtomicU64,
    start: Instant,
}

impl Buffer {
    /// Makes a buffer with room for so many events, from 1 to [`LARGEST`].
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            events: ArrayQueue::new(capacity),
            refused: AtomicU64::new(0),
            start: Instant::now(),
        }
    }

    /// Keeps an event, or counts it where there is no room: who records must not wait for a disk.
    pub fn push(&self, event: Event) {
        if self.events.push(event).is_err() {
            self.refuse();
        }
    }

    /// Counts an event that is not kept.
    pub fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes the events that are there now. Those that come meanwhile are left, or it might never end.
    pub fn drain(&self) -> impl Iterator<Item = Event> {
        (0..self.events.len()).map_while(|_| self.events.pop())
    }
    // endregion: buffer

    /// Returns how many events nobody will see, if none is drained any more.
    pub fn lost(&self) -> u64 {
        self.refused.load(Ordering::Relaxed) + self.events.len() as u64
    }

    /// Returns how many events found no room.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Nanoseconds since the buffer was made.
    pub fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};
    use std::thread;

    use super::*;
    use crate::event::Thread;

    fn event(start: u64) -> Event {
        let thread = Arc::new(Thread {
            number: 0,
            name: "".into(),
        });
        Event {
            name: "work".into(),
            thread,
            start,
            duration: None,
        }
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let buffer = Buffer::new(2);
        (0..5).for_each(|number| buffer.push(event(number)));
        assert_eq!((buffer.refused(), buffer.lost()), (3, 5));
        let starts: Vec<_> = buffer.drain().map(|event| event.start).collect();
        assert_eq!((starts, buffer.lost()), (vec![0, 1], 3));
    }

    #[test]
    fn every_event_of_every_thread_is_drained_or_counted() {
        let buffer = Buffer::new(64);
        let mut drained = 0;
        thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..10_000).for_each(|number| buffer.push(event(number)))))
                .collect();
            while !threads.iter().all(thread::ScopedJoinHandle::is_finished) {
                drained += buffer.drain().count() as u64;
            }
        });
        drained += buffer.drain().count() as u64;
        assert_eq!(drained + buffer.lost(), 40_000);
        assert!(drained >= 64);
    }

    // region: measure
    /// Returns nanoseconds for an event that `threads` record while another drains: the best of five runs.
    fn measure(threads: u64, push: impl Fn(Event) + Sync, drain: impl Fn() + Sync) -> u64 {
        const EVENTS: u64 = 100_000;
        let run = || {
            let start = Instant::now();
            thread::scope(|scope| {
                let work = || (0..EVENTS).for_each(|number| push(event(number)));
                let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
                while !handles.iter().all(thread::ScopedJoinHandle::is_finished) {
                    drain();
                    thread::sleep(std::time::Duration::from_millis(1));
                }
            });
            start.elapsed().as_nanos() as u64 / (threads * EVENTS)
        };
        (0..5).map(|_| run()).min().unwrap()
    }

    #[test]
    #[ignore = "measures: cargo test --release -- --ignored --nocapture"]
    fn the_buffer_beside_a_lock() {
        for threads in [1, 2, 4] {
            let (buffer, locked) = (Buffer::new(LARGEST), Mutex::new(VecDeque::new()));
            let free = measure(
                threads,
                |event| buffer.push(event),
                || buffer.drain().for_each(drop),
            );
            let lock = measure(
                threads,
                |event| locked.lock().unwrap().push_back(event),
                || drop(std::mem::take(&mut *locked.lock().unwrap())),
            );
            println!("{threads} threads: ArrayQueue {free} ns, Mutex<VecDeque> {lock} ns");
        }
    }
    // endregion: measure
}
