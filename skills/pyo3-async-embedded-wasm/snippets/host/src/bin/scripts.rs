//! Runs scripts of its users, each in a module of its own: `scripts run FILE…`. The other orders show what Python does.

use std::error::Error;
use std::ffi::CString;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{env, fs, mem};

use pyo3::exceptions::{PyKeyboardInterrupt, PySyntaxError, PySystemExit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTraceback};

// region: load
/// A script that was run: its module has what the script defined.
struct Script {
    path: PathBuf,
    module: Py<PyModule>,
}

impl Script {
    /// Runs a script in a new module.
    fn load(py: Python<'_>, path: &Path) -> Result<Self, Box<dyn Error>> {
        let path = path.canonicalize()?;
        let (source, file) = (CString::new(fs::read(&path)?)?, path.to_string_lossy());
        // One name for each file, that hides no module of Python's, and without dots, as of a package.
        let name = CString::new(format!("script:{}", file.replace('.', "_")))?;
        let module = PyModule::from_code(py, &source, &CString::new(&*file)?, &name)?.unbind();
        Ok(Self { path, module })
    }

    /// Calls a function of the script, if it has defined it.
    fn call<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let function = self.module.bind(py).getattr_opt(name)?;
        function.map(|function| function.call0()).transpose()
    }
}
// endregion: load

// region: report
/// Says where in the script an error happened, without the frames of anybody else.
fn report(py: Python<'_>, script: &Path, error: &PyErr) -> PyResult<String> {
    let (script, value) = (script.to_string_lossy(), error.value(py));
    let (line, text): (Option<usize>, _) = match error.is_instance_of::<PySyntaxError>(py) {
        // It has no frame: it happened while the script was read.
        true => (
            value.getattr("lineno")?.extract()?,
            value.getattr("msg")?.str()?,
        ),
        false => (last_line(py, &script, error.traceback(py))?, value.str()?),
    };
    let line = line.map_or_else(String::new, |line| format!(":{line}"));
    Ok(format!(
        "{script}{line}: {}: {text}",
        error.get_type(py).name()?
    ))
}

/// Returns the line of the innermost frame that is the script's own.
fn last_line(
    py: Python<'_>,
    script: &str,
    traceback: Option<Bound<'_, PyTraceback>>,
) -> PyResult<Option<usize>> {
    let Some(traceback) = traceback else {
        return Ok(None);
    };
    let frames = py
        .import("traceback")?
        .call_method1("extract_tb", (traceback,))?;
    let mut last = None;
    for frame in frames.try_iter()? {
        let frame = frame?;
        if frame.getattr("filename")?.eq(script)? {
            last = frame.getattr("lineno")?.extract()?;
        }
    }
    Ok(last)
}
// endregion: report

/// Prints the whole traceback, for those who write scripts.
fn print_traceback(py: Python<'_>, error: &PyErr) -> PyResult<()> {
    // Unlike `error.print`, it ends no program, and knows the lines of scripts that are in no file.
    let traceback = py.import("traceback")?;
    let parts = (error.get_type(py), error.value(py), error.traceback(py));
    traceback.call_method1("print_exception", parts)?;
    Ok(())
}

// region: exit
/// Decides what an error of a script means for the program.
fn code_of(py: Python<'_>, script: &Path, error: &PyErr) -> ExitCode {
    if error.is_instance_of::<PyKeyboardInterrupt>(py) {
        return ExitCode::from(130);
    }
    if error.is_instance_of::<PySystemExit>(py) {
        let code = error.value(py).getattr("code");
        return match code.as_ref().map(|code| code.extract::<Option<u8>>()) {
            Ok(Ok(code)) => ExitCode::from(code.unwrap_or(0)),
            // `sys.exit("message")`: print it, and fail.
            _ => {
                code.map_or_else(drop, |code| eprintln!("{code}"));
                ExitCode::FAILURE
            }
        };
    }
    // An exception of the script can fail to say what it is.
    let report = report(py, script, error).unwrap_or_else(|_| error.to_string());
    eprintln!("error: {report}");
    ExitCode::FAILURE
}
// endregion: exit

fn run(py: Python<'_>, path: &Path) -> ExitCode {
    let outcome = Script::load(py, path)
        .and_then(|script| Ok((script.call(py, "main")?.map(drop), script.path).1));
    match outcome {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => match error.downcast::<PyErr>() {
            Ok(error) => code_of(py, &path.canonicalize().unwrap_or_default(), &error),
            Err(error) => {
                eprintln!("error: cannot run `{}`: {error}", path.display());
                ExitCode::from(2)
            }
        },
    }
}

/// What a script prints, for a window, a log or a test.
#[pyclass(frozen)]
#[derive(Default)]
struct Output {
    text: Mutex<String>,
}

impl Output {
    fn text(&self) -> MutexGuard<'_, String> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Output {
    fn write(&self, text: &str) -> usize {
        self.text().push_str(text);
        text.chars().count()
    }

