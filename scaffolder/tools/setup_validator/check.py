"""What a check is.

The class's docstring says what is expected, in a line; its method's docstring is the repair. A check is given what was
read and opens no file. It answers true, false, or none for "does not apply", and notes down what it found.
"""

from __future__ import annotations

import inspect
from string import Template
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from scaffolder import toolkit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scaffolder.anatomy.draft import Draft
    from scaffolder.anatomy.project import Project
    from scaffolder.machine.survey import Machine

SKILL = "pyo3-fundamentals"


class Section(NamedTuple):
    """A section of the reference.

    Attributes:
        chapter: The file without its `.md`.
        anchor: The heading.
    """

    chapter: str
    anchor: str | None = None


class Check:
    """Something that is expected.

    Attributes:
        id: Its name, which never changes its meaning.
        see: The section that explains it, or the address of a page that does.
        level: How bad it is if it isn't so.
        found: What is so instead.
        where: The file or command that it was found in.
        evidence: The lines that show it.
        words: What stands for `$name` in the repair.
    """

    id: ClassVar[str]
    see: Section | str
    level: toolkit.Level = "error"

    passes: Callable[..., bool | None]

    def __init__(self) -> None:
        self.found = ""
        self.where: str | None = None
        self.evidence: str | None = None
        self.words: dict[str, str] = {}

    @classmethod
    def expectation(cls) -> str:
        """Return what is expected, in a line."""
        return inspect.cleandoc(cls.__doc__ or "").rstrip(".")

    def finding(self, *, passed: bool) -> toolkit.Finding:
        """Say how it went.

        Args:
            passed: What the check answered.
        """
        if passed:
            return toolkit.Finding(self.id, "ok", self.expectation(), self.where)
        text = inspect.cleandoc(self.passes.__doc__ or "").partition("\n")
        fix = Template(f"{text[0].rstrip('.:')}{text[1]}{_without_fences(text[2])}".rstrip())
        return toolkit.Finding(
            id=self.id,
            level=self.level,
            message=self.found or f"expected: {self.expectation()}",
            where=self.where,
            evidence=self.evidence,
            fix=fix.safe_substitute(self.words),
            reference=self.see if isinstance(self.see, str) else toolkit.reference(SKILL, *self.see),
        )


class MachineCheck(Check):
    """Something that is expected of a machine."""

    def passes(self, machine: Machine) -> bool | None:
        """Tell whether it is so."""
        raise NotImplementedError


class FitCheck(Check):
    """Something that is expected of a project and a machine together."""

    def passes(self, project: Project, machine: Machine) -> bool | None:
        """Tell whether it is so."""
        raise NotImplementedError


class ProjectCheck(Check):
    """Something that is expected of a project."""

    def passes(self, project: Project) -> bool | None:
        """Tell whether it is so."""
        raise NotImplementedError

    def repair(self, project: Project, draft: Draft) -> None:
        """Change the draft so that it is so, where that is safe."""


def listing(names: Iterable[str]) -> str:
    """Write names as a list, in backticks."""
    return ", ".join(f"`{name}`" for name in names)


def _without_fences(text: str) -> str:
    """Leave the code of a Markdown text in place, and its fences out."""
    return "\n".join(line for line in text.splitlines() if line.strip() and not line.strip().startswith("```"))
