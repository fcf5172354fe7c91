"""A migration under way: what is edited, and the compiler that is asked about it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.machine.programs import run
from scaffolder.migration.checking import Check, check_crates, write_config
from scaffolder.migration.manifests import entries
from scaffolder.migration.sources import LOCK
from scaffolder.migration.workspaces import find_workspaces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.migration.results import Step
    from scaffolder.migration.rules import Rule
    from scaffolder.migration.sources import Sources
    from scaffolder.migration.workspaces import Workspace


ALL_TARGETS = ("--all-targets",)


@dataclass
class Work:
    """A migration under way.

    Attributes:
        sources: What is edited.
        workspaces: Where cargo is asked.
        target: Where cargo builds.
        environment: The variables that cargo runs with.
        reason: Why the compiler is not asked; empty if it is.
        steps: The steps that were taken.
        last: What the compiler said the last time.
        notes: What else the user should know.
        targets: What cargo is asked to compile; by default libraries and programs.
        built: Whether crates are compiled with the features that they are built with.
        unused: The imports that were unused from the start, by file.
        offers: Rules that the user asked for, by the release whose step they go with.
    """

    sources: Sources
    workspaces: tuple[Workspace, ...]
    target: Path
    environment: Mapping[str, str]
    reason: str = ""
    steps: list[Step] = field(default_factory=list)
    last: Check | None = None
    notes: list[str] = field(default_factory=list)
    targets: tuple[str, ...] = ALL_TARGETS
    built: bool = True
    unused: frozenset[tuple[str, str]] = frozenset()
    offers: dict[str, tuple[Rule, ...]] = field(default_factory=dict)

    def check(self) -> Check:
        """Ask the compiler about all crates."""
        self.sources.write()
        # A release may need a newer stable ABI than the one before.
        config = write_config(self.target, features_of(self.sources))
        total = Check(ran=True, passed=True)
        for workspace in self.workspaces:
            check = check_crates(
                self.sources.copy,
                workspace.folder,
                workspace.packages,
                config,
                self.environment,
                options=(*self.targets, *workspace.options(built=self.built)),
            )
            total.ran, total.passed = total.ran and check.ran, total.passed and check.passed
            total.reason = total.reason or check.reason
            total.problems += check.problems
            total.features |= check.features
            total.unused |= check.unused
            for path, messages in check.messages.items():
                total.messages.setdefault(path, []).extend(messages)
        self.last = total
        return total

    def check_renewed(self, check: Check) -> Check:
        """Ask again with newer releases of what PyO3 depends on, as some releases allow crates that are too old.

        Args:
            check: What the compiler said; lock files stay as they are where this is no better.
        """
        places = {workspace.folder / LOCK for workspace in self.workspaces}
        before = {place: place.read_bytes() for place in places if place.is_file()}
        if not before:
            return check
        command = ["cargo", "update", "--quiet", "--recursive", "pyo3"]
        for place in before:
            run(command, self.environment, place.parent, timeout=None, quiet=False)
        renewed = self.check()
        if not renewed.ran:
            for place, content in before.items():
                place.write_bytes(content)
        return renewed


def open_work(sources: Sources, workspace: Path, *, check: bool) -> Work:
    """Find out where cargo is asked, and whether it can be."""
    environment = dict(os.environ)
    # Cargo compiles PyO3 again if its settings are in another file.
    target = Path(environment.setdefault("CARGO_TARGET_DIR", str(workspace / "target"))).absolute()
    target.mkdir(parents=True, exist_ok=True)
    work = Work(sources, (), target, environment)
    if not check:
        return replace(work, reason="`--no-check` was passed")
    if shutil.which("cargo") is None:
        return replace(work, reason="`cargo` is not installed")
    workspaces, unreadable = find_workspaces(sources, environment)
    reason = "" if workspaces else next((f"`{path}`: {reason}" for path, reason in unreadable), "there is no crate")
    notes = [f"`cargo` can't read `{path}`, so that it is not checked: {reason}" for path, reason in unreadable]
    return replace(work, workspaces=workspaces, reason=reason, notes=notes if workspaces else [])


def features_of(sources: Sources) -> list[str]:
    """Return the features of PyO3 that a repository's crates switch on."""
    return [name for document in sources.documents.values() for name in pyo3_features(document)]


def pyo3_features(document: Mapping[str, object]) -> Iterator[str]:
    """Yield the features of PyO3 that a manifest switches on."""
    for entry in entries(document):
        if entry.crate == "pyo3" and isinstance(entry.value, dict):
            yield from map(str, entry.value.get("features", ()))
