//! Where in a column numbers are.

use std::ops::Range;

use crate::errors::Result;
use crate::mapping::{Number, Numbers};

/// So many numbers are looked at before Ctrl-C is looked for.
const PATIENCE: usize = 1 << 22;

/// Returns how many numbers of a sorted column are less, by reading some of them.
fn count_less<T: Number>(numbers: Numbers<'_, T>, limit: T::Wide) -> usize {
    let (mut start, mut end) = (0, numbers.length);
    while start < end {
        let middle = start + (end - start) / 2;
        if numbers.get(middle) < limit {
            start = middle + 1;
        } else {
            end = middle;
        }
    }
    start
}

/// Returns the rows from `low` on, and before `high`, of a sorted column.
pub fn search<T: Number>(numbers: Numbers<'_, T>, low: T::Wide, high: T::Wide) -> Range<usize> {
    let start = count_less(numbers, low);
    start..count_less(numbers, high).max(start)
}

// region: between
/// Returns the rows from `low` on, and before `high`, of any column: as ranges, which are few where numbers change slowly.
pub fn between<T: Number>(
    numbers: Numbers<'_, T>,
    low: T::Wide,
    high: T::Wide,
    mut check: impl FnMut() -> Result<()>,
) -> Result<Vec<Range<usize>>> {
    let (mut ranges, mut start) = (Vec::new(), None);
    for row in 0..numbers.length {
        if row % PATIENCE == 0 {
            check()?;
        }
        let number = numbers.get(row);
        match (low <= number && number < high, start) {
            (true, None) => start = Some(row),
            (false, Some(first)) => {
                ranges.push(first..row);
                start = None;
            }
            _ => {}
        }
    }
    ranges.extend(start.map(|first| first..numbers.length));
    Ok(ranges)
}
// endregion: between
