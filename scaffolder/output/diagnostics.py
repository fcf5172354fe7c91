"""The errors that rustc reports, with source and advice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.output.transcript import Transcript

HEAD = re.compile(r"error(?:\[(?P<code>E\d{4})\])?: (?P<message>\S.*)")
# cargo begins its lines as rustc does, and only rustc shows source; these say that there was an error.
ENDS = re.compile(r"error: (?:could not compile|aborting due|linking with)")
ADVICE = re.compile(r"(?:= )?help: (?!the following other types|the trait `|within |\S+ (?:also )?implements )")
CHANGE = re.compile(r"\d+ +[+~-] |\d+ \| |\| +[+~^-]+$")
MOST_ADVICE = 8
# Where cargo keeps the source of other people's crates.
DEPENDENCY = re.compile(r"-->.*[/\\](?:registry[/\\]src|git[/\\]checkouts)[/\\]")


@dataclass(frozen=True)
class Diagnostic:
    """An error that rustc reports.

    Attributes:
        code: `E0425`, if it has one.
        message: Its first line.
        first: The line where it begins.
        last: The line where it ends.
        in_dependency: Whether it is in the source of a dependency.
    """

    code: str | None
    message: str
    first: int
    last: int
    in_dependency: bool = False


def diagnostics(transcript: Transcript) -> tuple[Diagnostic, ...]:
    """Return the errors of rustc in an output."""
    return tuple(_read(transcript))


def _read(transcript: Transcript) -> Iterator[Diagnostic]:
    lines = transcript.lines
    for first, line in enumerate(lines):
        head = HEAD.match(line.lstrip()) if "error" in line else None
        if head is None or ENDS.match(line.lstrip()):
            continue
        last = first
        while last + 1 < len(lines) and last < first + 200 and lines[last + 1].strip():
            last += 1
        below = lines[first + 1 : min(first + 4, last + 1)]
        place = next((line for line in below if line.lstrip().startswith("-->")), "")
        if place:
            yield Diagnostic(head["code"], head["message"], first, last, bool(DEPENDENCY.search(place)))


def advice_lines(transcript: Transcript, error: Diagnostic) -> list[int]:
    """Return the lines with rustc's advice."""
    advice: list[int] = []
    inside = False
    for number in range(error.first + 1, error.last + 1):
        line = transcript.lines[number].strip()
        if ADVICE.match(line):
            inside = True
        elif inside and not CHANGE.match(line):
            inside = line == "|" or line.startswith("-->")
            continue
        if inside:
            advice.append(number)
    return advice[:MOST_ADVICE]


def source_lines(transcript: Transcript, error: Diagnostic) -> list[int]:
    """Return the lines with the message, the place and the marked source."""
    end = next(
        (
            number for number in range(error.first + 1, error.last + 1)
            if re.match(r"=|help:|note:", transcript.lines[number].strip())
        ),
        error.last + 1,
    )  # fmt: skip
    return list(range(error.first, min(end, error.first + 7)))
