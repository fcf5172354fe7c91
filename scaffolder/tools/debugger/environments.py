"""Environments in which general advice does not work, and what does there."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.output.scene import holds
from scaffolder.tools.debugger.catalogue import INSTALL, Problem, Sign

if TYPE_CHECKING:
    from scaffolder.output.scene import Scene

ENVIRONMENTS = Path(__file__).with_name("environments.toml")


@dataclass(frozen=True)
class Environment:
    """A place where something is installed, built or run, or a release that it is done with.

    Attributes:
        name: Its name.
        note: What works there.
        problems: The problems that the note is for.
        shows: What an output from there contains.
        installs: Whether it is also for whoever installs a package of others.
        pyo3: PyO3's version is known, and fits this: `<0.26`; or `unknown`.
        maturin: The same for maturin.
        code: The note is for any problem whose fix contains this.
    """

    name: str
    note: str
    problems: frozenset[str] = frozenset()
    shows: Sign | None = None
    installs: bool = False
    pyo3: str | None = None
    maturin: str | None = None
    code: Sign | None = None

    @property
    def is_release(self) -> bool:
        """Whether it is a release, whose note is said besides."""
        return bool(self.pyo3 or self.maturin)

    def applies(self, problem: Problem, scene: Scene, text: str) -> bool:
        """Return whether the note is for this problem in this output."""
        concerned = (
            problem.id in self.problems
            or (self.installs and problem.fix == INSTALL)
            or (self.code is not None and self.code.search(problem.fix) is not None)
        )
        return (
            concerned
            and (self.pyo3 is None or holds(self.pyo3, scene.pyo3))
            and (self.maturin is None or holds(self.maturin, scene.maturin))
            and (self.shows is None or self.shows.search(text) is not None)
        )


@cache
def load_environments() -> tuple[Environment, ...]:
    """Load the environments, special ones before those that they are a kind of."""
    data = tomllib.loads(ENVIRONMENTS.read_text(encoding="utf-8"))
    return tuple(
        Environment(name, **{key: _field(key, value) for key, value in entry.items()}) for name, entry in data.items()
    )


def _field(key: str, value: Any) -> Any:
    if key == "problems":
        return frozenset(value)
    return Sign(value) if key in {"shows", "code"} else value


def advise_there(problem: Problem, suited: Problem, scene: Scene, text: str) -> Problem:
    """Put what works in the output's environment before advice that is for any, and what its release needs below it.

    Args:
        problem: The problem as the catalogue has it.
        suited: The same with the variant for this output, whose advice may be for the environment already.
        scene: The output's circumstances.
        text: The output.
    """
    general = {problem.fix, INSTALL, *(variant.values.get("fix") for variant in problem.variants if variant.installs)}
    applying = [place for place in load_environments() if place.applies(suited, scene, text)]
    before = [place.note for place in applying if not place.is_release and suited.fix in general]
    below = [place.note for place in applying if place.is_release]
    return replace(suited, fix="\n".join([*before[:1], suited.fix, *below[:1]]))
