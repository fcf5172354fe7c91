//! Bars as records of a NumPy array.
#![expect(unsafe_code, reason = "says what NumPy's records of a type are")]

use numpy::{Element, PyArrayDescr, PyArrayDescrMethods};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::bars::Bar;

/// The fields of `Bar`, in their order: all of them have 8 bytes, so there are no gaps.
const FIELDS: [(&str, &str); 8] = [
    ("time", "M8[ns]"),
    ("open", "f8"),
    ("high", "f8"),
    ("low", "f8"),
    ("close", "f8"),
    ("volume", "u8"),
    ("turnover", "f8"),
    ("ticks", "u8"),
];

// region: element
// SAFETY: `Bar` is `repr(C)`, its fields have the types and the order of `FIELDS`, and none refers to an object.
unsafe impl Element for Bar {
    const IS_COPY: bool = true;

    fn get_dtype(py: Python<'_>) -> Bound<'_, PyArrayDescr> {
        static DTYPE: PyOnceLock<Py<PyArrayDescr>> = PyOnceLock::new();
        let dtype = DTYPE.get_or_init(py, || {
            let dtype = PyArrayDescr::new(py, FIELDS.to_vec()).expect("NumPy knows these types");
            assert_eq!(dtype.itemsize(), size_of::<Bar>());
            dtype.unbind()
        });
        dtype.bind(py).clone()
    }

    fn clone_ref(&self, _: Python<'_>) -> Self {
        *self
    }
}
// endregion: element
