//! Geohash cells, without Python.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

const LETTERS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// Letters of a cell at most: 60 bits, some centimetres.
pub const LONGEST: u32 = 12;

/// What can be wrong with a place or a cell.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A place that is not on the earth.
    #[error("there is no latitude {0}: expected -90 to 90")]
    Latitude(f64),
    /// A place that is not on the earth.
    #[error("there is no longitude {0}: expected -180 to 180")]
    Longitude(f64),
    /// A cell that would be the whole earth, or too small.
    #[error("`precision` must be from 1 to {LONGEST}, not {0}")]
    Precision(i64),
    /// Text that is no cell.
    #[error(
        "`{0}` is not a cell: expected 1 to {LONGEST} letters and digits without a, i, l and o"
    )]
    Text(String),
}

/// A part of the earth: a column and a row of a grid that is finer the more letters there are.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Cell {
    precision: u32,
    column: u32,
    row: u32,
}

/// Checks the number of letters.
///
/// # Errors
///
/// [`Error::Precision`].
pub fn check_precision(precision: i64) -> Result<u32, Error> {
    match u32::try_from(precision) {
        Ok(letters @ 1..=LONGEST) => Ok(letters),
        _ => Err(Error::Precision(precision)),
    }
}

impl Cell {
    /// Returns the cell of a place; `precision` is from 1 to [`LONGEST`].
    ///
    /// # Errors
    ///
    /// An [`Error`] for a place that isn't on the earth.
    pub fn new(latitude: f64, longitude: f64, precision: u32) -> Result<Self, Error> {
        if !(-90.0..=90.0).contains(&latitude) {
            return Err(Error::Latitude(latitude));
        }
        if !(-180.0..=180.0).contains(&longitude) {
            return Err(Error::Longitude(longitude));
        }
        let (columns, rows) = grid(precision);
        // A cast rounds towards 0; the upper ends belong to the last cells.
        let place = |share: f64, count: u32| ((share * f64::from(count)) as u32).min(count - 1);
        Ok(Self {
            precision,
            column: place((longitude + 180.0) / 360.0, columns),
            row: place((latitude + 90.0) / 180.0, rows),
        })
    }

    /// Returns latitude and longitude of the middle.
    #[must_use]
    pub fn middle(self) -> (f64, f64) {
        let (columns, rows) = grid(self.precision);
        let place = |place: u32, count: u32| (f64::from(place) + 0.5) / f64::from(count);
        (
            place(self.row, rows) * 180.0 - 90.0,
            place(self.column, columns) * 360.0 - 180.0,
        )
    }

    /// Returns the cells around, of which there are fewer at the poles, clockwise from the north.
    pub fn neighbors(self) -> impl Iterator<Item = Self> {
        let (columns, rows) = grid(self.precision);
        let around = [
            (0, 1),
            (1, 1),
            (1, 0),
            (1, -1),
            (0, -1),
            (-1, -1),
            (-1, 0),
            (-1, 1),
        ];
        around
            .into_iter()
            .filter_map(move |(east, north): (i32, i32)| {
                let row = self
                    .row
                    .checked_add_signed(north)
                    .filter(|row| *row < rows)?;
                // The number of columns is a power of two, so that the earth is round.
                let column = self.column.wrapping_add_signed(east) & (columns - 1);
                Some(Self {
                    row,
                    column,
                    ..self
                })
            })
    }
}

/// Returns columns and rows; the first of five bits is one of the longitude, and so is every other.
fn grid(precision: u32) -> (u32, u32) {
    let bits = precision * 5;
    (1 << bits.div_ceil(2), 1 << (bits / 2))
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.precision * 5;
        let mut code = 0_u64;
        for bit in 0..bits {
            let coordinate = if (bits - bit) % 2 == 1 {
                self.column
            } else {
                self.row
            };
            code |= u64::from(coordinate >> (bit / 2) & 1) << bit;
        }
        // With an odd number of bits the lowest is one of the longitude, else one of the latitude.
        (0..self.precision).rev().try_for_each(|letter| {
            let place = (code >> (letter * 5) & 31) as usize;
            fmt::Write::write_char(formatter, char::from(LETTERS[place]))
        })
    }
}

