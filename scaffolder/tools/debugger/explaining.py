"""Explain the failures in an output."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.output.decisive import decisive, tail
from scaffolder.output.diagnostics import advice_lines
from scaffolder.output.scene import holds
from scaffolder.toolkit import Finding, Result
from scaffolder.tools.debugger.recognition import Reading, Recognised, recognise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scaffolder.output.transcript import Transcript
    from scaffolder.tools.debugger.source import Output

TOOL = "debugger"
UNKNOWN = "unknown"
MOST_LINES = 6


def explain(output: Output) -> Result:
    """Explain the failures in an output."""
    reading = recognise(output.transcript)
    known_findings = list(
        without_repetition(finding(match, output.transcript, output.source) for match in reading.problems)
    )
    findings = [*known_findings, *other_diagnostics(reading, output)]
    if not output.succeeded and not any(finding.level == "error" for finding in known_findings):
        findings = [*unknown_failure(reading, output), *known_findings]
    return Result(TOOL, summary(findings, output), tuple(findings))


def finding(match: Recognised, transcript: Transcript, source: str) -> Finding:
    """Turn a recognised problem into a finding."""
    problem = match.problem
    failure = decisive(transcript, ()) if problem.last_resort and problem.group != "rust" else None
    evidence = "\n".join(transcript.show(failure.lines)) if failure else match.evidence
    return Finding(
        id=problem.id,
        level=problem.level,
        message=problem.fill(problem.title, match.values),
        where=place_of(source, transcript.number(match.line)),
        evidence=evidence,
        fix=problem.fill(problem.fix, match.values),
        reference=problem.reference,
        cause=problem.fill(problem.cause, match.values),
    )


def place_of(source: str, line: int) -> str:
    """Name a line of an output."""
    return f"{source}:{line}" if Path(source).is_file() else f"`{source}`, line {line}"


def without_repetition(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Keep what several findings of a problem share in the first of them only."""
    firsts: dict[str, Finding] = {}
    for finding in findings:
        first = firsts.setdefault(finding.id, finding)
        if first is finding:
            yield finding
        else:
            lines = (first.fix or "").splitlines()
            own = [line for line in (finding.fix or "").splitlines() if line not in lines]
            # A line says it all; of several, which may be code, none is left out.
            fix = finding.fix if len(own) > 1 else "".join(own) or None
            cause = None if finding.cause == first.cause else finding.cause
            yield replace(finding, fix=fix, cause=cause, reference=None)


def other_diagnostics(reading: Reading, output: Output) -> Iterator[Finding]:
    """Yield a finding for the errors of rustc that are not known problems."""
    if reading.problems and reading.other_errors and not output.succeeded:
        transcript, errors = output.transcript, reading.other_errors
        shown = [line for error in errors[:MOST_LINES] for line in (error.first, error.first + 1)]
        shown += [line for error in errors[:MOST_LINES] for line in advice_lines(transcript, error)]
        number = "an error" if len(errors) == 1 else f"{len(errors)} errors"
        where = place_of(output.source, transcript.number(errors[0].first))
        evidence = "\n".join(transcript.show(set(shown)))
        yield Finding(UNKNOWN, "note", f"rustc reports {number} more, which may follow from the above", where, evidence)


def unknown_failure(reading: Reading, output: Output) -> list[Finding]:
    """Return a finding for a failure that is not in the catalogue, if there is one."""
    transcript = output.transcript
    failure = decisive(transcript, reading.other_errors)
    if failure and failure.in_other_words and reading.problems:
        failure = None
    if failure is None and output.ended is None:
        return []
    lines = failure.lines if failure else tail(transcript)
    evidence = "\n".join(transcript.show(lines))
    if output.ended and not evidence:
        return [Finding(UNKNOWN, "error", f"the command failed with {output.ended} and printed nothing", output.source)]
    speaker = failure.speaker if failure else None
    message = f"a failure that is not in this catalogue; {speaker or 'the program'} says"
    if failure and failure.consequences:
        message = "something failed before these lines, and the reason is not in this output"
    where = place_of(output.source, transcript.number(lines[0]))
    steps = [advice(speaker, evidence, reading)]
    if speaker == "maturin" and holds("<1.0", reading.scene.maturin):
        steps.insert(0, "first update maturin, which is older than 1.0 (2023) here: pip install --upgrade maturin")
    return [Finding(UNKNOWN, "error", message, where, evidence, "\n".join(steps))]


def advice(speaker: str | None, evidence: str, reading: Reading) -> str:
    """Return what to do about an unknown failure."""
    if reading.other_errors:
        codes = [error.code for error in reading.other_errors if error.code]
        step = "rustc's own `help:` says what to change" if "help: " in evidence else "fix the first error first"
        return "\n".join([step, *(f"rustc --explain {code}" for code in codes[:1])])
    return f"search for these lines, without your own names and paths, together with {speaker or 'the program'}"


def summary(findings: list[Finding], output: Output) -> str:
    """Return the summary line."""
    errors = [finding for finding in findings if (finding.id, finding.level) != (UNKNOWN, "note")]
    if not errors:
        return "nothing in it looks like a failure" if output.succeeded else "no failure is recognised in it"
    times = Counter(finding.id for finding in errors)
    unknown = times.pop(UNKNOWN, 0)
    labels = [f"{name} ({number} times)" if number > 1 else name for name, number in times.items()]
    first = "not recognised" if unknown else f"recognised: {labels.pop(0)}"
    return f"{first}; and {', '.join(labels)}" if labels else first
