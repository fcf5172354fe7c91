//! Plans the dishes of a week: `distribution DISHES WEEK`. The script is a part of the program.

use std::error::Error;
use std::process::ExitCode;

use host_snippets::home::find_home;
use host_snippets::interpreter::{Settings, finish, start};
use pyo3::ffi::c_str;
use pyo3::prelude::*;

// region: script
fn choose(dishes: &str, week: u32) -> PyResult<Vec<String>> {
    Python::attach(|py| {
        let code = c_str!(include_str!("../../scripts/menus.py"));
        let menus = PyModule::from_code(py, code, c"menus.py", c"menus")?;
        menus.call_method1("choose", (dishes, week))?.extract()
    })
}
// endregion: script

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, dishes, week] = arguments.as_slice() else {
        return Err("usage: distribution DISHES WEEK".into());
    };
    start(&Settings {
        home: Some(find_home()?),
        ..Settings::default()
    })?;
    for dish in choose(dishes, week.parse()?)? {
        println!("{dish}");
    }
    // SAFETY: there is no other thread.
    unsafe { finish() };
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
