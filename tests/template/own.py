"""What owners write in the place of each sample; `PACKAGE` is the project's package."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

from tests.conftest import tree

if TYPE_CHECKING:
    from pathlib import Path

Edits = dict[str, str | tuple[str, ...]]

MEAN: Edits = {
    "src/mean.rs": """//! What the project is about.

use pyo3::prelude::*;

use crate::error::{Error, Result};

/// Average numbers.
#[pyfunction]
pub fn mean(values: Vec<f64>) -> Result<f64> {
    if values.is_empty() {
        return Err(Error::Empty("values"));
    }
    Ok(values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_lies_between() {
        assert_eq!(mean(vec![1.0, 2.0]).unwrap(), 1.5);
    }
}
""",
    "tests/test_mean.py": '''"""The mean."""

import pytest

from PACKAGE import Error, mean


def test_a_mean_lies_between() -> None:
    assert mean([1.0, 2.0]) == 1.5


def test_nothing_has_no_mean() -> None:
    with pytest.raises(Error, match="there are no values"):
        mean([])
''',
}
POINT: Edits = {
    "src/ledger.rs": """//! Points in the plane.

use pyo3::prelude::*;

/// A point in the plane.
#[pyclass(eq, frozen, from_py_object)]
#[pyo3(module = "PACKAGE.ledger")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// How far right it is.
    #[pyo3(get)]
    pub x: f64,
    /// How far up it is.
    #[pyo3(get)]
    pub y: f64,
}

#[pymethods]
impl Point {
    #[new]
    fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// Measure how far it is to another point.
    fn to(&self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// Points in the plane.
#[pymodule(module = "PACKAGE._core")]
pub mod ledger {
    #[pymodule_export]
    use super::Point;
}
""",
    "python/PACKAGE/ledger.py": '''"""Points in the plane."""

from ._core.ledger import Point

__all__ = ["Point"]
''',
    "tests/test_ledger.py": '''"""Points in the plane."""

from PACKAGE.ledger import Point


def test_a_way_is_measured() -> None:
    assert Point(0, 0).to(Point(3, 4)) == 5
''',
}
DEGREES: Edits = {
    "src/arrays.rs": """//! Temperatures.

use numpy::prelude::*;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

/// Convert degrees Celsius to degrees Fahrenheit.
#[pyfunction]
pub fn fahrenheit<'py>(
    py: Python<'py>,
    celsius: PyReadonlyArray1<'py, f64>,
) -> Bound<'py, PyArray1<f64>> {
    let view = celsius.as_array();
    let converted = py.detach(|| view.mapv(|degrees| degrees * 1.8 + 32.0));
    converted.into_pyarray(py)
}

/// Temperatures.
#[pymodule(module = "PACKAGE._core")]
pub mod arrays {
    #[pymodule_export]
    use super::fahrenheit;
}
""",
    "python/PACKAGE/arrays.py": '''"""Temperatures."""

import numpy as np
from numpy.typing import NDArray

from ._core import arrays

__all__ = ["fahrenheit"]


def fahrenheit(celsius: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert degrees Celsius to degrees Fahrenheit."""
    converted: NDArray[np.float64] = arrays.fahrenheit(celsius)
    return converted
''',
    "tests/test_arrays.py": '''"""Temperatures."""

import numpy as np

from PACKAGE.arrays import fahrenheit


def test_water_freezes_and_boils() -> None:
    np.testing.assert_allclose(fahrenheit(np.array([0.0, 100.0])), [32.0, 212.0])
''',
    "benchmarks/bench_arrays.py": '''"""Temperatures, in Rust and in NumPy."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from PACKAGE.arrays import fahrenheit

Floats = NDArray[np.float64]


@pytest.mark.parametrize("function", [fahrenheit, lambda celsius: celsius * 1.8 + 32])
def test_fahrenheit(benchmark: Callable[..., Floats], function: Callable[[Floats], Floats]) -> None:
    assert benchmark(function, np.zeros(1_000_000))[0] == 32
''',
}
COLUMNS: Edits = {
    "src/tables.rs": """//! Tables, counted.

