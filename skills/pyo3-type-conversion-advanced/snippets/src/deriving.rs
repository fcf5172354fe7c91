//! Code that `references/deriving.md` shows.
//!
//! A derived struct borrows nothing but `'py`:
//!
//! ```compile_fail
//! #[derive(pyo3::FromPyObject)]
//! struct Label<'a> { text: &'a str }
//! ```
//!
//! ```
//! use pyo3::prelude::*;
//!
//! #[derive(FromPyObject)]
//! struct Label<'py> { text: Bound<'py, PyAny> }
//!
//! #[derive(FromPyObject)]
//! struct Page<T> { rows: Vec<T> }
//! ```
//!
//! It needs a field without a default, and so does each variant:
//!
//! ```compile_fail
//! #[derive(pyo3::FromPyObject)]
//! struct Options { #[pyo3(default)] insured: bool }
//! ```
//!
//! A variant without a field fits nothing:
//!
//! ```compile_fail
//! #[derive(pyo3::FromPyObject)]
//! enum Service { Standard, Express }
//! ```
//!
//! A struct that is read by items has no attributes:
//!
//! ```compile_fail
//! #[derive(pyo3::FromPyObject)]
//! #[pyo3(from_item_all)]
//! struct Sender { #[pyo3(attribute)] city: String }
//! ```
//!
//! On the way out an enum takes no `rename_all`, but its variants do:
//!
//! ```compile_fail
//! #[derive(pyo3::IntoPyObject)]
//! #[pyo3(rename_all = "camelCase")]
//! enum Size { Box { length_mm: u32 } }
//! ```
//!
//! ```
//! #[derive(pyo3::FromPyObject)]
//! #[pyo3(rename_all = "camelCase")]
//! enum Taken { Box { length_mm: u32 } }
//!
//! #[derive(pyo3::IntoPyObject)]
//! enum Given { #[pyo3(rename_all = "camelCase")] Box { length_mm: u32 } }
//! ```

use std::borrow::Cow;
use std::iter;

use pyo3::exceptions::{PyException, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyType};
use pyo3::{Borrowed, conversion::FromPyObjectOwned, intern};

// region: nested
/// Who a shipment comes from or goes to.
#[derive(Clone, FromPyObject, IntoPyObject)]
#[pyo3(from_item_all, rename_all = "camelCase")]
struct Address {
    name: String,
    postal_code: String,
    #[pyo3(item("country"), default = "CH".to_owned())]
    country_code: String,
}

#[derive(Clone, FromPyObject, IntoPyObject)]
#[pyo3(from_item_all)]
struct Parcel {
    grams: u32,
    size: Size,
    #[pyo3(default)]
    note: Option<String>,
}

#[derive(Clone, FromPyObject, IntoPyObject)]
#[pyo3(from_item_all)]
struct Shipment {
    sender: Address,
    parcels: Vec<Parcel>,
}
// endregion: nested

// region: shapes
/// Millimetres, in one of three shapes, tried in this order.
#[derive(Clone, FromPyObject, IntoPyObject)]
enum Size {
    #[pyo3(annotation = "a box", from_item_all)]
    Box {
        length: u32,
        width: u32,
        height: u32,
    },
    #[pyo3(annotation = "a tube", from_item_all)]
    Tube { length: u32, diameter: u32 },
    #[pyo3(annotation = "the name of a standard size")]
    Standard(String),
}
// endregion: shapes

/// Return what a shipment weighs.
#[pyfunction]
fn weight(shipment: Shipment) -> u32 {
    shipment.parcels.iter().map(|parcel| parcel.grams).sum()
}

/// Return a shipment as it was understood.
#[pyfunction]
fn understood(shipment: Shipment) -> Shipment {
    shipment
}

/// Read from attributes, given as a dictionary.
#[derive(FromPyObject, IntoPyObject)]
struct Quote {
    carrier: String,
    cents: u32,
    #[pyo3(default = 3)]
    days: u32,
}

#[pyfunction]
fn cheapest(quotes: Vec<Quote>) -> Option<Quote> {
    quotes.into_iter().min_by_key(|quote| quote.cents)
}

// region: items
/// A list, of which an error says which item it was.
struct Items<T>(Vec<T>);

impl<'py, T: FromPyObjectOwned<'py>> FromPyObject<'_, 'py> for Items<T> {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let items = value.try_iter()?.enumerate().map(|(index, item)| {
            item?.extract::<T>().map_err(|error| {
                let place = PyTypeError::new_err(format!("item {index}"));
                place.set_cause(value.py(), Some(error.into()));
                place
            })
        });
        items.collect::<PyResult<_>>().map(Self)
    }
}
// endregion: items

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Manifest {
    sender: Address,
    parcels: Items<Parcel>,
}

