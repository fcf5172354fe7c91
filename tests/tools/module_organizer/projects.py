"""Small projects of modules in which all is well, to change, and the tool run on them in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.testing import CliRunner

from scaffolder.tools.module_organizer.app import app
from tests.tools.results import read_result

if TYPE_CHECKING:
    from pathlib import Path

    Files = dict[str, str]

CARGO = """\
[package]
name = "fares"
version = "0.1.0"
edition = "2024"

[lib]
name = "fares_core"
crate-type = ["cdylib"]

[dependencies]
pyo3 = { version = "0.30", features = ["abi3-py311"] }
"""
PYPROJECT = """\
[build-system]
requires = ["maturin>=1.9.4,<2"]
build-backend = "maturin"

[project]
name = "fares"
version = "0.1.0"
requires-python = ">=3.11"

[tool.maturin]
python-source = "python"
module-name = "fares._core"
"""
# A module in two styles; both have the same names, and nothing is wrong in either.
DECLARATIVE = """\
//! Fares between zones.

mod zones;

use pyo3::prelude::*;

#[pymodule(module = "fares")]
mod _core {
    use pyo3::prelude::*;

    // The prices.
    #[pymodule_export]
    use crate::zones::{Zone, fare};

    /// A trip.
    #[pyclass(frozen)]
    struct Trip;

    #[pymodule_export]
    const LIMIT: u32 = 9;

    #[pymodule_init]
    fn init(m: &Bound<'_, PyModule>) -> PyResult<()> {
        m.add("FareError", m.py().get_type::<crate::zones::FareError>())
    }
}
"""
FUNCTION = """\
//! Fares between zones.

mod zones;

use pyo3::prelude::*;

use zones::{FareError, Zone, fare};

/// A trip.
#[pyclass(frozen, module = "fares")]
struct Trip;

#[pymodule]
fn _core(py: Python<'_>, m: &Bound<'_, PyModule>) -> PyResult<()> {
    // The prices.
    m.add_function(wrap_pyfunction!(fare, m)?)?;
    m.add_class::<Zone>()?;
    m.add_class::<Trip>()?;
    m.add("LIMIT", 9)?;
    m.add("FareError", py.get_type::<FareError>())?;
    Ok(())
}
"""
ZONES = """\
//! Zones.

use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

create_exception!(fares, FareError, PyValueError);

/// A zone.
#[pyclass(frozen, module = "fares")]
pub struct Zone {
    #[pyo3(get)]
    number: u32,
}

#[pymethods]
impl Zone {
    #[new]
    fn new(number: u32) -> Self {
        Self { number }
    }

    fn __getnewargs__(&self) -> (u32,) {
        (self.number,)
    }
}

/// The price of a trip across so many zones, in cents.
#[pyfunction]
pub fn fare(zones: u32) -> u32 {
    210 + 90 * zones
}
"""
INIT = """\
from ._core import LIMIT, FareError, Trip, Zone, fare

__all__ = ["LIMIT", "FareError", "Trip", "Zone", "fare"]
"""
STUB = """\
LIMIT: int

class FareError(ValueError): ...
class Trip: ...

class Zone:
    number: int
    def __new__(cls, number: int) -> Zone: ...

def fare(zones: int) -> int: ...
"""
FILES: Files = {
    "Cargo.toml": CARGO,
    "pyproject.toml": PYPROJECT,
    "src/lib.rs": DECLARATIVE,
    "src/zones.rs": ZONES,
    "python/fares/__init__.py": INIT,
    "python/fares/_core.pyi": STUB,
}
# What nothing exports.
EXTRA = """
/// The cheaper price.
#[pyfunction]
pub fn rebate(zones: u32) -> u32 {
    fare(zones) / 2
}
"""


def project(folder: Path, *changes: tuple[str, str, str], lib: str = DECLARATIVE, **files: str) -> Path:
    """Write the project.

    Args:
        folder: Where to.
        *changes: A file, a text in it and what replaces that; an empty text stands for the end.
        lib: The `lib.rs`.
        **files: Files to add, by number: the path, a line break, and the text.
    """
    contents = {**FILES, "src/lib.rs": lib}
    for text in files.values():
        path, _, content = text.partition("\n")
        contents[path] = content
    for path, before, after in changes:
        assert before in contents[path]
        contents[path] = contents[path].replace(before, after) if before else contents[path] + after
    for path, content in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content.encode())
    return folder


def organize(folder: Path, *arguments: str) -> dict[str, Any]:
    """Run the tool on a project and return what it says."""
    done = CliRunner().invoke(app, ["--project", str(folder), *arguments, "--json"])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return read_result(done.stdout)


def findings(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what was found, without what is in order: name, level and message."""
    return [
        (finding["id"], finding["level"], finding["message"])
        for finding in result["findings"]
        if finding["level"] != "ok"
    ]


def document(result: dict[str, Any], language: str) -> str:
    """Return the documents in a language as one text."""
    return "".join(str(document["text"]) for document in result["documents"] if document["language"] == language)
