"""The workflows that build and publish."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from doctor.check import ProjectCheck

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.project import Project

HASH = re.compile(r"[0-9a-f]{40}")
TOKEN = re.compile(
    r"^\s*(?:(?:MATURIN_PYPI_TOKEN|UV_PUBLISH_TOKEN|UV_PUBLISH_PASSWORD|TWINE_PASSWORD|password)\s*:)|secrets\.PYPI\w*",
    re.IGNORECASE,
)
SHOWN = 8
SECURE_USE = (
    "https://docs.github.com/en/actions/security-guides/security-hardening-for-github-actions#using-third-party-actions"
)
PUBLISHING = (
    "https://packaging.python.org/en/latest/guides/"
    "publishing-package-distribution-releases-using-github-actions-ci-cd-workflows/"
)


class ActionsPinned(ProjectCheck):
    """Workflows name actions by the hash of a commit, which nobody can move."""

    id = "actions-pinned"
    level = "warning"
    see = SECURE_USE

    def passes(self, project: Project) -> bool | None:
        """Write the hash, and the version behind it for people.

        ```yaml
        - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        ```
        """
        if not any(workflow.actions for workflow in project.workflows):
            return None
        loose = [
            f"{project.show(workflow.path)}:{action.line}: {action.name}@{action.version}"
            for workflow in project.workflows
            for action in workflow.actions
            if not HASH.fullmatch(action.version) and not action.name.startswith("./")
        ]
        self.where = ".github/workflows"
        self.found = f"{len(loose)} uses of an action by a tag or branch, which its owner can move to other code"
        self.evidence = _some(loose)
        return not loose


class WorkflowPermissions(ProjectCheck):
    """Workflows say what their token may do."""

    id = "workflow-permissions"
    level = "warning"
    see = SECURE_USE

    def passes(self, project: Project) -> bool | None:
        """Begin with none, and give each job what it needs.

        ```yaml
        permissions: {}
        ```
        """
        if not project.workflows:
            return None
        silent = [
            project.show(workflow.path)
            for workflow in project.workflows
            if "permissions" not in workflow.data and not all("permissions" in job for job in workflow.jobs.values())
        ]
        self.where = ".github/workflows"
        self.found = "jobs without `permissions` get a token that may do whatever the repository's settings allow"
        self.evidence = "\n".join(silent)
        return not silent


class TrustedPublishing(ProjectCheck):
    """Releases are published without a token that could be stolen."""

    id = "trusted-publishing"
    level = "warning"
    see = PUBLISHING

    def passes(self, project: Project) -> bool | None:
        """Name the workflow as trusted publisher in the package index, and drop the token.

        ```yaml
        permissions:
          id-token: write # proves to the index which workflow this is
        ```
        """
        if not project.workflows:
            return None
        tokens = list(_tokens(project))
        self.where = ".github/workflows"
        self.found = "a release is published with a token that is good for anything until it is revoked"
        self.evidence = _some(tokens)
        return not tokens


def _tokens(project: Project) -> Iterator[str]:
    """Yield the lines of publishing workflows that hand over a token."""
    for workflow in project.workflows:
        text = "\n".join(workflow.lines)
        if re.search(r"publish|twine|upload", text):
            for number, line in enumerate(workflow.lines, 1):
                if "secrets." in line and TOKEN.search(line):
                    yield f"{project.show(workflow.path)}:{number}: {line.strip()}"


def _some(lines: list[str]) -> str:
    """Return the first of many lines, and how many more there are."""
    rest = [f"… and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n".join([*lines[:SHOWN], *rest])
