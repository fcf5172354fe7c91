"""The whole: read the machine and the project, ask every check, and repair."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.anatomy.project import Project, read_project
from scaffolder.machine.cargo import ask_cargo
from scaffolder.machine.survey import Machine, survey
from scaffolder.machine.toolchain import rust_in
from scaffolder.toolkit import Finding, Result
from scaffolder.tools.setup_validator.check import ProjectCheck
from scaffolder.tools.setup_validator.checks import FIT_CHECKS, MACHINE_CHECKS, PROJECT_CHECKS
from scaffolder.tools.setup_validator.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from scaffolder.anatomy.draft import Draft
    from scaffolder.anatomy.manifests import Manifests
    from scaffolder.toolkit import Document
    from scaffolder.tools.setup_validator.check import Check

ORDER = ("error", "warning", "note", "ok")
NAMES = {"error": "error", "warning": "warning", "note": "note"}


@dataclass(frozen=True)
class Inspection:
    """What was looked at, and what was found.

    Attributes:
        machine: The machine.
        project: The project, if there is one.
        findings: What was found, the most serious first.
    """

    machine: Machine
    project: Project | None
    findings: tuple[Finding, ...]

    @property
    def wrong(self) -> frozenset[str]:
        """The names of what isn't in order."""
        return frozenset(finding.id for finding in self.findings if finding.level != "ok")

    def draft(self, *names: str) -> Draft:
        """Repair, on paper, what can be repaired safely.

        Args:
            names: The checks to repair; by default all that failed.
        """
        from scaffolder.anatomy.draft import Draft

        assert self.project  # noqa: S101
        draft = Draft(self.project.folder)
        for kind in PROJECT_CHECKS:
            if kind.id in (names or self.wrong) and _can_repair(kind, self.project):
                kind().repair(self.project, draft)
        return draft

    @property
    def repairable(self) -> int:
        """How many of the findings a repair is known for."""
        assert self.project  # noqa: S101
        own = [kind for kind in PROJECT_CHECKS if kind.id in self.wrong and kind.repair is not ProjectCheck.repair]
        return sum(_can_repair(kind, self.project) for kind in own)


def inspect(
    folder: Path, environment: Mapping[str, str], *, manifests: Manifests | None = None, whole: bool = True
) -> Inspection:
    """Look at the machine, and at a project.

    Args:
        folder: The project's folder, or where one would be.
        environment: The environment's variables.
        manifests: What says how the project is built, if there is one.
        whole: Whether to ask the Pythons that no tool takes, too.

    Raises:
        ScaffolderError: A file of the project can't be read.
    """
    with ThreadPoolExecutor(max_workers=2) as pool:
        rust = pool.submit(rust_in, folder, environment)
        surveyed = pool.submit(survey, folder, environment, manifests=manifests, rust=rust, whole=whole)
        project = None
        if manifests:
            compiler, _ = rust.result()
            cargo_metadata = ask_cargo(manifests.require_crate(), environment, compiler.host if compiler else None)
            project = read_project(folder, cargo_metadata, manifests=manifests)
        machine = surveyed.result()
    findings = sorted(ask(machine, project), key=lambda each: ORDER.index(each.level))
    return Inspection(machine, project, tuple(findings))


def result(
    inspection: Inspection,
    *,
    more: tuple[Finding, ...] = (),
    documents: tuple[Document, ...] = (),
    repaired: int = 0,
    dry_run: bool = False,
) -> Result:
    """Say what was found.

    Args:
        inspection: What was found.
        more: Further findings, of a build.
        documents: Differences to look at.
        repaired: How many findings are no more.
        dry_run: Whether something was left undone on request.
    """
    findings = sorted((*inspection.findings, *more), key=lambda each: ORDER.index(each.level))
    return Result(
        tool="setup_validator",
        summary=_summary(findings, inspection, repaired),
        findings=tuple(findings),
        tables=tuple(tables(inspection.machine)),
        documents=documents,
        dry_run=dry_run,
    )


def ask(machine: Machine, project: Project | None) -> Iterator[Finding]:
    """Ask every check that there is something to ask about."""
    for machine_check in (kind() for kind in MACHINE_CHECKS):
        yield from _answer(machine_check, machine_check.passes(machine))
    if project is not None:
        for check in (kind() for kind in PROJECT_CHECKS):
            yield from _answer(check, check.passes(project))
        for fit_check in (kind() for kind in FIT_CHECKS):
            yield from _answer(fit_check, fit_check.passes(project, machine))


def _can_repair(kind: type[ProjectCheck], project: Project) -> bool:
    """Try a repair alone and on paper: there are files that tomlkit can't read or change, though they are TOML."""
    from tomlkit.exceptions import TOMLKitError

    from scaffolder.anatomy.draft import Draft

    draft = Draft(project.folder)
    try:
        kind().repair(project, draft)
        return bool(draft.changes()) and draft.is_sound()
    except (TOMLKitError, LookupError, TypeError, ValueError, AttributeError, OSError):
        return False


def _answer(check: Check, passed: bool | None) -> Iterator[Finding]:
    """Say how a check went, if it applies."""
    if passed is not None:
        yield check.finding(passed=passed)


def _summary(findings: list[Finding], inspection: Inspection, repaired: int) -> str:
    """Say it in a line."""
    project = inspection.project
    counts = {level: sum(finding.level == level for finding in findings) for level in ORDER}
    parts = [f"{counts[level]} {name}{'s' * (counts[level] != 1)}" for level, name in NAMES.items() if counts[level]]
    subject = str(project.metadata.get("name") or project.folder.name) if project else "this machine"
    if project and not project.is_extension:
        subject = f"{subject}, with no PyO3 module in it"
    mended = f"{repaired} repaired, " if repaired else ""
    rest = f"; `--fix` repairs {inspection.repairable}" if project and inspection.repairable else ""
    return f"{subject}: {mended}{', '.join(parts) or 'nothing to repair'}; {counts['ok']} checks in order{rest}"
