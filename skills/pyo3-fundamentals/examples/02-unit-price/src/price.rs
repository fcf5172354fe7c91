//! Prices in cents; nothing here knows of Python.

use crate::Error;

/// Turns `12`, `12.5` or `12.50` into cents.
pub fn parse_price(text: &str) -> Result<u64, Error> {
    let text = text.trim();
    let (whole, cents) = text.split_once('.').unwrap_or((text, ""));
    if cents.chars().count() > 2 {
        return Err(Error::TooPrecise(text.to_owned()));
    }
    let digits = if whole.is_empty() {
        String::new()
    } else {
        format!("{whole}{cents:0<2}")
    };
    digits.parse().map_err(|source| Error::NotAPrice {
        text: text.to_owned(),
        source,
    })
}

/// Multiplies a price, and takes off what a discount code gives; half cents are rounded up.
pub fn total(price: u64, quantity: u32, code: Option<&str>) -> Result<u64, Error> {
    let percent = code.map_or(Ok(0), |code| discount(code, quantity))?;
    let full = price.checked_mul(quantity.into()).ok_or(Error::TooLarge)?;
    let hundredfold = full.checked_mul(100 - percent).ok_or(Error::TooLarge)?;
    Ok(hundredfold.saturating_add(50) / 100)
}

/// Returns how many percent a code takes off.
fn discount(code: &str, quantity: u32) -> Result<u64, Error> {
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
            "1.+5",
            "1,50",
            "1.5.0",
            "99999999999999999999",
        ] {
            assert!(parse_price(text).is_err(), "{text}");
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
    }
}
