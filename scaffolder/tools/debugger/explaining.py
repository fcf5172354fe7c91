"""Recognise in what a program printed why it failed."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.toolkit import Finding, Result
from scaffolder.tools.debugger.catalogue import FOREIGN, GROUPS, Problem, load
from scaffolder.tools.debugger.reading import lines_around, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scaffolder.tools.debugger.source import Output

TOOL = "debugger"
MOST_LINES = 6
# Where rustc says which line of the source it means.
SOURCE = re.compile(r"\n *--> [^\n]+")
# What cargo, maturin and uv write under a failure.
CAUSES = re.compile(r"(?:\n+ *(?:Caused by|cause):\s+[^\n]+)+")
FAILURES = re.compile(
    r"^(?:[ \t|E>]*(?:error(?:\[E\d+\])?: |fatal(?: error)?: |ERROR:? |FAILED )"
    r"|[ \t|E>]*(?:\w+\.)*[A-Z]\w*(?:Error|Exception|ExceptionGroup|Exit|Interrupt)(?:: |$)"
    r"|.*\bpanicked at |[ \t]*(?:\u00d7|💥) |.*: (?:error|fatal error|undefined reference)\b|Fatal Python error: "
    r"|npm (?:ERR!|error) \S|panic: |\S+: (?:(?:line )?\d+: )?[^\s:]+: (?:command )?not found$).*$",
    re.MULTILINE,
)
# They say that something went wrong before.
WRAPPERS = re.compile(
    r"error: (?:could not compile|test failed|metadata-generation-failed|subprocess-exited-with-error|aborting due"
    r"|[Ff]ailed to build|process didn't exit)|[Ff]ailed to build|short test summary"
)
AGAIN = "if `{}` comes from your Rust code: build it again (`maturin develop`), and import it in `__init__.py`"
# What may be meant, where a message does not say whose the name is.
GUESSES = {
    r"ModuleNotFoundError: No module named '(\w+)'": (
        "if `{}` is your own package: is it built into the environment of this Python? `maturin develop` does that"
    ),
    r"cannot import name '(\w+)' from '\w+' \([^)\n]*__init__\.py\)": AGAIN,
    r"AttributeError: module '\w+' has no attribute '(\w+)'": AGAIN,
}
LEVELS = ("error", "warning", "note", "ok")


@dataclass(frozen=True)
class Recognised:
    """A problem in an output.

    Attributes:
        problem: Which.
        start: Where in the text its sign is.
        found: What the sign names.
        evidence: The lines that show it.
    """

    problem: Problem
    start: int
    found: dict[str, str]
    evidence: str


def explain(output: Output) -> Result:
    """Say why an output shows a failure."""
    text = f"{output.text}\n{output.ended}" if output.ended else output.text
    recognised = recognise(text)
    findings = list(without_repetition(finding(each, text, output.source) for each in recognised))
    if not output.succeeded and not any(each.level == "error" for each in findings):
        findings = [*not_recognised(output), *findings]
    return Result(TOOL, summary(findings, output), tuple(findings))


def not_recognised(output: Output) -> list[Finding]:
    """Say that there is a failure which is not in the catalogue, if there is one."""
    if lines := failures(output.text) or (tail(output.text) if output.ended else []):
        return [unknown("a failure that is not in this catalogue", "\n".join(lines), output.source)]
    if output.ended:
        return [unknown(f"the command failed with {output.ended} and printed nothing", None, output.source)]
    return []


def recognise(text: str, problems: Iterable[Problem] | None = None) -> list[Recognised]:
    """Return the known problems in an output: failures first, and causes before what follows from them."""
    catalogue = tuple(problems or load())
    found = [each for problem in catalogue for each in _look(problem, text)]
    consequences = {name for each in found for name in each.problem.leads_to}
    groups = list(GROUPS)
    # What is of one problem stays together, where the first of it is.
    firsts = {each.problem.id: each.start for each in sorted(found, key=lambda each: -each.start)}
    return sorted(
        (each for each in found if each.problem.id not in consequences),
        key=lambda each: (
            LEVELS.index(each.problem.level), groups.index(each.problem.group), firsts[each.problem.id], each.start
        ),
    )  # fmt: skip


def _look(problem: Problem, text: str) -> Iterator[Recognised]:
    """Look for one problem; more than once if each value of a group counts."""
    needed = [pattern.search(text) for pattern in problem.needs]
    if not all(needed) or any(pattern.search(text) for pattern in problem.unless):
        return
    seen: set[str] = set()
    for match in (match for sign in problem.signs for match in sign.finditer(text)):
        found = {name: value or "" for name, value in match.groupdict().items()}
        value = found.get(problem.each or "", "")
        if value not in seen and found.get("owner") not in FOREIGN:
            seen.add(value)
            yield Recognised(problem, match.start(), found, _evidence(text, [match, *filter(None, needed)]))
            if problem.each is None:
                return


def _evidence(text: str, matches: list[re.Match[str]]) -> str:
    """Return the lines that signs are in, in their order, with the line of source code that rustc names."""
    lines: dict[int, str] = {}
    for match in matches:
        start, end = lines_around(text, *match.span())
        if place := SOURCE.match(text, end):
            end = place.end()
        for line in text[start:end].splitlines(keepends=True):
            lines.setdefault(start, shorten(line, match[0].partition("\n")[0].strip()))
            start += len(line)
    shown = [lines[position] for position in sorted(lines) if lines[position].strip()]
    if len(shown) > MOST_LINES:
        shown = [*shown[: MOST_LINES - 1], "…", shown[-1]]
    return "\n".join(shown)


def finding(each: Recognised, text: str, source: str) -> Finding:
    """Say what a recognised problem is."""
    problem = each.problem
    line = text.count("\n", 0, each.start) + 1
    return Finding(
        id=problem.id,
        level=problem.level,
        message=problem.fill(problem.title, each.found),
        where=f"{source}:{line}" if Path(source).is_file() else f"`{source}`, line {line}",
        evidence=each.evidence,
        fix=problem.fill(problem.fix, each.found),
        reference=problem.reference,
        cause=problem.fill(problem.cause, each.found),
    )


def without_repetition(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Let the first finding of a problem say what is the same for all of them."""
    firsts: dict[str, Finding] = {}
    for each in findings:
        first = firsts.setdefault(each.id, each)
        if first is each:
            yield each
        else:
            said = (first.fix or "").splitlines()
            own = [line for line in (each.fix or "").splitlines() if line not in said]
            # A line says it all; of several, which may be code, none is left out.
            fix = each.fix if len(own) > 1 else "".join(own) or None
            cause = None if each.cause == first.cause else each.cause
            yield replace(each, fix=fix, cause=cause, reference=None)


