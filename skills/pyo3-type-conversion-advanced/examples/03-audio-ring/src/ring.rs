//! The ring: where frames are, and how many. It knows nothing of Python.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::errors::{Error, Result};

/// A GiB: a number from outside must not take all of the memory.
pub const MOST_SAMPLES: usize = 1 << 28;

/// A sample, which others may read and write meanwhile: its bits, as there are no atomic floats.
pub type Sample = AtomicU32;

/// Frames in the order in which they came, in memory whose end is followed by its beginning.
#[derive(Debug)]
pub struct Ring {
    samples: Box<[Sample]>,
    channels: usize,
    /// The oldest frame that is not read yet.
    first: usize,
    /// How many are not read yet.
    unread: usize,
    /// No more frames will come.
    closed: bool,
}

/// What is lent of a ring: places in its memory, the second after the end.
pub type Segments = [Range<usize>; 2];

impl Ring {
    pub fn new(frames: usize, channels: usize) -> Result<Self> {
        Ok(Self {
            samples: allocate(frames, channels)?,
            channels,
            first: 0,
            unread: 0,
            closed: false,
        })
    }

    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    #[must_use]
    pub fn capacity(&self) -> usize {
        self.samples.len() / self.channels
    }

    #[must_use]
    pub fn unread(&self) -> usize {
        self.unread
    }

    #[must_use]
    pub fn free(&self) -> usize {
        self.capacity() - self.unread
    }

    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    pub fn close(&mut self) {
        self.closed = true;
    }

    // region: segments
    /// Returns where the frames are that can be read.
    #[must_use]
    pub fn readable(&self) -> Segments {
        self.segments(self.first, self.unread)
    }

    /// Returns where frames can be written.
    #[must_use]
    pub fn writable(&self) -> Segments {
        // Both are at most the capacity, which is far from the largest number.
        self.segments((self.first + self.unread) % self.capacity(), self.free())
    }

    fn segments(&self, start: usize, count: usize) -> Segments {
        let before_end = count.min(self.capacity() - start);
        [start..start + before_end, 0..count - before_end]
    }
    // endregion: segments

    /// Counts frames as written.
    pub fn commit(&mut self, frames: usize) -> Result<()> {
        self.check_open()?;
        check_advance(frames, "committed", self.free())?;
        self.unread += frames;
        Ok(())
    }

    /// Counts frames as read.
    pub fn consume(&mut self, frames: usize) -> Result<()> {
        check_advance(frames, "consumed", self.unread)?;
        self.first = (self.first + frames) % self.capacity();
        self.unread -= frames;
        Ok(())
    }

    pub fn check_open(&self) -> Result<()> {
        if self.closed {
            return Err(Error::Closed);
        }
        Ok(())
    }

    /// Moves what is not read yet to memory of another size.
    pub fn resize(&mut self, frames: usize) -> Result<()> {
        if frames < self.unread {
            return Err(Error::Unread {
                unread: self.unread,
                frames,
            });
        }
        let samples = allocate(frames, self.channels)?;
        let old = self.readable().into_iter();
        let old = old.flat_map(|places| self.frames(places));
        for (new, old) in samples.iter().zip(old) {
            new.store(old.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        self.samples = samples;
        self.first = 0;
        Ok(())
    }

    /// Returns the samples of frames that lie behind each other.
    #[must_use]
    pub fn frames(&self, places: Range<usize>) -> &[Sample] {
        &self.samples[places.start * self.channels..places.end * self.channels]
    }
}

fn check_advance(asked: usize, what: &'static str, there: usize) -> Result<()> {
    if asked > there {
        return Err(Error::Advance { asked, what, there });
    }
    Ok(())
}

fn allocate(frames: usize, channels: usize) -> Result<Box<[Sample]>> {
    let count = frames.checked_mul(channels);
    let count = count
        .filter(|count| (1..=MOST_SAMPLES).contains(count))
        .ok_or(Error::Size { frames, channels })?;
    let mut samples = Vec::new();
    samples
        .try_reserve_exact(count)
        .map_err(|_| Error::Memory(count))?;
    samples.resize_with(count, || Sample::new(0));
    Ok(samples.into_boxed_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(ring: &mut Ring, values: &[u32]) {
        let places: Vec<usize> = ring.writable().into_iter().flatten().collect();
        for (place, value) in places.into_iter().zip(values) {
            ring.frames(place..place + 1)[0].store(*value, Ordering::Relaxed);
        }
        ring.commit(values.len()).unwrap();
    }

    fn read(ring: &mut Ring, frames: usize) -> Vec<u32> {
        let places = ring.readable().into_iter().flatten().take(frames);
        let values = places.map(|place| ring.frames(place..place + 1)[0].load(Ordering::Relaxed));
        let values = values.collect();
        ring.consume(frames).unwrap();
        values
    }

    #[test]
    fn what_is_written_is_read_across_the_end() {
        let mut ring = Ring::new(4, 1).unwrap();
        write(&mut ring, &[1, 2, 3]);
        assert_eq!(read(&mut ring, 2), [1, 2]);
        write(&mut ring, &[4, 5, 6]);
        assert_eq!((ring.unread(), ring.free()), (4, 0));
        assert_eq!(ring.readable(), [2..4, 0..2]);
        assert_eq!(ring.writable(), [2..2, 0..0]);
        assert_eq!(read(&mut ring, 4), [3, 4, 5, 6]);
    }

    #[test]
    fn a_resized_ring_has_what_was_not_read() {
        let mut ring = Ring::new(3, 1).unwrap();
        write(&mut ring, &[1, 2, 3]);
        read(&mut ring, 2);
        write(&mut ring, &[4, 5]);
        assert!(matches!(
            ring.resize(2),
            Err(Error::Unread {
                unread: 3,
                frames: 2
            })
        ));
        ring.resize(5).unwrap();
        write(&mut ring, &[6, 7]);
        assert_eq!(read(&mut ring, 5), [3, 4, 5, 6, 7]);
    }

    #[test]
    fn a_ring_counts_no_more_than_there_is() {
        let mut ring = Ring::new(2, 3).unwrap();
        assert!(ring.consume(1).is_err());
        assert!(ring.commit(3).is_err());
        ring.commit(2).unwrap();
        ring.close();
        assert_eq!(ring.commit(0), Err(Error::Closed));
        ring.consume(2).unwrap();
    }

    #[test]
    fn a_ring_is_neither_empty_nor_endless() {
        for (frames, channels) in [(0, 1), (1, 0), (usize::MAX, 2), (MOST_SAMPLES, 2)] {
            assert!(matches!(
                Ring::new(frames, channels),
                Err(Error::Size { .. })
            ));
        }
    }
}
