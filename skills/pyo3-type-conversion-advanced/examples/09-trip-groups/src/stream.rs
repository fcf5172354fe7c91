//! A table or stream, read once from its beginning to its end.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use pyo3_arrow::ffi::ArrayReader;

use crate::columns::{Keys, check_keys, check_values, find, to_floats};
use crate::errors::{Error, Result};
use crate::groups::Groups;

/// So many rows are converted to floats at once, which is all that is copied of a table, and then Ctrl-C is looked for.
const ROWS: usize = 1 << 16;

/// What to group, and what of.
pub struct Question {
    pub by: String,
    pub value: String,
    pub max_groups: usize,
}

// region: read
/// Groups what a stream gives; returns how many rows it had, too.
pub fn group(
    reader: &mut dyn ArrayReader,
    question: &Question,
    mut check: impl FnMut() -> Result<()>,
) -> Result<(Groups, u64)> {
    let field = reader.field();
    let DataType::Struct(fields) = field.data_type() else {
        return Err(Error::NotATable(field.data_type().to_string()));
    };
    let (by, value) = (find(fields, &question.by)?, find(fields, &question.value)?);
    check_keys(&question.by, fields[by].data_type())?;
    check_values(&question.value, fields[value].data_type())?;
    let (mut groups, mut rows) = (Groups::default(), 0);
    while let Some(table) = next(reader) {
        let table = table?;
        let table = table.as_struct();
        // Where a table has a row, an array of structs may have none.
        if table.null_count() > 0 {
            return Err(Error::NullRows(table.null_count()));
        }
        let keys = Keys::new(&question.by, table.column(by))?;
        add(
            &mut groups,
            keys,
            table.column(value),
            question.max_groups,
            &mut check,
        )?;
        rows += table.len() as u64;
    }
    Ok((groups, rows))
}
// endregion: read

fn add(
    groups: &mut Groups,
    mut keys: Keys,
    values: &ArrayRef,
    max_groups: usize,
    check: &mut impl FnMut() -> Result<()>,
) -> Result<()> {
    for start in (0..values.len()).step_by(ROWS) {
        check()?;
        let part = values.slice(start, ROWS.min(values.len() - start));
        for (row, value) in (start..).zip(&to_floats(&part)?) {
            let place = keys.place(row, |key| groups.place(key, max_groups))?;
            groups.add(place, value);
        }
    }
    Ok(())
}

// region: next
/// Asks for the next part of a stream.
///
/// The interface lets a producer fail without a word, and pyo3-arrow 0.20 panics then. That is no reason to panic here.
fn next(reader: &mut dyn ArrayReader) -> Option<Result<ArrayRef>> {
    match catch_unwind(AssertUnwindSafe(|| reader.next())) {
        Ok(table) => Some(table?.map_err(Error::from)),
        Err(_) => Some(Err(Error::Stream(
            "the producer doesn't say why".to_owned(),
        ))),
    }
}
// endregion: next

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, StringArray, StructArray};
    use arrow::error::ArrowError;
    use pyo3_arrow::ffi::ArrayIterator;

    use super::*;

    fn question() -> Question {
        Question {
            by: "zone".to_owned(),
            value: "fare".to_owned(),
            max_groups: 10,
        }
    }

    fn table() -> ArrayRef {
        let zones: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("a")]));
        let fares: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), Some(2.0), None]));
        let columns = vec![("zone", zones), ("fare", fares)];
        Arc::new(StructArray::try_from(columns).unwrap())
    }

    fn read(tables: impl Iterator<Item = Result<ArrayRef, ArrowError>>) -> Result<(Groups, u64)> {
        let field = arrow::datatypes::Field::new("", table().data_type().clone(), false);
        let mut reader = ArrayIterator::new(tables, Arc::new(field));
        group(&mut reader, &question(), || Ok(()))
    }

    #[test]
    fn tables_and_slices_of_tables_are_grouped() {
        let tables = [table(), table().slice(1, 2), table().slice(0, 0)];
        let (groups, rows) = read(tables.into_iter().map(Ok)).unwrap();
        assert_eq!(rows, 5);
        let sorted = groups.sorted();
        let [(Some("a"), zone), (None, nowhere)] = sorted[..] else {
            panic!("other groups: {sorted:?}");
        };
        assert_eq!((zone.trips, zone.missing, zone.total), (3, 2, 1.0));
        assert_eq!((nowhere.trips, nowhere.missing, nowhere.total), (2, 0, 4.0));
    }

    #[test]
    fn a_producer_that_panics_is_one_that_failed() {
        let tables = std::iter::from_fn(|| panic!("no last error"));
        assert!(matches!(read(tables), Err(Error::Stream(_))));
    }
}
