//! Scores messages by the rules in a folder, which may change meanwhile: `reloading FOLDER`, messages on stdin.

use std::collections::BTreeMap;
use std::error::Error;
use std::ffi::CString;
use std::io;
use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use pyo3::types::PyDict;

// region: rules
/// The rules of a folder: each file has a function `score(message, state)`.
#[derive(Default)]
struct Rules {
    rules: BTreeMap<PathBuf, Rule>,
    generation: u64,
}

struct Rule {
    /// What was loaded, or failed to load, last.
    source: Vec<u8>,
    /// The last version without an error.
    module: Option<Py<PyModule>>,
    /// What outlives versions: plain data, and no objects of the script's own classes.
    state: Py<PyDict>,
}
// endregion: rules

impl Rules {
    // region: renew
    /// Load what is new or has changed, and forget what is gone; return the errors of changed files.
    fn renew(&mut self, py: Python<'_>, folder: &Path) -> io::Result<Vec<PyErr>> {
        let sources = read_scripts(folder)?;
        self.rules.retain(|file, rule| {
            let stays = sources.contains_key(file);
            if !stays {
                rule.forget(py);
            }
            stays
        });
        let mut errors = Vec::new();
        for (file, source) in sources {
            let rule = self.rules.entry(file.clone()).or_insert_with(|| Rule {
                source: Vec::new(),
                module: None,
                state: PyDict::new(py).unbind(),
            });
            if rule.source == source {
                continue;
            }
            self.generation += 1;
            match load(py, &file, &source, self.generation) {
                Ok(module) => {
                    rule.forget(py);
                    rule.module = Some(module.unbind());
                }
                Err(error) => errors.push(error),
            }
            rule.source = source;
        }
        Ok(errors)
    }
    // endregion: renew

    // region: score
    /// Add up the scores of all rules; a rule that fails has none.
    fn score(&self, py: Python<'_>, message: &str) -> f64 {
        let modules = self
            .rules
            .values()
            .filter_map(|rule| Some((rule.module.as_ref()?, &rule.state)));
        let scores = modules.map(|(module, state)| {
            let score = module.bind(py).getattr("score")?;
            score.call1((message, state))?.extract::<f64>()
        });
        scores
            .map(|score| {
                score.unwrap_or_else(|error| {
                    eprintln!("{error}");
                    0.0
                })
            })
            .sum()
    }
    // endregion: score
}

// region: load
/// Run a script as a new module, which no older version shares.
fn load<'py>(
    py: Python<'py>,
    file: &Path,
    source: &[u8],
    generation: u64,
) -> PyResult<Bound<'py, PyModule>> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let name = CString::new(format!("rule_{stem}_{generation}"))?;
    let path = CString::new(file.as_os_str().as_encoded_bytes())?;
    let module = PyModule::from_code(py, &CString::new(source)?, &path, &name)?;
    if !module.hasattr("score")? {
        forget(&module)?;
    }
    // An error now, and not with the next message.
    module.getattr("score").map(|_| module)
}

/// Let go of a module, so that it is freed with the last object that needs it.
fn forget(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let modules = module.py().import("sys")?.getattr("modules")?;
    modules.call_method1("pop", (module.name()?, ())).map(drop)
}
// endregion: load

impl Rule {
    fn forget(&self, py: Python<'_>) {
        if let Some(Err(error)) = self.module.as_ref().map(|module| forget(module.bind(py))) {
            eprintln!("{error}");
        }
    }
}

fn read_scripts(folder: &Path) -> io::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut scripts = BTreeMap::new();
    for entry in folder.read_dir()? {
        let file = entry?.path();
        if file.extension().is_some_and(|suffix| suffix == "py") {
            let source = std::fs::read(&file)?;
            scripts.insert(file, source);
        }
    }
    Ok(scripts)
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("which folder?")?);
    Python::initialize();
    let mut rules = Rules::default();
    // region: main
    for message in io::stdin().lines() {
        let message = message?;
        let score = Python::attach(|py| {
            for error in rules.renew(py, &folder)? {
                eprintln!("{error}");
            }
            Ok::<_, io::Error>(rules.score(py, &message))
        })?;
        println!("{score}");
    }
    // endregion: main
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;

    #[test]
    fn one_name_is_one_module() -> PyResult<()> {
        Python::initialize();
        Python::attach(|py| {
            let run = |code: &CStr| PyModule::from_code(py, code, c"rates.py", c"rates");
            let first = run(c"OLD = 1")?;
            let second = run(c"NEW = 2")?;
            assert!(second.is(&first));
            assert!(second.hasattr("OLD")?);
            assert!(run(c"1 / 0").is_err());
            let modules = py.import("sys")?.getattr("modules")?;
            assert!(!modules.contains("rates")?);
            Ok(())
        })
    }
}
