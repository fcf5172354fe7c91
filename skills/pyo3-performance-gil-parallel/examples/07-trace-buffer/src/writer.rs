//! The thread that writes, and how it ends.

use std::collections::HashSet;
use std::io::{self, Write};
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::buffer::Buffer;
use crate::event::{write_event, write_thread};
use crate::fork::Generation;

type Handle = JoinHandle<io::Result<()>>;

#[derive(Debug, Default)]
struct State {
    closed: AtomicBool,
    written: AtomicU64,
}

/// A thread that writes what is recorded until somebody calls [`Writer::close`].
#[derive(Debug)]
pub struct Writer {
    state: Arc<State>,
    handle: Mutex<Option<Handle>>,
    process: Generation,
}

impl Writer {
    /// Starts a thread that writes to `output` what is in `buffer`, and looks every so often.
    ///
    /// # Errors
    ///
    /// An `io::Error` if there is no thread to be had.
    pub fn start(
        buffer: Arc<Buffer>,
        output: impl Write + Send + 'static,
        every: Duration,
    ) -> io::Result<Self> {
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let handle = thread::Builder::new()
            .name("trace-buffer".to_owned())
            .spawn(move || write_all(&buffer, output, every, &shared))?;
        Ok(Self {
            state,
            handle: Mutex::new(Some(handle)),
            process: Generation::current(),
        })
    }

    /// Returns how many events have been written.
    pub fn written(&self) -> u64 {
        self.state.written.load(Ordering::Relaxed)
    }

    /// Whether nothing is written any more: closed, or in a process that was forked and has no such thread.
    pub fn is_closed(&self) -> bool {
        self.state.closed.load(Ordering::Relaxed) || self.is_copy()
    }

    /// Whether a fork made this, and left the thread behind.
    fn is_copy(&self) -> bool {
        self.process != Generation::current()
    }

    // region: close
    /// Lets the thread write what there is, and waits for it. Only the first call does, and gets to know what went wrong.
    ///
    /// # Errors
    ///
    /// What `output` returned.
    pub fn close(&self) -> io::Result<()> {
        // A process that was forked has a handle, and no thread: it would wait forever.
        if self.is_copy() {
            // Not even dropped, which would ask the system about that thread; and another thread may have held the lock.
            if let Ok(mut handle) = self.handle.try_lock() {
                mem::forget(handle.take());
            }
            return Ok(());
        }
        self.state.closed.store(true, Ordering::Release);
        // While this waits it holds the lock, so that a second call does not return before the file is complete.
        let mut handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(handle) = handle.take() else {
            return Ok(());
        };
        handle.thread().unpark();
        handle
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the thread that writes panicked")))
    }
    // endregion: close
}

// region: loop
/// Writes until it is told to end. The file is a JSON array, of which viewers need neither the last comma nor the bracket,
/// so a program that crashes leaves a trace.
fn write_all(
    buffer: &Buffer,
    mut output: impl Write,
    every: Duration,
    state: &State,
) -> io::Result<()> {
    let mut threads = HashSet::new();
    output.write_all(b"[")?;
    loop {
        // Looked at first: what was recorded before the end was asked for is written.
        let last = state.closed.load(Ordering::Acquire);
        for event in buffer.drain() {
            if threads.insert(event.thread.number) {
                separate(&mut output, threads.len() == 1)?;
                write_thread(&mut output, &event.thread)?;
            }
            separate(&mut output, false)?;
            write_event(&mut output, &event)?;
            state.written.fetch_add(1, Ordering::Relaxed);
        }
        if last {
            output.write_all(b"\n]\n")?;
            return output.flush();
        }
        output.flush()?;
        thread::park_timeout(every);
    }
}
// endregion: loop

fn separate(output: &mut impl Write, first: bool) -> io::Result<()> {
    output.write_all(if first { b"\n" } else { b",\n" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Thread};

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>, usize);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut content = self.0.lock().unwrap();
            if self.1 > 0 && content.len() > self.1 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            content.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn record(buffer: &Buffer, number: u32) {
        let thread = Arc::new(Thread {
            number,
            name: "t".into(),
        });
        buffer.push(Event {
            name: "work".into(),
            thread,
            start: 0,
            duration: Some(1),
        });
    }

    #[test]
    fn what_was_recorded_before_the_end_is_written() {
        let (buffer, output) = (Arc::new(Buffer::new(100)), Output::default());
        let hour = Duration::from_secs(3600);
        let writer = Writer::start(Arc::clone(&buffer), output.clone(), hour).unwrap();
        (0..40).for_each(|number| record(&buffer, number % 4));
        writer.close().unwrap();
        assert_eq!((writer.written(), buffer.lost()), (40, 0));
        let content = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        assert_eq!(content.lines().count(), 1 + 4 + 40 + 1);
        assert!(content.starts_with("[\n{") && content.ends_with("}\n]\n"));
        assert_eq!(content.matches("},\n{").count(), 43);
        writer.close().unwrap();
    }

    #[test]
    fn a_full_disk_is_an_error_and_loses_the_rest() {
        let (buffer, output) = (Arc::new(Buffer::new(100)), Output(Arc::default(), 300));
        let writer = Writer::start(Arc::clone(&buffer), output, Duration::from_secs(3600)).unwrap();
        (0..40).for_each(|_| record(&buffer, 1));
        assert_eq!(
            writer.close().unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
        assert!(writer.written() < 10);
        writer.close().unwrap();
    }
}
