"""Find editable installs of a project, and what would run an old build."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from scaffolder.machine.choices import read_editor_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaffolder.anatomy.project import Project

SECOND = 1_000_000_000
LARGEST = 1_000_000
# What a test suite has that builds, or refuses to run what is old.
BUILDS_FIRST = re.compile(rb"maturin_import_hook|maturin develop|uv sync|st_mtime|getmtime")


@dataclass(frozen=True)
class Installed:
    """An environment with an editable install of the project."""

    environment: Path


@dataclass(frozen=True)
class NewerSource:
    """The newest source of an extension module.

    Attributes:
        path: The file.
        seconds: By how much it is newer than the library; negative if it is older.
        editor_settings: The editor's settings that run the library without a build.
    """

    path: Path
    seconds: int
    editor_settings: tuple[str, ...]


def find_installed(project: Project, environments: Iterable[Path]) -> Installed | None:
    """Return the first environment with an editable install of the project."""
    name = re.sub(r"[-_.]+", "_", str(project.metadata.get("name") or project.crate.field("name") or "")).lower()
    for environment in environments:
        for packages in ("lib/python*/site-packages", "Lib/site-packages"):
            records = environment.glob(f"{packages}/{name}-*.dist-info/direct_url.json")
            if any(_leads_to(record, project.folder) for record in records):
                return Installed(environment)
    return None


def newer_source(project: Project) -> NewerSource | None:
    """Compare the newest Rust source with the newest build; none if either is missing."""
    times = {path: path.stat().st_mtime_ns for path in project.sources if path.is_file()}
    # What only cargo's tests and benchmarks use is not in the library.
    folders = {project.crate.folder / name for name in ("tests", "benches", "examples")}
    times = {path: time for path, time in times.items() if folders.isdisjoint(path.parents)}
    if not times or not project.layout.libraries:
        return None
    newest = max(times, key=lambda path: times[path])
    seconds = (times[newest] - max(project.layout.libraries.values())) // SECOND
    return NewerSource(newest, seconds, _editor_settings(project.folder))


def _leads_to(record: Path, folder: Path) -> bool:
    """Return whether an installer recorded that a package is the folder itself."""
    data = _json(record)
    url = urlsplit(str(data.get("url", "")))
    editable = isinstance(data.get("dir_info"), dict) and data["dir_info"].get("editable") is True
    return editable and url.scheme == "file" and Path(url2pathname(unquote(url.path))).resolve() == folder.resolve()


def _editor_settings(folder: Path) -> tuple[str, ...]:
    """Return the settings of VS Code that run Python without a build before it."""
    guards = (folder / name for name in ("conftest.py", "tests/conftest.py", "sitecustomize.py"))
    if any(path.is_file() and BUILDS_FIRST.search(path.read_bytes()[:LARGEST]) for path in guards):
        return ()
    tests = read_editor_settings(folder / ".vscode/settings.json").get("python.testing.pytestEnabled") is True
    configurations = read_editor_settings(folder / ".vscode/launch.json").get("configurations")
    launched = [item for item in configurations if isinstance(item, dict)] if isinstance(configurations, list) else []
    python = [
        item for item in launched if item.get("type") in {"debugpy", "python"} and item.get("request") == "launch"
    ]
    names = [str(item.get("name")) for item in python if not item.get("preLaunchTask")]
    return (
        *([".vscode/settings.json: python.testing.pytestEnabled"] if tests else []),
        *(f".vscode/launch.json: {name}" for name in names),
    )


def _json(path: Path) -> dict[str, Any]:
    """Read JSON."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return {}
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
