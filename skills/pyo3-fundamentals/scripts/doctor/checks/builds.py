"""What is built already, and lies about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.check import ProjectCheck, Section

if TYPE_CHECKING:
    from pathlib import Path

    from doctor.draft import Draft
    from doctor.project import Project


class StaleLibrary(ProjectCheck):
    """The package holds one build of its extension module, not two that Python chooses from."""

    id = "stale-library"
    see = Section("troubleshooting", "stale-extension")

    def passes(self, project: Project) -> bool | None:
        """Delete the one that is not built any more.

        ```
        rm $stale
        ```
        """
        if not project.layout.libraries:
            return None
        stale = _stale(project)
        self.words = {"stale": " ".join(map(project.show, stale))}
        self.found = "there are two builds of the module; Python takes the one for its own version, new or old"
        self.evidence = "\n".join(map(project.show, project.layout.libraries))
        return not stale

    def repair(self, project: Project, draft: Draft) -> None:
        """Delete it."""
        for path in _stale(project):
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
    for_all = [path for path in project.layout.libraries if ".abi3." in path.name]
    # A free-threaded Python doesn't load the stable ABI of the others, so its build belongs there.
    for_one = [path for path in project.layout.libraries if path not in for_all and not _is_free_threaded(path)]
    if not for_all or not for_one:
        return []
    builds_for_all = any(feature.startswith("abi3") for feature in project.pyo3_features)
    return for_one if builds_for_all else for_all


def _is_free_threaded(path: Path) -> bool:
    """Tell whether a build is for a Python without GIL: `_core.cpython-314t-…`, `_core.cp314t-…`."""
    tag = path.name.split(".")[1] if path.name.count(".") > 1 else ""
    return any(part.startswith(("cp3", "3")) and part.endswith("t") for part in tag.replace("cpython-", "").split("-"))


def _is_debug(project: Project, name: str) -> bool:
    """Tell whether the folder of a profile holds debug builds."""
    while (inherits := project.crate.profiles.get(name, {}).get("inherits")) is not None:
        name = str(inherits)
    return name in {"debug", "dev", "test"}
