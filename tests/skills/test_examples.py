"""Examples and snippets: each builds and passes, alone and together."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder.skills import find_example, load_skills
from tests.conftest import CACHE, tree
from tests.skills.conftest import built, place_of

if TYPE_CHECKING:
    from scaffolder.skills import Example, Skill
    from tests.conftest import Command, Run
    from tests.skills.conftest import Workspace

SKILLS = load_skills()
EXAMPLES = [example for skill in SKILLS for example in skill.examples]
# A skill without references has nothing to show in snippets.
SNIPPETS = [skill for skill in SKILLS if (skill.path / "references").is_dir()]
# The last one shows the most.
LAST = [skill.examples[-1] for skill in SKILLS if skill.examples]


def builds(skill: Path, *alone: str) -> list[tuple[Path, list[str]]]:
    """Return what cargo builds of a skill, with its options: the workspace, and what can't be in it of some places."""
    settings = tomllib.loads((skill / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]
    places = [place for place in settings.get("exclude", []) if place.startswith(alone)]
    return [(skill, ["--workspace", "--locked"]), *((skill / place, []) for place in places)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_complete(example: Example) -> None:
    files = set(tree(example.path))
    assert {"README.md", "Cargo.toml", "pyproject.toml", "src/lib.rs", ".gitignore"} <= files
    assert any(name.startswith("tests/test_") for name in files), "an example without a test shows nothing"
    assert example.path.name[2:] == f"-{example.project}"
    for command in ("uv run pytest", "cargo test"):
        assert command in example.readme
    assert "#[test]" in "".join(path.read_text(encoding="utf-8") for path in example.path.glob("src/**/*.rs"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_needs_nothing_around_it(
    example: Example, pyo3_new: Command, build_run: Run, tmp_path: Path
) -> None:
    pyo3_new("example", "copy", example.name)
    project = tmp_path / example.project
    assert set(tree(project)) <= set(tree(example.path))
    # Cargo refuses what is inherited from a workspace that is not there.
    printed = build_run("cargo", "metadata", "--no-deps", "--format-version=1", folder=project)
    (package,) = json.loads(printed)["packages"]
    places = [dependency["path"] for dependency in package["dependencies"] if "path" in dependency]
    assert all(Path(place).resolve().is_relative_to(project.resolve()) for place in places)
    manifest = (project / "pyproject.toml").read_text(encoding="utf-8")
    assert "../" not in manifest
    # To lock a fresh copy, uv would ask maturin, which is not installed yet.
    assert "dynamic" not in tomllib.loads(manifest)["project"]


@pytest.mark.slow
@pytest.mark.parametrize("example", built(LAST))
def test_an_example_passes_where_it_is_copied(example: Example, pyo3_new: Command, build: Run, tmp_path: Path) -> None:
    pyo3_new("example", "copy", example.name)
    skill = example.name.partition("/")[0]
    assert "passed" in build("uv", "run", "--exact", "pytest", folder=tmp_path / example.project, skill=skill)


@pytest.mark.slow
@pytest.mark.parametrize("example", built(EXAMPLES))
def test_an_example_passes(example: Example, workspace: Workspace, build: Run) -> None:
    skill, _, name = example.name.partition("/")
    project = workspace(skill) / "examples" / name
    assert "passed" in build("uv", "run", "--exact", "pytest", folder=project, skill=skill)
    # Its Python code, and its tests, are held to mypy's strict mode.
    folders = [part for part in ("python", "tests") if (project / part).is_dir()]
    environment = CACHE / place_of(skill) / "environment"
    python = next(path for path in environment.glob("*/python*") if path.stem == "python")
    build("mypy", "--strict", f"--python-executable={python}", *folders, folder=project, skill=skill)


@pytest.mark.slow
@pytest.mark.parametrize("skill", built(SNIPPETS))
def test_what_the_references_show_passes(skill: Skill, workspace: Workspace, build: Run) -> None:
    snippets = workspace(skill.name) / "snippets"
    assert "passed" in build("uv", "run", "--exact", "pytest", folder=snippets, skill=skill.name)


@pytest.mark.slow
@pytest.mark.parametrize("skill", built(SKILLS))
def test_rust_is_formatted_and_free_of_lints(skill: Skill, workspace: Workspace, build: Run) -> None:
    for folder, options in builds(workspace(skill.name), "examples/", "snippets/host"):
        build("cargo", "fmt", "--all", "--check", folder=folder, skill=skill.name)
        build(
            "cargo", "clippy", "--all-targets", *options, "--", "-D", "warnings", folder=folder,
            skill=skill.name, PYO3_PYTHON=sys.executable,
        )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("skill", built(SKILLS))
def test_rust_tests_pass_together(skill: Skill, workspace: Workspace, build: Run) -> None:
    output = "".join(
        build(
            "cargo", "test", *options, folder=folder, skill=skill.name,
            # The interpreter inside a test looks for its standard library here.
            PYO3_PYTHON=sys.executable, PYTHONHOME=sys.base_prefix,
        )
        for folder, options in builds(workspace(skill.name), "examples/")
    )  # fmt: skip
    assert output.count("test result: ok") >= len(skill.examples)


@pytest.mark.slow
@pytest.mark.parametrize("example", built([find_example("pyo3-fundamentals/02-unit-price")]))
def test_a_new_project_from_an_example_has_its_own_name(
    example: Example, pyo3_new: Command, build: Run, tmp_path: Path
) -> None:
    pyo3_new("new", "Here", "--name", "Basket.Tools", "--example", example.name)
    skill = example.name.partition("/")[0]
    project = tmp_path / "Here"
    for path, content in tree(project).items():
        assert "unit_price" not in path
        assert b"unit_price" not in content
        assert b"unit-price" not in content
    assert (project / ".git").is_dir()
    assert "passed" in build("uv", "run", "--exact", "pytest", folder=project, skill=skill)
    left = build("git", "status", "--short", folder=project, skill=skill).splitlines()
    assert set(left) <= {"?? Cargo.lock", "?? uv.lock"}, "what a build makes is not ignored"
