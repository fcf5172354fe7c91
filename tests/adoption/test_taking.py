"""How a project takes what `adopt` leaves out: with `--take` and `--checks`, at once and later."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.adoption.projects import FILES, commit, write
from tests.conftest import git, tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command

CI, WEEKLY = ".github/workflows/ci.yml", ".github/workflows/weekly.yml"
CHECKS = [".github/dependabot.yml", CI, WEEKLY, "deny.toml", "noxfile.py"]


def own(folder: Path) -> list[str]:
    answers = yaml.safe_load((folder / ".copier-answers.yml").read_text("utf-8"))
    return list(answers["layout"]["own"])


@pytest.mark.parametrize("name", ["alone", "beside", "python"])
def test_taking_later_is_taking_at_once(tmp_path: Path, pyo3_new: Command, name: str) -> None:
    write(tmp_path, FILES[name])
    pyo3_new("adopt", "--checks", "--take", ".vscode", cwd=tmp_path)
    at_once = tree(tmp_path)
    git("reset", "--hard", "--quiet", cwd=tmp_path)
    pyo3_new("adopt", cwd=tmp_path)
    commit(tmp_path)
    done = pyo3_new("adopt", "--checks", "--take", ".vscode/", "--json", cwd=tmp_path)
    after = tree(tmp_path)
    assert {path for path in after if after[path] != at_once.get(path)} <= {"pyproject.toml"}
    assert tomllib.loads(after["pyproject.toml"].decode()) == tomllib.loads(at_once["pyproject.toml"].decode())
    assert set(CHECKS) < set(json.loads(done.stdout)["taken"])
    assert not {path for path in own(tmp_path) if path in CHECKS or path.startswith(".vscode/")}
    commit(tmp_path)
    assert "nothing to do" in pyo3_new("adopt", "--checks", cwd=tmp_path).stdout
    assert not git("status", "--porcelain", cwd=tmp_path)


def test_what_is_taken_gets_the_parts_of_features(tmp_path: Path, pyo3_new: Command) -> None:
    write(tmp_path, FILES["alone"])
    pyo3_new("adopt", "--checks", cwd=tmp_path)
    commit(tmp_path)
    assert not {*CHECKS} & {*json.loads(pyo3_new("status", "--json", "--offline", cwd=tmp_path).stdout)["added"]}
    pyo3_new("add", "wasm", cwd=tmp_path)
    assert "def wasm(" in (tmp_path / "noxfile.py").read_text("utf-8")
    groups = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    assert {"dev", "threads", "api", "dependencies", "coverage"} <= set(groups)


@pytest.mark.parametrize(("name", "command"), [("alone", ""), ("beside", " --manifest-path rust/Cargo.toml")])
def test_the_first_failures_of_checks_are_said_once(tmp_path: Path, pyo3_new: Command, name: str, command: str) -> None:
    write(tmp_path, FILES[name])
    done = pyo3_new("adopt", "--checks", cwd=tmp_path)
    assert done.stderr.count(f"`cargo fmt{command}` once") == 1
    commit(tmp_path)
    assert "`nox -s lint`" not in pyo3_new("add", "numpy", cwd=tmp_path).stderr


def test_no_line_is_lost_in_manifests(tmp_path: Path, pyo3_new: Command) -> None:
    write(tmp_path, FILES["alone"])
    pyo3_new("adopt", "--take", "noxfile.py", "--take", "build.rs", cwd=tmp_path)
    for path in ("pyproject.toml", "Cargo.toml"):
        text = (tmp_path / path).read_text("utf-8")
        assert [line for line in FILES["alone"][path].splitlines() if line not in text] == []
    cargo = tomllib.loads((tmp_path / "Cargo.toml").read_text("utf-8"))
    assert (cargo["package"]["rust-version"], "editable" in cargo["profile"]) == ("1.85", True)
    assert "pyo3-build-config" in cargo["build-dependencies"]
    # What was not written for them is not held to the template's lints.
    tools = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))["tool"]
    assert tools["ruff"] == {"format": {"exclude": ["noxfile.py"]}}
    assert tools["mypy"]["files"] == ["python", "tests", "noxfile.py"]
    assert "strict" not in tools["mypy"]


def test_the_output_names_what_is_left_out_and_how_to_take_it(tmp_path: Path, pyo3_new: Command) -> None:
    write(tmp_path, FILES["alone"])
    done = pyo3_new("adopt", cwd=tmp_path)
    start = done.stdout.index("Left out")
    names = [line.strip() for line in done.stdout[start:].splitlines() if line.startswith("  ")]
    assert {*CHECKS, ".editorconfig", "build.rs"} <= {*names}
    assert "`pyo3-new adopt --take PATH`" in done.stdout
    commit(tmp_path)
    each = [option for name in names for option in ("--take", name)]
    taken = json.loads(pyo3_new("adopt", *each, "--json", cwd=tmp_path).stdout)["taken"]
    assert taken == sorted(names)
    commit(tmp_path)
    assert "Left out" not in pyo3_new("adopt", "--checks", cwd=tmp_path).stdout


def test_a_check_that_needs_another_form_of_a_file_is_left_out(tmp_path: Path, pyo3_new: Command) -> None:
    write(tmp_path, FILES["function"])
    done = pyo3_new("adopt", "--checks", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["taken"] == [".github/dependabot.yml", "deny.toml"]
    assert f"`{CI}` is left out: it runs sessions of the template's `noxfile.py`" in done.stderr
    assert (tmp_path / "noxfile.py").read_text("utf-8") == FILES["function"]["noxfile.py"]


REFUSED = {
    "its own": ("function", "noxfile.py", "the project has a `noxfile.py` of its own"),
    "another case": ("more", CI, "the project has a `.github/workflows/CI.yml` of its own"),
    "what needs its own": ("function", CI, "runs sessions of the template's `noxfile.py`"),
    "new code": ("alone", "tests/test_package.py", "it is about the code of a new project"),
    "a backend": ("setuptools-rust", "noxfile.py", "it calls maturin, and setuptools-rust builds the project"),
    "another ending": ("more", "README.md", "the project has a `README.rst`"),
    "unknown": ("alone", "nosefile.py", "is no file of the template that the project does without"),
}


@pytest.mark.parametrize(("name", "path", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_taken_is_refused(tmp_path: Path, pyo3_new: Command, name: str, path: str, reason: str) -> None:
    write(
        tmp_path,
        FILES.get(name) or {**FILES["alone"], ".github/workflows/CI.yml": "on: push\n", "README.rst": "Soil\n"},
    )
    before = tree(tmp_path)
    code = 2 if name == "alone" and path == "nosefile.py" else 1
    assert reason in pyo3_new("adopt", "--take", path, cwd=tmp_path, code=code).stderr
    assert tree(tmp_path) == before


def test_workflows_are_for_the_top_of_a_repository(tmp_path: Path, pyo3_new: Command) -> None:
    files = {f"bindings/{path}": text for path, text in FILES["alone"].items()}
    write(tmp_path, files)
    done = pyo3_new("adopt", "--checks", cwd=tmp_path / "bindings")
    assert f"`{CI}` is left out: it works only at the top of the repository" in done.stderr
    assert (tmp_path / "bindings/noxfile.py").is_file()


def test_features_are_not_taken(tmp_path: Path, pyo3_new: Command) -> None:
    write(tmp_path, FILES["alone"])
    pyo3_new("adopt", cwd=tmp_path)
    commit(tmp_path)
    done = pyo3_new("adopt", "--checks", "--with", "numpy", cwd=tmp_path, code=2)
    assert "hint: run `pyo3-new add FEATURE`" in done.stderr
