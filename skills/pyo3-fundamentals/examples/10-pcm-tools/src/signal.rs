//! What is done to samples; nothing here knows of Python.

use std::collections::TryReserveError;
use std::f64::consts::PI;

/// The highest rate; what is beyond it is no rate of audio, and would only cost memory.
pub const HIGHEST_RATE: u32 = 768_000;
/// How many zeros of its kernel an interpolation goes to on each side.
const ZEROS: f64 = 16.0;
/// After so many products `resample` calls `pause`: some milliseconds in a release build.
const STRIDE: usize = 1 << 18;

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a rate must be from 1 to {HIGHEST_RATE}, not {0}")]
    Rate(u32),
    #[error("the result does not fit into memory")]
    Memory(#[from] TryReserveError),
}

/// Returns the largest distance from 0.
#[must_use]
pub fn peak(samples: &[i16]) -> u16 {
    samples
        .iter()
        .map(|sample| sample.unsigned_abs())
        .max()
        .unwrap_or(0)
}

/// Returns the root of the mean of the squares; 0 if there are no samples.
#[must_use]
pub fn rms(samples: &[i16]) -> f64 {
    let squares: u64 = samples
        .iter()
        .map(|sample| u64::from(sample.unsigned_abs()).pow(2))
        .sum();
    (squares as f64 / samples.len().max(1) as f64).sqrt()
}

/// Multiplies each sample, and returns how many had to be clipped.
pub fn amplify(samples: &mut [i16], factor: f64) -> usize {
    let mut clipped = 0;
    for sample in samples {
        let wanted = (f64::from(*sample) * factor).round();
        // A cast of a float takes the nearest number that there is.
        *sample = wanted as i16;
        clipped += usize::from(f64::from(*sample) != wanted);
    }
    clipped
}

// region: resample
/// Interpolates samples for another rate, with a windowed sinc.
///
/// `pause` is called now and then, and ends the work if it fails: in Rust's tests in any way, and for Python with the
/// `PyErr` of a signal.
///
/// # Errors
///
/// What `pause` returns, unchanged; or an [`Error`].
pub fn resample<E: From<Error>>(
    samples: &[i16],
    old_rate: u32,
    new_rate: u32,
    mut pause: impl FnMut() -> Result<(), E>,
) -> Result<Vec<i16>, E> {
    let length = output_length(samples.len(), old_rate, new_rate)?;
    let mut resampled = Vec::new();
    // Its size is up to the caller: `Vec::with_capacity` would abort the process where there is not so much memory.
    resampled.try_reserve_exact(length).map_err(Error::Memory)?;
    let step = f64::from(old_rate) / f64::from(new_rate);
    let mut products = 0;
    for position in 0..length {
        let (sample, used) = interpolate(samples, position as f64 * step, step.max(1.0));
        resampled.push(sample);
        products += used;
        if products >= STRIDE {
            products = 0;
            pause()?;
        }
    }
    Ok(resampled)
}
// endregion: resample

/// Calculates with 128 bits, which hold the product of any length and rate.
fn output_length(length: usize, old_rate: u32, new_rate: u32) -> Result<usize, Error> {
    for rate in [old_rate, new_rate] {
        if !(1..=HIGHEST_RATE).contains(&rate) {
            return Err(Error::Rate(rate));
        }
    }
    let length = length as u128 * u128::from(new_rate) / u128::from(old_rate);
    Ok(usize::try_from(length).unwrap_or(usize::MAX))
}

/// Returns the signal's value between samples, and how many of them it took.
fn interpolate(samples: &[i16], place: f64, stretch: f64) -> (i16, usize) {
    let reach = ZEROS * stretch;
    let first = (place - reach).ceil().max(0.0) as usize;
    let end = samples.len().min((place + reach) as usize + 1);
    let (mut sum, mut weights) = (0.0, 0.0);
    for (position, sample) in samples.iter().enumerate().take(end).skip(first) {
        let weight = kernel((position as f64 - place) / stretch);
        sum += weight * f64::from(*sample);
        weights += weight;
    }
    ((sum / weights).round() as i16, end - first)
}

/// The sinc function, faded out towards the last zero that is used.
fn kernel(place: f64) -> f64 {
    if place == 0.0 {
        return 1.0;
    }
    let angle = PI * place;
    angle.sin() / angle * (0.5 + 0.5 * (angle / ZEROS).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(samples: &[i16], old_rate: u32, new_rate: u32) -> Result<Vec<i16>, Error> {
        resample(samples, old_rate, new_rate, || Ok(()))
    }

    #[test]
    fn levels_are_those_of_the_whole_range() {
        assert_eq!(peak(&[3, i16::MIN, i16::MAX]), 32_768);
        assert_eq!(rms(&[i16::MIN; 3]), 32_768.0);
        assert_eq!((peak(&[]), rms(&[])), (0, 0.0));
    }

    #[test]
    fn what_is_too_loud_is_clipped() {
        let mut samples = [1, -20_000, 20_000];
        assert_eq!(amplify(&mut samples, 2.0), 2);
        assert_eq!(samples, [2, i16::MIN, i16::MAX]);
    }

    #[test]
    fn the_same_rate_changes_nothing() {
        let samples = [5, -300, 32_767, 0, 12];
        assert_eq!(convert(&samples, 48_000, 48_000).unwrap(), samples);
    }

    #[test]
    fn a_constant_stays_constant() {
        for (old_rate, new_rate) in [(44_100, 48_000), (48_000, 8_000), (8_000, 48_000)] {
            let resampled = convert(&[1000; 500], old_rate, new_rate).unwrap();
            assert!(resampled.iter().all(|sample| *sample == 1000));
        }
    }

    #[test]
    fn a_pause_ends_the_work() {
        #[derive(Debug)]
        struct Enough;
        impl From<Error> for Enough {
            fn from(_: Error) -> Self {
                unreachable!()
            }
        }
        assert!(resample(&[0; 100_000], 1, 1, || Err(Enough)).is_err());
    }

    #[test]
    fn rates_have_limits_and_lengths_do_not_overflow() {
        assert!(matches!(convert(&[0], 0, 1), Err(Error::Rate(0))));
        assert!(matches!(
            convert(&[0], 1, 768_001),
            Err(Error::Rate(768_001))
        ));
        assert_eq!(output_length(3, 2, 1).unwrap(), 1);
        assert_eq!(output_length(usize::MAX, 1, 2).unwrap(), usize::MAX);
    }
}