impl FromStr for Cell {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        // What is wrong is quoted, and may be long.
        let error = || Error::Text(text.chars().take(20).collect());
        let precision = check_precision(text.len() as i64).map_err(|_| error())?;
        let (mut column, mut row) = (0, 0);
        for (place, letter) in text.bytes().enumerate() {
            let letter = letter.to_ascii_lowercase();
            let value = LETTERS
                .iter()
                .position(|known| *known == letter)
                .ok_or_else(error)?;
            for bit in 0..5 {
                let value = (value >> (4 - bit) & 1) as u32;
                let coordinate = if (place * 5 + bit) % 2 == 0 {
                    &mut column
                } else {
                    &mut row
                };
                *coordinate = *coordinate << 1 | value;
            }
        }
        Ok(Self {
            precision,
            column,
            row,
        })
    }
}

/// Counts the places in each cell; `places` are pairs of latitude and longitude.
///
/// # Errors
///
/// An [`Error`] for the first place that isn't on the earth.
pub fn count_cells(
    places: impl Iterator<Item = (f64, f64)>,
    precision: u32,
) -> Result<HashMap<Cell, u64>, Error> {
    let mut counts = HashMap::new();
    for (latitude, longitude) in places {
        *counts
            .entry(Cell::new(latitude, longitude, precision)?)
            .or_default() += 1;
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(latitude: f64, longitude: f64, precision: u32) -> String {
        Cell::new(latitude, longitude, precision)
            .unwrap()
            .to_string()
    }

    #[test]
    fn places_have_their_well_known_cells() {
        assert_eq!(cell(57.64911, 10.40744, 11), "u4pruydqqvj");
        assert_eq!(cell(42.605, -5.603, 5), "ezs42");
        assert_eq!(
            (cell(90.0, 180.0, 12), cell(-90.0, -180.0, 1)),
            ("zzzzzzzzzzzz".into(), "0".into())
        );
    }

    #[test]
    fn cells_and_text_are_the_same() {
        for precision in 1..=LONGEST {
            let cell = Cell::new(-33.8568, 151.2153, precision).unwrap();
            assert_eq!(cell.to_string().parse(), Ok(cell));
            assert_eq!(cell.to_string().to_uppercase().parse(), Ok(cell));
            let (latitude, longitude) = cell.middle();
            assert_eq!(Cell::new(latitude, longitude, precision), Ok(cell));
        }
    }

    #[test]
    fn neighbors_go_round_the_earth_and_end_at_the_poles() {
        let around = |text: &str| -> Vec<String> {
            let cell: Cell = text.parse().unwrap();
            cell.neighbors().map(|cell| cell.to_string()).collect()
        };
        assert_eq!(
            around("ezs42"),
            [
                "ezs48", "ezs49", "ezs43", "ezs41", "ezs40", "ezefp", "ezefr", "ezefx"
            ]
        );
        assert_eq!(around("z"), ["b", "8", "x", "w", "y"]);
    }

    #[test]
    fn what_is_not_on_the_earth_is_an_error() {
        assert_eq!(Cell::new(90.1, 0.0, 1), Err(Error::Latitude(90.1)));
        assert!(matches!(
            Cell::new(0.0, f64::NAN, 1),
            Err(Error::Longitude(_))
        ));
        for text in ["", "a", "é", "u4pruydqqvj00", "u4 "] {
            assert_eq!(text.parse::<Cell>(), Err(Error::Text(text.into())));
        }
        assert!(check_precision(0).is_err() && check_precision(1 << 32 | 1).is_err());
    }

    #[test]
    fn places_are_counted() {
        let places = [(1.0, 1.0), (1.1, 1.1), (-1.0, -1.0)];
        let counts = count_cells(places.into_iter(), 1).unwrap();
        assert_eq!((counts[&"s".parse().unwrap()], counts.len()), (2, 2));
        assert!(count_cells([(91.0, 0.0)].into_iter(), 1).is_err());
    }
}
