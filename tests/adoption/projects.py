"""Projects that somebody made without the template: as maturin, uv and setuptools-rust begin them, and by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conftest import git

if TYPE_CHECKING:
    from pathlib import Path

MATURIN = """\
[build-system]
requires = ["maturin>=1.7,<2"]
build-backend = "maturin"

[project]
name = "soil"
requires-python = ">=3.11"  # as everywhere here
dynamic = ["version"]
"""
CARGO = """\
# The crate.
[package]
name = "soil"
version = "0.3.0"
edition = "2021"

[lib]
name = "soil"
crate-type = ["cdylib"]

[dependencies]
pyo3 = "0.30" # the bindings

[profile.release]
lto = true
"""
DECLARATIVE = """\
//! Soil.

use pyo3::prelude::*;

/// Samples of soil.
#[pymodule]
mod soil {
    use pyo3::prelude::*;

    /// Doubles a number.
    #[pyfunction]
    fn double(number: i64) -> i64 {
        2 * number
    }
}
"""
BY_FUNCTION = """\
use pyo3::prelude::*;

/// Doubles a number.
#[pyfunction]
fn double(number: i64) -> i64 {
    2 * number
}

/// Samples of soil.
#[pymodule]
#[pyo3(name = "_soil")]
pub fn bindings(py: Python<'_>, m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(double, m)?)?;
    m.add("version", py.version())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn twice() {
        assert_eq!(super::double(2), 4);
    }
}
"""
TEST = """\
import soil


def test_double():
    assert soil.double(21) == 42
"""
PYTHON = """\
[project]
name = "soil"
version = "1.2"
requires-python = ">=3.11"
dependencies = []

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.ruff]
line-length = 79
"""
SETUPTOOLS_RUST = """\
[build-system]
requires = ["setuptools", "setuptools-rust"]
build-backend = "setuptools.build_meta"

[project]
name = "soil"
version = "1.0"
license = { text = "GPL-3.0-only" }

[tool.setuptools.packages]
# Python.
find = { where = ["python"] }

[[tool.setuptools-rust.ext-modules]]
target = "soil.soil"  # Rust
"""
REEXPORT = "from .soil import double as double\n"
ALONE = {"pyproject.toml": MATURIN, "Cargo.toml": CARGO, "src/lib.rs": DECLARATIVE, "tests/test_soil.py": TEST}
FILES: dict[str, dict[str, str]] = {
    # As `maturin new` makes it.
    "alone": {**ALONE, "soil.pyi": "def double(number: int) -> int: ...\n"},
    # As `maturin new --mixed` makes it, for a module that is filled by a function.
    "function": {
        "pyproject.toml": MATURIN + '\n[tool.maturin]\npython-source = "python"\nmodule-name = "soil._soil"\n',
        "Cargo.toml": CARGO,
        "src/lib.rs": BY_FUNCTION,
        "python/soil/__init__.py": '"""Soil."""\n\nfrom ._soil import double as double\n\n__all__ = ["double"]\n',
        "python/soil/_soil.pyi": "def double(number: int) -> int: ...\n",
        "tests/test_soil.py": TEST,
        "noxfile.py": "import nox\n",
        "README.md": "# Soil\n",
    },
    # As `maturin new --mixed --src` makes it.
    "beside": {
        "pyproject.toml": MATURIN,
        "rust/Cargo.toml": CARGO,
        "rust/src/lib.rs": DECLARATIVE,
        "src/soil/__init__.py": REEXPORT,
        "tests/test_soil.py": TEST,
    },
    # As `uv init --lib` makes it.
    "python": {
        "pyproject.toml": PYTHON,
        "src/soil/__init__.py": "def double(number: int) -> int:\n    return 2 * number\n",
        "tests/test_soil.py": TEST,
        ".gitignore": "dist/\n",
    },
    # As the examples of setuptools-rust are.
    "setuptools-rust": {
        "pyproject.toml": SETUPTOOLS_RUST,
        "Cargo.toml": CARGO.replace('"cdylib"]', '"cdylib"]\npath = "rust/lib.rs"'),
        "rust/lib.rs": DECLARATIVE,
        "python/soil/__init__.py": REEXPORT,
        "tests/test_soil.py": TEST,
        "MANIFEST.in": "include Cargo.toml\n",
    },
}
# The lines that change, and those of a backend that maturin replaces.
CHANGED = {
    "alone": {"#[pymodule]"},
    "python": {'requires = ["hatchling"]', 'build-backend = "hatchling.build"'},
}


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write a project and commit it."""
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="")
    git("init", "--quiet", "--initial-branch=main", cwd=folder)
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    """Commit everything."""
    git("add", "--all", cwd=folder)
    git("commit", "--quiet", "--message", "Go on", cwd=folder)