    fn flush(&self) {}
}

/// Runs something, and returns what it printed to `sys.stdout` and `sys.stderr`.
fn captured<T>(py: Python<'_>, work: impl FnOnce() -> T) -> PyResult<(T, String)> {
    let (sys, output) = (py.import("sys")?, Bound::new(py, Output::default())?);
    let (stdout, stderr) = (sys.getattr("stdout")?, sys.getattr("stderr")?);
    sys.setattr("stdout", &output)?;
    sys.setattr("stderr", &output)?;
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    sys.setattr("stdout", stdout)?;
    sys.setattr("stderr", stderr)?;
    let text = mem::take(&mut *output.get().text());
    Ok((
        result.unwrap_or_else(|panic| panic::resume_unwind(panic)),
        text,
    ))
}

/// Writes what Python still holds: nobody else does when a program ends that never finalises Python.
fn flush(py: Python<'_>) {
    let flush = |name| py.import("sys")?.getattr(name)?.call_method0("flush");
    // `None`, or closed by a script: then nothing is lost.
    let _ = flush("stdout").and(flush("stderr"));
}

/// Shows what a namespace is, and prints what came out of it.
fn show(py: Python<'_>, what: &str) -> PyResult<()> {
    match what {
        "main" => {
            py.run(c"price = 3", None, None)?;
            py.run(c"print(price, __name__)", None, None)
        }
        "two dicts" => {
            let (globals, locals) = (PyDict::new(py), PyDict::new(py));
            let code = c"rate = 2\ndef total(price):\n    return price * rate\nprint(total(3))";
            py.run(code, Some(&globals), Some(&locals))
        }
        "one dict" => {
            let globals = PyDict::new(py);
            let code = c"rate = 2\ndef total(price):\n    return price * rate\nprint(total(3))";
            py.run(code, Some(&globals), None)?;
            println!("{}", globals.contains("__builtins__")?);
            Ok(())
        }
        "same name" => {
            let run = |code| PyModule::from_code(py, code, c"rules.py", c"rules");
            let first = run(c"price = 3\nold = True")?;
            let second = run(c"price = 4")?;
            println!("{} {}", first.is(&second), second.getattr("old")?);
            Ok(())
        }
        "failed" => {
            let failed =
                PyModule::from_code(py, c"price = 3\n1 / 0", c"rules.py", c"rules").is_err();
            println!(
                "{failed} {}",
                py.import("sys")?.getattr("modules")?.contains("rules")?
            );
            Ok(())
        }
        "anonymous" => py.run(c"def total():\n    return 1 / 0\n\ntotal()", None, None),
        "memory" => {
            let (source, name) = ("def total():\n    return 1 / 0\n\ntotal()\n", "<rule 7>");
            let lines: Vec<_> = source.split_inclusive('\n').collect();
            // Without a time of change the entry is kept: there is no file to compare it with.
            let entry = (source.len(), py.None(), lines, name);
            py.import("linecache")?
                .getattr("cache")?
                .set_item(name, entry)?;
            PyModule::from_code(py, &CString::new(source)?, c"<rule 7>", c"rule_7").map(drop)
        }
        "display error" => {
            PySystemExit::new_err(7).display(py);
            println!("still here");
            Ok(())
        }
        "print error" => {
            PySystemExit::new_err(7).print(py);
            println!("never");
            Ok(())
        }
        "unflushed" => py.run(c"print('from Python')", None, None),
        "atexit" => py.run(
            c"import atexit; atexit.register(print, 'bye', flush=True)",
            None,
            None,
        ),
        "captured" => {
            let ((), text) = captured(py, || {
                py.run(
                    c"import sys; print('a price'); print('a warning', file=sys.stderr)",
                    None,
                    None,
                )
                .unwrap();
            })?;
            println!("{text:?}");
            py.run(c"print('free again')", None, None)?;
            flush(py);
            Ok(())
        }
        "warning" => py.run(
            c"import warnings\nfor _ in range(3): warnings.warn('old rule')",
            None,
            None,
        ),
        _ => py.run(&CString::new(what)?, None, None),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    Python::initialize();
    let code = Python::attach(|py| match arguments.split_first() {
        Some((order, files)) if order == "run" => files
            .iter()
            .map(|file| run(py, Path::new(file)))
            .fold(ExitCode::SUCCESS, |worst, code| {
                if code == ExitCode::SUCCESS {
                    worst
                } else {
                    code
                }
            }),
        Some((order, rest)) if order == "show" => {
            let what = rest
                .first()
                .map(|what| what.to_string_lossy())
                .unwrap_or_default();
            match show(py, &what) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    let _ = print_traceback(py, &error);
                    ExitCode::FAILURE
                }
            }
        }
        _ => ExitCode::from(2),
    });
    if arguments.get(1).is_none_or(|what| what != "unflushed") {
        Python::attach(flush);
    }
    let _ = std::io::stdout().flush();
    code
}
