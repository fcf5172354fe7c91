//! Runs a line of Python under a configuration: `configuration plain|isolated|twice|named LINE [HOME]`.

use std::error::Error;
use std::ffi::CString;
use std::path::PathBuf;

use host_snippets::interpreter::{Settings, finish, start};
use pyo3::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, line, home @ ..] = arguments.as_slice() else {
        return Err("there is no line to run".into());
    };
    let settings = Settings {
        home: home.first().map(PathBuf::from),
        arguments: vec!["planner".into(), "--überall".into()],
        ..Settings::default()
    };
    match kind.as_str() {
        "isolated" => start(&settings)?,
        "twice" => start(&settings).and_then(|()| start(&settings))?,
        #[cfg(Py_3_14)]
        "named" => host_snippets::init_config::start(&CString::new(home[0].as_str())?)?,
        _ => Python::initialize(),
    }
    // Nothing, if Python runs.
    Python::initialize();
    let line = CString::new(line.as_str())?;
    // Not the thread that started Python.
    let run = || Python::attach(|py| py.run(&line, None, None));
    let done = std::thread::scope(|scope| scope.spawn(run).join());
    done.expect("the thread panicked")?;
    // SAFETY: the thread that used Python has ended.
    unsafe { finish() };
    Ok(())
}
