//! A Parquet file, read column by column and batch by batch into a profile.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::{Array, AsArray, Float64Array, Int64Array, RecordBatch, StringViewArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Float64Type, Int64Type, Schema, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::file::reader::ChunkReader;

use crate::errors::{Error, Result};
use crate::footer;
use crate::profile::Profile;

/// So many rows are in memory at once, of three columns.
const ROWS: usize = 1 << 15;

/// The columns that matter; no byte of the others is read.
pub struct Columns {
    pub meter: String,
    pub time: String,
    pub register: String,
}

// region: damaged
/// Reads a file into a profile, and calls `check` now and then.
///
/// The crate returns errors for most of what can be wrong with a file, and may panic over the rest. Whoever has a damaged
/// file wants to know that, and nothing of where in the crate it was.
pub fn read<R: ChunkReader + 'static>(
    source: R,
    columns: &Columns,
    profile: &mut Profile,
    check: impl FnMut() -> Result<()>,
) -> Result<()> {
    let work = AssertUnwindSafe(|| read_batches(source, columns, profile, check));
    catch_unwind(work).unwrap_or_else(|panic| {
        let reason = panic.downcast_ref::<String>().map(String::as_str);
        let reason = reason.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Error::Damaged(reason.unwrap_or("no reason").to_owned()))
    })
}
// endregion: damaged

// region: batches
fn read_batches<R: ChunkReader + 'static>(
    source: R,
    columns: &Columns,
    profile: &mut Profile,
    mut check: impl FnMut() -> Result<()>,
) -> Result<()> {
    footer::check(&source)?;
    let metadata = ArrowReaderMetadata::load(&source, ArrowReaderOptions::new())?;
    let roots = columns.find(metadata.schema())?;
    let mask = ProjectionMask::roots(metadata.parquet_schema(), roots);
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(source, metadata);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(ROWS)
        .build()?;
    for batch in reader {
        check()?;
        columns.add(&batch?, profile)?;
    }
    Ok(())
}
// endregion: batches

impl Columns {
    /// Finds the columns, and refuses those that can't be right before any of the data is read.
    fn find(&self, schema: &Schema) -> Result<[usize; 3]> {
        let meter = find(schema, &self.meter, "text or integers", is_name)?;
        let time = find(schema, &self.time, "timestamps", |data_type| {
            matches!(data_type, DataType::Timestamp(..))
        })?;
        let register = find(schema, &self.register, "numbers", DataType::is_numeric)?;
        Ok([meter, time, register])
    }

    fn add(&self, batch: &RecordBatch, profile: &mut Profile) -> Result<()> {
        let column = |name: &str| {
            let column = batch.column_by_name(name);
            column.ok_or_else(|| Error::NoColumn(name.to_owned()))
        };
        let meters = to_text(column(&self.meter)?)?;
        let times = to_microseconds(column(&self.time)?)?;
        let registers = to_floats(column(&self.register)?)?;
        for ((meter, time), register) in meters.iter().zip(&times).zip(&registers) {
            profile.add(meter, time, register)?;
        }
        Ok(())
    }
}

fn is_name(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_name(values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        plain => plain.is_integer(),
    }
}

fn find(
    schema: &Schema,
    name: &str,
    expected: &'static str,
    fits: impl Fn(&DataType) -> bool,
) -> Result<usize> {
    let fields = schema.fields();
    let places: Vec<_> = (0..fields.len())
        .filter(|place| fields[*place].name() == name)
        .collect();
    match places[..] {
        [] => Err(Error::NoColumn(name.to_owned())),
        [place] if fits(fields[place].data_type()) => Ok(place),
        [place] => Err(Error::ColumnType {
            name: name.to_owned(),
            found: fields[place].data_type().to_string(),
            expected,
        }),
        _ => Err(Error::Ambiguous {
            name: name.to_owned(),
            count: places.len(),
        }),
    }
}

/// Casts where a value that doesn't fit is an error, not a null.
fn cast(array: &dyn Array, to: &DataType) -> Result<arrow::array::ArrayRef> {
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    Ok(cast_with_options(array, to, &options)?)
}

fn to_text(array: &dyn Array) -> Result<StringViewArray> {
    Ok(cast(array, &DataType::Utf8View)?.as_string_view().clone())
}

fn to_floats(array: &dyn Array) -> Result<Float64Array> {
    let floats = cast(array, &DataType::Float64)?;
    Ok(floats.as_primitive::<Float64Type>().clone())
}

// region: microseconds
/// Converts timestamps to microseconds; with a time zone or without, they are stored as UTC.
fn to_microseconds(array: &dyn Array) -> Result<Int64Array> {
    let convert: fn(i64) -> Option<i64> = match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => |time| time.checked_mul(1_000_000),
        DataType::Timestamp(TimeUnit::Millisecond, _) => |time| time.checked_mul(1000),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => |time| Some(time.div_euclid(1000)),
        _ => Some,
    };
    let counts = cast(array, &DataType::Int64)?;
    Ok(counts.as_primitive::<Int64Type>().unary_opt(convert))
}
// endregion: microseconds

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringArray, TimestampSecondArray};
    use bytes::Bytes;
    use parquet::arrow::ArrowWriter;

    use super::*;
    use crate::profile::Rules;

    const RULES: Rules = Rules {
        every: 3_600_000_000,
        gap: 7_200_000_000,
        max_meters: 10,
    };

    fn file() -> Vec<u8> {
        let meters: ArrayRef = Arc::new(StringArray::from(vec!["a"; 3]));
        let times: ArrayRef = Arc::new(TimestampSecondArray::from(vec![0, 3600, 7200]));
        let registers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 4]));
        let columns = [("meter", meters), ("time", times), ("register", registers)];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    }

    fn profile(file: Vec<u8>) -> Result<Profile> {
        let [meter, time, register] = ["meter", "time", "register"].map(str::to_owned);
        let columns = Columns {
            meter,
            time,
            register,
        };
        let mut profile = Profile::new(RULES);
        read(Bytes::from(file), &columns, &mut profile, || Ok(()))?;
        Ok(profile)
    }

    #[test]
    fn a_file_becomes_a_profile() {
        let profile = profile(file()).unwrap();
        let energy: Vec<_> = profile.slots.values().map(|slot| slot.energy).collect();
        assert_eq!(energy, [1.0, 2.0]);
    }

    #[test]
    fn a_file_that_is_cut_off_is_an_error_wherever_that_is() {
        let file = file();
        for length in (0..file.len()).step_by(3) {
            assert!(profile(file[..length].to_vec()).is_err(), "{length}");
        }
    }

    #[test]
    fn a_file_with_other_bytes_is_no_panic() {
        let file = file();
        for place in 0..file.len() {
            let mut file = file.clone();
            file[place] ^= 0x81;
            _ = profile(file);
        }
    }

    #[test]
    fn times_are_rounded_down_and_those_too_far_away_are_none() {
        let nanoseconds = arrow::array::TimestampNanosecondArray::from(vec![-1, 1999]);
        let times: Vec<_> = to_microseconds(&nanoseconds).unwrap().iter().collect();
        assert_eq!(times, [Some(-1), Some(1)]);
        let seconds = TimestampSecondArray::from(vec![i64::MAX]);
        assert!(to_microseconds(&seconds).unwrap().is_null(0));
    }
}
