//! Counts of numbers by their size, from which any quantile can be told to within 0.8 %.

use std::collections::BTreeMap;

/// How many of the 52 bits of a float's fraction tell buckets apart: 64 buckets between a number and its double.
const FRACTION_BITS: u32 = 6;
const SHIFT: u32 = 52 - FRACTION_BITS;

/// How many numbers are in which bucket. It has as much memory as there are buckets in use, not numbers.
#[derive(Debug, Default, PartialEq)]
pub struct Sketch {
    counts: BTreeMap<i32, u64>,
    total: u64,
}

impl Sketch {
    // region: bucket
    /// Counts a finite number.
    ///
    /// The bits of a positive float, taken as an integer, are in the order of the floats: its first bits are a bucket.
    pub fn add(&mut self, value: f64) {
        let magnitude = (value.abs().to_bits() >> SHIFT) as i32;
        // Zero and what is next to it is bucket 0, whatever its sign.
        let bucket = if value < 0.0 { -magnitude } else { magnitude };
        *self.counts.entry(bucket).or_default() += 1;
        self.total += 1;
    }
    // endregion: bucket

    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.counts {
            *self.counts.entry(*bucket).or_default() += count;
        }
        self.total += other.total;
    }

    /// Returns the number that this part of all numbers doesn't exceed, from 0 to 1; none if there are no numbers.
    #[must_use]
    pub fn quantile(&self, part: f64) -> Option<f64> {
        let rank = (part * self.total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let bucket = self.counts.iter().find(|(_, count)| {
            seen += **count;
            seen >= rank
        });
        bucket.map(|(bucket, _)| middle(*bucket))
    }
}

fn middle(bucket: i32) -> f64 {
    if bucket == 0 {
        return 0.0;
    }
    let start = u64::from(bucket.unsigned_abs()) << SHIFT;
    f64::from_bits(start | 1 << (SHIFT - 1)).copysign(f64::from(bucket))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(values: impl IntoIterator<Item = f64>) -> Sketch {
        let mut sketch = Sketch::default();
        values.into_iter().for_each(|value| sketch.add(value));
        sketch
    }

    #[test]
    fn quantiles_are_as_exact_as_promised() {
        let numbers = sketch((1..=1000).map(f64::from));
        for (part, expected) in [(0.0, 1.0), (0.5, 500.0), (0.95, 950.0), (1.0, 1000.0)] {
            let quantile = numbers.quantile(part).unwrap();
            assert!(
                (quantile / expected - 1.0).abs() < 0.008,
                "{part}: {quantile}"
            );
        }
    }

    #[test]
    fn the_order_is_that_of_numbers() {
        let numbers = sketch([f64::MAX, -f64::MAX, 0.0, -0.0, f64::MIN_POSITIVE / 2.0]);
        assert!(numbers.quantile(0.0).unwrap() < -1e308);
        assert_eq!(numbers.quantile(0.5), Some(0.0));
        let largest = numbers.quantile(1.0).unwrap();
        assert!(largest > 1e308 && largest.is_finite());
        assert_eq!(sketch([]).quantile(0.5), None);
    }

    #[test]
    fn merged_is_as_if_counted_together() {
        let mut merged = sketch([1.0, -2.0]);
        merged.merge(&sketch([3.0, 1.0]));
        assert_eq!(merged, sketch([1.0, -2.0, 3.0, 1.0]));
    }
}
