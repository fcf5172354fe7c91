//! An order: lines of a CSV file, and what rules add and take off.

use std::fmt;

use crate::money::Money;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub sku: String,
    pub quantity: u32,
    pub price: Money,
    pub amount: Money,
}

#[derive(Clone, Debug, Default)]
pub struct Order {
    pub customer: String,
    pub lines: Vec<Line>,
    pub changes: Vec<(String, Money)>,
}

impl Order {
    /// Reads `sku,quantity,price` lines; a wrong one is returned by its number.
    pub fn read(customer: &str, text: &str) -> Result<Self, (usize, String)> {
        // Spreadsheets begin a CSV file with a mark, which would be part of a name.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| read_line(line).map_err(|reason| (number + 1, reason)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            customer: customer.to_owned(),
            lines,
            changes: Vec::new(),
        })
    }

    #[must_use]
    pub fn subtotal(&self) -> Money {
        self.lines.iter().map(|line| line.amount).sum()
    }

    #[must_use]
    pub fn total(&self) -> Money {
        self.subtotal() + self.changes.iter().map(|(_, amount)| *amount).sum()
    }
}

fn read_line(line: &str) -> Result<Line, String> {
    if line.contains('"') {
        return Err("a quote is part of no field".into());
    }
    let fields: Vec<_> = line.split(',').map(str::trim).collect();
    let [sku, quantity, price] = fields[..] else {
        return Err("expected `sku,quantity,price`".into());
    };
    let count = quantity
        .parse()
        .map_err(|_| format!("`{quantity}` is no quantity"))?;
    let price: Money = price.parse()?;
    Ok(Line {
        sku: sku.to_owned(),
        quantity: count,
        price,
        amount: price.times(count),
    })
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(
                f,
                "{:<20}{:>6} x{:>9} {:>9}",
                line.sku, line.quantity, line.price, line.amount
            )?;
        }
        for (reason, amount) in &self.changes {
            writeln!(f, "{reason:<37} {amount:>9}")?;
        }
        write!(f, "{:<37} {:>9}", "total", self.total())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_adds_up() {
        let mut order = Order::read("Ada", "\u{feff}tea,12,4.50\r\n\nmug, 2, 7.25\n").unwrap();
        assert_eq!(order.lines[0].sku, "tea");
        assert_eq!(order.subtotal(), Money(6850));
        order.changes.push(("gift".into(), Money(-850)));
        assert_eq!(order.total(), Money(6000));
    }

    #[test]
    fn large_amounts_are_exact() {
        let order = Order::read("Ada", &"tea,4294967295,999999999999999.99\n".repeat(3)).unwrap();
        assert_eq!(order.total().to_string(), "12884901884999999871150981.15");
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, line, word) in [
            ("tea,12,4.50\nmug", 2, "expected"),
            ("tea,-1,4", 1, "quantity"),
            ("tea,1,4.505", 1, "decimals"),
            ("\"tea\",1,4", 1, "quote"),
        ] {
            let (number, reason) = Order::read("Ada", text).unwrap_err();
            assert_eq!(number, line);
            assert!(reason.contains(word), "{reason}");
        }
    }
}