use arrow_array::RecordBatchReader;
use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// Count the columns of a table.
#[pyfunction]
pub fn columns(table: &Bound<'_, PyAny>) -> PyResult<usize> {
    let export = table.call_method0("__arrow_c_stream__")?;
    let capsule = export.cast_into::<PyCapsule>()?;
    let stream = capsule.pointer_checked(Some(c"arrow_array_stream"))?;
    // SAFETY: The name says what is in the capsule.
    #[expect(unsafe_code)]
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream.as_ptr().cast()) };
    let reader = ArrowArrayStreamReader::try_new(stream);
    let reader = reader.map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(reader.schema().fields().len())
}

/// Tables, counted.
#[pymodule(module = "PACKAGE._core")]
pub mod tables {
    #[pymodule_export]
    use super::columns;
}
""",
    "python/PACKAGE/tables.py": '''"""Tables, counted."""

from ._core.tables import columns

__all__ = ["columns"]
''',
    "tests/test_tables.py": '''"""Tables, counted."""

import pytest

from PACKAGE.tables import columns


def test_columns_are_counted() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    assert columns(pyarrow.table({"price": [1, 2]})) == 1
''',
    "benchmarks/bench_tables.py": '''"""Tables, counted."""

from collections.abc import Callable

import pytest

from PACKAGE.tables import columns

pyarrow = pytest.importorskip("pyarrow")


def test_columns(benchmark: Callable[..., int]) -> None:
    assert benchmark(columns, pyarrow.table({"price": [1, 2]})) == 1
''',
}
LENGTHS: Edits = {
    "src/forecasts.rs": """//! Texts, counted in threads of Rust.

mod batch;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

/// Count the letters of each text.
#[pyfunction]
pub fn letters(py: Python<'_>, texts: Vec<PyBackedStr>) -> PyResult<Vec<usize>> {
    let count = |text: &PyBackedStr| text.chars().filter(|c| c.is_alphabetic()).count();
    py.detach(|| batch::run(None, &texts, count, |_| Ok(())))
}

/// Texts, counted in threads of Rust.
#[pymodule(module = "PACKAGE._core")]
pub mod forecasts {
    #[pymodule_export]
    use super::letters;
}
""",
    "python/PACKAGE/forecasts.py": '''"""Texts, counted in threads of Rust."""

from ._core.forecasts import letters

__all__ = ["letters"]
''',
    "tests/test_forecasts.py": '''"""Texts, counted."""

from PACKAGE.forecasts import letters


def test_letters_are_counted() -> None:
    assert letters(["größe", "1 2"] * 100) == [5, 0] * 100
''',
    "benchmarks/bench_forecasts.py": '''"""Texts, counted."""

from collections.abc import Callable

from PACKAGE.forecasts import letters


def test_letters(benchmark: Callable[..., list[int]]) -> None:
    assert len(benchmark(letters, ["text"] * 1000)) == 1000
''',
}
FEED_EXPORTS = """\
    use super::lines::Lines;

    #[cfg(not(target_family = "wasm"))]
    #[pymodule_export]
    use super::lines::ask;
"""
READ: Edits = {
    "src/feeds/lines.rs": """//! Files, read without blocking the event loop.

use std::path::PathBuf;
use std::time::Duration;

use pyo3::prelude::*;

use super::runtime::{Error, awaitable};

