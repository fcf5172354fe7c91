"""What makes a project its owner's: few shared lines, no sample, and a sample that is easily replaced."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from scaffolder.template.catalog import load_catalog
from tests.conftest import CHECKOUT, FEATURES
from tests.template.conftest import EXTREMES
from tests.template.matrix import THIS_PYTHON, set_name

if TYPE_CHECKING:
    from pathlib import Path

    from tests.template.conftest import Make, Run

BASE = CHECKOUT / "templates/{{base}}"
TAGS = [
    (path, line.strip())
    for path in sorted(BASE.rglob("*.jinja"))
    for line in path.read_text(encoding="utf-8").splitlines()
    if line.strip().startswith("{%")
]
# A runtime that survives `fork` and the end of Python, one awaitable and one stream do not fit in less yet.
LONGER = {"async": 220}
SAMPLE = re.compile(r"\b(closest|distance)\b")
OWN = """//! What the project is about.

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
"""
OWN_TEST = '''"""The mean."""

import pytest

from {package} import Error, mean


def test_a_mean_lies_between() -> None:
    assert mean([1.0, 2.0]) == 1.5


def test_nothing_has_no_mean() -> None:
    with pytest.raises(Error, match="there are no values"):
        mean([])
'''


def test_no_feature_is_called_like_a_question() -> None:
    asked = {question.name for question in load_catalog(CHECKOUT).asked}
    assert not asked & set(FEATURES)


def test_no_shared_line_depends_on_two_features() -> None:
    names = re.compile(rf"\b({'|'.join(FEATURES)})\b")
    assert [(path.name, tag) for path, tag in TAGS if len(names.findall(tag)) > 1] == []


@pytest.mark.parametrize("features", EXTREMES, ids=set_name)
def test_a_bare_project_has_nothing_of_the_sample(make: Make, features: tuple[str, ...]) -> None:
    project = make(features, "bare", bare="true")
    texts = {path: path.read_text(encoding="utf-8") for path in project.rglob("*") if path.is_file()}
    assert [path.name for path, text in texts.items() if re.search(r"\bclosest\b", text)] == []
    assert not list(project.rglob("*distance*"))


def test_the_sample_is_small_and_readme_names_its_files(make: Make) -> None:
    project = make()
    code, tests = (project / "src/distance.rs").read_text(encoding="utf-8").split("#[cfg(test)]")
    assert len(code.strip().splitlines()) <= 40
    assert len(tests.splitlines()) <= 12
    readme = (project / "README.md").read_text(encoding="utf-8")
    assert all(path.relative_to(project).as_posix() in readme for path in project.rglob("*distance*"))


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_is_a_skeleton_that_leans_on_nothing(feature: str) -> None:
    files = (CHECKOUT / f"templates/{{{{{feature}}}}}/src").rglob("*.rs*")
    texts = [path.read_text(encoding="utf-8") for path in files]
    assert sum(count_code(text) for text in texts) <= LONGER.get(feature, 150)
    (table,) = [question for question in load_catalog(CHECKOUT).questions if question.name == "feature_modules"]
    foreign = {module for name, module in table.details["default"].items() if name != feature}
    for text in texts:
        assert "crate::error" not in text
        assert not SAMPLE.search(text)
        assert not foreign & set(re.findall(r"crate::(\w+)", text))


def count_code(text: str) -> int:
    """Count the lines of Rust code: no tests, no comments, no empty lines."""
    lines = (line.strip() for line in text.split("#[cfg(test)]\nmod tests", maxsplit=1)[0].splitlines())
    return sum(1 for line in lines if line and not line.startswith("//"))


@pytest.fixture
def replaced(make: Make, tmp_path: Path) -> Path:
    """Replace the sample by an own function, as the README says."""
    project = tmp_path / "replaced"
    shutil.copytree(make((), "replaced"), project)
    for path in [*project.rglob("*distance*")]:
        path.unlink()
    (project / "src/mean.rs").write_text(OWN, encoding="utf-8")
    (project / "tests/test_mean.py").write_text(OWN_TEST.format(package="replaced"), encoding="utf-8")
    for name in ("src/lib.rs", "python/replaced/__init__.py"):
        text = (project / name).read_text(encoding="utf-8")
        text = text.replace("distance", "mean").replace("closest", "mean")
        (project / name).write_text(text, encoding="utf-8")
    return project


@pytest.mark.slow
@pytest.mark.exclusive("stubs")
def test_the_sample_is_replaced_by_the_four_steps_of_the_readme(replaced: Path, run: Run, nox: Run) -> None:
    run("cargo", "fmt", folder=replaced)
    nox("stubs", folder=replaced)
    nox("lint", folder=replaced)
    nox("test", "--force-python", THIS_PYTHON, folder=replaced)


@pytest.mark.slow
@pytest.mark.exclusive("stubs")
def test_a_bare_project_builds_and_passes_its_checks(make: Make, nox: Run) -> None:
    project = make((), "bare", bare="true")
    nox("lint", folder=project)
    nox("stubs", "--", "--check", folder=project)
    nox("test", "--force-python", THIS_PYTHON, folder=project)
