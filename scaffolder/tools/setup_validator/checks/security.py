"""Checks of what is known to be unsafe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.anatomy.versions import LAST_PATCH, advisories, advisories_read
from scaffolder.tools.setup_validator.check import Check, Failure, Section

if TYPE_CHECKING:
    from packaging.version import Version

    from scaffolder.anatomy.project import Project
    from scaffolder.anatomy.versions import ReleaseSeries


class NoAdvisory(Check):
    """No security advisory is known for this release of PyO3."""

    id = "no-advisory"
    level = "warning"
    see = Section("versions", "migrate")
    fix = """
    Use PyO3 $ended or later, and the crates in step with it; until then, keep clear of what the advisories name
    $command
    """

    @staticmethod
    def check(extension: Project, series: ReleaseSeries, pyo3_release: Version) -> Failure | None:
        if not (known := advisories(pyo3_release)):
            return None
        ended = max(advisory.ended for advisory in known)
        release = series.name if pyo3_release.micro == LAST_PATCH else str(pyo3_release)
        count = "a security advisory" if len(known) == 1 else f"{len(known)} security advisories"
        target = f"{ended.major}.{ended.minor}"
        # Cargo takes the newest release of a series by itself, as far as the requirement lets it.
        patch = f'pyo3 = "{ended}"' if ended.micro or target == series.name else f'pyo3 = "{target}"'
        command = patch if target == series.name else f"pyo3-new migrate --to {target}"
        return Failure(
            f"PyO3 {release} has {count}, as of {advisories_read()}",
            where=extension.show(extension.crate.path),
            evidence=tuple(f"{advisory.id}: {advisory.allows}" for advisory in known),
            words={"ended": ended, "command": command},
        )
