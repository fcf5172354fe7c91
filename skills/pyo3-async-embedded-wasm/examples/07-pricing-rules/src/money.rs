//! Exact amounts: cents, rounded as banks do. More of them than any order can have, so that no sum is wrong.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;
use std::str::FromStr;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(pub i128);

impl Money {
    /// A part of it; the share is in hundredths of a per cent.
    #[must_use]
    pub fn share(self, hundredths: i128) -> Self {
        let (whole, product) = (10_000, self.0 * hundredths);
        let (floor, rest) = (product.div_euclid(whole), product.rem_euclid(whole));
        // A half goes to the even neighbour.
        let up = rest * 2 > whole || (rest * 2 == whole && floor % 2 != 0);
        Self(floor + i128::from(up))
    }

    /// So many times it.
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        Self(self.0 * i128::from(count))
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self(0), Add::add)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, cents) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        f.pad(&format!("{sign}{}.{:02}", cents / 100, cents % 100))
    }
}

impl FromStr for Money {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("`{text}` is no amount with at most two decimals");
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // `7.500` is `7.50`.
        let (part, rest) = part.split_at(part.len().min(2));
        if !plain(whole) || !plain(part) || rest.contains(|digit| digit != '0') || whole.len() > 15
        {
            return Err(refuse());
        }
        let cents: i128 = format!("{whole}{part:0<2}").parse().map_err(|_| refuse())?;
        Ok(Self(sign * cents))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (text, cents) in [
            ("4.5", 450),
            ("0.05", 5),
            ("-12", -1200),
            ("7.500", 750),
            ("1.0", 100),
        ] {
            assert_eq!(text.parse(), Ok(Money(cents)), "{text}");
        }
        assert_eq!(Money(-5).to_string(), "-0.05");
        for text in [
            "",
            "1.",
            "1.005",
            "1e3",
            "+1",
            ".5",
            "1,50",
            "99999999999999999",
        ] {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_half_cent_goes_to_the_even_neighbour() {
        assert_eq!(Money(50).share(100), Money(0));
        assert_eq!(Money(150).share(100), Money(2));
        assert_eq!(Money(-150).share(100), Money(-2));
        assert_eq!(Money(1999).share(10_000), Money(1999));
    }
}
