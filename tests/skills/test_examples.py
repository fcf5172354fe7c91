"""Examples and snippets: each builds and passes, alone and together."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from scaffolder.skills import load_skills
from scaffolder.template.examples import LEFT_BEHIND
from tests.conftest import tree
from tests.skills.conftest import ENVIRONMENT, SKILLS

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.skills import Example
    from tests.conftest import Command
    from tests.skills.conftest import Run

EXAMPLES = [example for skill in load_skills() for example in skill.examples]
SNIPPETS = sorted(SKILLS.glob("*/snippets"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_complete(example: Example) -> None:
    files = set(tree(example.path))
    assert {"README.md", "Cargo.toml", "pyproject.toml", "src/lib.rs", ".gitignore"} <= files
    assert any(name.startswith("tests/test_") for name in files), "an example without a test shows nothing"
    assert example.path.name[2:] == f"-{example.project}"
    for command in ("uv run pytest", "cargo test"):
        assert command in example.readme
    assert "#[test]" in "".join(path.read_text(encoding="utf-8") for path in example.path.glob("src/**/*.rs"))


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_passes_wherever_it_is_copied(
    example: Example, pyo3_new: Command, build_run: Run, tmp_path: Path
) -> None:
    pyo3_new("example", "copy", example.name)
    project = tmp_path / example.project
    assert set(tree(project)) <= set(tree(example.path))
    assert "passed" in build_run("uv", "run", "--exact", "pytest", folder=project)
    check_types(project, build_run)


@pytest.mark.slow
def test_a_new_project_from_an_example_has_its_own_name(pyo3_new: Command, build_run: Run, tmp_path: Path) -> None:
    pyo3_new("new", "Here", "--name", "Basket.Tools", "--example", "unit-price")
    project = tmp_path / "Here"
    for path, content in tree(project).items():
        assert "unit_price" not in path
        assert b"unit_price" not in content
        assert b"unit-price" not in content
    assert (project / ".git").is_dir()
    assert "passed" in build_run("uv", "run", "--exact", "pytest", folder=project)
    left = build_run("git", "status", "--short", folder=project).splitlines()
    assert set(left) <= {"?? Cargo.lock", "?? uv.lock"}, "what a build makes is not ignored"


@pytest.mark.slow
@pytest.mark.parametrize("snippets", SNIPPETS, ids=lambda path: path.parent.name)
def test_what_the_references_show_passes(snippets: Path, build_run: Run, tmp_path: Path) -> None:
    # In a copy, so that the checkout stays as it is.
    shutil.copytree(SKILLS, tmp_path / "skills", ignore=LEFT_BEHIND)
    copy = tmp_path / "skills" / snippets.relative_to(SKILLS)
    assert "passed" in build_run("uv", "run", "--exact", "pytest", folder=copy)


@pytest.mark.slow
def test_rust_is_formatted_and_free_of_lints(build_run: Run) -> None:
    build_run("cargo", "fmt", "--all", "--check", folder=SKILLS)
    build_run(
        "cargo", "clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings", folder=SKILLS,
        PYO3_PYTHON=sys.executable,
    )  # fmt: skip


@pytest.mark.slow
def test_rust_tests_pass_together(build_run: Run) -> None:
    output = build_run(
        "cargo", "test", "--workspace", "--locked", folder=SKILLS,
        # The interpreter inside a test looks for its standard library here.
        PYO3_PYTHON=sys.executable, PYTHONHOME=sys.base_prefix,
    )  # fmt: skip
    assert output.count("test result: ok") >= len(EXAMPLES)


def check_types(project: Path, run: Run) -> None:
    """Hold an example's Python code, and its tests, to mypy's strict mode."""
    folders = [name for name in ("python", "tests") if (project / name).is_dir()]
    python = next(path for path in ENVIRONMENT.glob("*/python*") if path.stem == "python")
    run("mypy", "--strict", f"--python-executable={python}", *folders, folder=project)
