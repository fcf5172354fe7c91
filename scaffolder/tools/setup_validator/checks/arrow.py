"""Checks of what a crate takes of Arrow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.version import Version

from scaffolder.anatomy.versions import allowed_series, series_of
from scaffolder.tools.setup_validator.check import Check, Failure, Section

if TYPE_CHECKING:
    from scaffolder.anatomy.crates import Dependency
    from scaffolder.anatomy.project import Project
    from scaffolder.anatomy.versions import ArrowRelease

CHAPTER = Section("arrow", skill="pyo3-type-conversion-advanced")
# Crates that are released together, with one version.
ARROW = re.compile(r"arrow(?:-(?:arith|array|buffer|cast|csv|data|ipc|json|ord|row|schema|select|string))?|parquet")
MAJOR = re.compile(r"[\^=~]?\s*(\d+)(?:\.\d+)*")
# In the stable ABI from this Python on.
BUFFER = Version("3.11")


class ArrowVersions(Check):
    """PyO3 and the crates of Arrow are those that pyo3-arrow is made for."""

    id = "arrow-versions"
    see = CHAPTER
    fix = """
    Ask for the versions that it has: types of other ones only look the same
    $crate = "$version"
    """

    @staticmethod
    def check(project: Project, pyo3: Dependency, arrow_release: ArrowRelease) -> Failure | None:
        series: set[str | None] = {*allowed_series(pyo3.requirement)} or {series_of(pyo3.requirement)}
        wrong = [(pyo3, arrow_release.pyo3)] if pyo3.requirement and arrow_release.pyo3 not in series else []
        wrong += [
            (crate, arrow_release.arrow)
            for crate in project.crate.dependencies
            if ARROW.fullmatch(crate.name)
            and (major := MAJOR.fullmatch(crate.requirement))
            and major[1] != arrow_release.arrow
        ]
        if not wrong:
            return None
        return Failure(
            f"pyo3-arrow {arrow_release.name} is for PyO3 {arrow_release.pyo3} and Arrow {arrow_release.arrow}",
            where=project.show(project.crate.path),
            evidence=tuple(f"{crate.name} {crate.requirement}" for crate, _ in wrong),
            words={"crate": wrong[0][0].key, "version": wrong[0][1]},
        )


class BufferInAbi3(Check):
    """The stable ABI has the buffer protocol, if pyo3-arrow is to use it."""

    id = "buffer-in-abi3"
    see = CHAPTER
    fix = """
    Raise the feature of pyo3 to `abi3-py311`, or do without the buffer protocol
    pyo3-arrow = { version = "$version", default-features = false }
    """

    @staticmethod
    def check(project: Project, abi3: Version, arrow_buffers: Dependency) -> Failure | None:
        if abi3 >= BUFFER:
            return None
        return Failure(
            f"pyo3-arrow uses the buffer protocol, which is in the stable ABI from Python {BUFFER} on, not in {abi3}",
            where=project.show(project.crate.path),
            words={"version": arrow_buffers.requirement},
        )
