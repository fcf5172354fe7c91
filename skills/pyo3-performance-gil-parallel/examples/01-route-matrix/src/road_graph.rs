//! The layer for Python.

use pyo3::exceptions::{PyKeyError, PyMemoryError, PyOverflowError, PyValueError};
use pyo3::prelude::*;

use crate::graph::{Builder, Error, Graph};
use crate::search::Search;

/// What is done between two looks for Ctrl-C: some milliseconds.
const STEPS: usize = 1 << 14;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        match error {
            Error::Node(node) => PyKeyError::new_err(node),
            Error::Memory => PyMemoryError::new_err(error.to_string()),
            Error::TooManyRoads => PyOverflowError::new_err(error.to_string()),
            Error::Seconds { .. } | Error::Limit(_) => PyValueError::new_err(error.to_string()),
        }
    }
}

// region: class
/// Points and the roads between them; it never changes, and any number of threads may search it at once.
///
/// Args:
///     roads: The point where a road begins, the point where it ends, and how many seconds it takes. Points are any
///         64-bit integers, such as the numbers of OpenStreetMap's nodes. A road leads one way.
///
/// Raises:
///     ValueError: If a time is negative, infinite or not a number.
#[pyclass(frozen, module = "route_matrix")]
pub struct RoadGraph(Graph);
// endregion: class

#[pymethods]
impl RoadGraph {
    #[new]
    fn new(roads: &Bound<'_, PyAny>) -> PyResult<Self> {
        let mut builder = Builder::default();
        for (count, road) in roads.try_iter()?.enumerate() {
            let (from, to, seconds) = road?.extract()?;
            builder.add(from, to, seconds)?;
            if count % STEPS == 0 {
                roads.py().check_signals()?;
            }
        }
        Ok(Self(roads.py().detach(|| builder.finish())))
    }

    /// The number of points that roads touch.
    #[getter]
    fn nodes(&self) -> usize {
        self.0.nodes()
    }

    /// The number of roads.
    #[getter]
    fn roads(&self) -> usize {
        self.0.roads()
    }

    // region: row
    /// Compute the travel times from one point to others.
    ///
    /// Other Python threads run meanwhile.
    ///
    /// Args:
    ///     source: Where each way begins.
    ///     targets: Where they end.
    ///     limit: The longest time of interest, in seconds; a lower one is found sooner.
    ///
    /// Returns:
    ///     The seconds to each target, in their order; infinity where no way leads within the limit.
    ///
    /// Raises:
    ///     KeyError: If no road touches a point.
    ///     ValueError: If the limit is negative or not a number.
    ///     KeyboardInterrupt: At Ctrl-C, in the main thread.
    #[pyo3(signature = (source, targets, *, limit = f64::INFINITY))]
    fn travel_times(
        &self,
        py: Python<'_>,
        source: i64,
        targets: &Bound<'_, PyAny>,
        limit: f64,
    ) -> PyResult<Vec<f64>> {
        // Not a `Vec<i64>`, which takes a generator for a mistake, and room for as many as `__len__` claims.
        let targets = targets.try_iter()?.map(|target| target?.extract());
        let targets: Vec<i64> = targets.collect::<PyResult<_>>()?;
        // All that is Python's has been converted, and `self` is frozen: nothing in the closures needs the interpreter.
        let graph = &self.0;
        let (mut search, targets) = py.detach(|| {
            let numbers = targets.iter().map(|&target| graph.number(target));
            let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
            let search = Search::new(graph, graph.number(source)?, &numbers, limit)?;
            Ok::<_, Error>((search, numbers))
        })?;
        while py.detach(|| search.advance(STEPS)) {
            py.check_signals()?;
        }
        Ok(targets
            .iter()
            .map(|&target| search.seconds(target))
            .collect())
    }
    // endregion: row

    fn __repr__(&self) -> String {
        format!(
            "<RoadGraph of {} points, {} roads>",
            self.nodes(),
            self.roads()
        )
    }
}
