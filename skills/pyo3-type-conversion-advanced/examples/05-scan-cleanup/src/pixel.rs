//! What a pixel is: the three types as one trait.
#![expect(
    unsafe_code,
    reason = "says of which types every combination of bits is a value"
)]

/// A sample of an image.
///
/// # Safety
///
/// Every combination of bits must be a value of the type, and none of them padding.
pub unsafe trait Pixel: Copy + Default + 'static {
    /// The samples' order as that of integers, which has no holes: a median of them compiles to vector instructions.
    type Key: Copy + Default + Ord + Send + 'static;

    /// White, where black is 0.
    const WHITE: f64;
    /// All values in their order, if they are few.
    const VALUES: Option<fn() -> Vec<Self>>;

    fn to_key(self) -> Self::Key;
    fn from_key(key: Self::Key) -> Self;
    fn to_f64(self) -> f64;
    /// Returns its place among `VALUES`.
    fn index(self) -> usize;
    /// Takes a number from 0 to `WHITE`, or NaN.
    fn from_f64(value: f64) -> Self;
}

// region: integers
// SAFETY: an integer.
unsafe impl Pixel for u8 {
    type Key = Self;
    const WHITE: f64 = 255.0;
    const VALUES: Option<fn() -> Vec<Self>> = Some(|| (0..=Self::MAX).collect());

    fn to_key(self) -> Self {
        self
    }

    fn from_key(key: Self) -> Self {
        key
    }

    fn to_f64(self) -> f64 {
        self.into()
    }

    fn index(self) -> usize {
        self.into()
    }

    fn from_f64(value: f64) -> Self {
        value.round_ties_even() as Self
    }
}
// endregion: integers

// SAFETY: an integer.
unsafe impl Pixel for u16 {
    type Key = Self;
    const WHITE: f64 = 65535.0;
    const VALUES: Option<fn() -> Vec<Self>> = Some(|| (0..=Self::MAX).collect());

    fn to_key(self) -> Self {
        self
    }

    fn from_key(key: Self) -> Self {
        key
    }

    fn to_f64(self) -> f64 {
        self.into()
    }

    fn index(self) -> usize {
        self.into()
    }

    fn from_f64(value: f64) -> Self {
        value.round_ties_even() as Self
    }
}

// region: floats
// SAFETY: every combination of bits is a float, if perhaps NaN.
unsafe impl Pixel for f32 {
    type Key = i32;
    const WHITE: f64 = 1.0;
    const VALUES: Option<fn() -> Vec<Self>> = None;

    /// As `f32::total_cmp` orders: NaN is above all numbers, or below them if it has a sign.
    fn to_key(self) -> i32 {
        flip(self.to_bits() as i32)
    }

    fn from_key(key: i32) -> Self {
        Self::from_bits(flip(key) as u32)
    }

    fn to_f64(self) -> f64 {
        self.into()
    }

    fn index(self) -> usize {
        // There are none.
        0
    }

    fn from_f64(value: f64) -> Self {
        value as Self
    }
}

/// Turns the order of negative numbers round, and the other way back.
fn flip(bits: i32) -> i32 {
    bits ^ ((bits >> 31) as u32 >> 1) as i32
}
// endregion: floats

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_as_the_floats_do() {
        let ordered = [
            -f32::NAN,
            f32::NEG_INFINITY,
            -1.5,
            -f32::MIN_POSITIVE,
            -0.0,
            0.0,
            1e-40,
            1.5,
            f32::INFINITY,
            f32::NAN,
        ];
        assert!(ordered.is_sorted_by_key(|value| value.to_key()));
        for value in ordered {
            assert_eq!(f32::from_key(value.to_key()).to_bits(), value.to_bits());
        }
    }

    #[test]
    fn integers_are_rounded() {
        assert_eq!(u8::from_f64(254.5), 254);
        assert_eq!(u8::from_f64(255.0), 255);
        assert_eq!(u16::from_f64(1.5), 2);
    }
}