/// Read a text file within so many milliseconds.
#[pyfunction]
pub fn read(py: Python<'_>, path: PathBuf, timeout: u32) -> PyResult<Bound<'_, PyAny>> {
    awaitable(py, async move {
        let limit = Duration::from_millis(timeout.into());
        let text = tokio::time::timeout(limit, tokio::fs::read_to_string(path));
        Ok(text
            .await
            .map_err(|_| Error::Timeout(limit.as_secs_f64()))??)
    })
}
""",
    "src/feeds.rs": (FEED_EXPORTS, "    use super::lines::read;\n"),
    "python/PACKAGE/feeds.py": '''"""Files, read without blocking the event loop."""

import sys
from pathlib import Path

from .errors import Error

if sys.platform == "emscripten":
    raise ImportError("feeds need threads, and WebAssembly has none")

from ._core import feeds

__all__ = ["FeedError", "read"]


class FeedError(Error, RuntimeError):
    """Work that can't be started: Python shuts down, or the process was forked."""


async def read(path: Path, *, timeout: int = 1000) -> str:
    """Read a text file within so many milliseconds."""
    text: str = await feeds.read(path, timeout)
    return text
''',
    "tests/test_feeds.py": '''"""Files, read without blocking the event loop."""

import asyncio
from pathlib import Path

from PACKAGE.feeds import read


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("text", encoding="utf-8")
    assert asyncio.run(read(path)) == "text"
''',
}
SQUEEZE: Edits = {
    "src/plugins.rs": (
        "it takes white space away from both ends", "it leaves one space between words",
        "Trim", "Squeeze",
        "text.trim().to_owned()", 'text.split_whitespace().collect::<Vec<_>>().join(" ")',
        '"trim"', '"squeeze"',
        "white_space_is_taken_away_from_both_ends", "one_space_is_left_between_words",
        r'" a b\n"', r'" a  b\n"',
    ),
    "tests/test_plugins.py": (
        '"trim"', '"squeeze"',
        "`trim`", "`squeeze`",
        "trim=", "squeeze=",
        " straße ", "straße ",
    ),
}  # fmt: skip
WEEKS: Edits = {
    "crates/PACKAGE/src/durations.rs": """//! Lengths of time, counted.

/// Counts the whole weeks in so many days.
#[must_use]
pub fn weeks(days: u32) -> u32 {
    days / 7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_has_seven_days() {
        assert_eq!((weeks(6), weeks(7)), (0, 1));
    }
}
""",
    "crates/PACKAGE/README.md": (
        "use std::time::Duration;\n\n", "",
        "::parse;", "::weeks;",
        'parse("1h 30m"), Ok(Duration::from_secs(5_400))', "weeks(14), 2",
    ),
    "crates/PACKAGE/benches/durations.rs": (
        "How long it takes to read a duration", "How long it takes to count weeks",
        "::parse;", "::weeks;",
        '(args = ["90s", "1d 2h 3m 4s"])', "",
        "read(text: &str)", "count() -> u32",
        "let _ = black_box(parse(black_box(text)));", "weeks(black_box(100))",
    ),
    "src/durations.rs": """//! Lengths of time, counted for Python.

use pyo3::prelude::*;

use PACKAGE::durations as rust;

/// Count the whole weeks in so many days.
#[pyfunction]
pub fn weeks(days: u32) -> u32 {
    rust::weeks(days)
}

/// Lengths of time, counted.
#[pymodule(module = "PACKAGE._core")]
pub mod durations {
    #[pymodule_export]
    use super::weeks;
}

#[cfg(test)]
mod tests {
    use PACKAGE::VERSION;

    #[test]
    fn the_crate_has_the_version_of_the_package() {
        assert_eq!(VERSION, env!("CARGO_PKG_VERSION"));
    }
}
""",
    "python/PACKAGE/durations.py": '''"""Lengths of time, counted."""

from ._core.durations import weeks

__all__ = ["weeks"]
''',
    "tests/test_durations.py": '''"""Lengths of time, counted."""

from PACKAGE.durations import weeks


def test_a_week_has_seven_days() -> None:
    assert weeks(14) == 2
''',
}  # fmt: skip
SALE: Edits = {
    "src/readings.rs": """//! Sales: a class for Python, and for the scripts that the program runs.

use std::num::ParseFloatError;

use pyo3::prelude::*;

/// What was sold.
#[pyclass(frozen, get_all)]
pub struct Sale {
    /// The name of the goods.
    pub goods: String,
    /// What was paid.
    pub euros: f64,
}

#[pymethods]
impl Sale {
    /// Read a line such as `12.5 apples`.
    #[staticmethod]
    pub fn parse(line: &str) -> Result<Self, ParseFloatError> {
        let (euros, goods) = line.split_once(' ').unwrap_or((line, ""));
        let (euros, goods) = (euros.parse()?, goods.into());
        Ok(Self { goods, euros })
    }
}

/// Sales.
#[pymodule(module = "PACKAGE._core")]
pub mod readings {
    #[pymodule_export]
    use super::Sale;
}
""",
    "src/program/main.rs": ("Reading", "Sale"),
    "python/PACKAGE/readings.py": '''"""Sales."""

from ._core.readings import Sale

__all__ = ["Sale"]
''',
    "tests/test_readings.py": '''"""Sales."""

from PACKAGE.readings import Sale


def test_a_sale() -> None:
    assert Sale.parse("12.5 apples").euros == 12.5
''',
    "embed/alarms.py": '''"""Says what was sold dearly."""

from PACKAGE.readings import Sale


def answer(sale: Sale) -> str | None:
    """Return the goods that brought more than 100 euros."""
    return sale.goods if sale.euros > 100 else None
''',
    "tests/program.rs": (
        '"cellar 17\\ncold store 7.25\\n"',
        '"17 apples\\n725 pears\\n"',
        "cold store: 2.2 °C above the limit",
        "pears",
        "a 0\\nb 2\\nc\\n",
        "0 a\\n2 b\\nc\\n",
        "a 1\\nb 0\\n",
        "1 a\\n0 b\\n",
        """assert!(
        errors.contains("ReadingError: `c` is not a place and its temperature"),
        "{errors}"
    );""",
        'assert!(errors.contains("invalid float literal"), "{errors}");',
        "celsius",
        "euros",
        "cellar 18",
        "18 cellar",
        ".place",
        ".goods",
    ),
}
OWN: dict[str, Edits] = {
    "base": {
        **MEAN,
        "src/lib.rs": (
            "pub mod distance;\npub mod error;", "pub mod error;\npub mod mean;",
            "distance", "mean", "closest", "mean",
        ),
        "python/PACKAGE/__init__.py": ("closest", "mean"),
    },
    "classes": POINT, "numpy": DEGREES, "arrow": COLUMNS, "parallel": LENGTHS, "async": READ, "plugins": SQUEEZE,
    "embed": SALE, "wasm": {}, "workspace": WEEKS,
}  # fmt: skip


def replace_sample(project: Path, feature: str) -> None:
    """Put code of the owner's in the place of a sample; what is a tuple replaces words, the rest is the whole file."""
    package = project.name.replace("-", "_")
    for path in project.rglob("*distance*") if feature == "base" else ():
        path.unlink()
    for name, content in OWN[feature].items():
        path = project / name.replace("PACKAGE", package)
        if isinstance(content, str):
            text = content
        else:
            text = path.read_text(encoding="utf-8")
            for old, new in zip(content[::2], content[1::2], strict=True):
                assert old in text, f"{path} has no {old}"
                text = text.replace(old, new)
        path.write_text(text.replace("PACKAGE", package), encoding="utf-8")


def count_edits(before: Path, after: Path) -> tuple[int, int]:
    """Return how many files an owner wrote in, and how many lines; what is only deleted costs nothing."""
    old, new = tree(before), tree(after)
    written = {name: text.decode() for name, text in new.items() if text != old.get(name)}
    lines = 0
    for name, text in written.items():
        diff = unified_diff(old.get(name, b"").decode().splitlines(), text.splitlines(), n=0, lineterm="")
        lines += sum(1 for line in diff if line.startswith("+") and not line.startswith("+++"))
    return len(written), lines
