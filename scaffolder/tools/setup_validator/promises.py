"""The Pythons that a project claims to support: in `requires-python`, classifiers, workflows and a pin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packaging.specifiers import SpecifierSet

    from scaffolder.anatomy.workflows import Workflow

PYTHONS = [Version("2.7"), *(Version(f"3.{minor}") for minor in range(30))]
CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.\d+)")
PIN = re.compile(r"(?:cpython-|python)?(\d+(?:\.\d+){1,2})(?:[a-z+].*)?")
KEYS = {"python-version", "python_version", "python-versions", "python"}
# `python-version: "3.14t"` in a matrix; a number there has lost its last zero, so 3.1 is 3.10.
WORKFLOW_VERSION = re.compile(r"(3\.\d+)(t?)(?:-dev|\.\d+)?")
INTERPRETERS = re.compile(r"(?:-i|--interpreter)[ =]+((?:(?:python)?3\.\d+t?\s*)+)")
FORWARD = re.compile(r"PYO3_USE_(?:ABI3|STABLE_ABI)_FORWARD_COMPATIBILITY")
OLDEST = Version("3.6")


@dataclass(frozen=True)
class PinnedPython:
    """What `.python-version` asks for: its text, and the version in it."""

    text: str
    version: Version


@dataclass(frozen=True)
class WorkflowPython:
    """A Python that a workflow builds with.

    Attributes:
        path: The workflow.
        text: Its spelling there.
        version: Its version.
        free_threaded: Whether it has no GIL.
        forward: Whether the workflow lets PyO3 build with a newer Python than it knows.
    """

    path: Path
    text: str
    version: Version
    free_threaded: bool
    forward: bool


def oldest_python(allowed: SpecifierSet) -> Version | None:
    """Return the oldest allowed Python."""
    return next(_allowed_versions(allowed), None)


def newest_python(allowed: SpecifierSet) -> Version | None:
    """Return the newest allowed Python, if there is a bound."""
    versions = list(_allowed_versions(allowed))
    return versions[-1] if versions and versions[-1] != PYTHONS[-1] else None


def _allowed_versions(specifier: SpecifierSet) -> Iterator[Version]:
    # An exact version may be left out, as in `>=3.9,!=3.9.0`.
    yield from (python for python in PYTHONS if any(specifier.contains(f"{python}.{patch}") for patch in (0, 5, 99)))


def parse_pin(text: str) -> PinnedPython | None:
    """Parse a pin; a path, a name or another implementation is for uv to resolve."""
    match = PIN.fullmatch(text)
    return PinnedPython(text, Version(match[1])) if match else None


def classifier_pythons(classifiers: Any) -> tuple[Version, ...]:
    """Return the Pythons that classifiers name."""
    texts = classifiers if isinstance(classifiers, list) else []
    return tuple(Version(match[1]) for text in texts if (match := CLASSIFIER.fullmatch(str(text))))


def workflow_pythons(workflows: tuple[Workflow, ...]) -> Iterator[WorkflowPython]:
    """Yield the Pythons that workflows name, once per workflow."""
    for workflow in workflows:
        forward = any(FORWARD.search(line) for line in workflow.lines)
        for text in dict.fromkeys(_versions(workflow.jobs)):
            match = WORKFLOW_VERSION.fullmatch(text)
            if match and Version(match[1]) >= OLDEST:
                yield WorkflowPython(workflow.path, text, Version(match[1]), bool(match[2]), forward)


def _versions(value: Any, key: str = "") -> Iterator[str]:
    """Yield the values of keys for Pythons, and of maturin's option, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _versions(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _versions(inner, key)
    elif key in KEYS:
        yield from str(value).split()
    elif key in {"args", "run"}:
        for match in INTERPRETERS.finditer(str(value)):
            yield from (name.removeprefix("python") for name in match[1].split())
