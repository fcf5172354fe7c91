//! MinHash: of two signatures about as many numbers are equal as two texts have in common.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::shingles::for_each_shingle;

/// Numbers of a signature. The estimate is off by about `1 / sqrt(HASHES)`, 9 %, at worst.
pub const HASHES: usize = 128;

/// The signature of a text; all `u32::MAX` without words.
pub type Signature = [u32; HASHES];

/// Shingles between two looks at whether to go on: some hundred microseconds.
const STRIDE: u32 = 4096;

/// Numbers that make 128 functions of one, always the same ones.
const FUNCTIONS: ([u32; HASHES], [u32; HASHES]) = {
    let (mut factors, mut terms) = ([0; HASHES], [0; HASHES]);
    let (mut place, mut state) = (0, 1_u64);
    while place < HASHES {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        factors[place] = (state >> 32) as u32 | 1;
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        terms[place] = (state >> 32) as u32;
        place += 1;
    }
    (factors, terms)
};

// region: sign
/// Computes the signature of a text, or nothing if the work was cancelled.
#[must_use]
pub fn sign(text: &str, length: usize, cancelled: &AtomicBool) -> Option<Signature> {
    let mut signature = [u32::MAX; HASHES];
    let (factors, terms) = &FUNCTIONS;
    let mut count = 0_u32;
    let complete = for_each_shingle(text, length, |shingle| {
        let shingle = (shingle >> 32) as u32;
        // Three arrays of one length and no branch: the compiler makes vector instructions of it.
        for place in 0..HASHES {
            let hash = factors[place]
                .wrapping_mul(shingle)
                .wrapping_add(terms[place]);
            signature[place] = signature[place].min(hash);
        }
        count = count.wrapping_add(1);
        count % STRIDE != 0 || !cancelled.load(Ordering::Relaxed)
    });
    complete.then_some(signature)
}
// endregion: sign

/// Returns about what two texts have in common, as a share.
#[must_use]
pub fn estimate(first: &[u32], second: &[u32]) -> f64 {
    let equal = first.iter().zip(second).filter(|(a, b)| a == b).count();
    equal as f64 / HASHES as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shingles::similarity;

    #[test]
    fn an_estimate_is_near_the_truth() {
        let text = |change: usize| -> String {
            (0..400)
                .map(|n| {
                    if n < change {
                        format!("x{n} ")
                    } else {
                        format!("w{n} ")
                    }
                })
                .collect()
        };
        let go = AtomicBool::new(false);
        let first = sign(&text(0), 3, &go).unwrap();
        for change in [0, 20, 60, 120, 300, 400] {
            let second = sign(&text(change), 3, &go).unwrap();
            let exact = similarity(&text(0), &text(change), 3);
            assert!(
                (estimate(&first, &second) - exact).abs() < 0.13,
                "{change}: {exact}"
            );
        }
    }

    #[test]
    fn a_long_text_can_be_left() {
        let text = "word ".repeat(10_000);
        assert!(sign(&text, 1, &AtomicBool::new(true)).is_none());
        assert!(sign("short", 1, &AtomicBool::new(true)).is_some());
    }
}
