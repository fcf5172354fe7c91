//! From ticks to bars, in plain Rust.

use crate::errors::{Error, Problem, Result};

/// What NumPy has in the place of a time that there is none of.
pub const NAT: i64 = i64::MIN;

/// A trade.
#[derive(Clone, Copy, Debug)]
pub struct Tick {
    /// In counts of the array's unit since 1970.
    pub time: i64,
    pub price: f64,
    /// `None` is a negative one.
    pub size: Option<u64>,
}

// region: bar
/// The trades of an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Bar {
    /// When the interval begins, in nanoseconds since 1970.
    pub time: i64,
    pub open: f64,
    pub high: f64,
    pub low: f64,
    pub close: f64,
    pub volume: u64,
    /// The sum of price times size.
    pub turnover: f64,
    pub ticks: u64,
}
// endregion: bar

/// Which intervals there are: each begins a multiple of `length` after `origin`.
#[derive(Clone, Copy, Debug)]
pub struct Intervals {
    length: i64,
    origin: i64,
}

impl Intervals {
    pub fn new(length: i64, origin: i64) -> Result<Self> {
        if length <= 0 {
            return Err(Error::Interval(length));
        }
        Ok(Self { length, origin })
    }

    /// Returns when the interval begins that a time is in, and its last nanosecond.
    fn around(self, time: i64) -> Option<(i64, i64)> {
        // 128 bits, because a difference of two times may need 65.
        let [time, length, origin] = [time, self.length, self.origin].map(i128::from);
        let passed = time - origin;
        let start = origin + passed.div_euclid(length) * length;
        let last = i64::try_from(start + length - 1).unwrap_or(i64::MAX);
        let start = i64::try_from(start).ok().filter(|start| *start != NAT)?;
        Some((start, last))
    }
}

/// Makes bars of ticks that come in their order.
#[derive(Debug)]
pub struct Builder {
    intervals: Intervals,
    /// The nanoseconds of a count of the ticks' times.
    unit: i64,
    bars: Vec<Bar>,
    /// The last nanosecond of the bar that is being made.
    last: i64,
    previous: i64,
    index: usize,
}

impl Builder {
    #[must_use]
    pub fn new(intervals: Intervals, unit: i64) -> Self {
        Self {
            intervals,
            unit,
            bars: Vec::new(),
            last: NAT,
            previous: NAT,
            index: 0,
        }
    }

    // region: add
    /// Adds a tick to its bar, which is the last one or a new one.
    pub fn add(&mut self, tick: Tick) -> Result<()> {
        let index = self.index;
        let refuse = |problem| Error::Tick { index, problem };
        if tick.time == NAT {
            return Err(refuse(Problem::NoTime));
        }
        let time = tick.time.checked_mul(self.unit);
        let time = time
            .filter(|time| *time != NAT)
            .ok_or_else(|| refuse(Problem::FarTime))?;
        if time < self.previous {
            return Err(refuse(Problem::Order));
        }
        if !tick.price.is_finite() {
            return Err(refuse(Problem::Price));
        }
        let size = tick.size.ok_or_else(|| refuse(Problem::Size))?;
        match self.bars.last_mut() {
            Some(bar) if time <= self.last => {
                let volume = bar.volume.checked_add(size);
                bar.volume = volume.ok_or_else(|| refuse(Problem::Volume))?;
                bar.high = bar.high.max(tick.price);
                bar.low = bar.low.min(tick.price);
                bar.close = tick.price;
                bar.turnover += tick.price * size as f64;
                bar.ticks += 1;
            }
            _ => {
                let around = self.intervals.around(time);
                let (start, last) = around.ok_or_else(|| refuse(Problem::FarTime))?;
                self.last = last;
                self.bars.try_reserve(1).map_err(|_| Error::Memory)?;
                self.bars.push(open(start, tick.price, size));
            }
        }
        self.previous = time;
        self.index += 1;
        Ok(())
    }
    // endregion: add

    #[must_use]
    pub fn finish(self) -> Vec<Bar> {
        self.bars
    }
}

fn open(time: i64, price: f64, size: u64) -> Bar {
    Bar {
        time,
        open: price,
        high: price,
        low: price,
        close: price,
        volume: size,
        turnover: price * size as f64,
        ticks: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(ticks: &[(i64, f64, u64)], length: i64, origin: i64) -> Result<Vec<Bar>> {
        let mut builder = Builder::new(Intervals::new(length, origin)?, 1);
        for (time, price, size) in ticks {
            builder.add(Tick {
                time: *time,
                price: *price,
                size: Some(*size),
            })?;
        }
        Ok(builder.finish())
    }

    #[test]
    fn ticks_of_an_interval_are_a_bar() {
        let ticks = [
            (0, 2.0, 1),
            (5, 4.0, 2),
            (9, 1.0, 3),
            (9, 3.0, 4),
            (30, 8.0, 5),
        ];
        let bars = build(&ticks, 10, 0).unwrap();
        let first = Bar {
            time: 0,
            open: 2.0,
            high: 4.0,
            low: 1.0,
            close: 3.0,
            volume: 10,
            turnover: 25.0,
            ticks: 4,
        };
        assert_eq!(bars, [first, open(30, 8.0, 5)]);
    }

    #[test]
    fn intervals_are_counted_from_the_origin_in_both_directions() {
        for (time, origin, start) in [
            (0, 0, 0),
            (9, 0, 0),
            (-1, 0, -10),
            (-10, 0, -10),
            (9, 3, 3),
            (2, 3, -7),
            (2, -1_000_003, -3),
        ] {
            let bars = build(&[(time, 1.0, 1)], 10, origin).unwrap();
            assert_eq!(bars[0].time, start, "{time} {origin}");
        }
    }

    #[test]
    fn the_ends_of_time_are_reached() {
        let last = build(&[(i64::MAX, 1.0, 1), (i64::MAX, 2.0, 1)], i64::MAX, 1).unwrap();
        assert_eq!((last.len(), last[0].time), (1, 1));
        let far = Error::Tick {
            index: 0,
            problem: Problem::FarTime,
        };
        assert_eq!(build(&[(i64::MIN + 1, 1.0, 1)], 1000, 0), Err(far));
    }

    #[test]
    fn what_is_wrong_with_a_tick_is_told() {
        let refused = |ticks: &[(i64, f64, u64)], index, problem| {
            assert_eq!(build(ticks, 10, 0), Err(Error::Tick { index, problem }));
        };
        refused(&[(1, 1.0, 1), (NAT, 1.0, 1)], 1, Problem::NoTime);
        refused(&[(1, 1.0, 1), (0, 1.0, 1)], 1, Problem::Order);
        refused(&[(1, f64::NAN, 1)], 0, Problem::Price);
        refused(&[(1, 1.0, u64::MAX), (2, 1.0, 1)], 1, Problem::Volume);
        assert_eq!(build(&[], 0, 0), Err(Error::Interval(0)));
    }
}
