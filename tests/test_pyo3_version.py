"""PyO3's version: said in one place, repeated where it has to be, raised by one command."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from typing import TYPE_CHECKING

import pytest
import yaml

from docs import bump
from docs.documents import ROOT
from scaffolder.anatomy.versions import release_series
from scaffolder.skills import Skill, load_skills
from tests.conftest import git

if TYPE_CHECKING:
    from pathlib import Path

SKILLS = load_skills()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Copy what names the version, so that it can be raised."""
    files = git("ls-files", "-z", "-co", "--exclude-standard", "--", "skills", "scaffolder", "templates", cwd=ROOT)
    for name in filter(None, files.split("\0")):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    return tmp_path


def test_manifests_chapters_and_data_agree_on_one_version() -> None:
    mentions = list(bump.mentions(ROOT))
    stale = [mention for mention in mentions if mention.series != mention.expected]
    assert not stale, "run `make bump`, or hold the feature back in `templates/versions.yml`"
    assert release_series()[-1].name == bump.supported_series(ROOT)[0]


@pytest.mark.parametrize("skill", SKILLS, ids=lambda skill: skill.name)
def test_every_manifest_of_a_skill_names_it(skill: Skill) -> None:
    named = {ROOT / mention.path for mention in bump.mentions(ROOT)}
    manifests = [path for path in skill.path.rglob("Cargo.toml") if "pyo3" in path.read_text(encoding="utf-8")]
    assert set(manifests) <= named
    assert skill.path / "SKILL.md" in named
    lock = tomllib.loads((skill.path / "Cargo.lock").read_text(encoding="utf-8"))
    (locked,) = {package["version"] for package in lock["package"] if package["name"] == "pyo3"}
    assert locked.startswith(f"{bump.expected_series(ROOT, (skill.path / 'SKILL.md').relative_to(ROOT))}.")


def test_one_command_raises_it_everywhere_and_once(repository: Path) -> None:
    newest, _ = bump.supported_series(repository)
    before = len(list(bump.mentions(repository)))
    changed = bump.bump(repository, "0.99")
    assert bump.supported_series(repository) == ("0.99", newest)
    mentions = list(bump.mentions(repository))
    assert len(mentions) == before
    assert {mention.series for mention in mentions} == {"0.99"}
    assert {bump.TABLE, bump.FACTS, *(mention.path for mention in mentions)} == set(changed)
    facts = tomllib.loads((repository / bump.FACTS).read_text(encoding="utf-8"))["series"]
    assert facts[-1] == {**facts[-2], "name": "0.99"}
    table = yaml.safe_load((repository / bump.TABLE).read_text(encoding="utf-8"))
    assert set(table["crates_by_line"]["default"]["0.99"].values()) == {"0.99"}


def test_only_the_version_changes(repository: Path) -> None:
    newest, _ = bump.supported_series(repository)
    named = {mention.path for mention in bump.mentions(repository)}
    before = {path: (repository / path).read_text("utf-8") for path in named}
    bump.bump(repository, "0.99")
    for path, text in before.items():
        assert (repository / path).read_text("utf-8").replace("0.99", newest) == text.replace("0.99", newest), path


def test_a_skill_with_a_feature_that_is_held_back_stays_behind(repository: Path) -> None:
    newest, older = bump.supported_series(repository)
    guide = repository / "skills/pyo3-fundamentals/SKILL.md"
    text = guide.read_text(encoding="utf-8")
    guide.write_text(text.replace("\n---\n", "\nmetadata: {features: frames}\n---\n", 1), encoding="utf-8")
    table = repository / bump.TABLE
    table.write_text(re.sub(r"(held_back: .*)\[\]", r"\1[frames]", table.read_text("utf-8")), encoding="utf-8")
    stale = {mention.path.parts[:2] for mention in bump.mentions(repository) if mention.expected == older}
    assert stale == {("skills", "pyo3-fundamentals")}
    bump.bump(repository, "0.99")
    behind = {mention.path.parts[:2] for mention in bump.mentions(repository) if mention.series == newest}
    assert behind == stale
    assert {mention.series for mention in bump.mentions(repository)} == {newest, "0.99"}


@pytest.mark.parametrize("argument", ["", "0.1", "next", "0.30.1"])
def test_what_is_not_newer_is_refused(argument: str) -> None:
    command = ["python", "-m", "docs.bump", argument]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: `{argument}` is not a release series after ")


def test_the_chapter_on_versions_has_the_rows_of_the_table() -> None:
    page = (ROOT / "skills/pyo3-fundamentals/references/versions.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| (0\.\d+) \| (3\.\d+) to (3\.\d+) \| (?:(3\.\d+)t|-) \| ([\d.]+) \|", page)
    known = {
        series.name: (str(series.oldest), str(series.newest), str(series.free_threaded or ""), str(series.rust))
        for series in release_series()
    }
    assert rows
    assert {name: tuple(facts) for name, *facts in rows} == {name: known[name] for name, *_ in rows}
    assert rows[0][0] == release_series()[-1].name
