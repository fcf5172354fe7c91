"""Checks: pure functions of the facts that they name as arguments.

The class's docstring says what is expected, in a line. `check` returns a failure, or nothing if all is as expected. A
check applies where each of its facts is there.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from string import Template
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from scaffolder import toolkit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from scaffolder.anatomy.draft import Edit

SKILL = "pyo3-fundamentals"


class Section(NamedTuple):
    """A section of a reference.

    Attributes:
        chapter: The file without its `.md`.
        anchor: The heading.
        skill: Whose reference it is.
    """

    chapter: str
    anchor: str | None = None
    skill: str = SKILL


@dataclass(frozen=True)
class Failure:
    """A failed check.

    Attributes:
        actual: What was found instead.
        where: The file or command where it was found.
        evidence: The lines that prove it.
        words: The values of `$name` in the fix.
        level: The level, if not the check's.
        fix: The fix, if not the check's.
        see: The section, if not the check's.
        edits: The repair, where there is a safe one.
    """

    actual: str
    where: str | None = None
    evidence: tuple[str, ...] = ()
    words: Mapping[str, object] = field(default_factory=dict)
    level: toolkit.Level | None = None
    fix: str | None = None
    see: Section | str | None = None
    edits: tuple[Edit, ...] = ()


class Check:
    """An expectation of the machine or the project.

    Attributes:
        id: Its name, which never changes its meaning.
        see: The section that explains it, or the address of a page that does.
        fix: What to do: a sentence, and below it what to type or to write.
        level: The level of its failure.
        check: Returns a failure or nothing. Its arguments are names of `Facts`.
    """

    id: ClassVar[str]
    see: ClassVar[Section | str]
    fix: ClassVar[str]
    level: ClassVar[toolkit.Level] = "error"
    check: ClassVar[Callable[..., Failure | None]]

    @classmethod
    def expectation(cls) -> str:
        """Return the expectation in one line."""
        return inspect.cleandoc(cls.__doc__ or "").rstrip(".")

    @classmethod
    def inputs(cls) -> tuple[str, ...]:
        """Return the names of the facts that it needs."""
        return tuple(inspect.signature(cls.check).parameters)


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check.

    Attributes:
        check: The check.
        failure: What is wrong, if something is.
    """

    check: type[Check]
    failure: Failure | None

    def finding(self, diff: str | None = None) -> toolkit.Finding:
        """Turn it into a finding.

        Args:
            diff: What `--fix` would change, if there is a repair.
        """
        if self.failure is None:
            return toolkit.Finding(self.check.id, "ok", self.check.expectation())
        failure = self.failure
        text = inspect.cleandoc(failure.fix or self.check.fix)
        fix = Template(text).safe_substitute({name: str(word) for name, word in failure.words.items()})
        if diff:
            fix = f"{fix.partition(chr(10))[0]}; `pyo3-new doctor --fix` makes this change\n{diff}".rstrip()
        see = failure.see or self.check.see
        return toolkit.Finding(
            id=self.check.id,
            level=failure.level or self.check.level,
            message=failure.actual,
            where=failure.where,
            evidence="\n".join(failure.evidence) or None,
            fix=fix,
            reference=see if isinstance(see, str) else toolkit.reference(see.skill, see.chapter, see.anchor),
        )


def ask(checks: Iterable[type[Check]], facts: Any) -> Iterator[Verdict]:
    """Run the checks that apply.

    Args:
        checks: The checks.
        facts: The facts, as attributes.
    """
    for check in checks:
        inputs = {name: getattr(facts, name, None) for name in check.inputs()}
        if all(value is not None for value in inputs.values()):
            yield Verdict(check, check.check(**inputs))


def quote_names(names: Iterable[str]) -> str:
    """Join names in backticks with commas."""
    return ", ".join(f"`{name}`" for name in names)
