//! How Python is started and ended.

use std::error::Error;
use std::ffi::{CStr, CString, NulError, OsStr, OsString};
use std::fmt::{self, Display, Formatter};
use std::mem::MaybeUninit;
use std::path::PathBuf;

use libc::wchar_t;
use pyo3::ffi;

// region: settings
/// What Python is told before it starts; the environment and the user's packages play no part.
#[derive(Default)]
pub struct Settings {
    /// The folder that has `lib/python3.x`; by default what Python guesses.
    pub home: Option<PathBuf>,
    /// `sys.executable`: a Python for child processes, or else nothing.
    pub executable: PathBuf,
    /// `sys.argv`.
    pub arguments: Vec<OsString>,
}

/// Why Python didn't start.
#[derive(Debug)]
pub enum StartError {
    Running,
    /// A zero byte is in a path or an argument.
    Text(NulError),
    /// The reason that CPython gives.
    Python(String),
}
// endregion: settings

impl Display for StartError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => write!(formatter, "Python is running already"),
            Self::Text(error) => write!(formatter, "not a text for Python: {error}"),
            Self::Python(reason) => write!(formatter, "Python doesn't start: {reason}"),
        }
    }
}

impl Error for StartError {}

// region: start
/// Start Python, and leave it to whichever thread attaches first.
pub fn start(settings: &Settings) -> Result<(), StartError> {
    // SAFETY: all may be called before Python runs; the first that gets a structure initializes it.
    unsafe {
        if ffi::Py_IsInitialized() != 0 {
            return Err(StartError::Running);
        }
        let mut early = MaybeUninit::uninit();
        ffi::PyPreConfig_InitIsolatedConfig(early.as_mut_ptr());
        let mut early = early.assume_init();
        early.utf8_mode = 1; // Without it, the encoding is that of C's locale: ASCII.
        check(ffi::Py_PreInitialize(&early))?;

        let mut config = MaybeUninit::uninit();
        ffi::PyConfig_InitIsolatedConfig(config.as_mut_ptr());
        let mut config = config.assume_init();
        config.write_bytecode = 0; // The folder of the program may be read-only.
        let result =
            fill(&mut config, settings).and_then(|()| check(ffi::Py_InitializeFromConfig(&config)));
        ffi::PyConfig_Clear(&mut config);
        result?;
        if settings.executable.as_os_str().is_empty() {
            // Python has taken `argv[0]` or the first `python3` on `PATH`.
            ffi::PyRun_SimpleString(c"__import__('sys').executable = ''".as_ptr());
        }
        // This thread is attached now, which PyO3 doesn't know.
        ffi::PyEval_SaveThread();
    }
    Ok(())
}
// endregion: start

/// Copy the settings into a configuration.
unsafe fn fill(config: *mut ffi::PyConfig, settings: &Settings) -> Result<(), StartError> {
    // SAFETY: the caller has initialized the configuration, which owns the fields; CPython copies the texts.
    unsafe {
        if let Some(home) = &settings.home {
            set(config, &raw mut (*config).home, home.as_os_str())?;
        }
        let executable = settings.executable.as_os_str();
        set(config, &raw mut (*config).executable, executable)?;
        let arguments = settings.arguments.iter().map(|text| text_of(text));
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        let mut pointers: Vec<_> = arguments.iter().map(|text| text.as_ptr()).collect();
        let length = pointers.len() as ffi::Py_ssize_t;
        check(ffi::PyConfig_SetBytesArgv(
            config,
            length,
            pointers.as_mut_ptr(),
        ))
    }
}

// region: set
unsafe fn set(
    config: *mut ffi::PyConfig,
    field: *mut *mut wchar_t,
    text: &OsStr,
) -> Result<(), StartError> {
    let text = text_of(text)?;
    // SAFETY: as in `fill`; the field is one of the configuration.
    check(unsafe { ffi::PyConfig_SetBytesString(config, field, text.as_ptr()) })
}

/// What `PyConfig` takes for a path or an argument, in UTF-8 mode.
fn text_of(text: &OsStr) -> Result<CString, StartError> {
    CString::new(text.as_encoded_bytes()).map_err(StartError::Text)
}

fn check(status: ffi::PyStatus) -> Result<(), StartError> {
    // SAFETY: CPython made the status, and its message is a constant.
    unsafe {
        if ffi::PyStatus_Exception(status) == 0 {
            return Ok(());
        }
        let reason = match status.err_msg {
            message if message.is_null() => c"it asks to exit",
            message => CStr::from_ptr(message),
        };
        Err(StartError::Python(reason.to_string_lossy().into_owned()))
    }
}
// endregion: set

// region: finish
/// Wait for Python's threads, run what `atexit` has, write out what is buffered, and end Python.
///
/// It returns whether everything could be written.
///
/// # Safety
///
/// Call it once, in the thread that started Python, and when no thread of Rust uses Python or will.
pub unsafe fn finish() -> bool {
    // SAFETY: Python runs, and the caller promises the rest.
    unsafe {
        ffi::PyGILState_Ensure();
        ffi::Py_FinalizeEx() == 0
    }
}
// endregion: finish
