//! Prices in cents; nothing here knows of Python.

use std::num::ParseIntError;

use crate::Error;

/// Turns `12`, `12.5` or `12.50` into cents.
pub fn parse_price(text: &str) -> Result<u64, Error> {
    let text = text.trim();
    let (whole, cents) = text.split_once('.').unwrap_or((text, ""));
    let not_a_price = |source| Error::NotAPrice {
        text: text.to_owned(),
        source,
    };
    check_digits(whole)
        .and_then(|()| check_digits(cents))
        .map_err(not_a_price)?;
    if cents.len() > 2 {
        return Err(Error::TooPrecise(text.to_owned()));
    }
    let digits = if whole.is_empty() {
        String::new()
    } else {
        format!("{whole}{cents:0<2}")
    };
    digits.parse().map_err(not_a_price)
}

/// Parses each character by itself: a whole number may begin with `+`, a price may not.
fn check_digits(text: &str) -> Result<(), ParseIntError> {
    text.chars()
        .try_for_each(|digit| digit.to_string().parse::<u8>().map(drop))
}

/// Multiplies a price, and takes off what a discount code gives; half cents are rounded up.
pub fn total(price: u64, quantity: u32, code: Option<&str>) -> Result<u64, Error> {
    let percent = code.map_or(Ok(0), |code| discount(code, quantity))?;
    // 103 bits hold the largest product, so that only the result has to be checked.
    let hundredfold = u128::from(price) * u128::from(quantity) * u128::from(100 - percent);
    u64::try_from((hundredfold + 50) / 100).map_err(|_| Error::TooLarge)
}

/// Returns how many percent a code takes off.
fn discount(code: &str, quantity: u32) -> Result<u8, Error> {
    let (percent, required) = match code {
        "MEMBER" => (5, 1),
        "BULK" => (20, 100),
        _ => return Err(Error::UnknownCode(code.to_owned())),
    };
    if quantity < required {
        return Err(Error::TooFew {
            code: code.to_owned(),
            required,
            quantity,
        });
    }
    Ok(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact() -> Result<(), Error> {
        for (text, cents) in [("12", 1200), ("12.5", 1250), (" 0.07 ", 7), ("12.", 1200)] {
            assert_eq!(parse_price(text)?, cents, "{text}");
        }
        Ok(())
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            ".",
            ".5",
            "-1",
            "+12",
            "+1.50",
            "+.5",
            "1.+5",
            "1,50",
            "1.5.0",
            "1.abc",
            "١٢",
            "99999999999999999999",
        ] {
            let error = parse_price(text).unwrap_err();
            assert!(matches!(error, Error::NotAPrice { .. }), "{text}: {error}");
        }
        assert_eq!(
            parse_price("0.999"),
            Err(Error::TooPrecise("0.999".to_owned()))
        );
    }

    #[test]
    fn discounts_round_half_cents_up() {
        assert_eq!(total(110, 1, Some("MEMBER")), Ok(105));
        assert_eq!(total(3, 100, Some("BULK")), Ok(240));
    }

    #[test]
    fn too_few_and_too_much_are_refused() {
        let code = "BULK".to_owned();
        assert_eq!(
            total(1, 99, Some("BULK")),
            Err(Error::TooFew {
                code,
                required: 100,
                quantity: 99
            })
        );
        assert_eq!(total(u64::MAX, 2, None), Err(Error::TooLarge));
        assert_eq!(total(u64::MAX, 1, None), Ok(u64::MAX));
        assert_eq!(
            total(u64::MAX / 80, 100, Some("BULK")),
            Ok(u64::MAX / 80 * 80)
        );
    }
}
