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
from tests.template.own import OWN, count_edits, replace_sample

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
# A runtime that survives `fork` and the end of Python, one awaitable and one stream do not fit in less yet; nor does a
# program that starts Python whatever the environment says, and scripts that are loaded again.
LONGER = {"async": 230, "embed": 270}
SAMPLE = re.compile(r"\b(closest|distance)\b")
# The most that a function of one's own costs in the place of a sample: files written in, and lines.
COSTS = {
    "base": (4, 50), "classes": (3, 60), "numpy": (4, 60), "arrow": (4, 60), "parallel": (4, 60), "async": (4, 60),
    "plugins": (2, 25), "embed": (6, 60), "wasm": (0, 0), "workspace": (6, 60),
}  # fmt: skip


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
    folder = CHECKOUT / f"templates/{{{{{feature}}}}}"
    places = ("src", "{{crate_folder}}/{{source_folder}}")
    files = [path for place in places for path in (folder / place).rglob("*.rs*")]
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


@pytest.mark.parametrize("feature", COSTS)
def test_replacing_a_sample_costs_few_files_and_lines(make: Make, run: Run, tmp_path: Path, feature: str) -> None:
    made = make(() if feature == "base" else (feature,), "owned")
    project = tmp_path / "owned"
    shutil.copytree(made, project)
    replace_sample(project, feature)
    files, lines = count_edits(made, project)
    most_files, most_lines = COSTS[feature]
    print(f"{feature}: {files} files, {lines} lines")
    assert files <= most_files
    assert lines <= most_lines
    run("ruff", "format", "--check", "--no-cache", folder=project)
    run("ruff", "check", "--no-cache", folder=project)
    run("rustfmt", "--check", "--edition", "2024", *map(str, project.rglob("*.rs")), folder=project)


@pytest.mark.slow
@pytest.mark.exclusive("lint")
def test_all_samples_are_replaced_and_every_check_passes(make: Make, nox: Run, tmp_path: Path) -> None:
    project = tmp_path / "owned"
    shutil.copytree(make(FEATURES, "owned"), project)
    for feature in OWN:
        replace_sample(project, feature)
    nox("stubs", folder=project)
    nox("lint", folder=project)
    nox("test", "--force-python", THIS_PYTHON, folder=project)


@pytest.mark.slow
@pytest.mark.exclusive("stubs")
def test_a_bare_project_builds_and_passes_its_checks(make: Make, nox: Run) -> None:
    project = make((), "bare", bare="true")
    nox("lint", folder=project)
    nox("test", "--force-python", THIS_PYTHON, folder=project)
