//! Runs a script: `host-processes nobody|own|python|program|thread|again SCRIPT [EXECUTABLE]`; then waits for the end of stdin.

use std::error::Error;
use std::ffi::CString;
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use host_snippets::home::find_home;
use host_snippets::interpreter::{Settings, finish, start};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::ffi;
use pyo3::prelude::*;

// region: signals
/// Say who gets Ctrl-C, before a script imports anything.
fn give_interrupts_to(py: Python<'_>, handler: &str) -> PyResult<()> {
    let signal = py.import("signal")?;
    let interrupt = signal.getattr("SIGINT")?;
    signal.call_method1("signal", (interrupt, signal.getattr(handler)?))?;
    Ok(())
}
// endregion: signals

// region: own
/// Whether Ctrl-C was pressed.
static STOP: AtomicBool = AtomicBool::new(false);

extern "C" fn stop(_signal: i32) {
    STOP.store(true, Ordering::Relaxed);
}

/// Handle Ctrl-C without a crate; to be called before Python starts.
fn keep_interrupts() {
    let handler: extern "C" fn(i32) = stop;
    // SAFETY: the handler does nothing but set a flag.
    unsafe { libc::signal(libc::SIGINT, handler as libc::sighandler_t) };
}
// endregion: own

// region: multiprocessing
/// Be the Python that `multiprocessing` looks for, if it started this program; to be called first.
fn serve_multiprocessing() -> Result<Option<ExitCode>, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let is_ours = |pair: &[String]| {
        // The fork server of newer versions has the first words.
        let code = pair[1].trim_start_matches("import sys; ");
        pair[0] == "-c" && code.starts_with("from multiprocessing.")
    };
    if !arguments.windows(2).any(is_ours) {
        return Ok(None);
    }
    let texts = arguments
        .into_iter()
        .map(CString::new)
        .collect::<Result<Vec<_>, _>>()?;
    let mut pointers: Vec<_> = texts.iter().map(|text| text.as_ptr().cast_mut()).collect();
    let home = find_home()?;
    // SAFETY: there is no other thread yet, and Python copies the arguments.
    let code = unsafe {
        std::env::set_var("PYTHONHOME", home);
        ffi::Py_BytesMain(pointers.len() as i32, pointers.as_mut_ptr())
    };
    Ok(Some(ExitCode::from(code as u8)))
}
// endregion: multiprocessing

#[pymodule]
mod clock {
    #[pymodule_export]
    const TICKS: u32 = 60;
}

fn run_script(script: &str) -> Result<ExitCode, Box<dyn Error>> {
    let code = CString::new(std::fs::read(script)?)?;
    // region: run
    Python::attach(|py| match py.run(&code, None, None) {
        Err(error) if error.is_instance_of::<PyKeyboardInterrupt>(py) => {
            eprintln!("interrupted");
            Ok(ExitCode::from(130))
        }
        result => Ok(result
            .map(|()| ExitCode::SUCCESS)
            .inspect_err(|error| error.display(py))?),
    })
    // endregion: run
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    if let Some(code) = serve_multiprocessing()? {
        return Ok(code);
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, script, executable @ ..] = arguments.as_slice() else {
        return Err("usage: host-processes MODE SCRIPT [EXECUTABLE]".into());
    };
    let executable = match executable {
        [] => std::env::current_exe()?,
        [path, ..] => PathBuf::from(path),
    };
    if mode == "own" {
        keep_interrupts();
    }
    pyo3::append_to_inittab!(clock);
    let settings = Settings {
        home: Some(find_home()?),
        executable,
        ..Settings::default()
    };
    match mode.as_str() {
        "thread" => thread::spawn(move || start(&settings))
            .join()
            .expect("the thread panicked")?,
        _ => start(&settings)?,
    }
    match mode.as_str() {
        "python" => Python::attach(|py| give_interrupts_to(py, "default_int_handler"))?,
        "program" => Python::attach(|py| give_interrupts_to(py, "SIG_DFL"))?,
        _ => (),
    }
    let code = run_script(script)?;
    println!("waiting");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    // SAFETY: no thread uses Python any more.
    unsafe { finish() };
    if mode == "own" {
        println!("stopped: {}", STOP.load(Ordering::Relaxed));
    }
    if mode == "again" {
        Python::initialize();
        println!("runs again: {}", Python::try_attach(|_| ()).is_some());
    }
    Ok(code)
}

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}
