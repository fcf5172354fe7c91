"""Checks of what uv must know about a project with Rust code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from scaffolder.anatomy.draft import Extend
from scaffolder.tools.setup_validator.check import Check, Failure, Section, quote_names

if TYPE_CHECKING:
    from scaffolder.anatomy.project import Project


class CacheKeys(Check):
    """Uv builds again when anything of the Rust side has changed."""

    id = "cache-keys"
    level = "warning"
    see = Section("project-anatomy", "fast-builds")
    fix = """
    Name what is missing
    [tool.uv]
    cache-keys = [$keys]
    """

    @staticmethod
    def check(built_by_uv: Project) -> Failure | None:
        inputs, keys = _inputs(built_by_uv), built_by_uv.cached_files
        by_itself = {"pyproject.toml"} if keys is None else set()
        missing = [pattern for pattern, watched in inputs.items() if not watched and pattern not in by_itself]
        if not missing:
            return None
        state = "there are no `cache-keys` for" if keys is None else "`cache-keys` leave out"
        wanted = tuple({"file": pattern} for pattern in (inputs if keys is None else missing))
        return Failure(
            f"{state} {quote_names(missing)}: after a change there, `uv run` keeps using the old build",
            where="pyproject.toml",
            words={"keys": ", ".join(f'{{ file = "{pattern}" }}' for pattern in inputs)},
            edits=(Extend(built_by_uv.pyproject_path, ("tool", "uv", "cache-keys"), wanted),),
        )


class EditableProfile(Check):
    """An editable install is a build for development."""

    id = "editable-profile"
    level = "note"
    see = Section("project-anatomy", "fast-builds")
    fix = """
    Choose the profile of `uv run`'s builds, which is faster to make
    [tool.maturin]
    editable-profile = "dev"
    """

    @staticmethod
    def check(maturin_extension: Project, built_by_uv: Project) -> Failure | None:
        if "editable-profile" in maturin_extension.maturin:
            return None
        problem = "there is no `editable-profile`, so `uv run` makes a release build after each change"
        return Failure(problem, where=built_by_uv.show(built_by_uv.pyproject_path))


class StaticVersion(Check):
    """The version is written in pyproject.toml, where uv can read it without a build."""

    id = "static-version"
    level = "note"
    see = Section("project-anatomy", "python-manifest")
    fix = """
    Write it there, as it is in Cargo.toml
    [project]
    version = "$version"
    """

    @staticmethod
    def check(maturin_extension: Project, built_by_uv: Project) -> Failure | None:
        if "version" not in maturin_extension.metadata.get("dynamic", []):
            return None
        return Failure(
            "the version is `dynamic`, so `uv lock` has to run the build to learn it",
            where=built_by_uv.show(built_by_uv.pyproject_path),
            words={"version": _as_python(str(maturin_extension.crate.field("version")))},
        )


def _as_python(version: str) -> str:
    """Convert a Cargo version to Python's form: `0.8.0-rc.1` becomes `0.8.0rc1`."""
    try:
        return str(Version(version))
    except InvalidVersion:
        return version


def _inputs(project: Project) -> dict[str, bool]:
    """Yield the inputs of a build as patterns, and whether uv watches them."""
    home = project.show(project.crate.folder)
    inside = "" if home == "." else f"{home}/"
    lock = project.crate.workspace_path.parent / "Cargo.lock"
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
    watched = project.cached_files
    return {
        pattern: watched is not None and all(path in watched for path in paths)
        for pattern, paths in patterns.items() if paths
    }  # fmt: skip


def _pattern(project: Project, path: Path) -> str:
    return Path(os.path.relpath(path, project.folder)).as_posix()
