"""Checks of the workflows that build and publish."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaffolder.tools.setup_validator.check import Check, Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.anatomy.project import Project
    from scaffolder.anatomy.workflows import Workflow

HASH = re.compile(r"[0-9a-f]{40}")
PUBLISHES = re.compile(r"\b(?:uv|maturin|hatch|flit|poetry|pdm)\s+(?:publish|upload)\b|\btwine\s+upload\b")
VARIABLES = {
    "MATURIN_PYPI_TOKEN",
    "MATURIN_PASSWORD",
    "UV_PUBLISH_TOKEN",
    "UV_PUBLISH_PASSWORD",
    "TWINE_PASSWORD",
    "HATCH_INDEX_AUTH",
    "FLIT_PASSWORD",
    "POETRY_PYPI_TOKEN_PYPI",
    "PDM_PUBLISH_PASSWORD",
}
SECRET = re.compile(r"secrets\.\w+")
SHOWN = 8
WHERE = ".github/workflows"
SECURE_USE = (
    "https://docs.github.com/en/actions/security-guides/security-hardening-for-github-actions#using-third-party-actions"
)
PUBLISHING = (
    "https://packaging.python.org/en/latest/guides/"
    "publishing-package-distribution-releases-using-github-actions-ci-cd-workflows/"
)


class ActionsPinned(Check):
    """Workflows name actions by the hash of a commit, which nobody can move."""

    id = "actions-pinned"
    level = "warning"
    see = SECURE_USE
    fix = """
    Write the hash, and the version behind it for people
    - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
    """

    @staticmethod
    def check(project: Project, acting_workflows: tuple[Workflow, ...]) -> Failure | None:
        loose = [
            f"{project.show(workflow.path)}:{action.line}: {action.name}@{action.version}"
            for workflow in acting_workflows
            for action in workflow.actions
            if not HASH.fullmatch(action.version) and not action.name.startswith("./")
        ]
        if not loose:
            return None
        uses = f"{len(loose)} use{'s' * (len(loose) > 1)}"
        problem = f"{uses} of an action by a tag or branch, which its owner can move to other code"
        return Failure(problem, where=WHERE, evidence=_some(loose))


class WorkflowPermissions(Check):
    """Workflows say what their token may do."""

    id = "workflow-permissions"
    level = "warning"
    see = SECURE_USE
    fix = """
    Begin with none, and give each job what it needs
    permissions: {}
    """

    @staticmethod
    def check(project: Project, workflows: tuple[Workflow, ...]) -> Failure | None:
        silent = [
            project.show(workflow.path)
            for workflow in workflows
            if "permissions" not in workflow.data and not all("permissions" in job for job in workflow.jobs.values())
        ]
        if not silent:
            return None
        problem = "jobs without `permissions` get a token that may do whatever the repository's settings allow"
        return Failure(problem, where=WHERE, evidence=tuple(silent))


class TrustedPublishing(Check):
    """Releases are published without a token that could be stolen."""

    id = "trusted-publishing"
    level = "warning"
    see = PUBLISHING
    fix = """
    Name the workflow as trusted publisher in the package index, and drop the token
    permissions:
      id-token: write # proves to the index which workflow this is
    """

    @staticmethod
    def check(project: Project, workflows: tuple[Workflow, ...]) -> Failure | None:
        tokens = list(_tokens(project, workflows))
        if not tokens:
            return None
        problem = "a release is published with a token that is good for anything until it is revoked"
        return Failure(problem, where=WHERE, evidence=_some(tokens))


def _tokens(project: Project, workflows: tuple[Workflow, ...]) -> Iterator[str]:
    """Yield the lines that pass a token to a step that publishes."""
    for workflow in workflows:
        secrets = {text for step, variables in workflow.steps() for text in _secrets(step, variables)}
        for number, line in enumerate(workflow.lines, 1):
            if any(text in line for text in secrets):
                yield f"{project.show(workflow.path)}:{number}: {line.strip()}"


def _secrets(step: dict[str, Any], variables: dict[str, Any]) -> Iterator[str]:
    """Yield the secrets that a step publishes with: `secrets.PYPI_TOKEN`."""
    settings, own = step.get("with"), step.get("env")
    settings = settings if isinstance(settings, dict) else {}
    given = {**variables, **(own if isinstance(own, dict) else {})}
    if _publishes(step, settings):
        texts = [given.get(name) for name in VARIABLES]
        texts += [step.get("run"), settings.get("password"), settings.get("args")]
        yield from (secret for text in texts for secret in SECRET.findall(str(text or "")))


def _publishes(step: dict[str, Any], settings: dict[str, Any]) -> bool:
    action = str(step.get("uses", "")).lower()
    if action.startswith("pyo3/maturin-action@"):
        return str(settings.get("command")) in {"publish", "upload"}
    return action.startswith("pypa/gh-action-pypi-publish@") or bool(PUBLISHES.search(str(step.get("run", ""))))


def _some(lines: list[str]) -> tuple[str, ...]:
    """Return the first lines, and how many more there are."""
    rest = [f"… and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return (*lines[:SHOWN], *rest)
