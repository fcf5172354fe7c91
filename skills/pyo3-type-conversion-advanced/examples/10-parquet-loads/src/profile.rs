//! From readings of meters to a load profile; nothing here knows of Python, Arrow or Parquet.
//!
//! A meter counts what was used since it was made. What was used in an hour is the difference of two readings, if the meter
//! was neither silent nor replaced in between.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use crate::errors::{Error, Result};

/// The microseconds that a `datetime` can be, from the year 1 to 9999.
const CALENDAR: RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;
/// No file should fill the memory with rows of the result.
const MOST_SLOTS: usize = 1_000_000;

/// How readings become a profile.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How many microseconds a row of the profile stands for.
    pub every: i64,
    /// Two readings that are farther apart say nothing about the load in between.
    pub gap: i64,
    pub max_meters: usize,
}

/// A row of the profile.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slot {
    /// How many differences of two readings it is made of.
    pub intervals: u64,
    pub energy: f64,
    /// The largest one of the differences.
    pub largest: f64,
}

/// What became of the readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub readings: u64,
    /// Without a meter, a time that a calendar has, or a finite number.
    pub missing: u64,
    /// Not later than the one before.
    pub disordered: u64,
    /// Less than the one before: the meter was replaced.
    pub resets: u64,
    /// Too long after the one before.
    pub gaps: u64,
}

#[derive(Clone, Copy)]
struct Reading {
    time: i64,
    register: f64,
}

/// A profile that grows, with the last reading of each meter.
pub struct Profile {
    rules: Rules,
    // The standard hasher has a random seed: nobody can choose names of meters that collide.
    places: HashMap<Box<str>, usize>,
    last: Vec<Option<Reading>>,
    /// The meter of the last row, which in most files is that of the next one.
    current: Option<(Box<str>, usize)>,
    pub slots: BTreeMap<i64, Slot>,
    pub counts: Counts,
}

impl Profile {
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            places: HashMap::new(),
            last: Vec::new(),
            current: None,
            slots: BTreeMap::new(),
            counts: Counts::default(),
        }
    }

    #[must_use]
    pub fn meters(&self) -> usize {
        self.places.len()
    }

    // region: add
    /// Adds a reading; those of one meter come in the order of time, whatever is in between.
    pub fn add(
        &mut self,
        meter: Option<&str>,
        time: Option<i64>,
        register: Option<f64>,
    ) -> Result<()> {
        self.counts.readings += 1;
        let time = time.filter(|time| CALENDAR.contains(time));
        let register = register.filter(|register| register.is_finite());
        let (Some(meter), Some(time), Some(register)) = (meter, time, register) else {
            self.counts.missing += 1;
            return Ok(());
        };
        let place = self.place(meter)?;
        let new = Reading { time, register };
        let Some(old) = self.last[place] else {
            self.last[place] = Some(new);
            return Ok(());
        };
        if time <= old.time {
            self.counts.disordered += 1;
            return Ok(());
        }
        self.last[place] = Some(new);
        if register < old.register {
            self.counts.resets += 1;
        } else if time - old.time > self.rules.gap {
            self.counts.gaps += 1;
        } else {
            self.count(time, register - old.register)?;
        }
        Ok(())
    }
    // endregion: add

    /// Counts what was used until a time: at ten o'clock that is the load of the hour from nine to ten.
    fn count(&mut self, end: i64, energy: f64) -> Result<()> {
        let every = self.rules.every;
        let start = (end - 1).div_euclid(every) * every;
        if self.slots.len() >= MOST_SLOTS && !self.slots.contains_key(&start) {
            return Err(Error::TooManySlots(MOST_SLOTS));
        }
        let slot = self.slots.entry(start).or_default();
        slot.intervals += 1;
        slot.energy += energy;
        slot.largest = slot.largest.max(energy);
        Ok(())
    }

    fn place(&mut self, meter: &str) -> Result<usize> {
        if let Some((name, place)) = &self.current
            && **name == *meter
        {
            return Ok(*place);
        }
        let place = match self.places.get(meter) {
            Some(place) => *place,
            None if self.last.len() >= self.rules.max_meters => {
                return Err(Error::TooManyMeters(self.rules.max_meters));
            }
            None => {
                self.places.insert(meter.into(), self.last.len());
                self.last.push(None);
                self.last.len() - 1
            }
        };
        self.current = Some((meter.into(), place));
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;
    const RULES: Rules = Rules {
        every: HOUR,
        gap: 2 * HOUR,
        max_meters: 2,
    };

    fn profile(readings: &[(&str, i64, f64)]) -> Profile {
        let mut profile = Profile::new(RULES);
        for (meter, time, register) in readings {
            profile
                .add(Some(meter), Some(*time), Some(*register))
                .unwrap();
        }
        profile
    }

    #[test]
    fn differences_belong_to_the_slot_that_they_end_in() {
        let readings = [
            ("a", 0, 10.0),
            ("b", 1, 5.0),
            ("a", HOUR, 12.0),
            ("b", HOUR + 1, 5.5),
            ("a", HOUR * 2, 13.0),
        ];
        let profile = profile(&readings);
        let slots: Vec<_> = profile
            .slots
            .iter()
            .map(|(start, slot)| (*start, *slot))
            .collect();
        let slot = |intervals, energy, largest| Slot {
            intervals,
            energy,
            largest,
        };
        assert_eq!(slots, [(0, slot(1, 2.0, 2.0)), (HOUR, slot(2, 1.5, 1.0))]);
    }

    #[test]
    fn what_says_nothing_is_counted() {
        let readings = [
            ("a", -HOUR, 10.0),
            ("a", -HOUR, 11.0),
            ("a", 0, 3.0),
            ("a", 3 * HOUR, 4.0),
            ("a", i64::MAX, 5.0),
            ("a", 4 * HOUR, f64::NAN),
        ];
        let profile = profile(&readings);
        let expected = Counts {
            readings: 6,
            missing: 2,
            disordered: 1,
            resets: 1,
            gaps: 1,
        };
        assert_eq!(profile.counts, expected);
        assert!(profile.slots.is_empty());
    }

    #[test]
    fn the_ends_of_the_calendar_have_a_slot() {
        let (start, end) = (*CALENDAR.start(), *CALENDAR.end());
        let profile = profile(&[
            ("a", start, 0.0),
            ("a", start + 1, 1.0),
            ("b", end - 1, 0.0),
            ("b", end, 1.0),
        ]);
        assert_eq!(profile.slots.len(), 2);
    }

    #[test]
    fn meters_and_slots_are_limited() {
        let mut profile = profile(&[("a", 0, 0.0), ("b", 0, 0.0)]);
        let more = profile.add(Some("c"), Some(0), Some(0.0));
        assert!(matches!(more, Err(Error::TooManyMeters(2))));
        for slot in 1..=1_000_000 {
            profile
                .add(Some("a"), Some(slot * HOUR), Some(0.0))
                .unwrap();
        }
        let more = profile.add(Some("a"), Some(1_000_001 * HOUR), Some(0.0));
        assert!(matches!(more, Err(Error::TooManySlots(_))));
    }
}
