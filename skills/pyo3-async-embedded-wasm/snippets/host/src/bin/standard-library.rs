//! Runs a line of Python with the standard library that lies beside the program.

use std::error::Error;
use std::ffi::CString;
use std::process::ExitCode;

use host_snippets::home::find_home;
use host_snippets::interpreter::{Settings, finish, start};
use pyo3::prelude::*;

// region: main
fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}\n\nhint: install the program again");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let home = Some(find_home()?);
    start(&Settings {
        home,
        ..Settings::default()
    })?;
    Python::attach(run_line)?;
    // SAFETY: there is no other thread.
    unsafe { finish() };
    Ok(())
}
// endregion: main

fn run_line(py: Python<'_>) -> Result<(), Box<dyn Error>> {
    let line = std::env::args().nth(1).unwrap_or_default();
    Ok(py.run(&CString::new(line)?, None, None)?)
}
