"""What `update --data` changes, and what it refuses to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.checkout.test_update import append, everything, replace, unmerged
from tests.conftest import git, tree
from tests.history import NEWEST, commit_all

if TYPE_CHECKING:
    from pathlib import Path

    from tests.history import Grow

ANSWERS = [
    "license=BSD-3-Clause", "license=none", "description=Prices, \"quoted\" and 'so'", "python_min=3.13",
    "wheels=version", "update_workflow=true", "agent_skills=false", "bare=true", "author_name=Grace",
]  # fmt: skip


def make(grow: Grow, *data: str) -> Path:
    """Make a project with other answers."""
    folder = grow.folder / "whole"
    pairs = [f"--data={pair}" for pair in data]
    grow("new", str(folder), "--name", "price-tools", "--defaults", "--quiet", "--with", "numpy", *pairs)
    return folder


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_project_with_another_answer_is_as_a_new_one(grow: Grow, answer: str) -> None:
    project = grow.project("numpy")
    done = grow("update", "--offline", "--data", answer, cwd=project)
    name = answer.partition("=")[0]
    assert done.stdout.startswith(f"{name} set in price-tools: ")
    assert f'To go on: `git commit -m "Change {name}"`\n' in done.stdout
    assert tree(project) == tree(make(grow, answer))
    commit_all(project)
    again = grow("update", "--offline", "--data", answer, cwd=project)
    assert "nothing to do" in again.stdout
    assert f"note: `{name}` is `" in again.stderr


def test_several_answers_and_a_newer_release_at_once(grow: Grow) -> None:
    project = grow.project("numpy", version="0.1.0")
    append(project / "src/lib.rs", "// mine\n")
    commit_all(project)
    data = ["--data=license=Apache-2.0", "--data", "update_workflow=yes"]
    before = everything(project)
    dry = grow("update", "--offline", *data, "--dry-run", cwd=project).stdout
    assert f"price-tools would be updated to v{NEWEST}, license, update_workflow would be set in price-tools: " in dry
    assert everything(project) == before
    done = grow("update", "--offline", *data, "--json", cwd=project).data
    assert done["answers"] == {
        "license": {"before": "MIT", "after": "Apache-2.0"},
        "update_workflow": {"before": False, "after": True},
    }
    assert done["message"] == f"Update to template v{NEWEST}, change license, update_workflow"
    append(project / "src/lib.rs", "// mine\n")
    whole = make(grow, "license=Apache-2.0", "update_workflow=true")
    append(whole / "src/lib.rs", "// mine\n// mine\n")
    assert tree(project) == tree(whole)


def test_an_answer_meets_the_users_own_lines(grow: Grow) -> None:
    project = grow.project()
    replace(project / "pyproject.toml", 'license = "MIT"', 'license = "GPL-3.0-only"')
    commit_all(project)
    before = tree(project)
    done = grow("update", "--offline", "--data", "license=BSD-3-Clause", "--json", cwd=project, code=3).data
    assert unmerged(project) == {"pyproject.toml"}
    assert 'license = "GPL-3.0-only"\n||||||| base\n' in (project / "pyproject.toml").read_text("utf-8")
    git(*done["back"].split(" && ")[-1].split()[1:], cwd=project)
    assert tree(project) == before


def test_lines_that_use_the_sample_are_listed_when_it_goes(grow: Grow) -> None:
    project = grow.project()
    (project / "src/own.rs").write_text("use crate::distance::closest;\n", encoding="utf-8")
    commit_all(project)
    done = grow("update", "--offline", "--data", "bare=true", "--json", cwd=project).data
    assert [use["path"] for use in done["uses"]] == ["src/own.rs"]


@pytest.mark.parametrize(
    ("data", "error", "hint"),
    [
        ("lisence=MIT", "`lisence` in `--data` is not a question", "did you mean `license`?"),
        ("license=GPL", "`GPL` is not a choice for `license`", "choose from `MIT`"),
        ("license", "`--data license` is not of the form KEY=VALUE", "license=MIT"),
        ("python_min=3.9", "`3.9` is not a choice for `python_min`", "`3.10`"),
        ("description= ", "the description is empty", ""),
        ("crate_name=x", "`crate_name` in `--data` can't be set: it is computed", ""),
        ("features=numpy", "`features` can't be changed with `--data`", "run `pyo3-new add` or `pyo3-new remove`"),
        ("project_name=x", "`project_name` can't be changed with `--data`", "replace the name in every file"),
    ],
)
def test_answers_that_are_refused(grow: Grow, data: str, error: str, hint: str) -> None:
    project = grow.project()
    before = everything(project)
    message, _, advice = grow("update", "--offline", "--data", data, cwd=project, code=2).stderr.partition("hint: ")
    assert error in message
    assert hint in advice
    assert everything(project) == before


@pytest.mark.parametrize("command", [["add", "classes"], ["diff"]], ids=" ".join)
def test_an_answer_that_is_wrong_in_the_file_is_not_blamed_on_the_template(grow: Grow, command: list[str]) -> None:
    project = grow.project()
    replace(project / ".copier-answers.yml", "targets: common", "targets: moon")
    commit_all(project)
    before = everything(project)
    refused = grow(*command, cwd=project, code=1).stderr
    assert "error: `.copier-answers.yml` has an answer for `targets` that is not valid: `moon`" in refused
    assert "hint: correct it there, and commit the change" in refused
    assert everything(project) == before


def test_a_check_takes_no_answers(grow: Grow) -> None:
    project = grow.project()
    refused = grow("update", "--check", "--data", "license=none", cwd=project, code=2).stderr
    assert "`--check` can't be combined with `--data`" in refused
