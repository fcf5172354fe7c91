//! What the chapters say of builds without `abi3`, of the constants for stubs, and of jiff.

use jiff::{ToSpan, Zoned};
use pyo3::Borrowed;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
#[cfg(feature = "stubs")]
use pyo3::{PyTypeInfo, inspect::PyStaticExpr, type_hint_union};

/// A size of paper in millimetres.
struct Paper {
    width: u32,
    height: u32,
}

/// Taken by name, or as width and height.
impl FromPyObject<'_, '_> for Paper {
    type Error = PyErr;

    // region: stub
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr =
        type_hint_union!(<(u32, u32)>::INPUT_TYPE, PyString::TYPE_HINT);
    // endregion: stub

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        Self::read(value)
    }
}

impl Paper {
    fn read(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(pair) = value.cast::<PyTuple>() {
            let (width, height) = pair.extract()?;
            return Ok(Self { width, height });
        }
        match value.cast::<PyString>()?.to_str()? {
            "A4" => Ok(Self {
                width: 210,
                height: 297,
            }),
            name => Err(PyValueError::new_err(format!(
                "`{name}` is no size of paper"
            ))),
        }
    }
}

/// A type that says nothing of what it takes.
struct Silent;

impl FromPyObject<'_, '_> for Silent {
    type Error = PyErr;

    fn extract(_value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        Ok(Self)
    }
}

/// A derived struct.
#[derive(FromPyObject)]
struct Sheet {
    paper: Paper,
}

/// Return when a daily train leaves next, at the same time of day in its zone.
#[pyfunction]
fn next_day(departure: Zoned) -> PyResult<Zoned> {
    Ok(departure.checked_add(1.day())?)
}

#[pyo3::pymodule]
mod conversion_plain {
    #[pymodule_export]
    use super::next_day;
    use super::{Paper, Sheet, Silent};
    use jiff::{SignedDuration, Timestamp, Zoned};
    use pyo3::prelude::*;
    use pyo3::types::PyString;
    use pyo3::types::string::PyStringData;

    /// Return the area of a sheet in square millimetres.
    #[pyfunction]
    fn area(paper: Paper) -> u32 {
        paper.width * paper.height
    }

    #[pyfunction]
    fn sheet_area(sheet: Sheet) -> u32 {
        area(sheet.paper)
    }

    /// Return what stubs say of three types of parameter.
    #[cfg(feature = "stubs")]
    #[pyfunction]
    fn hints(_silent: Silent) -> [String; 3] {
        [
            Paper::INPUT_TYPE.to_string(),
            Silent::INPUT_TYPE.to_string(),
            Sheet::INPUT_TYPE.to_string(),
        ]
    }

    /// Return how many bytes a character takes in a text, and the text that PyO3 makes of them.
    #[pyfunction]
    #[expect(unsafe_code, reason = "the storage is shown by an unsafe method only")]
    fn stored(text: &Bound<'_, PyString>) -> PyResult<(usize, String)> {
        // SAFETY: x86-64 is among the platforms on which PyO3 tests this method.
        let data = unsafe { text.data() }?;
        Ok((
            data.value_width_bytes(),
            data.to_string(text.py())?.into_owned(),
        ))
    }

    /// Count the spaces of a text where Python keeps it.
    #[pyfunction]
    #[expect(unsafe_code, reason = "the storage is shown by an unsafe method only")]
    fn spaces(text: &Bound<'_, PyString>) -> PyResult<usize> {
        // SAFETY: as above.
        Ok(match unsafe { text.data() }? {
            PyStringData::Ucs1(data) => data.iter().filter(|&&letter| letter == 32).count(),
            PyStringData::Ucs2(data) => data.iter().filter(|&&letter| letter == 32).count(),
            PyStringData::Ucs4(data) => data.iter().filter(|&&letter| letter == 32).count(),
        })
    }

    /// Return a time in seconds, as Rust reads it.
    #[pyfunction]
    fn seconds(time: Zoned) -> i64 {
        time.timestamp().as_second()
    }

    #[pyfunction]
    fn timestamp(time: Zoned) -> Timestamp {
        time.timestamp()
    }

    #[pyfunction]
    fn zoned(time: Zoned) -> Zoned {
        time
    }

    #[pyfunction]
    fn duration(value: SignedDuration) -> SignedDuration {
        value
    }
}
