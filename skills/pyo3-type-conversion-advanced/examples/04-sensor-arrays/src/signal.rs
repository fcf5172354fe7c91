//! The arithmetic, on views of any layout. Nothing here knows Python.

use numpy::ndarray::{ArrayD, ArrayView, ArrayView1, ArrayViewD, ArrayViewMutD, Axis};
use numpy::ndarray::{Dimension, NdFloat, s};

use crate::errors::{Error, Result};

/// A number that a sensor may deliver.
pub trait Reading: Copy + Sync {
    /// What readings of this type add up to; for integers wider, as in NumPy.
    type Total: Copy + Default + Send;

    /// The nearest `f64`: integers beyond 2⁵³ are rounded.
    fn to_f64(self) -> f64;

    /// The total after this reading, unless a `Total` can't hold it.
    fn add_to(self, total: Self::Total) -> Option<Self::Total>;
}

macro_rules! impl_reading {
    ($($element:ident),+: $total:ident, $add:expr) => {
        $(impl Reading for $element {
            type Total = $total;

            #[allow(clippy::cast_lossless, clippy::cast_precision_loss)]
            fn to_f64(self) -> f64 {
                self as f64
            }

            fn add_to(self, total: $total) -> Option<$total> {
                $add(total, self.into())
            }
        })+
    };
}

impl_reading!(f32: f32, |total, reading: f32| Some(total + reading));
impl_reading!(f64: f64, |total, reading: f64| Some(total + reading));
impl_reading!(i8, i16, i32, i64: i64, i64::checked_add);
impl_reading!(u8, u16, u32, u64: u64, u64::checked_add);

/// Computes the root mean square of all readings.
///
/// # Errors
///
/// [`Error::NoReadings`] if there are none.
pub fn rms<T: Reading>(readings: ArrayViewD<'_, T>) -> Result<f64> {
    let count = nonzero(readings.len())?;
    Ok((sum_of_squares(readings) / count).sqrt())
}

/// Computes the root mean square of each line of readings along an axis.
///
/// # Errors
///
/// [`Error::NoReadings`] if the lines are empty.
pub fn rms_along<T: Reading>(readings: ArrayViewD<'_, T>, axis: Axis) -> Result<ArrayD<f64>> {
    let count = nonzero(readings.len_of(axis))?;
    let squares = if readings.stride_of(axis) == 1 {
        readings.map_axis(axis, sum_of_squares)
    } else {
        // Neighbours in memory belong to different lines: advance all lines together.
        readings.fold_axis(axis, 0.0, |sum, reading| sum + square(*reading))
    };
    Ok(squares.mapv_into(|sum| (sum / count).sqrt()))
}

/// Computes the mean of each `window` consecutive readings.
///
/// The usual shortcut, adding the newest reading and subtracting the oldest, would carry rounding
/// errors, NaN and infinity into every later window. Here each mean depends on its window only:
/// with the readings cut into blocks of `window`, every window is the end of a block and the start
/// of the next.
///
/// # Errors
///
/// [`Error::Window`] unless `window` is at least 1 and at most the number of readings.
pub fn rolling_mean<T: Reading>(readings: ArrayView1<'_, T>, window: isize) -> Result<Vec<f64>> {
    let length = readings.len();
    let size = match usize::try_from(window) {
        Ok(size) if (1..=length).contains(&size) => size,
        _ => return Err(Error::Window { window, length }),
    };
    let mut means = vec![0.0; length - size + 1];
    for (block, means) in means.chunks_mut(size).enumerate() {
        let (start, end) = (block * size, (block + 1) * size);
        let mut sum = 0.0;
        for (offset, reading) in readings.slice(s![start..end]).iter().enumerate().rev() {
            sum += reading.to_f64();
            if let Some(mean) = means.get_mut(offset) {
                *mean = sum;
            }
        }
        let mut sum = 0.0;
        for (mean, reading) in means.iter_mut().skip(1).zip(readings.slice(s![end..])) {
            sum += reading.to_f64();
            *mean += sum;
        }
        for mean in means {
            *mean /= to_f64(size);
        }
    }
    Ok(means)
}

