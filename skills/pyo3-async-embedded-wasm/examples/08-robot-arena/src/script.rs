//! A robot's script: a file with a function `turn(view)`, in a module of its own that is made anew when the file changes.

use std::fs;
use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule};

use crate::api::View;
use crate::arena::{Action, Arena};
use crate::limit::Watch;

pub struct Script {
    pub name: String,
    path: PathBuf,
    source: String,
    memory: Py<PyDict>,
    /// The function `turn`, once the script could be loaded.
    function: Option<Py<PyAny>>,
    /// What was shown last, so that it is shown once.
    shown: String,
}

/// The scripts in a folder, in the order of their names. They are loaded in their first turn.
pub fn find(py: Python<'_>, folder: &Path) -> PyResult<Vec<Script>> {
    // An import that a time limit interrupts leaves half a module. PyO3 passes a path as one of `pathlib`.
    for module in ["linecache", "pathlib", "traceback"] {
        py.import(module)?;
    }
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else {
            continue;
        };
        if path.extension().is_some_and(|suffix| suffix == "py") {
            scripts.push(Script {
                name: name.to_owned(),
                path: path.clone(),
                source: String::new(),
                memory: PyDict::new(py).unbind(),
                function: None,
                shown: String::new(),
            });
        }
    }
    scripts.sort_by(|one, two| one.name.cmp(&two.name));
    Ok(scripts)
}

impl Script {
    /// What the robot does, if anything, unless it is destroyed.
    ///
    /// # Errors
    ///
    /// It loses its turn: the script can't be read or loaded, raised, took too long, or returned something else.
    pub fn turn(
        &mut self,
        py: Python<'_>,
        watch: &Watch,
        arena: &Arena,
        round: u32,
    ) -> PyResult<Option<Action>> {
        let memory = self.memory.clone_ref(py);
        let Some(view) = View::new(arena, &self.name, round, memory) else {
            return Ok(None);
        };
        // Times of files are too coarse to tell two versions apart, and scripts are small.
        let source = fs::read_to_string(&self.path)?;
        let action = watch.run(py, || {
            let function = self.load(py, source)?;
            let action = function.call1((view,))?;
            Ok(action.extract()?)
        })?;
        self.shown.clear();
        Ok(action)
    }

    /// The traceback of an error of the script, unless it is the same as in its last turn.
    pub fn explain(&mut self, py: Python<'_>, watch: &Watch, error: PyErr) -> Option<String> {
        // To show an error runs code of the script, too: its `__str__`.
        let text = watch.run(py, || show(py, error)).unwrap_or_else(|_| {
            let path = self.path.display();
            format!("`{path}` raised what can't be shown")
        });
        if text == self.shown {
            return None;
        }
        self.shown.clone_from(&text);
        Some(text)
    }

    /// The function `turn` of this version of the script.
    fn load<'py>(&mut self, py: Python<'py>, source: String) -> PyResult<Bound<'py, PyAny>> {
        if let Some(function) = &self.function {
            if self.source == source {
                return Ok(function.bind(py).clone());
            }
        }
        self.function = None;
        self.source = source;
        // A `random.py` among the robots is not to be everybody's `random`.
        let name = format!("robots.{}", self.name);
        let module = PyModule::new(py, &name)?;
        module.setattr("__file__", &self.path)?;
        self.keep_lines(py)?;
        let built_in = py.import("builtins")?;
        let code = built_in.call_method1("compile", (&self.source, &self.path, "exec"))?;
        // Dataclasses and pickle look there for the module of a class.
        let modules = py.import("sys")?.getattr("modules")?;
        modules.set_item(name, &module)?;
        built_in.call_method1("exec", (code, module.dict()))?;
        let function = module.getattr("turn")?;
        self.function = Some(function.clone().unbind());
        Ok(function)
    }

    /// Lets tracebacks show the lines that run, even if the file has changed since.
    fn keep_lines(&self, py: Python<'_>) -> PyResult<()> {
        let lines: Vec<_> = self.source.split_inclusive('\n').collect();
        // Without a time, `linecache` does not compare it with the file.
        let entry = (self.source.len(), py.None(), lines, &self.path);
        let cache = py.import("linecache")?.getattr("cache")?;
        cache.set_item(self.path.to_string_lossy(), entry)
    }
}

/// The error with its traceback, as Python prints it.
fn show(py: Python<'_>, error: PyErr) -> PyResult<String> {
    // `error.value(py)` would come without its traceback before Python 3.12.
    let value = error.into_value(py);
    let lines = py
        .import("traceback")?
        .call_method1("format_exception", (value,))?;
    Ok(lines
        .extract::<Vec<String>>()?
        .concat()
        .trim_end()
        .to_owned())
}
