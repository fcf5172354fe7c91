"""What uv is to know of a project in Rust."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from scaffolder.tools.setup_validator.check import ProjectCheck, Section, listing

if TYPE_CHECKING:
    from scaffolder.anatomy.draft import Draft
    from scaffolder.anatomy.project import Project


class CacheKeys(ProjectCheck):
    """Uv builds again when anything of the Rust side has changed."""

    id = "cache-keys"
    level = "warning"
    see = Section("project-anatomy", "fast-builds")

    def passes(self, project: Project) -> bool | None:
        """Name what is missing.

        ```toml
        [tool.uv]
        cache-keys = [$keys]
        ```
        """
        if project.uv is None or project.builder is None:
            return None
        missing = _missing(project)
        self.where = "pyproject.toml"
        self.words = {"keys": ", ".join(f'{{ file = "{pattern}" }}' for pattern in _patterns(project))}
        told = "`cache-keys` leave out" if project.cached_files is not None else "there are no `cache-keys` for"
        self.found = f"{told} {listing(missing)}: after a change there, `uv run` goes on with the old build"
        return not missing

    def repair(self, project: Project, draft: Draft) -> None:
        """Add what is missing."""
        import tomlkit

        table: Any = draft.toml(project.pyproject_path).setdefault("tool", {}).setdefault("uv", {})
        new = "cache-keys" not in table
        wanted = _patterns(project) if new else _missing(project)
        if new:
            table["cache-keys"] = tomlkit.array()
        keys = table["cache-keys"]
        several_lines = new or "\n" in keys.as_string()
        for pattern in wanted:
            key = tomlkit.value(f'{{ file = "{pattern}" }}')
            if several_lines:
                keys.add_line(key, indent=_indent(keys.as_string()))
            else:
                keys.append(key)
        if new:
            keys.add_line(indent="")


class EditableProfile(ProjectCheck):
    """An editable install is a build for development."""

    id = "editable-profile"
    level = "note"
    see = Section("project-anatomy", "fast-builds")

    def passes(self, project: Project) -> bool | None:
        """Choose the profile of `uv run`'s builds, which is faster to make.

        ```toml
        [tool.maturin]
        editable-profile = "dev"
        ```
        """
        if project.uv is None or project.builder != "maturin" or not project.is_extension:
            return None
        self.where = "pyproject.toml"
        self.found = "there is no `editable-profile`, so `uv run` makes a release build after each change"
        return "editable-profile" in project.maturin


class StaticVersion(ProjectCheck):
    """The version is written in pyproject.toml, where uv can read it without a build."""

    id = "static-version"
    level = "note"
    see = Section("project-anatomy", "python-manifest")

    def passes(self, project: Project) -> bool | None:
        """Write it there, as it is in Cargo.toml.

        ```toml
        [project]
        version = "$version"
        ```
        """
        if project.uv is None or not project.is_extension:
            return None
        self.where = "pyproject.toml"
        self.words = {"version": _as_python_says(str(project.crate.field("version")))}
        self.found = "the version is `dynamic`, so `uv lock` has to run the build to learn it"
        return "version" not in project.metadata.get("dynamic", [])


def _as_python_says(version: str) -> str:
    """Return a version of Cargo's as Python writes it: `0.8.0-rc.1` is `0.8.0rc1`."""
    try:
        return str(Version(version))
    except InvalidVersion:
        return version


def _inputs(project: Project) -> dict[str, bool]:
    """Return what a build depends on, as patterns, and whether uv is told of it."""
    home = project.show(project.crate.folder)
    inside = "" if home == "." else f"{home}/"
    lock = project.crate.workspace_path.parent / "Cargo.lock"
    told = project.cached_files
    patterns = {
        "pyproject.toml": [project.pyproject_path],
        f"{inside}Cargo.toml": [project.crate.path],
        f"{inside}src/**/*.rs": [path for path in project.sources if (project.crate.folder / "src") in path.parents],
    }
    if lock.is_relative_to(project.folder):
        patterns[project.show(lock)] = [lock]
    if (build := project.crate.folder / "build.rs") in project.sources:
        patterns[f"{inside}build.rs"] = [build]
    if project.crate.inherits and project.crate.workspace_path != project.crate.path:
        patterns[_pattern(project, project.crate.workspace_path)] = [project.crate.workspace_path]
    for folder in project.crates:
        patterns[_pattern(project, folder / "Cargo.toml")] = [folder / "Cargo.toml"]
        patterns[f"{_pattern(project, folder)}/src/**/*.rs"] = [folder / "src" / "lib.rs"]
    return {
        pattern: told is not None and all(path in told for path in paths)
        for pattern, paths in patterns.items() if paths
    }  # fmt: skip


def _pattern(project: Project, path: Path) -> str:
    """Return how uv is told of a file."""
    return Path(os.path.relpath(path, project.folder)).as_posix()


def _patterns(project: Project) -> list[str]:
    """Return what uv is to be told."""
    return list(_inputs(project))


def _missing(project: Project) -> list[str]:
    """Return what uv is not told and doesn't watch by itself."""
    by_itself = {"pyproject.toml"} if project.cached_files is None else set()
    return [pattern for pattern, known in _inputs(project).items() if not known and pattern not in by_itself]


def _indent(text: str) -> str:
    """Return how far the lines of an array are indented."""
    match = re.search(r"\n([ \t]+)\S", text)
    return match[1] if match else "  "