/// Computes the total after each reading.
///
/// # Errors
///
/// [`Error::Overflow`] if an integer total gets too large.
pub fn cumulative<T: Reading>(readings: ArrayView1<'_, T>) -> Result<Vec<T::Total>> {
    let mut total = T::Total::default();
    let mut totals = Vec::with_capacity(readings.len());
    for reading in readings {
        total = reading.add_to(total).ok_or(Error::Overflow)?;
        totals.push(total);
    }
    Ok(totals)
}

/// Scales readings so that the largest magnitude is 1. NaN is skipped and stays.
///
/// # Errors
///
/// [`Error::InfiniteReading`] if one is infinite; the readings are unchanged then.
pub fn normalize<T: NdFloat>(mut readings: ArrayViewMutD<'_, T>) -> Result<()> {
    // Every comparison with NaN is false.
    let larger = |left, right| if right > left { right } else { left };
    let take = |peak, reading: T| larger(peak, reading.abs());
    let peak = reduce(readings.view(), T::zero(), take, larger);
    if peak.is_infinite() {
        return Err(Error::InfiniteReading);
    }
    if peak > T::zero() {
        readings.mapv_inplace(|reading| reading / peak);
    }
    Ok(())
}

/// Adds a signal to another one of the same shape.
///
/// # Errors
///
/// [`Error::Shapes`] if the shapes differ.
pub fn mix_into<T: NdFloat>(
    signal: ArrayViewD<'_, T>,
    mut target: ArrayViewMutD<'_, T>,
) -> Result<()> {
    // ndarray would broadcast, and panic where it can't.
    if signal.shape() != target.shape() {
        return Err(Error::Shapes {
            signal: signal.shape().to_vec(),
            target: target.shape().to_vec(),
        });
    }
    target += &signal;
    Ok(())
}

fn nonzero(count: usize) -> Result<f64> {
    if count == 0 {
        return Err(Error::NoReadings);
    }
    Ok(to_f64(count))
}

#[allow(clippy::cast_precision_loss, reason = "no array has 2⁵³ elements")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

fn square<T: Reading>(reading: T) -> f64 {
    reading.to_f64() * reading.to_f64()
}

fn sum_of_squares<T: Reading, D: Dimension>(readings: ArrayView<'_, T, D>) -> f64 {
    let add = |sum, reading| sum + square(reading);
    reduce(readings, 0.0, add, |left, right| left + right)
}

/// Folds readings in several lanes and joins their results.
///
/// The compiler must not change the order of float operations: with one lane each would wait for
/// the one before, with several the processor does them at once.
fn reduce<T: Copy, S: Copy, D: Dimension>(
    readings: ArrayView<'_, T, D>,
    start: S,
    step: impl Fn(S, T) -> S,
    join: impl Fn(S, S) -> S,
) -> S {
    let mut lanes = [start; 8];
    if let Some(slice) = readings.as_slice_memory_order() {
        let chunks = slice.chunks_exact(lanes.len());
        let rest = chunks.remainder();
        let mut advance = |chunk: &[T]| {
            for (lane, reading) in lanes.iter_mut().zip(chunk) {
                *lane = step(*lane, *reading);
            }
        };
        chunks.for_each(&mut advance);
        advance(rest);
    } else {
        let mut next = 0;
        readings.for_each(|reading| {
            let lane = &mut lanes[next % 8];
            *lane = step(*lane, *reading);
            next += 1;
        });
    }
    lanes.into_iter().fold(start, join)
}

#[cfg(test)]
mod tests {
    use numpy::ndarray::{Array1, arr0, arr1, arr2};

    use super::*;

