"""What is checked before a release, on a history that is sound and on ones that are not."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from scaffolder.template.catalog import load_catalog
from scaffolder.template.releases import read_changelog
from tests.conftest import CHECKOUT, git
from tests.history import NEWEST, change
from tests.release import broken_rules, catalogs_of, check

if TYPE_CHECKING:
    from pathlib import Path

    from tests.history import History


@pytest.fixture
def repository(history: History, tmp_path: Path) -> Path:
    """A repository that is about to be released after the three releases of the history."""
    folder = tmp_path / "repository"
    git("clone", "--quiet", str(history.repository), str(folder), cwd=tmp_path)
    shutil.copytree(CHECKOUT / "scaffolder", folder / "scaffolder", ignore=shutil.ignore_patterns("__pycache__"))
    set_version(folder, "0.4.0")
    return folder


def set_version(folder: Path, version: str) -> None:
    (folder / "scaffolder/__init__.py").write_text(f'__version__ = "{version}"\n', encoding="utf-8")
    change(folder / "CHANGELOG.md", r"\A# Changelog\n", f"# Changelog\n\n## {version}\n\n- More.\n")


@pytest.mark.slow
def test_a_sound_repository_is_ready(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    assert list(check(repository, tmp_path / "workspace")) == []


@pytest.mark.parametrize(
    ("version", "problem"),
    [(NEWEST, f"differs from its release `v{NEWEST}`"), ("0.0.9", f"the newest tag is `v{NEWEST}`")],
)
def test_a_version_that_was_released_is_refused(
    repository: Path, tmp_path: Path, version: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.release.failing_updates", lambda *_: ())
    change(
        repository / "templates/versions.yml",
        r'rust_version: \{type: str, when: false, default: "[^"]*"',
        'rust_version: {type: str, when: false, default: "9.9"',
    )
    set_version(repository, version)
    (tmp_path / "workspace").mkdir()
    assert any(problem in found for found in check(repository, tmp_path / "workspace"))


def test_a_changelog_without_the_version_is_refused(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.release.failing_updates", lambda *_: ())
    change(repository / "CHANGELOG.md", r"## 0\.4\.0", "## Unreleased (0.4.0)")
    (tmp_path / "workspace").mkdir()
    found = list(check(repository, tmp_path / "workspace"))
    assert found == ["CHANGELOG.md begins with `Unreleased (0.4.0)`, and the version is `0.4.0`"]


@pytest.mark.parametrize(
    ("pattern", "replacement", "problem"),
    [
        (r"numpy$", "arrays", "the choice `numpy` of `features` is gone"),
        (r"(?m)^author_name:$", "author:", "the question `author_name` is gone"),
        (r"(?m)^python_min:\n  type: str", "python_min:\n  type: float", "`python_min` takes another type"),
        (r"choices: \[MIT, ", "choices: [", "the choice `MIT` of `license` is gone"),
        (r"\A", "_tasks: [echo]\n", "the setting `_tasks` came"),
    ],
)
def test_what_projects_rely_on_is_never_taken_away(
    tmp_path: Path, pattern: str, replacement: str, problem: str
) -> None:
    for name in ("copier.yml", "templates/reserved_names.yml", "templates/versions.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy2(CHECKOUT / name, tmp_path / name)
    old = load_catalog(CHECKOUT)
    assert not list(broken_rules(old, load_catalog(tmp_path)))
    change(tmp_path / "copier.yml", f"(?m){pattern}" if pattern.endswith("$") else pattern, replacement)
    assert any(problem in found for found in broken_rules(old, load_catalog(tmp_path)))


def test_this_repository_keeps_what_its_releases_had(tmp_path: Path) -> None:
    new = load_catalog(CHECKOUT)
    tags = git("tag", "--list", "v*", cwd=CHECKOUT).split()
    git("clone", "--quiet", "--bare", str(CHECKOUT), "releases.git", cwd=tmp_path)
    for old in catalogs_of(tmp_path / "releases.git", tags, tmp_path).values():
        assert not list(broken_rules(old, new))
    if not tags:
        pytest.skip("there is no release yet; each tag `vX.Y.Z` is compared with the working tree")


def test_the_changelog_is_read_by_its_versions() -> None:
    text = "# Changelog\n\n## Unreleased (0.2.0)\n\n- Two.\n\n## 0.1.0 - 2026-01-02\n\n- One.\n"
    assert [(notes.version, notes.text) for notes in read_changelog(text)] == [("0.2.0", "- Two."), ("0.1.0", "- One.")]
