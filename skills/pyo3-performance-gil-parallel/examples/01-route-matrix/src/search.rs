//! Dijkstra's algorithm from one point, in steps, so that the caller may do something else in between.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::graph::{Error, Graph, Result};

/// A search from one point, until the travel times to all of its targets are known.
pub struct Search<'graph> {
    graph: &'graph Graph,
    limit: f64,
    /// The shortest time known so far to each point.
    best: Vec<f64>,
    /// Times, as bits: those of floats from 0 on have the order of the floats, and integers have a total one.
    queue: BinaryHeap<Reverse<(u64, u32)>>,
    wanted: Vec<bool>,
    missing: usize,
}

impl<'graph> Search<'graph> {
    /// Begins a search; nothing is searched yet.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] if the limit is negative or not a number; [`Error::Memory`].
    pub fn new(graph: &'graph Graph, source: u32, targets: &[u32], limit: f64) -> Result<Self> {
        if limit.is_nan() || limit < 0.0 {
            return Err(Error::Limit(limit));
        }
        let mut best = make(graph.nodes(), f64::INFINITY)?;
        best[source as usize] = 0.0;
        let mut wanted = make(graph.nodes(), false)?;
        let mut missing = 0;
        for &target in targets {
            missing += usize::from(!std::mem::replace(&mut wanted[target as usize], true));
        }
        Ok(Self {
            graph,
            limit,
            best,
            queue: BinaryHeap::from([Reverse((0, source))]),
            wanted,
            missing,
        })
    }

    // region: advance
    /// Goes on for a number of steps, and returns whether there is more to do.
    pub fn advance(&mut self, steps: usize) -> bool {
        for _ in 0..steps {
            if self.missing == 0 {
                return false;
            }
            let Some(Reverse((bits, node))) = self.queue.pop() else {
                return false;
            };
            let seconds = f64::from_bits(bits);
            if seconds > self.limit {
                return false;
            }
            // A point is queued again for each better way to it.
            if seconds > self.best[node as usize] {
                continue;
            }
            self.missing -= usize::from(std::mem::take(&mut self.wanted[node as usize]));
            self.follow_roads(node, seconds);
        }
        true
    }
    // endregion: advance

    fn follow_roads(&mut self, node: u32, seconds: f64) {
        for road in self.graph.leaving(node) {
            let arrival = seconds + road.seconds;
            let best = &mut self.best[road.to as usize];
            if arrival < *best {
                *best = arrival;
                self.queue.push(Reverse((arrival.to_bits(), road.to)));
            }
        }
    }

    /// Returns the time to a target, or infinity if no way leads there within the limit.
    #[must_use]
    pub fn seconds(&self, target: u32) -> f64 {
        let seconds = self.best[target as usize];
        if seconds > self.limit {
            f64::INFINITY
        } else {
            seconds
        }
    }
}

fn make<T: Clone>(length: usize, value: T) -> Result<Vec<T>> {
    let mut values = Vec::new();
    values
        .try_reserve_exact(length)
        .map_err(|_| Error::Memory)?;
    values.resize(length, value);
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Builder;

    fn graph(roads: &[(i64, i64, f64)]) -> Graph {
        let mut builder = Builder::default();
        for &(from, to, seconds) in roads {
            builder.add(from, to, seconds).unwrap();
        }
        builder.finish()
    }

    fn times(graph: &Graph, targets: &[i64], limit: f64, steps: usize) -> Vec<f64> {
        let number = |node: &i64| graph.number(*node).unwrap();
        let targets: Vec<_> = targets.iter().map(number).collect();
        let mut search = Search::new(graph, number(&1), &targets, limit).unwrap();
        while search.advance(steps) {}
        targets
            .iter()
            .map(|&target| search.seconds(target))
            .collect()
    }

    #[test]
    fn the_fastest_way_is_taken_and_directions_count() {
        let graph = graph(&[
            (1, 2, 9.0),
            (1, 3, 2.0),
            (3, 2, 3.5),
            (2, 1, 0.0),
            (4, 1, 1.0),
        ]);
        for steps in [1, 2, 100] {
            let row = times(&graph, &[2, 3, 1, 4, 2], f64::INFINITY, steps);
            assert_eq!(row, [5.5, 2.0, 0.0, f64::INFINITY, 5.5]);
        }
    }

    #[test]
    fn the_limit_is_within() {
        let graph = graph(&[(1, 2, 2.0), (2, 3, 2.0)]);
        assert_eq!(times(&graph, &[2, 3], 2.0, 9), [2.0, f64::INFINITY]);
        assert_eq!(times(&graph, &[2, 3], 4.0, 9), [2.0, 4.0]);
        assert_eq!(times(&graph, &[1, 2], 0.0, 9), [0.0, f64::INFINITY]);
        assert!(Search::new(&graph, 0, &[], f64::NAN).is_err());
        assert!(Search::new(&graph, 0, &[], -1.0).is_err());
    }

    #[test]
    fn a_search_ends_with_its_last_target() {
        let roads: Vec<_> = (1..1000).map(|node| (node, node + 1, 1.0)).collect();
        let graph = graph(&roads);
        let mut search = Search::new(&graph, 0, &[10, 10, 3], f64::INFINITY).unwrap();
        assert!(!search.advance(12));
        let mut search = Search::new(&graph, 0, &[], f64::INFINITY).unwrap();
        assert!(!search.advance(1));
    }
}
