"""This repository and what it generates, held to the guides of other people."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from tests.conftest import Command

REPOSITORY = Path(__file__).resolve().parent.parent
# Projects that the Scientific Python guide judges differently.
RENDERINGS = {
    "base": (),
    "every-feature": ("--all",),
    "bare": ("--bare",),
    "no-licence": ("--data=license=none",),
}
# Permissive terms, and a copyleft that ends with the file.
ALLOWED = r"\b(MIT|BSD|Apache|ISC|PSF|MPL-2\.0|Mozilla Public License 2\.0|Unlicense|Public domain)\b"
# Other terms, with the reason that they are no obstacle.
EXCEPTED = {
    "jinja2-ansible-filters": "GPL-3.0: Copier brings it and cannot be installed without it; nothing here imports it"
}


def review(folder: Path) -> dict[str, dict[str, Any]]:
    """Run the checks of the Scientific Python guide and return how each ended."""
    command = [sys.executable, "-m", "repo_review", str(folder), "--format", "json"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    checks: dict[str, dict[str, Any]] = json.loads(done.stdout)["checks"]
    # Fewer would mean that the plugin with the checks was not found.
    assert len(checks) > 40, done.stdout + done.stderr
    return checks


def failed(checks: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: check["description"] for name, check in checks.items() if check["result"] is False}


def test_this_repository_follows_the_guide_or_says_why_not() -> None:
    assert failed(review(REPOSITORY)) == {}


def reasons() -> set[str]:
    """Return the checks that CONTRIBUTING.md gives reasons for."""
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:[A-Z]+\d+(?:, )?)+) \| \S.* \|$", text, re.MULTILINE)
    return {check for row in rows for check in row.split(", ")}


def test_projects_follow_the_guide_or_contributing_says_why_not(pyo3_new: Command, tmp_path: Path) -> None:
    failures = {}
    for name, options in RENDERINGS.items():
        pyo3_new("new", name, *options, "--defaults", "--no-git")
        failures[name] = failed(review(tmp_path / name))
    assert {check for checks in failures.values() for check in checks} == reasons(), failures


def test_hooks_pass_on_this_repository(tmp_path: Path, environment: dict[str, str]) -> None:
    # Hooks repair what they can, so they run on a copy; they call the tools through uv, from this environment.
    copy = tmp_path / "copy"
    files = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=REPOSITORY, capture_output=True, check=True
    )
    for name in filter(None, files.stdout.decode().split("\0")):
        if (REPOSITORY / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, copy / name)
    for command in (["git", "init", "--quiet"], ["git", "add", "--all"], ["prek", "run", "--all-files"]):
        settings = environment | {"UV_PROJECT_ENVIRONMENT": sys.prefix}
        done = subprocess.run(command, cwd=copy, env=settings, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def needed(name: str) -> dict[str, Distribution]:
    """Find what a package needs to run here, itself aside."""
    found: dict[str, Distribution] = {}
    waiting = [name]
    while waiting:
        for requirement in map(Requirement, distribution(waiting.pop()).requires or []):
            if requirement.name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
                continue
            assert not requirement.extras, f"the test does not look into extras: {requirement}"
            found[requirement.name] = distribution(requirement.name)
            waiting.append(requirement.name)
    return found


def terms(package: Distribution) -> str:
    """Say under which licence a package is: by its expression, its classifiers, or its own words."""
    facts = package.metadata
    classifiers = [entry.split(" :: ")[-1] for entry in facts.get_all("Classifier", []) if entry.startswith("License")]
    return str(
        "".join(facts.get_all("License-Expression", [])) or "; ".join(classifiers or facts.get_all("License", []))
    )


def test_what_the_command_installs_has_licences_that_suit_it() -> None:
    found = {name: terms(package) for name, package in needed("pyo3-new").items()}
    assert {"copier", "typer", "pyyaml"} <= {name.lower() for name in found}
    strange = {name for name, text in found.items() if not re.search(ALLOWED, text, re.IGNORECASE)}
    assert strange == EXCEPTED.keys(), found
    own = {Requirement(text).name for text in distribution("pyo3-new").requires or []}
    assert own.isdisjoint(EXCEPTED)
    modules = [path.read_text(encoding="utf-8") for path in (REPOSITORY / "scaffolder").rglob("*.py")]
    assert not [name for name in EXCEPTED if any(name.replace("-", "_") in text for text in modules)]


@pytest.mark.parametrize("page", ["SECURITY.md", ".github/pull_request_template.md"])
def test_what_people_are_asked_for_is_there(page: str) -> None:
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    for path in (".github/workflows/audit.yml", "CONTRIBUTING.md", "CHANGELOG.md", "tests/checkout/test_update.py"):
        assert path not in text or (REPOSITORY / path).is_file()
