"""The GitHub workflows of a project."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from scaffolder.anatomy.bounds import top_of
from scaffolder.anatomy.manifests import table_of
from scaffolder.files import DEPTH_LIMIT, MEGABYTE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scaffolder.files import Reader

WORKFLOW_LIMIT = MEGABYTE
FILE_LIMIT = 200
VALUE_LIMIT = 100_000
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
            listed = steps if isinstance(steps, list) else []
            yield from ((step, variables) for step in listed if isinstance(step, dict))


def read_workflows(folder: Path, reader: Reader) -> tuple[Workflow, ...]:
    """Read the workflows of a project's repository; invalid YAML is for GitHub to report.

    Args:
        folder: The project's folder.
        reader: What reads the files.
    """
    # GitHub reads those at the repository's root only.
    place = top_of(folder) / ".github" / "workflows"
    paths = (place / entry.name for entry in reader.entries(place) if entry.name.endswith((".yml", ".yaml")))
    return tuple(workflow for path in islice(paths, FILE_LIMIT) if (workflow := _read(path, reader)))


def _read(path: Path, reader: Reader) -> Workflow | None:
    """Read one workflow with every value as a string, so that no value can fail to convert."""
    import yaml

    source = reader.read(path, WORKFLOW_LIMIT)
    text = (source or b"").decode("utf-8", "replace")
    try:
        data = yaml.load(text, getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if not _is_bounded(data):
        reader.refuse(path, "its aliases expand to too much")
        return None
    lines = tuple(text.splitlines())
    matches = ((number, USES.match(line)) for number, line in enumerate(lines, 1))
    actions = tuple(Action(match[1], match[2], number) for number, match in matches if match)
    return Workflow(path, lines, data, actions) if isinstance(data, dict) else None


def _is_bounded(data: Any) -> bool:
    """Return whether a value stays small when expanded: an alias may refer to itself, or expand to billions."""
    waiting, seen = [(data, 0)], 0
    while waiting and seen < VALUE_LIMIT:
        value, depth = waiting.pop()
        seen += 1
        if depth > DEPTH_LIMIT:
            return False
        parts = [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
        waiting += [(part, depth + 1) for part in parts]
    return not waiting
