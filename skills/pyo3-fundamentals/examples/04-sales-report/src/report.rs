//! Sales, and what they sum up to; of Python there is only what derives a dictionary.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use pyo3::IntoPyObject;

/// What was sold at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Sale {
    pub region: String,
    pub product: String,
    pub units: u32,
    /// Cents for each unit.
    pub price: u32,
    /// Percent, up to 100.
    pub discount: u8,
}

impl Sale {
    /// Returns hundredths of a cent, so that a sum is rounded once.
    fn revenue(&self) -> u128 {
        let percent = u128::from(100 - self.discount.min(100));
        u128::from(self.units) * u128::from(self.price) * percent
    }
}

// region: derive
/// What was sold in a region.
#[derive(Debug, IntoPyObject, PartialEq)]
pub struct Line {
    pub region: String,
    pub units: u64,
    /// Cents; a `u64` could overflow after two of the largest sales.
    pub revenue: u128,
    #[pyo3(item("best"))]
    pub best_seller: Option<(String, u64)>,
    pub target: Option<u64>,
}
// endregion: derive

/// Sums up sales one by one.
#[derive(Debug, Default)]
pub struct Report {
    regions: BTreeMap<String, Region>,
}

#[derive(Debug, Default)]
struct Region {
    revenue: u128,
    units: BTreeMap<String, u64>,
}

impl Report {
    /// Adds a sale to its region.
    pub fn add(&mut self, sale: Sale) {
        let revenue = sale.revenue();
        let region = self.regions.entry(sale.region).or_default();
        region.revenue += revenue;
        *region.units.entry(sale.product).or_insert(0) += u64::from(sale.units);
    }

    /// Returns the regions, the largest revenue first; equal ones are in alphabetical order.
    #[must_use]
    pub fn lines(self, targets: &HashMap<String, u64>) -> Vec<Line> {
        let mut lines: Vec<_> = self
            .regions
            .into_iter()
            .map(|(region, sold)| Line {
                units: sold.units.values().sum(),
                revenue: (sold.revenue + 50) / 100,
                best_seller: best(sold.units),
                target: targets.get(&region).copied(),
                region,
            })
            .collect();
        lines.sort_by_key(|line| Reverse(line.revenue));
        lines
    }
}

/// Returns the product with the most units, the first in the alphabet of equal ones.
fn best(units: BTreeMap<String, u64>) -> Option<(String, u64)> {
    units.into_iter().rev().max_by_key(|(_, units)| *units)
}

/// Returns the number in the middle, the lower one of two.
#[must_use]
pub fn median(mut numbers: Vec<u32>) -> Option<u32> {
    numbers.sort_unstable();
    numbers.get(numbers.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sale(region: &str, product: &str, units: u32, price: u32) -> Sale {
        Sale {
            region: region.to_owned(),
            product: product.to_owned(),
            units,
            price,
            discount: 0,
        }
    }

    fn lines(sales: Vec<Sale>) -> Vec<Line> {
        let mut report = Report::default();
        sales.into_iter().for_each(|sale| report.add(sale));
        report.lines(&HashMap::new())
    }

    #[test]
    fn the_largest_revenue_comes_first() {
        let sorted = lines(vec![
            sale("a", "x", 1, 5),
            sale("b", "x", 2, 5),
            sale("c", "x", 1, 5),
        ]);
        let regions: Vec<_> = sorted.iter().map(|line| line.region.as_str()).collect();
        assert_eq!(regions, ["b", "a", "c"]);
    }

    #[test]
    fn the_best_seller_has_the_most_units() {
        let sold = lines(vec![
            sale("a", "x", 2, 9),
            sale("a", "y", 3, 1),
            sale("a", "w", 3, 1),
        ]);
        assert_eq!(sold[0].best_seller, Some(("w".to_owned(), 3)));
    }

    #[test]
    fn a_sum_is_rounded_once() {
        let half = Sale {
            discount: 50,
            ..sale("a", "x", 1, 1)
        };
        assert_eq!(lines(vec![half.clone(), half])[0].revenue, 1);
    }

    #[test]
    fn a_median_is_one_of_the_numbers() {
        assert_eq!(median(vec![3, 1, 2]), Some(2));
        assert_eq!(median(vec![4, 1, 2, 3]), Some(2));
        assert_eq!(median(vec![]), None);
    }
}
