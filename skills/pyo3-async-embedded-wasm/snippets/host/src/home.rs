//! Where Python's standard library is.

use std::error::Error;
use std::ffi::CStr;
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use pyo3::ffi;

// region: error
/// None of the folders has the standard library.
#[derive(Debug)]
pub struct NoLibrary {
    pub folders: Vec<PathBuf>,
    pub version: String,
}

impl Display for NoLibrary {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { folders, version } = self;
        let folders: Vec<_> = folders
            .iter()
            .map(|folder| format!("`{}`", folder.display()))
            .collect();
        write!(
            formatter,
            "no standard library of Python {version} in {}",
            folders.join(" or ")
        )
    }
}
// endregion: error

impl Error for NoLibrary {}

// region: find
/// Return the folder beside the program; in a debug build also that of the Python it was built with.
pub fn find_home() -> Result<PathBuf, Box<dyn Error>> {
    // On macOS it may be a symbolic link.
    let program = std::env::current_exe()?.canonicalize()?;
    let beside = program.parent().map(|folder| folder.join("python"));
    let built = cfg!(debug_assertions).then(|| PathBuf::from(env!("BUILD_HOME")));
    let folders: Vec<_> = beside.into_iter().chain(built).collect();
    let version = version();
    let home = folders
        .iter()
        .find(|home| has_library(home, &version))
        .cloned();
    home.ok_or_else(|| NoLibrary { folders, version }.into())
}

/// Return the version of libpython without its last part, such as `3.11`.
fn version() -> String {
    // SAFETY: it may be called before Python runs, and returns a constant.
    let text = unsafe { CStr::from_ptr(ffi::Py_GetVersion()) }.to_string_lossy();
    text.split('.').take(2).collect::<Vec<_>>().join(".")
}

/// Look for the first module that Python imports from a file.
fn has_library(home: &Path, version: &str) -> bool {
    let (folder, archive) = match cfg!(windows) {
        true => (
            "Lib".into(),
            format!("python{}.zip", version.replace('.', "")),
        ),
        false => (
            format!("lib/python{version}"),
            format!("lib/python{}.zip", version.replace('.', "")),
        ),
    };
    let encodings = home.join(folder).join("encodings");
    let files = [
        encodings.join("__init__.py"),
        encodings.join("__init__.pyc"),
        home.join(archive),
    ];
    files.iter().any(|file| file.is_file())
}
// endregion: find