def failures(text: str) -> list[str]:
    """Return the first lines of an output that tell of an error."""
    found: list[str] = []
    for match in FAILURES.finditer(text):
        if WRAPPERS.search(match[0]):
            continue
        start, end = lines_around(text, *match.span())
        place = SOURCE.match(text, end) or CAUSES.match(text, end)
        # What a panic says is in the line after.
        end = place.end() if place else lines_around(text, end, end + 2)[1] if "panicked at" in match[0] else end
        found += [line for line in map(shorten, text[start:end].splitlines()) if line.strip() and line not in found]
        if len(found) >= MOST_LINES:
            break
    return found[:MOST_LINES]


def tail(text: str) -> list[str]:
    """Return the last lines of an output."""
    return [shorten(line) for line in text.splitlines() if line.strip()][-MOST_LINES:]


def unknown(message: str, evidence: str | None, source: str) -> Finding:
    """Say that a failure is not known."""
    fix = "read the first line as a message about your own code or machine (what is known: `pyo3-new explain problems`)"
    found = ((guess, re.search(sign, evidence or "")) for sign, guess in GUESSES.items())
    guesses = [guess.format(match[1]) for guess, match in found if match]
    return Finding("unknown", "error", message, source, evidence, "\n".join([fix, *guesses]) if evidence else None)


def summary(findings: list[Finding], output: Output) -> str:
    """Say in a line what was found."""
    if not findings:
        return "nothing in it looks like a failure" if output.succeeded else "no failure is recognised in it"
    times = Counter(finding.id for finding in findings)
    unknown = times.pop("unknown", 0)
    known = [f"{name} ({number} times)" if number > 1 else name for name, number in times.items()]
    first = "not recognised" if unknown else f"recognised: {known.pop(0)}"
    return f"{first}; and {', '.join(known)}" if known else first
