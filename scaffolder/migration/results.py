"""What a migration did, and what it leaves to a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.checkout.merge import Change
    from scaffolder.migration.checking import Problem
    from scaffolder.migration.manifests import ManifestEdit


@dataclass(frozen=True)
class RuleEdit:
    """An edit that a rule made.

    Attributes:
        rule: The rule's name.
        path: The file.
        line: The line, as it was numbered when the edit was made.
        before: What was there.
        after: What is there now.
    """

    rule: str
    path: str
    line: int
    before: str
    after: str


@dataclass(frozen=True)
class Left:
    """A place that a person has to look at.

    Attributes:
        path: The file.
        line: Its line, as the file is now.
        rule: The rule that found it; empty if the compiler did.
        release: The release of PyO3 that changed it.
        why: What changed, or what the compiler says.
        section: The heading in PyO3's migration guide; empty if it has none.
        url: Where to read it.
    """

    path: str
    line: int
    rule: str
    release: str
    why: str
    section: str = ""
    url: str = ""


@dataclass(frozen=True)
class Step:
    """The way to one release.

    Attributes:
        release: The release.
        manifests: What was changed in manifests.
        edits: What rules changed in code.
        checked: Whether the compiler was asked; none if the step was not reached.
        passed: Whether the project compiles with it.
        reason: Why the compiler was not asked.
    """

    release: str
    manifests: tuple[ManifestEdit, ...] = ()
    edits: tuple[RuleEdit, ...] = ()
    checked: bool = False
    passed: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Migration:
    """What was done to a project, or would be.

    Attributes:
        path: The top of its repository.
        before: The release of PyO3 that it had.
        wanted: The release that was asked for.
        after: The release that it has now.
        steps: The steps, in their order.
        left: What a person has to look at.
        errors: What no longer compiles, if anything.
        changes: What happens to the files.
        notes: What else the user should know.
        difference: The unified diff, if it was asked for.
        dry_run: Whether nothing was written.
    """

    path: Path
    before: str
    wanted: str
    after: str
    steps: tuple[Step, ...] = ()
    left: tuple[Left, ...] = ()
    errors: tuple[Problem, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    difference: str = ""
    dry_run: bool = False
