"""What is built already, and lies about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.tools.setup_validator.check import ProjectCheck, Section

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.anatomy.draft import Draft
    from scaffolder.anatomy.project import Project
    from scaffolder.toolkit import Level


class StaleLibrary(ProjectCheck):
    """The package holds one build of its extension module, not two that Python chooses from."""

    id = "stale-library"
    level: Level = "warning"
    see = Section("abi3", "stale-files")

    def passes(self, project: Project) -> bool | None:
        """Delete the one that is not built any more.

        ```
        rm $stale
        ```
        """
        libraries = project.layout.libraries
        if not libraries:
            return None
        stale = _stale(project)
        self.words = {"stale": " ".join(map(project.show, stale))}
        # Python prefers the build for its own version: that is wrong if it is the old one.
        self.level = "error" if any(not _is_for_all(path) and _is_old(path, project) for path in stale) else "warning"
        self.found = "there are two builds of the module; Python takes the one for its own version, new or old"
        self.evidence = "\n".join(map(project.show, libraries))
        return not stale

    def repair(self, project: Project, draft: Draft) -> None:
        """Delete it, unless a build may still make it, or it is the newer one."""
        for path in _stale(project):
            if _is_old(path, project) and not (_is_for_all(path) and project.may_be_abi3):
                draft.delete(path)


class ReleaseBuild(ProjectCheck):
    """The build that Python loads is a release build."""

    id = "release-build"
    level = "note"
    see = Section("troubleshooting", "debug-build-measured")

    def passes(self, project: Project) -> bool | None:
        """Build a release before you measure anything.

        ```
        maturin develop --release
        ```
        """
        if not project.profiles:
            return None
        debug = {path: name for path, name in project.profiles.items() if _is_debug(project, name)}
        self.found = "the build that Python loads is a debug build, which is not optimised"
        self.evidence = "\n".join(f"{project.show(path)}: profile {name}" for path, name in debug.items())
        return not debug


def _stale(project: Project) -> list[Path]:
    """Return the builds for one Python beside one for all, or that one if it isn't built any more."""
    found = []
    for suffix in sorted({path.suffix for path in project.layout.libraries}):
        same = [path for path in project.layout.libraries if path.suffix == suffix]
        for_all = [path for path in same if _is_for_all(path)]
        # A free-threaded Python doesn't load the stable ABI of the others, so its build belongs there.
        for_one = [path for path in same if _is_for_one(path) and not _is_free_threaded(path)]
        if for_all and for_one:
            found += for_one if _builds_for_all(project, for_all, for_one) else for_all
    return found


def _builds_for_all(project: Project, for_all: list[Path], for_one: list[Path]) -> bool:
    """Tell whether the build is one for all Pythons; where a feature decides, by what was built last."""
    if any(feature.startswith("abi3") for feature in project.pyo3_features):
        return True
    times = project.layout.libraries
    return project.may_be_abi3 and max(times[path] for path in for_all) >= max(times[path] for path in for_one)


def _is_for_all(path: Path) -> bool:
    """Tell whether a build is for any Python; on Windows it has no tag."""
    return path.name.endswith(".abi3.so") or (path.suffix == ".pyd" and path.name.count(".") == 1)


def _is_for_one(path: Path) -> bool:
    """Tell whether a build is for one version of Python, which prefers it. A `.so` without a tag comes last."""
    return path.name.count(".") > 1 and not _is_for_all(path)


def _is_old(path: Path, project: Project) -> bool:
    """Tell whether a build is not newer than those of its platform that stay."""
    stay = [time for other, time in project.layout.libraries.items() if _is_for_all(other) != _is_for_all(path)
            and other.suffix == path.suffix]  # fmt: skip
    return project.layout.libraries[path] <= max(stay, default=0)


def _is_free_threaded(path: Path) -> bool:
    """Tell whether a build is for a Python without GIL: `_core.cpython-314t-…`, `_core.cp314t-…`."""
    tag = path.name.split(".")[1] if path.name.count(".") > 1 else ""
    return any(part.startswith(("cp3", "3")) and part.endswith("t") for part in tag.replace("cpython-", "").split("-"))


def _is_debug(project: Project, name: str) -> bool:
    """Tell whether the folder of a profile holds debug builds."""
    while (inherits := project.crate.profiles.get(name, {}).get("inherits")) is not None:
        name = str(inherits)
    return name in {"debug", "dev", "test"}
