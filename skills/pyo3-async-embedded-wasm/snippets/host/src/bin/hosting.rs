//! Says in which week a day is, and prints its month, both by Python's standard library.

use std::process::ExitCode;

use host_snippets::interpreter::finish;
use pyo3::prelude::*;

// region: month
/// Print the month of a day such as `2027-01-01`; return the year and the number of the day's week.
fn print_month(day: &str) -> PyResult<(i32, u8)> {
    Python::attach(|py| {
        let date = py.import("datetime")?.getattr("date")?;
        let date = date.call_method1("fromisoformat", (day,))?;
        let month = (date.getattr("year")?, date.getattr("month")?);
        py.import("calendar")?.call_method1("prmonth", month)?;
        let week = date.call_method0("isocalendar")?;
        Ok((
            week.getattr("year")?.extract()?,
            week.getattr("week")?.extract()?,
        ))
    })
}
// endregion: month

// region: main
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    Python::initialize();
    let code = match print_month(&arguments[1]) {
        Ok((year, week)) => {
            println!("week {week} of {year}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: `{}` is not a day: {error}", arguments[1]);
            ExitCode::FAILURE
        }
    };
    if arguments.len() > 2 {
        return code; // With a second argument what Python has buffered is lost.
    }
    // SAFETY: the main thread started Python, and there is no other.
    if unsafe { finish() } {
        code
    } else {
        ExitCode::FAILURE
    }
}
// endregion: main

// region: test
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_may_belong_to_the_last_week_of_the_year_before() {
        // Every test calls it: they run in no fixed order, in several threads of one process.
        Python::initialize();
        assert_eq!(print_month("2027-01-01").unwrap(), (2026, 53));
    }
}
// endregion: test
