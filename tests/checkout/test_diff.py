"""What `diff` says about the files of a project."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from scaffolder.cli import project as commands
from tests.checkout.test_surroundings import let_git_run_a_program
from tests.checkout.test_update import append, everything, replace
from tests.conftest import git
from tests.history import NEWEST, commit_all

if TYPE_CHECKING:
    from pathlib import Path

    from tests.history import Grow


@pytest.fixture
def edited(grow: Grow) -> Path:
    """A project with edits, some of them committed."""
    project = grow.project("numpy", version="0.2.0")
    append(project / "README.md", "Mine.\n")
    (project / "src/own.rs").write_text("// mine\n", encoding="utf-8")
    commit_all(project)
    replace(project / "src/arrays.rs", "//!", "//! Mine:")
    git("rm", "--quiet", "AGENTS.md", cwd=project)
    (project / "untracked.rs").write_text("// mine\n", encoding="utf-8")
    return project


def test_edits_are_shown_committed_or_not(grow: Grow, edited: Path) -> None:
    before = everything(edited)
    done = grow("diff", cwd=edited / "src")
    headers = [line for line in done.stdout.splitlines() if line.startswith(("---", "+++"))]
    assert headers == [
        "--- a/AGENTS.md", "+++ /dev/null", "--- a/README.md", "+++ b/README.md", "--- a/src/arrays.rs",
        "+++ b/src/arrays.rs",
    ]  # fmt: skip
    assert "\n+Mine.\n" in done.stdout
    assert "\n+//! Mine:" in done.stdout
    assert not done.stderr
    assert everything(edited) == before


def test_the_difference_leads_back_to_the_template(grow: Grow, edited: Path) -> None:
    patch = grow("diff", cwd=edited).stdout
    subprocess.run(["git", "apply", "--reverse", "-"], cwd=edited, input=patch, text=True, check=True)
    done = grow("diff", cwd=edited)
    assert not done.stdout
    assert done.stderr == "note: no file differs from template v0.2.0\n"


def test_the_difference_as_data_and_in_numbers(grow: Grow, edited: Path) -> None:
    data = grow("diff", "--json", cwd=edited).data
    assert (data["name"], data["version"]) == ("price-tools", "0.2.0")
    assert [(file["path"], file["change"]) for file in data["files"]] == [
        ("AGENTS.md", "deleted"), ("README.md", "modified"), ("src/arrays.rs", "modified"),
    ]  # fmt: skip
    assert data["diff"] == grow("diff", cwd=edited).stdout
    lines = grow("diff", "--stat", cwd=edited).stdout.splitlines()
    assert lines[1:] == [
        "  M README.md      +1 -0", "  M src/arrays.rs  +1 -1", "3 files of price-tools differ from template v0.2.0",
    ]  # fmt: skip


def test_only_some_files(grow: Grow, edited: Path, tmp_path: Path) -> None:
    names = [file["path"] for file in grow("diff", ".", "../README.md", "--json", cwd=edited / "src").data["files"]]
    assert names == ["README.md", "src/arrays.rs"]
    done = grow("diff", "price-tools/AGENTS.md", "--stat", "--project", "price-tools", cwd=tmp_path)
    assert done.stdout.endswith("\n1 file of price-tools differs from template v0.2.0\n")
    assert "note: the template has no `own.rs`" in grow("diff", "own.rs", cwd=edited / "src").stderr
    assert "`..` is outside of the project" in grow("diff", "..", cwd=edited, code=2).stderr


def test_a_terminal_gets_colours(grow: Grow, edited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "in_colour", lambda: True)
    assert "\x1b[32m+" in grow("diff", cwd=edited).stdout
    assert "\x1b" not in grow("diff", "--json", cwd=edited).stdout


def test_line_endings_and_modes_are_no_difference(grow: Grow) -> None:
    project = grow.project()
    for path in (project / "README.md", project / "src/lib.rs"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        path.chmod(0o755)
    assert not grow("diff", cwd=project).stdout


def test_links_are_compared_and_not_followed(grow: Grow, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret\n", encoding="utf-8")
    project = grow.project()
    (project / "README.md").unlink()
    (project / "README.md").symlink_to(tmp_path / "secret")
    text = grow("diff", cwd=project).stdout
    assert f"+{tmp_path}/secret" in text
    assert "+secret" not in text


def test_nothing_of_the_repository_is_run(grow: Grow) -> None:
    project = grow.project()
    settings = ("core.fsmonitor", "diff.external", "filter.x.clean", "filter.x.smudge", "diff.x.textconv")
    let_git_run_a_program(project, *settings)
    append(project / "README.md", "Mine.\n")
    assert "+Mine." in grow("diff", cwd=project).stdout
    assert not (project / ".git/ran").exists()


def test_conflicts_are_shown_as_they_are(grow: Grow) -> None:
    project = grow.project(version="0.1.0")
    replace(project / "Cargo.toml", "release line 0.1.0, before", "mine")
    commit_all(project)
    grow("update", "--offline", cwd=project, code=3)
    assert "\n+<<<<<<< yours\n" in grow("diff", "Cargo.toml", cwd=project).stdout


def test_a_release_that_is_not_known_is_said(grow: Grow) -> None:
    project = grow.project()
    replace(project / ".copier-answers.yml", f"v{NEWEST}", "v9.0.0")
    assert "hint: upgrade pyo3-new, with `uv tool upgrade pyo3-new`" in grow("diff", cwd=project, code=1).stderr
