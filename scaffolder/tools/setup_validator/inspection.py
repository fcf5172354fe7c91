"""Read the machine and the project, run every check on them, and collect the repairs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.anatomy.draft import Draft, EditRefusedError, edit_root
from scaffolder.anatomy.manifests import choose, read_manifests
from scaffolder.anatomy.project import Project, read_project
from scaffolder.errors import ScaffolderError
from scaffolder.machine.cargo import ask_cargo
from scaffolder.machine.survey import Machine, survey
from scaffolder.machine.toolchain import rust_in
from scaffolder.toolkit import LEVELS, Finding, Result, by_level
from scaffolder.tools.setup_validator.check import Verdict, ask, quote_names
from scaffolder.tools.setup_validator.checks import CHECKS
from scaffolder.tools.setup_validator.facts import Facts
from scaffolder.tools.setup_validator.machine_facts import MachineFacts
from scaffolder.tools.setup_validator.tables import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.anatomy.manifests import Manifests
    from scaffolder.toolkit import Document


@dataclass(frozen=True)
class Inspection:
    """The machine and the project.

    Attributes:
        machine: The machine.
        project: The project, if there is one.
    """

    machine: Machine
    project: Project | None

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The outcomes of the checks that apply."""
        facts = Facts(self.machine, self.project) if self.project else MachineFacts(self.machine)
        return tuple(ask(CHECKS, facts))

    @cached_property
    def repairs(self) -> dict[str, Draft]:
        """The safe repairs by check, each as a draft of its own."""
        repairs = {}
        for verdict in self.verdicts:
            if verdict.failure and verdict.failure.edits and (draft := self._draft(verdict)):
                repairs[verdict.check.id] = draft
        return repairs

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, the most serious first."""
        diffs = {name: draft.diff() for name, draft in self.repairs.items()}
        findings = [verdict.finding(diffs.get(verdict.check.id)) for verdict in self.verdicts]
        return by_level(findings)

    @property
    def wrong(self) -> frozenset[str]:
        """The names of the failed checks."""
        return frozenset(verdict.check.id for verdict in self.verdicts if verdict.failure)

    def repair(self) -> Draft:
        """Make all safe repairs in one draft.

        Raises:
            ScaffolderError: They conflict.
        """
        draft = self._empty_draft()
        try:
            for verdict in self.verdicts:
                if verdict.failure and verdict.check.id in self.repairs:
                    draft.apply(verdict.failure.edits)
        except EditRefusedError as error:
            hint = "make one by hand, then run `pyo3-new doctor --fix` again"
            raise ScaffolderError("the repairs conflict with each other", hint) from error
        return draft

    def reread(self) -> Inspection:
        """Read the project again after repairs; the machine is the same."""
        assert self.project  # noqa: S101
        manifests = read_manifests(self.project.folder)
        if self.project.extensions and self.project.manifests.cargo_path:
            manifests = choose(manifests, self.project.manifests.cargo_path)
        project = read_project(self.project.folder, self.project.cargo_metadata, manifests=manifests)
        return replace(self, project=project)

    def _draft(self, verdict: Verdict) -> Draft | None:
        """Try a repair."""
        draft = self._empty_draft()
        try:
            draft.apply(verdict.failure.edits if verdict.failure else ())
        except EditRefusedError:
            return None
        return draft if draft.changes() else None

    def _empty_draft(self) -> Draft:
        """Return an empty draft, which may edit the manifest of a workspace in the same repository."""
        assert self.project  # noqa: S101
        folder, root = self.project.folder, edit_root(self.project.folder)
        workspace = self.project.crate.workspace_path.parent
        is_repository = (root / ".git").exists()
        return Draft(folder, workspace if folder.is_relative_to(workspace) and not is_repository else root)


def inspect(
    folder: Path, environment: Mapping[str, str], *, manifests: Manifests | None = None, whole: bool = True
) -> Inspection:
    """Inspect the machine and a project.

    Args:
        folder: The project's folder, or where one would be.
        environment: The environment's variables.
        manifests: What says how the project is built, if there is one.
        whole: Whether to include the Pythons that no tool uses.

    Raises:
        ScaffolderError: A file of the project can't be read.
    """
    with ThreadPoolExecutor(max_workers=2) as pool:
        rust = pool.submit(rust_in, folder, environment)
        surveyed = pool.submit(survey, folder, environment, manifests=manifests, rust=rust, whole=whole)
        project = None
        if manifests:
            compiler, _ = rust.result()
            graph = ask_cargo(manifests.require_crate(), environment, compiler.host if compiler else None)
            project = read_project(folder, graph, manifests=manifests)
        return Inspection(surveyed.result(), project)


def result(
    inspection: Inspection,
    *,
    built: tuple[Finding, ...] = (),
    documents: tuple[Document, ...] = (),
    repaired: int = 0,
    dry_run: bool = False,
) -> Result:
    """Turn an inspection into a result.

    Args:
        inspection: The machine and the project.
        built: Findings of a build.
        documents: Diffs to show.
        repaired: How many findings were repaired.
        dry_run: Whether this was a dry run.
    """
    findings = by_level((*inspection.findings, *built))
    return Result(
        tool="setup_validator",
        summary=_summary(findings, inspection, repaired),
        findings=findings,
        tables=tuple(tables(inspection.machine, inspection.project)),
        documents=documents,
        dry_run=dry_run,
    )


def _summary(findings: tuple[Finding, ...], inspection: Inspection, repaired: int) -> str:
    """Return the summary line."""
    project = inspection.project
    subject = str(project.metadata.get("name") or project.folder.name) if project else "this machine"
    if project and not project.is_extension:
        subject = f"{subject}, with no PyO3 module in it"
    counts = {level: sum(finding.level == level for finding in findings) for level in LEVELS}
    others = _others(project)
    problems = [f"{counts[level]} {level}{'s' * (counts[level] != 1)}" for level in LEVELS[:-1] if counts[level]]
    mended = [f"{repaired} repaired"] if repaired else []
    if not problems:
        return f"{subject}: {', '.join([*mended, 'everything is in order'])} ({counts['ok']} checks){others}"
    rest = f"; `--fix` repairs {len(inspection.repairs)}" if inspection.repairs else ""
    adopt = "; `pyo3-new adopt` puts it under the template" if project and _may_be_adopted(project) else ""
    return f"{subject}: {', '.join([*mended, *problems])}; {counts['ok']} checks in order{rest}{adopt}{others}"


def _may_be_adopted(project: Project) -> bool:
    """Whether the template can take a project that it did not make."""
    return project.is_extension and bool(project.pyproject) and not project.is_of_template


def _others(project: Project | None) -> str:
    """Say which extension modules of a project were not checked."""
    manifests = list(dict.fromkeys(extension.manifest for extension in project.extensions)) if project else []
    if len(manifests) < 2:
        return ""
    folders = quote_names([Path(manifest).parent.as_posix() for manifest in manifests[1:]])
    return f"; only one extension module is checked at a time; for {folders} pass `--project DIR`"
