"""The workflows of a project that run on GitHub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaffolder.anatomy.manifests import table_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USES = re.compile(r"^\s*(?:-\s*)?uses:\s*['\"]?([\w./-]+)@([^\s'\"#]+)")


@dataclass(frozen=True)
class Action:
    """A step or job that runs something from another repository.

    Attributes:
        name: `actions/checkout`.
        version: What follows the `@`.
        line: Where it is, from 1.
    """

    name: str
    version: str
    line: int


@dataclass(frozen=True)
class Workflow:
    """A workflow.

    Attributes:
        path: The file.
        lines: Its lines.
        data: What it says.
        actions: What it runs from other repositories.
    """

    path: Path
    lines: tuple[str, ...]
    data: dict[str, Any]
    actions: tuple[Action, ...]

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        """Its jobs, by name."""
        return {str(name): job for name, job in table_of(self.data, "jobs").items() if isinstance(job, dict)}

    def steps(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Yield the steps, each with the variables of its job and of the workflow."""
        for job in self.jobs.values():
            variables = {**table_of(self.data, "env"), **table_of(job, "env")}
            steps = job.get("steps")
            found = steps if isinstance(steps, list) else []
            yield from ((step, variables) for step in found if isinstance(step, dict))


def read_workflows(folder: Path) -> tuple[Workflow, ...]:
    """Read the workflows of a project's repository; what is no YAML is left to GitHub, which says so."""
    # GitHub reads those at the repository's root only.
    root = next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)
    found = sorted([*root.glob(".github/workflows/*.yml"), *root.glob(".github/workflows/*.yaml")])
    return tuple(workflow for path in found if (workflow := _read(path)))


def _read(path: Path) -> Workflow | None:
    """Read one workflow."""
    from scaffolder.template.catalog import InvalidYamlError, load_yaml

    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        data = load_yaml(text, aliases=True)
    except (OSError, InvalidYamlError):
        return None
    lines = tuple(text.splitlines())
    matches = ((number, USES.match(line)) for number, line in enumerate(lines, 1))
    actions = tuple(Action(match[1], match[2], number) for number, match in matches if match)
    return Workflow(path, lines, data, actions) if isinstance(data, dict) else None
