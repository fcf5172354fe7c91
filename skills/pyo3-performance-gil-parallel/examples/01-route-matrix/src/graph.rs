//! A road graph in two flat arrays, built once and never changed, so that any number of threads may read it.

use std::collections::HashMap;
use std::fmt;

/// What can be wrong with roads, or with what is asked about them.
#[derive(Debug, PartialEq)]
pub enum Error {
    /// A travel time that no road has.
    Seconds { from: i64, to: i64, seconds: f64 },
    /// A point that no road touches.
    Node(i64),
    /// A limit that is none.
    Limit(f64),
    /// More roads than are counted with 32 bits.
    TooManyRoads,
    /// A graph so large that there is no memory to search it.
    Memory,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds { from, to, seconds } => write!(
                formatter,
                "the road from {from} to {to} takes {seconds} seconds: expected a finite number from 0 on"
            ),
            Self::Node(node) => write!(formatter, "no road touches the point {node}"),
            Self::Limit(limit) => write!(
                formatter,
                "`limit` is {limit} seconds: expected a number from 0 on"
            ),
            Self::TooManyRoads => write!(formatter, "a graph has at most {} roads", u32::MAX),
            Self::Memory => write!(formatter, "there is no memory for the search"),
        }
    }
}

impl std::error::Error for Error {}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A road that leaves a point.
#[derive(Clone, Copy, Debug)]
pub struct Road {
    pub to: u32,
    pub seconds: f64,
}

/// Points and the roads between them. Points have the numbers that the map gives them, inside they are counted from 0.
#[derive(Debug)]
pub struct Graph {
    numbers: HashMap<i64, u32>,
    /// The roads of point `n` are those from `first[n]` to `first[n + 1]`.
    first: Vec<u32>,
    roads: Vec<Road>,
}

impl Graph {
    /// Returns the number of points.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.numbers.len()
    }

    /// Returns the number of roads.
    #[must_use]
    pub fn roads(&self) -> usize {
        self.roads.len()
    }

    /// Returns what a point of the map is called inside.
    ///
    /// # Errors
    ///
    /// [`Error::Node`] if no road touches it.
    pub fn number(&self, node: i64) -> Result<u32> {
        self.numbers.get(&node).copied().ok_or(Error::Node(node))
    }

    /// Returns the roads that leave a point.
    #[must_use]
    pub fn leaving(&self, number: u32) -> &[Road] {
        let number = number as usize;
        &self.roads[self.first[number] as usize..self.first[number + 1] as usize]
    }
}

/// Collects roads in any order.
#[derive(Debug, Default)]
pub struct Builder {
    numbers: HashMap<i64, u32>,
    roads: Vec<(u32, Road)>,
}

impl Builder {
    /// Adds a road in one direction.
    ///
    /// # Errors
    ///
    /// [`Error::Seconds`] if the time is negative, infinite or not a number; [`Error::TooManyRoads`].
    pub fn add(&mut self, from: i64, to: i64, seconds: f64) -> Result<()> {
        if !(seconds.is_finite() && seconds >= 0.0) {
            return Err(Error::Seconds { from, to, seconds });
        }
        if self.roads.len() >= u32::MAX as usize / 2 {
            return Err(Error::TooManyRoads);
        }
        let (from, to) = (self.number(from), self.number(to));
        self.roads.push((from, Road { to, seconds }));
        Ok(())
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are at most twice as many points as roads"
    )]
    fn number(&mut self, node: i64) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(node).or_insert(next)
    }

    /// Sorts the roads by where they begin.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "`add` counts the roads")]
    pub fn finish(mut self) -> Graph {
        self.roads.sort_by_key(|(from, _)| *from);
        let mut first = Vec::with_capacity(self.numbers.len() + 1);
        for (place, (from, _)) in self.roads.iter().enumerate() {
            while first.len() <= *from as usize {
                first.push(place as u32);
            }
        }
        first.resize(self.numbers.len() + 1, self.roads.len() as u32);
        Graph {
            numbers: self.numbers,
            first,
            roads: self.roads.into_iter().map(|(_, road)| road).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roads_are_sorted_by_their_beginning() {
        let mut builder = Builder::default();
        for (from, to) in [(30, -7), (10, 30), (30, 10), (10, 99)] {
            builder.add(from, to, 1.0).unwrap();
        }
        let graph = builder.finish();
        assert_eq!((graph.nodes(), graph.roads()), (4, 4));
        let ends = |node: i64| {
            let roads = graph.leaving(graph.number(node).unwrap());
            roads.iter().map(|road| road.to).collect::<Vec<_>>()
        };
        let numbers = |nodes: &[i64]| {
            let numbers = nodes.iter().map(|&node| graph.number(node).unwrap());
            numbers.collect::<Vec<_>>()
        };
        assert_eq!(ends(30), numbers(&[-7, 10]));
        assert_eq!(ends(10), numbers(&[30, 99]));
        assert!(ends(99).is_empty());
        assert_eq!(graph.number(1), Err(Error::Node(1)));
    }

    #[test]
    fn times_are_checked() {
        for seconds in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(Builder::default().add(1, 2, seconds).is_err());
        }
        assert_eq!(Builder::default().finish().nodes(), 0);
    }
}
