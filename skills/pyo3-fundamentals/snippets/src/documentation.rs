//! Code shown in `references/documentation.md`.

/// The mean radius of the Earth, in kilometres.
pub const EARTH: f64 = 6371.0;

// region: rust
/// Measures the way between two places, given as latitude and longitude in degrees.
///
/// ```
/// use fundamentals_snippets_core::documentation::{EARTH, great_circle};
///
/// let quarter = great_circle((0.0, 0.0), (0.0, 90.0), EARTH);
/// assert_eq!(quarter.round(), 10008.0);
/// ```
#[must_use]
pub fn great_circle(start: (f64, f64), end: (f64, f64), radius: f64) -> f64 {
    // endregion: rust
    let haversine = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let (width, height) = (haversine(start.1, end.1), haversine(start.0, end.0));
    let across = start.0.to_radians().cos() * end.0.to_radians().cos() * width;
    2.0 * radius * (height + across).sqrt().min(1.0).asin()
}

// region: module
/// Ways on a globe, in kilometres.
#[pyo3::pymodule]
pub mod documentation {
    // endregion: module
    use pyo3::prelude::*;
    use pyo3::types::PyList;

    use super::{EARTH, great_circle};

    // region: function
    /// Measure the way between two places.
    ///
    /// Args:
    ///     start: Latitude and longitude, in degrees.
    ///     end: Latitude and longitude of the other place.
    ///     radius: The globe's radius, in kilometres.
    ///
    /// Returns:
    ///     The length of the way, in kilometres.
    ///
    /// Example:
    ///     >>> from fundamentals_snippets._core import documentation
    ///     >>> round(documentation.distance((47.4, 8.5), (46.9, 7.4)))
    ///     100
    #[pyfunction]
    #[pyo3(signature = (start, end, *, radius = 6371.0))]
    fn distance(start: (f64, f64), end: (f64, f64), radius: f64) -> f64 {
        great_circle(start, end, radius)
    }
    // endregion: function

    // region: defaults
    /// Measure the way to the nearer pole.
    #[pyfunction]
    #[pyo3(signature = (latitude, radius = EARTH))]
    fn to_pole(latitude: f64, radius: f64) -> f64 {
        (90.0 - latitude.abs()).to_radians() * radius
    }

    /// Measure the way to the equator.
    #[pyfunction]
    #[pyo3(signature = (latitude, radius = EARTH), text_signature = "(latitude, radius=6371.0)")]
    fn to_equator(latitude: f64, radius: f64) -> f64 {
        latitude.abs().to_radians() * radius
    }
    // endregion: defaults

    // region: annotations
    /// Choose the northernmost of places.
    #[pyfunction]
    #[pyo3(signature = (places: "list[Place]") -> "Place | None")]
    fn northernmost<'py>(places: &Bound<'py, PyList>) -> PyResult<Option<Bound<'py, Place>>> {
        let mut best: Option<Bound<'py, Place>> = None;
        for place in places {
            let place = place.cast_into::<Place>()?;
            if best
                .as_ref()
                .is_none_or(|best| best.get().latitude < place.get().latitude)
            {
                best = Some(place);
            }
        }
        Ok(best)
    }
    // endregion: annotations

    /// Return the initials of names; the stub accepts a `str` and a `dict` with integer keys as well.
    #[pyfunction]
    #[pyo3(signature = (names))]
    fn initials(names: Vec<String>) -> String {
        names
            .iter()
            .filter_map(|name| name.chars().next())
            .collect()
    }

    // region: class
    /// A place on a globe.
    ///
    /// Args:
    ///     latitude: Degrees north of the equator.
    ///     longitude: Degrees east of Greenwich.
    #[pyclass(frozen)]
    struct Place {
        /// Degrees north of the equator.
        #[pyo3(get)]
        latitude: f64,
        /// Degrees east of Greenwich.
        #[pyo3(get)]
        longitude: f64,
    }

    #[pymethods]
    impl Place {
        /// Stubs have this text; `help` has the class's only.
        #[new]
        #[pyo3(signature = (latitude, longitude = 0.0))]
        fn new(latitude: f64, longitude: f64) -> Self {
            Self {
                latitude,
                longitude,
            }
        }

        /// Whether it lies north of the equator.
        #[getter]
        fn is_northern(&self) -> bool {
            self.latitude > 0.0
        }

        /// Measure the way to another place.
        #[pyo3(signature = (other))]
        fn distance_to(&self, other: &Bound<'_, Self>) -> f64 {
            let other = other.get();
            great_circle(
                (self.latitude, self.longitude),
                (other.latitude, other.longitude),
                EARTH,
            )
        }
    }
    // endregion: class
}
