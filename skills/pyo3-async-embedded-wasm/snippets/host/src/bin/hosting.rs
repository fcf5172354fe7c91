//! Says in which week a day is, as Python's `datetime` counts.

use std::process::ExitCode;

use pyo3::prelude::*;

// region: week
/// Return the ISO year and the week of a day such as `2027-01-01`.
fn week_of(day: &str) -> PyResult<(i32, u8)> {
    Python::attach(|py| {
        let date = py.import("datetime")?.getattr("date")?;
        let calendar = date
            .call_method1("fromisoformat", (day,))?
            .call_method0("isocalendar")?;
        Ok((
            calendar.getattr("year")?.extract()?,
            calendar.getattr("week")?.extract()?,
        ))
    })
}

fn main() -> ExitCode {
    Python::initialize();
    let day = std::env::args().nth(1).unwrap_or_default();
    match week_of(&day) {
        Ok((year, week)) => println!("week {week} of {year}"),
        Err(error) => {
            eprintln!("error: `{day}` is no day: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
// endregion: week

// region: test
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_may_belong_to_the_week_of_last_year() {
        // Each test calls it: they run in no fixed order, in several threads of one process.
        Python::initialize();
        assert_eq!(week_of("2027-01-01").unwrap(), (2026, 53));
    }

    #[test]
    fn what_is_no_day_is_an_error() {
        Python::initialize();
        assert!(week_of("2027-02-30").is_err());
    }
}
// endregion: test