    #[test]
    fn rms_is_the_same_for_every_layout() -> Result<()> {
        let twice = Array1::from_shape_fn(2 * 99, |index| to_f64(index / 2));
        let strided = twice.slice(s![..;2]);
        let packed = strided.to_owned();
        let expected = (strided.mapv(square).sum() / 99.0).sqrt();
        for view in [strided, packed.view(), packed.slice(s![..;-1])] {
            assert!((rms(view.into_dyn())? / expected - 1.0).abs() < 1e-14);
        }
        assert_eq!(rms(arr0(-3).view().into_dyn())?, 3.0);
        let error = rms(arr1::<u8>(&[]).view().into_dyn());
        assert!(matches!(error, Err(Error::NoReadings)));
        Ok(())
    }

    #[test]
    fn lines_run_along_the_axis() -> Result<()> {
        let grid = arr2(&[[3_u8, 0, 0, 0], [4, 2, 2, 2]]).into_dyn();
        for (grid, rows, columns) in [(grid.view(), 1, 0), (grid.t(), 0, 1)] {
            let by_row = rms_along(grid.view(), Axis(rows))?;
            assert_eq!(by_row, arr1(&[1.5, 7.0_f64.sqrt()]).into_dyn());
            let by_column = rms_along(grid, Axis(columns))?;
            let root = 2.0_f64.sqrt();
            assert_eq!(
                by_column,
                arr1(&[12.5_f64.sqrt(), root, root, root]).into_dyn()
            );
        }
        Ok(())
    }

    #[test]
    fn windows_don_t_disturb_each_other() -> Result<()> {
        let readings = arr1(&[1.0, f64::NAN, 1e300, 1.0, 2.0, f64::INFINITY, 4.0, 6.0]);
        let means = rolling_mean(readings.view(), 2)?;
        assert!(means[0].is_nan() && means[1].is_nan());
        assert_eq!(means[2..], [5e299, 1.5, f64::INFINITY, f64::INFINITY, 5.0]);
        Ok(())
    }

    #[test]
    fn a_window_is_from_one_to_all_readings() {
        let readings = arr1(&[1, 2, 6]);
        assert_eq!(rolling_mean(readings.view(), 1).unwrap(), [1.0, 2.0, 6.0]);
        assert_eq!(rolling_mean(readings.view(), 3).unwrap(), [3.0]);
        for window in [isize::MIN, -1, 0, 4] {
            let error = rolling_mean(readings.view(), window);
            assert!(matches!(error, Err(Error::Window { length: 3, .. })));
        }
    }

    #[test]
    fn integer_totals_are_wide_and_never_wrap() {
        assert_eq!(cumulative(arr1(&[200_u8, 100]).view()).unwrap(), [200, 300]);
        let totals = cumulative(arr1(&[i64::MAX, -1]).view()).unwrap();
        assert_eq!(totals, [i64::MAX, i64::MAX - 1]);
        let error = cumulative(arr1(&[i64::MIN, -1]).view());
        assert!(matches!(error, Err(Error::Overflow)));
    }

    #[test]
    fn the_largest_magnitude_becomes_one() -> Result<()> {
        let mut readings = arr1(&[1.0, -4.0, f64::NAN]).into_dyn();
        normalize(readings.view_mut())?;
        assert_eq!(
            readings.as_slice().map(|all| &all[..2]),
            Some(&[0.25, -1.0][..])
        );
        assert!(readings[2].is_nan());
        Ok(())
    }

    #[test]
    fn an_error_changes_nothing() {
        let mut readings = arr1(&[1.0, f64::NEG_INFINITY]).into_dyn();
        let before = readings.clone();
        let error = normalize(readings.view_mut());
        assert!(matches!(error, Err(Error::InfiniteReading)));
        let signal = arr1(&[1.0]).into_dyn();
        let error = mix_into(signal.view(), readings.view_mut());
        assert!(matches!(error, Err(Error::Shapes { .. })));
        assert_eq!(readings, before);
    }
}
