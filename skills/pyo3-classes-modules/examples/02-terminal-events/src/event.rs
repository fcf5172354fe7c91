//! The events, and the codes in them.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

// region: control
/// A control character: an enum whose members are equal to their codes.
#[pyclass(frozen, eq, eq_int, from_py_object, module = "terminal_events")]
#[pyo3(rename_all = "SCREAMING_SNAKE_CASE")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Control {
    Bell = 7,
    Backspace = 8,
    Tab = 9,
    LineFeed = 10,
    VerticalTab = 11,
    FormFeed = 12,
    CarriageReturn = 13,
}

#[pymethods]
impl Control {
    // Equal to an int, so the hash is that of the int. The option `hash` would give another one, and
    // `Control.TAB in {9}` would be False though `Control.TAB == 9`.
    fn __hash__(&self) -> isize {
        *self as isize
    }

    // A str is where the object is to be looked up, so what comes out of a pickle or a copy is the member itself.
    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<String> {
        member(slf.as_any())
    }
}

/// Returns what a member of an enum is called in its module, as in `Control.BELL`; that is its default `repr`.
fn member(member: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(member.repr()?.to_string())
}
// endregion: control

impl Control {
    /// Returns the control that a byte is, if it is one of these.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            7 => Self::Bell,
            8 => Self::Backspace,
            9 => Self::Tab,
            10 => Self::LineFeed,
            11 => Self::VerticalTab,
            12 => Self::FormFeed,
            13 => Self::CarriageReturn,
            _ => return None,
        })
    }
}

/// Where the cursor moves.
#[pyclass(frozen, eq, hash, from_py_object, module = "terminal_events")]
#[pyo3(rename_all = "UPPERCASE")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    Up,
    Down,
    Right,
    Left,
}

/// What is erased.
#[pyclass(frozen, eq, hash, from_py_object, module = "terminal_events")]
#[pyo3(rename_all = "UPPERCASE")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Area {
    Screen,
    Line,
}

/// How much of it is erased.
#[pyclass(frozen, eq, hash, from_py_object, module = "terminal_events")]
#[pyo3(rename_all = "SCREAMING_SNAKE_CASE")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// From the cursor to the end.
    ToEnd,
    /// From the start to the cursor.
    ToStart,
    All,
    /// The lines that were scrolled out of sight.
    Saved,
}

#[pymethods]
impl Direction {
    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<String> {
        member(slf.as_any())
    }
}

#[pymethods]
impl Area {
    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<String> {
        member(slf.as_any())
    }
}

#[pymethods]
impl Part {
    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<String> {
        member(slf.as_any())
    }
}

// region: event
/// A piece of what a program writes to a terminal; each variant is a class that `match` takes apart.
#[pyclass(frozen, eq, hash, module = "terminal_events")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// Characters to show; a long text may be several of these.
    Text { text: String },
    /// A control character.
    Control { control: Control },
    /// Colours and attributes: each code with its own parameters, as in `[[1], [38, 5, 9]]`.
    Style { codes: Vec<Vec<u16>> },
    /// The cursor goes to a row and a column, counted from 1.
    MoveTo { row: u16, column: u16 },
    /// The cursor goes some rows or columns further.
    Move { direction: Direction, count: u16 },
    /// Something is erased.
    Erase { area: Area, part: Part },
    /// A private mode is set or reset, as 25 for a visible cursor and 1049 for the second screen.
    Mode { number: u16, on: bool },
    /// The title of the window.
    Title { title: String },
    /// What follows links to this address; the link ends where the address is empty.
    Link { address: String },
    /// Any other sequence, as manuals write it: `CSI 2 q`, `ESC 7`, `OSC 52`.
    Other { name: String },
    /// A sequence that was broken off.
    Broken { data: Vec<u8> },
}
// endregion: event

// region: methods
#[pymethods]
impl Event {
    // For all variants at once: a variant's `__match_args__` are the arguments of its class.
    fn __getnewargs__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let event = slf.as_any();
        let names: Vec<String> = event.getattr("__match_args__")?.extract()?;
        let values = names.iter().map(|name| event.getattr(name));
        PyTuple::new(slf.py(), values.collect::<PyResult<Vec<_>>>()?)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let values = Self::__getnewargs__(slf)?;
        let values = values.iter().map(|value| Ok(value.repr()?.to_string()));
        let values = values.collect::<PyResult<Vec<_>>>()?.join(", ");
        Ok(format!("{}({values})", slf.as_any().get_type().qualname()?))
    }
}
// endregion: methods
