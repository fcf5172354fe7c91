//! Code that `references/arrow-types.md` shows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray, Float64Array};
use arrow::array::{GenericListArray, OffsetSizeTrait, PrimitiveArray, StructArray};
use arrow::buffer::NullBuffer;
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::datatypes::{DataType, Decimal128Type, Field, Float64Type, TimeUnit};
use arrow::error::ArrowError;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3_arrow::input::AnyArray;
use pyo3_arrow::{PyArray, PyRecordBatch};

fn invalid(error: ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn unexpected(array: &dyn Array) -> PyErr {
    PyTypeError::new_err(format!("unexpected type {}", array.data_type()))
}

/// Turns whatever can be cast into one type, and refuses values that don't fit instead of making them null.
// region: cast
fn cast_strictly(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    cast_with_options(array, to, &options)
}
// endregion: cast

/// Returns how often each country occurs, however the producer lays out its text.
#[pyfunction]
fn orders_by_country(py: Python<'_>, countries: AnyArray) -> PyResult<BTreeMap<String, usize>> {
    let chunks = countries.into_reader()?;
    py.detach(|| {
        let mut counts = BTreeMap::new();
        for chunk in chunks {
            count(&chunk?, &mut counts)?;
        }
        Ok(counts)
    })
    .map_err(invalid)
}

// region: text
fn count(countries: &ArrayRef, counts: &mut BTreeMap<String, usize>) -> Result<(), ArrowError> {
    let Some(dictionary) = countries.as_any_dictionary_opt() else {
        let countries = cast(countries, &DataType::Utf8View)?;
        for country in countries.as_string_view().iter().flatten() {
            *counts.entry(country.to_owned()).or_default() += 1;
        }
        return Ok(());
    };
    // Count the keys; look at each text once.
    let names = cast(dictionary.values(), &DataType::Utf8View)?;
    let names = names.as_string_view();
    let keys = cast(dictionary.keys(), &DataType::UInt64)?;
    let mut occurrences = vec![0; names.len()];
    for key in keys
        .as_primitive::<arrow::datatypes::UInt64Type>()
        .iter()
        .flatten()
    {
        occurrences[key as usize] += 1;
    }
    for (name, occurrences) in names.iter().zip(occurrences) {
        if let (Some(name), 1..) = (name, occurrences) {
            *counts.entry(name.to_owned()).or_default() += occurrences;
        }
    }
    Ok(())
}
// endregion: text

// region: nulls
/// Adds up what is there.
fn sum(prices: &PrimitiveArray<Float64Type>) -> f64 {
    let values = prices.values();
    match prices.nulls() {
        None => values.iter().sum(),
        // Below a null lies any value, so go by the places that are valid.
        Some(nulls) => nulls.valid_indices().map(|place| values[place]).sum(),
    }
}
// endregion: nulls

/// Adds up an array of prices, with the nulls and without looking at them.
#[pyfunction]
fn sums(prices: PyArray) -> PyResult<(f64, f64)> {
    let prices = prices.array().as_primitive_opt::<Float64Type>();
    let prices = prices.ok_or_else(|| PyTypeError::new_err("prices must be float64"))?;
    Ok((sum(prices), prices.values().iter().sum()))
}

// region: lists
/// Adds up the prices of each order, a list per order.
#[pyfunction]
fn order_totals(orders: PyArray) -> PyResult<PyArray> {
    let orders = orders.array();
    // pyarrow's lists have offsets of 32 bits, and those of polars 64.
    let totals = match (orders.as_list_opt::<i32>(), orders.as_list_opt::<i64>()) {
        (Some(orders), _) => totals_of(orders),
        (_, Some(orders)) => totals_of(orders),
        _ => None,
    };
    let totals = totals.ok_or_else(|| unexpected(orders))?;
    Ok(PyArray::from_array_ref(Arc::new(totals)))
}

fn totals_of<O: OffsetSizeTrait>(orders: &GenericListArray<O>) -> Option<Float64Array> {
    // The values of all lists, those outside of a slice, too: only offsets say which are ours.
    let prices = orders.values().as_primitive_opt::<Float64Type>()?;
    let total = |(order, ends): (usize, &[O])| {
        let (start, end) = (ends[0].as_usize(), ends[1].as_usize());
        orders
            .is_valid(order)
            .then(|| sum(&prices.slice(start, end - start)))
    };
    Some(orders.offsets().windows(2).enumerate().map(total).collect())
}
// endregion: lists

/// Returns how many values a list array holds, and how many of them are in its lists.
#[pyfunction]
fn list_values(orders: PyArray) -> PyResult<(usize, usize)> {
    let orders = orders.array();
    let orders = orders
        .as_list_opt::<i32>()
        .ok_or_else(|| unexpected(orders))?;
    let lists = (0..orders.len()).map(|order| orders.value_length(order) as usize);
    Ok((orders.values().len(), lists.sum()))
}

/// Returns a field of structs, null where the field or the whole struct is.
fn field_of(structs: &StructArray, name: &str) -> Option<ArrayRef> {
    let column = structs.column_by_name(name)?;
    let nulls = NullBuffer::union(structs.nulls(), column.nulls());
    let data = column.to_data().into_builder().nulls(nulls);
    data.build().ok().map(arrow::array::make_array)
}

/// Returns a field of structs as it is stored, and with the structs' nulls.
#[pyfunction]
fn field_both_ways(structs: PyArray, name: &str) -> PyResult<(PyArray, PyArray)> {
    let structs = structs.array();
    let structs = structs.as_struct_opt().ok_or_else(|| unexpected(structs))?;
    let stored = structs.column_by_name(name).cloned();
    let (Some(stored), Some(field)) = (stored, field_of(structs, name)) else {
        return Err(PyValueError::new_err(format!("there is no field `{name}`")));
    };
    Ok((stored.into(), field.into()))
}

/// Takes structs as a record batch.
#[pyfunction]
fn batch_rows(batch: PyRecordBatch) -> usize {
    batch.into_inner().num_rows()
}

// region: decimals
/// Returns amounts of money in cents.
#[pyfunction]
fn cents(amounts: PyArray) -> PyResult<Vec<Option<i128>>> {
    let amounts = cast_strictly(amounts.array(), &DataType::Decimal128(38, 2)).map_err(invalid)?;
    Ok(amounts.as_primitive::<Decimal128Type>().iter().collect())
}
// endregion: decimals

// region: timestamps
/// Returns microseconds since 1970, and the time zone if these are instants and not wall clock times.
#[pyfunction]
fn microseconds(times: PyArray) -> PyResult<(Vec<Option<i64>>, Option<String>)> {
    let DataType::Timestamp(_, zone) = times.array().data_type().clone() else {
        return Err(unexpected(times.array()));
    };
    let microseconds = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
    let times = cast_strictly(times.array(), &microseconds).map_err(invalid)?;
    let times = times
        .as_primitive::<TimestampMicrosecondType>()
        .iter()
        .collect();
    Ok((times, zone.map(|zone| zone.to_string())))
}
// endregion: timestamps

/// Casts to a unit of time as `cast` does.
#[pyfunction]
fn cast_to_nanoseconds(times: PyArray) -> PyResult<PyArray> {
    let nanoseconds = DataType::Timestamp(TimeUnit::Nanosecond, None);
    Ok(cast(times.array(), &nanoseconds).map_err(invalid)?.into())
}

/// Makes an array of UUIDs, which pyarrow and others recognize by the metadata of the field.
#[pyfunction]
fn uuids(values: Vec<[u8; 16]>) -> PyResult<PyArray> {
    let array = FixedSizeBinaryArray::try_from_iter(values.into_iter()).map_err(invalid)?;
    let name = ("ARROW:extension:name".to_owned(), "arrow.uuid".to_owned());
    let metadata = HashMap::from([name, ("ARROW:extension:metadata".to_owned(), String::new())]);
    let field = Field::new("id", array.data_type().clone(), true).with_metadata(metadata);
    PyArray::try_new(Arc::new(array), Arc::new(field)).map_err(invalid)
}

/// Returns the name of an extension type, and the type that it is stored as.
#[pyfunction]
fn extension(array: PyArray) -> (Option<String>, String) {
    let name = array.field().extension_type_name().map(str::to_owned);
    (name, array.array().data_type().to_string())
}

/// Returns the array with and without its field.
#[pyfunction]
fn with_and_without_field(array: PyArray) -> (PyArray, PyArray) {
    let (array, field) = array.into_inner();
    (PyArray::new(Arc::clone(&array), field), array.into())
}

// region: validate
/// Checks what the producer promised: offsets, UTF-8, keys of dictionaries.
#[pyfunction]
fn validate(py: Python<'_>, array: PyArray) -> PyResult<()> {
    let data = array.array().to_data();
    py.detach(|| data.validate_full()).map_err(invalid)
}
// endregion: validate

/// Returns the type of the first chunk, how many chunks there are, and the chunks' lengths.
#[pyfunction]
fn layout(array: AnyArray) -> PyResult<(String, Vec<usize>)> {
    let reader = array.into_reader()?;
    let name = reader.field().data_type().to_string();
    let lengths = reader.map(|chunk| Ok(chunk?.len()));
    Ok((name, lengths.collect::<Result<_, _>>().map_err(invalid)?))
}

/// Returns the address of the first buffer of an array, its offset and its number of nulls.
#[pyfunction]
fn placed(array: PyArray) -> (usize, usize, usize) {
    let data = array.array().to_data();
    let address = data
        .buffers()
        .first()
        .map_or(0, |buffer| buffer.as_ptr().addr());
    (address, data.offset(), data.null_count())
}

#[pyo3::pymodule]
pub mod arrow_types {
    #[pymodule_export]
    use super::{
        batch_rows, cast_to_nanoseconds, cents, extension, field_both_ways, layout, list_values,
        microseconds, order_totals, orders_by_country, placed, sums, uuids, validate,
        with_and_without_field,
    };
}
