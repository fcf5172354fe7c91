"""Recognise the known problems in an output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.output.diagnostics import advice_lines, diagnostics
from scaffolder.output.scene import Scene, read_scene
from scaffolder.toolkit import LEVELS
from scaffolder.tools.debugger.catalogue import FOREIGN, GROUPS, Problem, load_problems
from scaffolder.tools.debugger.environments import advise_there

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

    from scaffolder.output.diagnostics import Diagnostic
    from scaffolder.output.transcript import Transcript

MOST_LINES = 6


@dataclass(frozen=True)
class Recognised:
    """A problem in an output.

    Attributes:
        problem: The problem, with the variants for this output.
        start: The offset of its sign in the text.
        line: The line where it starts.
        values: What the sign captured.
        evidence: The lines that show it.
    """

    problem: Problem
    start: int
    line: int
    values: dict[str, str]
    evidence: str


@dataclass(frozen=True)
class Reading:
    """What was recognised in an output.

    Attributes:
        problems: Failures first, and causes before what follows from them.
        other_errors: Other errors of rustc.
        scene: The output's circumstances.
    """

    problems: tuple[Recognised, ...]
    other_errors: tuple[Diagnostic, ...]
    scene: Scene


def recognise(transcript: Transcript, problems: Iterable[Problem] | None = None) -> Reading:
    """Find the known problems in an output."""
    scene, errors = read_scene(transcript), diagnostics(transcript)
    matches = [match for problem in problems or load_problems() for match in _look(problem, transcript, scene, errors)]
    if any(match.problem.level == "error" and not match.problem.last_resort for match in matches):
        matches = [match for match in matches if not match.problem.last_resort]
    if any(match.problem.level == "error" and not match.problem.general for match in matches):
        matches = [match for match in matches if not match.problem.general]
    consequences = {name for match in matches for name in match.problem.leads_to}
    # What is of one problem stays together, where the first of it is.
    firsts: dict[str, int] = {}
    for match in matches:
        firsts[match.problem.id] = min(match.start, firsts.get(match.problem.id, match.start))
    groups = list(GROUPS)
    reported = sorted(
        (match for match in matches if match.problem.id not in consequences),
        key=lambda match: (
            LEVELS.index(match.problem.level), groups.index(match.problem.group), firsts[match.problem.id], match.start
        ),
    )  # fmt: skip
    lines = {match.line for match in matches}
    other_errors = tuple(error for error in errors if not lines.intersection(range(error.first, error.last + 1)))
    return Reading(tuple(reported), other_errors, scene)


def _look(
    problem: Problem, transcript: Transcript, scene: Scene, errors: tuple[Diagnostic, ...]
) -> Iterator[Recognised]:
    """Find one problem, once for each value of its `each` group."""
    text = transcript.text
    if problem.installs and scene.package is None:
        return
    matches = [match for sign in problem.signs for match in sign.find(text)]
    if problem.group == "rust":
        # What to write instead is no advice for a crate that somebody else wrote.
        others = {line for error in errors if error.in_dependency for line in range(error.first, error.last + 1)}
        matches = [match for match in matches if transcript.line_at(match.start()) not in others]
    if not matches:
        return
    if not all(sign.search(text) for sign in problem.needs) or any(sign.search(text) for sign in problem.unless):
        return
    shown = [sign.search(text) for sign in (*problem.needs, *problem.also)]
    seen: set[str] = set()
    for match in matches:
        values = {name: value or "" for name, value in match.groupdict().items()}
        value = values.get(problem.each or "", "")
        if value in seen or values.get("owner") in FOREIGN:
            continue
        seen.add(value)
        evidence = _evidence(transcript, [match, *filter(None, shown)], errors)
        line = transcript.line_at(match.start())
        values |= {"other_python": scene.other_python, **({"installed": scene.package} if scene.package else {})}
        suited = advise_there(problem, problem.suit(scene, text), scene, text)
        yield Recognised(suited, match.start(), line, values, evidence)
        if problem.each is None:
            return


def _evidence(transcript: Transcript, matches: list[re.Match[str]], errors: tuple[Diagnostic, ...]) -> str:
    """Return the lines of the signs in order, with rustc's source lines and advice."""
    lines: set[int] = set()
    advised: set[int] = set()
    for match in matches:
        first = transcript.line_at(match.start())
        last = transcript.line_at(max(match.end() - 1, match.start()))
        if last + 1 < len(transcript.lines) and transcript.lines[last + 1].lstrip().startswith("-->"):
            last += 1
        lines.update(range(first, last + 1))
        for error in errors:
            if error.first <= first <= error.last:
                advised.update(advice_lines(transcript, error))
    shown = transcript.show(lines, matches[0][0].partition("\n")[0].strip())
    if len(shown) > MOST_LINES:
        shown = [*shown[: MOST_LINES - 1], "…", shown[-1]]
    return "\n".join([*shown, *transcript.show(advised - lines)])
