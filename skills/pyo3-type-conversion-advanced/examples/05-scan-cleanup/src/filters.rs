//! The filters, on rows of samples; nothing here knows NumPy.

use crate::errors::{Error, Result};
use crate::pixel::Pixel;

// region: median
/// Computes the median of each sample and its eight neighbours.
///
/// The rows have a pixel more at each end than `target`; a pixel has `channels` samples, which lie side by side.
pub fn median_row<K: Copy + Ord>(rows: [&[K]; 3], channels: usize, target: &mut [K]) {
    let count = target.len();
    // Slices of one length, so that the compiler knows that no index is out of bounds.
    let shifted = |row: usize, column: usize| &rows[row][column * channels..][..count];
    let [a, b, c] = [0, 1, 2].map(|column| shifted(0, column));
    let [d, e, f] = [0, 1, 2].map(|column| shifted(1, column));
    let [g, h, i] = [0, 1, 2].map(|column| shifted(2, column));
    for (at, sample) in target.iter_mut().enumerate() {
        *sample = median([
            a[at], b[at], c[at], d[at], e[at], f[at], g[at], h[at], i[at],
        ]);
    }
}

/// Returns the median of nine: sorts columns of three, then takes the median of what can still be it.
fn median<K: Copy + Ord>([a, b, c, d, e, f, g, h, i]: [K; 9]) -> K {
    let [first, second, third] = [sort([a, b, c]), sort([d, e, f]), sort([g, h, i])];
    let low = first[0].max(second[0]).max(third[0]);
    let middle = sort([first[1], second[1], third[1]])[1];
    let high = first[2].min(second[2]).min(third[2]);
    sort([low, middle, high])[1]
}

fn sort<K: Copy + Ord>([a, b, c]: [K; 3]) -> [K; 3] {
    let (low, high) = (a.min(b), a.max(b));
    let (middle, highest) = (high.min(c), high.max(c));
    [low.min(middle), low.max(middle), highest]
}
// endregion: median

/// What becomes black, and what white.
#[derive(Clone, Copy, Debug)]
pub struct Levels {
    black: f64,
    white: f64,
}

impl Levels {
    pub fn new(black: f64, white: f64) -> Result<Self> {
        // A difference that overflows, or is too small to divide by, is as bad as none.
        let range = white - black;
        if !(range > 0.0 && range.is_finite() && range.recip().is_finite()) {
            return Err(Error::Levels { black, white });
        }
        Ok(Self { black, white })
    }

    /// Moves a sample to where it is between black and white. NaN stays.
    #[must_use]
    pub fn apply<T: Pixel>(self, sample: T) -> T {
        let part = (sample.to_f64() - self.black) / (self.white - self.black);
        T::from_f64(part.clamp(0.0, 1.0) * T::WHITE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_fifth_of_nine() {
        // Every order of nine numbers would take long; every pattern of zeros and ones is as good (Knuth's principle).
        for pattern in 0_u32..512 {
            let values: [u8; 9] = std::array::from_fn(|at| (pattern >> at & 1) as u8);
            assert_eq!(
                median(values),
                u8::from(pattern.count_ones() > 4),
                "{values:?}"
            );
        }
    }

    #[test]
    fn channels_are_apart() {
        let row = [1, 100, 1, 100, 9, 100, 1, 100];
        let mut target = [0; 4];
        median_row([&row; 3], 2, &mut target);
        assert_eq!(target, [1, 100, 1, 100]);
    }

    #[test]
    fn levels_reach_from_black_to_white() {
        let levels = Levels::new(50.0, 100.0).unwrap();
        let stretched = [0_u8, 50, 75, 100, 255].map(|sample| levels.apply(sample));
        assert_eq!(stretched, [0, 0, 128, 255, 255]);
        assert!(levels.apply(f32::NAN).is_nan());
        assert_eq!(levels.apply(f32::INFINITY), 1.0);
    }

    #[test]
    fn levels_are_numbers_in_order() {
        for (black, white) in [
            (1.0, 1.0),
            (2.0, 1.0),
            (f64::NAN, 1.0),
            (0.0, f64::INFINITY),
            (0.0, 5e-324),
        ] {
            assert!(Levels::new(black, white).is_err(), "{black} {white}");
        }
        assert!(Levels::new(-f64::MAX, f64::MAX).is_err());
    }
}