// region: place
/// Joins an error and its causes, unless one of them is no mistake of the caller's, such as `KeyboardInterrupt`.
fn with_place(py: Python<'_>, error: PyErr) -> PyErr {
    // Whoever raised the error may have linked its causes into a ring.
    let causes = iter::successors(Some(error), |error| error.cause(py)).take(32);
    let mut causes: Vec<PyErr> = causes.collect();
    if let Some(index) = causes
        .iter()
        .position(|cause| !cause.is_instance_of::<PyException>(py))
    {
        return causes.swap_remove(index);
    }
    let words: Vec<String> = causes
        .iter()
        .map(|cause| cause.value(py).to_string())
        .collect();
    let summary = PyValueError::new_err(words.join(": "));
    summary.set_cause(py, causes.into_iter().next());
    summary
}
// endregion: place

/// Return what a manifest weighs.
///
/// Raises:
///     ValueError: The manifest is wrong; the message says where.
#[pyfunction]
fn weigh(manifest: &Bound<'_, PyAny>) -> PyResult<u32> {
    let manifest: Manifest = manifest
        .extract()
        .map_err(|error| with_place(manifest.py(), error))?;
    Ok(manifest.parcels.0.iter().map(|parcel| parcel.grams).sum())
}

#[pyfunction]
fn sender_of(manifest: Manifest) -> Address {
    manifest.sender
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Pickup {
    depot: String,
    hour: u8,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Delivery {
    street: String,
    #[pyo3(default)]
    floor: i8,
}

// region: tagged
/// How a parcel reaches the receiver; `kind` says which.
enum Handover {
    Pickup(Pickup),
    Delivery(Delivery),
}

impl FromPyObject<'_, '_> for Handover {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let kind = value.get_item(intern!(value.py(), "kind"))?;
        match kind.cast::<PyString>()?.to_str()? {
            "pickup" => value.extract().map(Self::Pickup),
            "delivery" => value.extract().map(Self::Delivery),
            kind => Err(PyValueError::new_err(format!(
                "`kind` is `pickup` or `delivery`, not `{kind}`"
            ))),
        }
    }
}
// endregion: tagged

#[pyfunction]
fn describe(handover: Handover) -> String {
    match handover {
        Handover::Pickup(Pickup { depot, hour }) => format!("{depot}, from {hour}:00"),
        Handover::Delivery(Delivery { street, floor }) => format!("{street}, floor {floor}"),
    }
}

/// Refuses keys that a struct would ignore: a misspelt option is no option.
fn known_keys(options: &Bound<'_, PyDict>, known: &[&str]) -> PyResult<()> {
    for key in options.keys() {
        if !known.contains(&key.extract()?) {
            return Err(PyValueError::new_err(format!(
                "unknown key {}",
                key.repr()?
            )));
        }
    }
    Ok(())
}

/// Read an address that has no other keys than an address has.
#[pyfunction]
fn strict_address(options: &Bound<'_, PyDict>) -> PyResult<Address> {
    known_keys(options, &["name", "postalCode", "country"])?;
    options.extract()
}

/// What a label says; nothing is copied to convert it, as `IntoPyObjectRef` takes a reference.
#[derive(IntoPyObject, IntoPyObjectRef)]
struct Label {
    #[pyo3(item("to"))]
    receiver: String,
    #[pyo3(into_py_with = in_kilograms)]
    grams: u32,
    note: Option<String>,
}

fn in_kilograms<'py>(grams: Cow<'_, u32>, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
    let kilograms = f64::from(*grams) / 1000.0;
    Ok(kilograms.into_pyobject(py)?.into_any())
}

#[pyfunction]
fn label(py: Python<'_>, receiver: String, grams: u32) -> PyResult<[Bound<'_, PyDict>; 2]> {
    let label = Label {
        receiver,
        grams,
        note: None,
    };
    Ok([(&label).into_pyobject(py)?, label.into_pyobject(py)?])
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Receipt {
    cents: Option<u32>,
}

#[pyfunction]
fn paid(receipt: Receipt) -> Option<u32> {
    receipt.cents
}

/// A tuple struct of several fields is a tuple, one of one field is what it holds.
#[derive(FromPyObject, IntoPyObject)]
struct Route(String, String);

#[derive(FromPyObject, IntoPyObject)]
struct Reference(String);

#[pyfunction]
fn reverse(route: Route, reference: Reference) -> (Route, Reference) {
    (Route(route.1, route.0), reference)
}

/// A dictionary of the arguments of `parcels.Ticket`.
#[derive(IntoPyObject)]
struct TicketFields {
    number: u32,
    paid: bool,
}

struct Ticket(TicketFields);

impl<'py> IntoPyObject<'py> for Ticket {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let class = CLASS.import(py, "conversion_snippets.parcels", "Ticket")?;
        class.call((), Some(&self.0.into_pyobject(py)?))
    }
}

#[pyfunction]
fn sell(number: u32) -> Ticket {
    Ticket(TicketFields {
        number,
        paid: number.is_multiple_of(2),
    })
}

#[pyo3::pymodule]
pub mod deriving {
    #[pymodule_export]
    use super::{
        cheapest, describe, label, paid, reverse, sell, sender_of, strict_address, understood,
        weigh, weight,
    };
}
