"""The problems that are known: what each looks like, why it is, and what to do."""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from scaffolder.toolkit import reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.toolkit import Level

SKILL = "pyo3-fundamentals"
PROBLEMS = Path(__file__).resolve().parent / "problems"
# A sign's group `owner` names the package that a message is about; these are known not to be the reader's.
FOREIGN = (sys.stdlib_module_names | {"matplotlib", "numpy", "pandas", "PIL", "scipy", "torch"}) - {"builtins"}
# In the order in which things go wrong: what is earlier is the cause of what is later.
GROUPS = {"build": "Build", "packaging": "Packaging", "imports": "Import", "running": "Run time"}


@dataclass(frozen=True)
class Problem:
    """Something that goes wrong, and is known.

    Attributes:
        id: Its name, which never changes its meaning.
        group: A key of `GROUPS`; the file that it is in.
        title: What is wrong, in a line; may name what the signs found.
        signs: Any of these shows it.
        cause: Why it is so.
        fix: What to type or to change; may name what the signs found, as `$name`.
        chapter: The chapter that explains it, and the section if there is one: `testing#rust-tests`; empty if there is
            no such chapter.
        threads: Where people ask about it: `pyo3#340`.
        needs: These must be there, too.
        unless: None of these may be there.
        level: Whether it is a failure.
        each: The group of which each value is a finding of its own.
        leads_to: Problems that follow from it, and are not worth a word beside it.
        names: What a value that a sign found is called now; `$new` in the fix.
    """

    id: str
    group: str
    title: str
    signs: tuple[re.Pattern[str], ...]
    cause: str
    fix: str
    chapter: str = ""
    threads: tuple[str, ...] = ()
    needs: tuple[re.Pattern[str], ...] = ()
    unless: tuple[re.Pattern[str], ...] = ()
    level: Level = "error"
    each: str | None = None
    leads_to: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """The address of its section."""
        return reference(SKILL, "troubleshooting", self.id)

    def fill(self, text: str, found: Mapping[str, str]) -> str:
        """Write what a sign found into a title, a cause or a fix."""
        new = next((self.names[value] for value in found.values() if value in self.names), "")
        return Template(text).substitute({**found, "new": new})


@cache
def load() -> tuple[Problem, ...]:
    """Read the catalogue, causes before effects."""
    return tuple(
        _problem(group, name, entry)
        for group in GROUPS
        for name, entry in tomllib.loads((PROBLEMS / f"{group}.toml").read_text(encoding="utf-8")).items()
    )


def _problem(group: str, name: str, entry: dict[str, Any]) -> Problem:
    """Read one problem."""
    values: dict[str, Any] = {"id": name, "group": group}
    for key, value in entry.items():
        if key in {"signs", "needs", "unless"}:
            values[key] = tuple(re.compile(pattern, re.MULTILINE) for pattern in value)
        elif isinstance(value, list):
            values[key] = tuple(value)
        else:
            values[key] = value.strip() if isinstance(value, str) else value
    return Problem(**values)
