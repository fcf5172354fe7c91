//! Code shown in `references/equality.md`.

use std::fmt::{self, Display, Formatter};
use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::prelude::*;
use pyo3::pyclass::CompareOp;

// region: derived
/// A version of a program.
#[pyclass(
    frozen,
    eq,
    ord,
    hash,
    get_all,
    new = "from_fields",
    str = "{major}.{minor}"
)]
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Version {
    major: u32,
    minor: u32,
}

#[pymethods]
impl Version {
    fn __repr__(&self) -> String {
        format!("Version({}, {})", self.major, self.minor)
    }
}
// endregion: derived

// region: partial
/// A reading of a sensor, which may be missing.
#[pyclass(frozen, eq, ord, new = "from_fields")]
#[derive(PartialEq, PartialOrd)]
struct Reading(f64);
// endregion: partial

// region: host
/// A name of the Domain Name System; upper and lower case are the same.
#[pyclass(frozen)]
struct Host(String);
// endregion: host

#[pymethods]
impl Host {
    #[new]
    fn new(name: String) -> Self {
        Self(name)
    }

    // region: by-hand
    fn __eq__(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }

    // Equal hosts have one hash, so it is made of what `__eq__` compares.
    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.to_ascii_lowercase().hash(&mut hasher);
        hasher.finish()
    }
    // endregion: by-hand
}

/// As `Host`, without a hash.
#[pyclass(frozen)]
struct UnhashedHost(String);

#[pymethods]
impl UnhashedHost {
    #[new]
    fn new(name: String) -> Self {
        Self(name)
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

/// A note without any comparison.
#[pyclass(frozen, new = "from_fields")]
struct Note {
    #[expect(dead_code)]
    text: String,
}

// region: richcmp
/// What a parcel is compared with; anything else makes PyO3 return `NotImplemented`.
#[derive(FromPyObject)]
enum Weight<'py> {
    Parcel(PyRef<'py, Parcel>),
    Grams(u64),
}

/// A parcel, which is compared by its weight, also with a number of grams.
#[pyclass(frozen, new = "from_fields")]
struct Parcel {
    grams: u64,
}

#[pymethods]
impl Parcel {
    fn __richcmp__(&self, other: Weight<'_>, operator: CompareOp) -> bool {
        let grams = match other {
            Weight::Parcel(parcel) => parcel.grams,
            Weight::Grams(grams) => grams,
        };
        operator.matches(self.grams.cmp(&grams))
    }

    // `Parcel(5) == 5`, so both must have one hash.
    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.grams.into_pyobject(py)?.hash()
    }
}
// endregion: richcmp

// region: text
/// A temperature.
#[pyclass(frozen, subclass, str, new = "from_fields")]
struct Celsius {
    degrees: f64,
}

impl Display for Celsius {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} °C", self.degrees)
    }
}

#[pymethods]
impl Celsius {
    // By the name of the object's own class, which may be a subclass.
    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let degrees = slf.get().degrees.into_pyobject(slf.py())?;
        Ok(format!(
            "{}({})",
            slf.get_type().qualname()?,
            degrees.repr()?
        ))
    }

    /// Take what `float` takes: `f"{celsius:.3f}"`; without it as `str`.
    fn __format__(slf: &Bound<'_, Self>, spec: &str) -> PyResult<String> {
        if spec.is_empty() {
            return slf.str()?.extract();
        }
        let degrees = slf.get().degrees.into_pyobject(slf.py())?;
        degrees.call_method1("__format__", (spec,))?.extract()
    }
}
// endregion: text

#[pymodule]
pub mod equality {
    #[pymodule_export]
    use super::{Celsius, Host, Note, Parcel, Reading, UnhashedHost, Version};
}
