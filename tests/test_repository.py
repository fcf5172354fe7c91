"""What this repository says of itself."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parent.parent
PAGES = sorted(REPOSITORY.glob("*.md"))
# The workflows of this repository, and those that an example ships.
WORKFLOWS = [REPOSITORY / ".github", *sorted(REPOSITORY.glob("skills/*/examples/*/.github"))]


@pytest.mark.parametrize("folder", WORKFLOWS, ids=lambda folder: folder.parent.name)
def test_workflows_are_sound_and_safe(folder: Path, tmp_path: Path) -> None:
    # Alone, as in a repository of its own: a workflow may name another one by its place in there.
    shutil.copytree(folder, tmp_path / ".github")
    (tmp_path / ".git").mkdir()
    for command in (["actionlint"], ["zizmor", "--offline", "--persona=pedantic", ".github"]):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_an_action_that_projects_get_is_the_same_here() -> None:
    table = yaml.safe_load((REPOSITORY / "templates/versions.yml").read_text(encoding="utf-8"))
    pinned = {action.partition("@")[0]: action for action in table["actions"]["default"].values()}
    for workflow in (path for folder in WORKFLOWS for path in (folder / "workflows").iterdir()):
        for action in re.findall(r"uses: (.*)", workflow.read_text(encoding="utf-8")):
            assert pinned.get(action.partition("@")[0], action) == action


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_lead_to_what_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    named = re.findall(r"`((?:scaffolder|tests/template)/[\w./]+|copier\.yml|templates/\w+\.yml)`", text)
    for target in {*links, *named}:
        assert (REPOSITORY / target).exists(), target


def test_each_python_that_is_supported_finds_what_the_tests_need() -> None:
    done = subprocess.run(["uv", "lock", "--dry-run"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
