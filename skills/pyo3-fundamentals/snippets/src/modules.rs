//! Code shown in `references/modules.md`.

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;

/// Count the sheets that a document needs when both sides are printed.
#[pyfunction]
#[pyo3(signature = (pages, *, copies = 1))]
fn sheets(pages: u32, copies: u32) -> u64 {
    u64::from(pages.div_ceil(2)) * u64::from(copies)
}

/// A stapler; nothing tells the class which module it is in.
#[pyclass(frozen)]
struct Stapler;

// region: declarative
/// Paper and its sizes, in millimetres.
#[pymodule]
#[pyo3(module = "fundamentals_snippets._core.modules")]
mod paper {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::{Stapler, sheets};

    #[pymodule_export]
    const A4: (u32, u32) = (210, 297);

    /// A sheet of paper.
    #[pyclass(frozen, eq, get_all, new = "from_fields")]
    #[derive(PartialEq)]
    struct Sheet {
        width: u32,
        height: u32,
    }

    /// Print one page and return the number of the job.
    #[pyfunction]
    fn print_page() -> u64 {
        super::next_job()
    }
}
// endregion: declarative

// region: state
/// One count for the whole process, whichever thread asks.
static JOBS: AtomicU64 = AtomicU64::new(1);

fn next_job() -> u64 {
    JOBS.fetch_add(1, Ordering::Relaxed)
}
// endregion: state

// region: submodule
/// What a letter is sent in.
#[pymodule]
#[pyo3(module = "fundamentals_snippets._core.modules")]
mod stationery {
    use pyo3::prelude::*;

    /// Envelopes by the names that shops use.
    #[pymodule]
    mod envelopes {
        use pyo3::prelude::*;

        /// An envelope, in millimetres.
        #[pyclass(frozen, eq, get_all, new = "from_fields")]
        #[derive(PartialEq)]
        struct Envelope {
            width: u32,
            height: u32,
        }

        #[pymethods]
        impl Envelope {
            // Makes it possible to pickle and to copy an envelope.
            fn __getnewargs__(&self) -> (u32, u32) {
                (self.width, self.height)
            }
        }

        #[pymodule_export]
        const WINDOW: (u32, u32) = (90, 45);
    }
}
// endregion: submodule

// region: facade
/// Envelopes whose class says that it lives in the Python file that exports it.
#[pymodule]
#[pyo3(module = "fundamentals_snippets")]
mod envelopes {
    use pyo3::prelude::*;

    /// An envelope with a window, in millimetres.
    #[pyclass(frozen, eq, get_all, new = "from_fields")]
    #[derive(PartialEq)]
    struct WindowEnvelope {
        width: u32,
        height: u32,
    }

    #[pymethods]
    impl WindowEnvelope {
        // Makes it possible to pickle and to copy an envelope.
        fn __getnewargs__(&self) -> (u32, u32) {
            (self.width, self.height)
        }
    }
}
// endregion: facade

/// Inks, as an importable module.
#[pymodule]
#[pyo3(module = "fundamentals_snippets._core.modules")]
mod inks {
    use pyo3::prelude::*;
    use pyo3::types::PyDict;

    /// Say what a cartridge of this colour costs, in cents.
    #[pyfunction]
    fn price(colour: &str) -> u32 {
        if colour == "black" { 1500 } else { 2200 }
    }

    // region: init
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        module.add("COLOURS", ("cyan", "magenta", "yellow", "black"))?;
        // `import` looks here first, and so finds a module that has no file.
        let name = "fundamentals_snippets._core.modules.inks";
        let modules = py
            .import("sys")?
            .getattr("modules")?
            .cast_into::<PyDict>()?;
        modules.set_item(name, module)
    }
    // endregion: init
}

// region: function
/// A tray; nothing tells the class which module it is in.
#[pyclass(frozen)]
struct Tray;

/// The same in the older form: a function that fills the module.
#[pymodule]
fn printer(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(sheets, module)?)?;
    module.add_class::<Tray>()?;
    module.add("TRAYS", 2)?;
    let trays = PyModule::new(module.py(), "trays")?;
    trays.add("CAPACITY", 250)?;
    module.add_submodule(&trays)
}
// endregion: function

#[pymodule]
pub mod modules {
    #[pymodule_export]
    use super::{envelopes, inks, paper, printer, stationery};
}
