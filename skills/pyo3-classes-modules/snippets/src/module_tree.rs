//! Code shown in `references/module-tree.md`.

use pyo3::prelude::*;

// region: tree
/// Fields and paths of a garden.
#[pyo3::pymodule]
#[pyo3(module = "classes_snippets._core")]
pub mod module_tree {
    use pyo3::prelude::*;

    /// What grows.
    #[pymodule]
    mod beds {
        use pyo3::prelude::*;

        /// A bed of one kind of plant.
        #[pyclass(frozen, eq, get_all, new = "from_fields")]
        #[derive(PartialEq)]
        struct Bed {
            plant: String,
            rows: u32,
        }

        #[pymodule]
        mod soil {
            #[pymodule_export]
            const ACIDITY: f64 = 6.5;
        }
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::register(module)
    }
    // endregion: tree

    /// Ways through the garden.
    #[pymodule]
    mod paths {
        use pyo3::prelude::*;

        /// A path between beds.
        #[pyclass(frozen, eq, get_all, new = "from_fields")]
        #[derive(PartialEq)]
        struct Path {
            metres: u32,
        }

        /// Length of a path there and back.
        #[pyfunction]
        fn there_and_back(metres: u32) -> u64 {
            2 * u64::from(metres)
        }
    }

    // region: named
    /// `python/classes_snippets/garden/tools.py` exports it, under the same name.
    #[pymodule]
    #[pyo3(module = "classes_snippets.garden")]
    mod tools {
        use pyo3::prelude::*;

        #[pymodule_export]
        use super::super::Rake;

        /// Its `__module__` is `classes_snippets.garden.tools`.
        #[pyclass(frozen, eq, new = "from_fields")]
        #[derive(PartialEq)]
        struct Spade {}
    }
    // endregion: named

    #[pymodule_export]
    use super::old_names;
}

// region: register
/// Make a module and everything below it importable under its full name.
fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let modules = module.py().import("sys")?.getattr("modules")?;
    let name = module.name()?.extract::<String>()?;
    let below = format!("{name}.");
    modules.set_item(&name, module)?;
    for value in module.dict().values() {
        let Ok(submodule) = value.cast::<PyModule>() else {
            continue;
        };
        // One with the name of a Python file would take the file's place.
        if submodule.name()?.to_cow()?.starts_with(&below) {
            register(submodule)?;
        }
    }
    Ok(())
}
// endregion: register

/// A rake.
#[pyclass(frozen)]
struct Rake;

/// A module whose old names still work, with a warning.
#[pyo3::pymodule]
#[pyo3(module = "classes_snippets._core.module_tree")]
mod old_names {
    use pyo3::exceptions::{PyAttributeError, PyDeprecationWarning};
    use pyo3::prelude::*;

    #[pymodule_export]
    const HECTARE: u32 = 10_000;

    // region: old-names
    // Called by Python for names that are not there.
    #[pyfunction]
    fn __getattr__(py: Python<'_>, name: &str) -> PyResult<u32> {
        if name != "HA" {
            return Err(PyAttributeError::new_err(format!("no name `{name}`")));
        }
        let warning = py.get_type::<PyDeprecationWarning>();
        PyErr::warn(py, &warning, c"`HA` is now called `HECTARE`", 1)?;
        Ok(HECTARE)
    }
    // endregion: old-names
}
