//! Runs a script within limits: `limits here SCRIPT SECONDS` in this process, `limits child SCRIPT SECONDS MEGABYTES`.

use std::error::Error;
use std::ffi::{CString, c_long};
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use host_snippets::home::find_home;
use host_snippets::interpreter::{Settings, finish, start};
use pyo3::exceptions::{PyBaseException, PyPermissionError};
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyTuple};
use pyo3::{create_exception, ffi};

// region: time
// Not a subclass of `Exception`, which scripts catch.
create_exception!(limits, TimeIsUp, PyBaseException);

/// Run a script, and raise `TimeIsUp` in it after a while.
fn run_for(py: Python<'_>, script: &CString, limit: Duration) -> PyResult<()> {
    let threading = py.import("threading")?;
    let thread: c_long = threading.call_method0("get_ident")?.extract()?;
    let (running, ended) = channel::<()>();
    let watchdog = thread::spawn(move || {
        if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            Python::attach(|py| raise_in(thread, Some(py.get_type::<TimeIsUp>().as_any())));
        }
    });
    let result = py.run(script, None, None);
    drop(running);
    // Detached, because the watchdog may be waiting to attach.
    py.detach(|| watchdog.join())
        .expect("the watchdog panicked");
    // If it came when the script had just ended, take the exception back.
    raise_in(thread, None);
    result
}

/// Let a thread raise an exception when it next runs Python code.
fn raise_in(thread: c_long, exception: Option<&Bound<'_, PyAny>>) {
    let exception = exception.map_or(std::ptr::null_mut(), |exception| exception.as_ptr());
    // SAFETY: the caller is attached; CPython looks for the thread, and takes a reference of its own.
    unsafe { ffi::PyThreadState_SetAsyncExc(thread, exception) };
}
// endregion: time

// region: audit
/// Refuse what scripts have no business with; there is no way back.
fn refuse(py: Python<'_>) -> PyResult<()> {
    let hook = PyCFunction::new_closure(py, None, None, |arguments: &Bound<'_, PyTuple>, _| {
        let event: String = arguments.get_item(0)?.extract()?;
        match event.split('.').next() {
            Some("socket" | "subprocess" | "ctypes") => Err(PyPermissionError::new_err(event)),
            _ => Ok(()),
        }
    })?;
    py.import("sys")?.call_method1("addaudithook", (hook,))?;
    Ok(())
}
// endregion: audit

// region: child
#[cfg(unix)]
mod child {
    use std::io;
    use std::os::unix::process::CommandExt;
    use std::process::{Command, ExitStatus, Stdio};
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    /// Run a script in a process of its own; `None` if it had to be killed.
    pub fn run(script: &str, limit: Duration, bytes: u64) -> io::Result<Option<ExitStatus>> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["worker", script])
            .env_clear()
            .stdin(Stdio::null());
        // Also what the script starts is killed.
        command.process_group(0);
        let limits = [
            (libc::RLIMIT_AS, bytes),
            (libc::RLIMIT_CPU, limit.as_secs() + 1),
            (libc::RLIMIT_NOFILE, 64),
            (libc::RLIMIT_CORE, 0),
        ];
        // SAFETY: between fork and exec there are only system calls, and nothing is allocated.
        unsafe {
            command.pre_exec(move || {
                for (resource, limit) in limits {
                    let limit = libc::rlimit {
                        rlim_cur: limit,
                        rlim_max: limit,
                    };
                    if libc::setrlimit(resource, &limit) != 0 {
                        return Err(io::Error::last_os_error());
                    }
                }
                Ok(())
            })
        };
        let mut child = command.spawn()?;
        let begin = Instant::now();
        while begin.elapsed() < limit {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            sleep(Duration::from_millis(10));
        }
        // SAFETY: the child leads the group, and hasn't been waited for, so its number is still its own.
        unsafe { libc::killpg(child.id() as libc::pid_t, libc::SIGKILL) };
        child.wait()?;
        Ok(None)
    }
}
// endregion: child

fn run_here(script: &str, limit: Option<Duration>, audit: bool) -> Result<(), Box<dyn Error>> {
    let code = CString::new(std::fs::read(script)?)?;
    start(&Settings {
        home: Some(find_home()?),
        ..Settings::default()
    })?;
    let result = Python::attach(|py| {
        if audit {
            refuse(py)?;
        }
        match limit {
            Some(limit) => run_for(py, &code, limit),
            None => py.run(&code, None, None),
        }
        .inspect_err(|error| error.display(py))
    });
    // SAFETY: the watchdog has ended.
    unsafe { finish() };
    result.map_err(|_| "the script failed".into())
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["here", script, seconds] => run_here(
            script,
            Some(Duration::from_secs_f64(seconds.parse()?)),
            false,
        ),
        ["audit", script] => run_here(script, None, true),
        ["worker", script] => run_here(script, None, false),
        #[cfg(unix)]
        ["child", script, seconds, megabytes] => {
            let limit = Duration::from_secs_f64(seconds.parse()?);
            match child::run(script, limit, megabytes.parse::<u64>()? << 20)? {
                None => Err(format!("killed after {seconds} s").into()),
                Some(status) if !status.success() => Err(status.to_string().into()),
                Some(_) => Ok(()),
            }
        }
        _ => Err(
            "usage: limits here SCRIPT SECONDS | audit SCRIPT | child SCRIPT SECONDS MEGABYTES"
                .into(),
        ),
    }
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
