//! Lengths of time as people write them.

use std::time::Duration;

/// Why a text is not a duration.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing in it.
    #[error("the duration is empty")]
    Empty,
    /// A part of it is something else.
    #[error("`{0}` is not a whole number with one of the units d, h, m and s")]
    Part(String),
    /// A [`Duration`] can't count as far.
    #[error("the duration is too long")]
    TooLong,
}

/// Reads a duration such as `1h 30m` or `90s`.
///
/// # Errors
///
/// [`Error::Empty`] for white space, [`Error::Part`] for what is no number with a unit, and
/// [`Error::TooLong`] for more than [`u64::MAX`] seconds.
pub fn parse(text: &str) -> Result<Duration, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::Empty);
    }
    let mut total: u64 = 0;
    for part in text.split_inclusive(char::is_alphabetic) {
        total = total
            .checked_add(seconds(part.trim_start())?)
            .ok_or(Error::TooLong)?;
    }
    Ok(Duration::from_secs(total))
}

/// Reads a number with a unit.
fn seconds(part: &str) -> Result<u64, Error> {
    let digits = part.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = part.split_at(digits);
    let length = match (digits, unit.trim_start()) {
        (1.., "d") => 86_400,
        (1.., "h") => 3_600,
        (1.., "m") => 60,
        (1.., "s") => 1,
        _ => return Err(Error::Part(part.to_owned())),
    };
    // Nothing but digits: what can't be read is too big.
    let number: Option<u64> = number.parse().ok();
    number
        .and_then(|number| number.checked_mul(length))
        .ok_or(Error::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_added() {
        assert_eq!(parse(" 1d2h 3 m4s "), Ok(Duration::from_secs(93_784)));
        assert_eq!(parse("90s"), Ok(Duration::from_secs(90)));
    }

    #[test]
    fn what_is_no_number_with_a_unit_is_named() {
        for part in ["5w", "h", "7", "-1s", "1ß"] {
            let text = format!("1h {part}");
            assert_eq!(parse(&text), Err(Error::Part(part.to_owned())));
        }
        assert_eq!(parse(" "), Err(Error::Empty));
    }

    #[test]
    fn what_does_not_fit_is_too_long() {
        let most = u64::MAX;
        assert_eq!(parse(&format!("{most}s")), Ok(Duration::from_secs(most)));
        for rest in ["s1s", "d", "0s"] {
            assert_eq!(parse(&format!("{most}{rest}")), Err(Error::TooLong));
        }
    }
}
