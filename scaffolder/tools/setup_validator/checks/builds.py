"""Checks of existing builds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from scaffolder.anatomy.draft import Delete
from scaffolder.tools.setup_validator.check import Check, Failure, Section

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.anatomy.project import Project
    from scaffolder.tools.setup_validator.installed import Installed, NewerSource

REBUILD = {
    "uv": "uv sync --reinstall-package $name",
    "maturin": "maturin develop",
    "setuptools-rust": "pip install --editable .",
}


class StaleLibrary(Check):
    """The package holds one build of its extension module, not two that Python chooses from."""

    id = "stale-library"
    level = "warning"
    see = Section("abi3", "stale-files")
    fix = """
    Delete the one that is not built any more
    rm $stale
    """

    @staticmethod
    def check(libraries: dict[Path, int], project: Project) -> Failure | None:
        stale = _stale(project, libraries)
        if not stale:
            return None
        old = [path for path in stale if _is_old(path, libraries)]
        return Failure(
            "there are two builds of the module; Python loads the one for its own version, new or old",
            evidence=tuple(map(project.show, libraries)),
            words={"stale": " ".join(map(project.show, stale))},
            # Python prefers the build for its own version: that is wrong if it is the old one.
            level="error" if any(not _is_for_all(path) for path in old) else "warning",
            # A build may still make it, and the newer one is not deleted.
            edits=tuple(Delete(path) for path in old if not (_is_for_all(path) and project.may_be_abi3)),
        )


class LibraryThere(Check):
    """Where the project is installed for editing, its extension module has been built."""

    id = "library-there"
    see = Section("troubleshooting", "extension-not-built")
    fix = """
    Build it again: without a change in the sources, nothing does so by itself
    $command
    """

    @staticmethod
    def check(installed: Installed, extension: Project, importing: Project) -> Failure | None:
        if extension.layout.libraries or importing.layout.package is None:
            return None
        folder = importing.layout.package.joinpath(*extension.layout.module.split(".")[1:])
        location = "(unknown location)" if folder.is_dir() else f"No module named '{extension.layout.module}'"
        return Failure(
            f"the project is installed, but `{extension.layout.module}` is not built: imports fail with `{location}`",
            where=extension.show(importing.layout.package),
            evidence=(f"installed in {extension.show(installed.environment)}",),
            words={"command": rebuild_command(extension)},
        )


class LibraryFresh(Check):
    """The extension module that Python loads is not older than its sources."""

    id = "library-fresh"
    level = "note"
    see = Section("project-anatomy", "fast-builds")
    fix = """
    Build before you run it; `uv run` does so by itself
    $command
    """

    @staticmethod
    def check(libraries: dict[Path, int], newer_source: NewerSource, project: Project) -> Failure | None:
        if newer_source.seconds <= 0:
            return None
        library = max(libraries, key=lambda path: libraries[path])
        age = timedelta(seconds=newer_source.seconds)
        editors = tuple(f"{setting}: runs it without a build" for setting in newer_source.editor_settings)
        return Failure(
            f"`{project.show(library)}` is {age} older than `{project.show(newer_source.path)}`: "
            "what does not build first runs the old code",
            evidence=editors,
            words={"command": rebuild_command(project)},
            level="warning" if editors else "note",
        )


def rebuild_command(project: Project) -> str:
    """Return the command that builds a project in place."""
    name = str(project.metadata.get("name", project.crate.field("name")))
    return REBUILD["uv" if project.uv is not None else project.builder or "maturin"].replace("$name", name)


def _stale(project: Project, libraries: dict[Path, int]) -> list[Path]:
    """Return the builds for one Python beside one for all, or the latter if the project no longer builds it."""
    stale: list[Path] = []
    for suffix in sorted({path.suffix for path in libraries}):
        same = [path for path in libraries if path.suffix == suffix]
        for_all = [path for path in same if _is_for_all(path)]
        # A free-threaded Python doesn't load the stable ABI of the others, so its build belongs there.
        for_one = [path for path in same if _is_for_one(path) and not _is_free_threaded(path)]
        if for_all and for_one:
            stale += for_one if _builds_for_all(project, for_all, for_one) else for_all
    return stale


def _builds_for_all(project: Project, for_all: list[Path], for_one: list[Path]) -> bool:
    """Return whether the project builds for all Pythons; where a feature decides, by the newest build."""
    if any(feature.startswith("abi3") for feature in project.pyo3_features):
        return True
    times = project.layout.libraries
    return project.may_be_abi3 and max(times[path] for path in for_all) >= max(times[path] for path in for_one)


def _is_for_all(path: Path) -> bool:
    """Return whether a build is for any Python; on Windows it has no tag."""
    return path.name.endswith(".abi3.so") or (path.suffix == ".pyd" and path.name.count(".") == 1)


def _is_for_one(path: Path) -> bool:
    """Return whether a build is for one version of Python, which prefers it to a `.so` without a tag."""
    return path.name.count(".") > 1 and not _is_for_all(path)


def _is_old(path: Path, libraries: dict[Path, int]) -> bool:
    """Return whether a build is no newer than the remaining ones for its platform."""
    staying = [library for library in libraries if library.suffix == path.suffix]
    times = [libraries[library] for library in staying if _is_for_all(library) != _is_for_all(path)]
    return libraries[path] <= max(times, default=0)


def _is_free_threaded(path: Path) -> bool:
    """Return whether a build is for a free-threaded Python: `_core.cpython-314t-…`, `_core.cp314t-…`."""
    tag = path.name.split(".")[1] if path.name.count(".") > 1 else ""
    return any(part.startswith(("cp3", "3")) and part.endswith("t") for part in tag.replace("cpython-", "").split("-"))
