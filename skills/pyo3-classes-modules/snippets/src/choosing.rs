//! Code shown in `references/choosing.md`.

use pyo3::prelude::*;

// region: many
/// A point of a walk, as one object.
#[pyclass(frozen, get_all, new = "from_fields", from_py_object)]
#[derive(Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
}

/// Return the length of a walk; each point is a Python object, whose value is copied out.
#[pyfunction]
fn length_of(points: Vec<Point>) -> f64 {
    length(&points)
}

/// A walk: one object, however many points there are.
#[pyclass(frozen)]
struct Track {
    points: Vec<Point>,
}

#[pymethods]
impl Track {
    #[new]
    fn new(points: Vec<(f64, f64)>) -> Self {
        let points = points.into_iter().map(|(x, y)| Point { x, y });
        let points = points.collect();
        Self { points }
    }

    fn length(&self) -> f64 {
        length(&self.points)
    }

    fn __len__(&self) -> usize {
        self.points.len()
    }
}
// endregion: many

fn length(points: &[Point]) -> f64 {
    let steps = points.windows(2);
    steps
        .map(|step| (step[1].x - step[0].x).hypot(step[1].y - step[0].y))
        .sum()
}

// region: no-class
/// What a text consists of; a `dict` for the caller, with no class to learn.
#[derive(IntoPyObject)]
struct Statistics {
    words: usize,
    lines: usize,
    longest: usize,
}

#[pyfunction]
fn statistics(text: &str) -> Statistics {
    let letters = |line: &str| line.chars().count();
    Statistics {
        words: text.split_whitespace().count(),
        lines: text.lines().count(),
        longest: text.lines().map(letters).max().unwrap_or(0),
    }
}
// endregion: no-class

#[pymodule]
pub mod choosing {
    #[pymodule_export]
    use super::{Point, Track, length_of, statistics};
}
