"""Find the decisive lines of an unknown failure, and the program that printed them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.output.diagnostics import Diagnostic, advice_lines, source_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.output.transcript import Transcript

MOST_LINES = 6
# What hangs below such a line, and tells the reason.
BELOW = re.compile(r"Caused by:|caused by:|cause: |[\u2570\u251c]\u2500\u25b6|\d: |-->|at \S+:\d+")
# So many lines before a failure may name the program that was called.
LOOK_BACK = 40


@dataclass(frozen=True)
class Decisive:
    """The lines that say most about a failure.

    Attributes:
        speaker: The program that printed them, if known.
        lines: Which lines.
        consequences: Whether they only repeat a failure whose reason is not in the output.
        in_other_words: Whether they only sound like a failure, and no program is known to print them.
    """

    speaker: str | None
    lines: tuple[int, ...]
    consequences: bool = False
    in_other_words: bool = False


@dataclass(frozen=True)
class Speakers:
    """How programs report failures.

    Attributes:
        names: Their names; None where unknown.
        signs: How the lines of each start.
        wrappers: How lines start that only repeat an earlier failure.
        harmless: How lines start that look like failures but are not.
        last_words: What a line contains that tells of a failure in other words, the surest first.
        fine: Which lines with such words tell of none.
    """

    names: tuple[str | None, ...]
    signs: tuple[re.Pattern[str], ...]
    wrappers: re.Pattern[str]
    harmless: re.Pattern[str]
    last_words: tuple[re.Pattern[str], ...]
    fine: re.Pattern[str]


@cache
def load_speakers() -> Speakers:
    """Read the list of programs."""
    data = tomllib.loads(Path(__file__).with_name("speakers.toml").read_text(encoding="utf-8"))
    names = tuple(entry.get("name") for entry in data["speakers"])
    signs = tuple(re.compile("|".join(entry["signs"])) for entry in data["speakers"])
    wrappers, harmless = (re.compile("|".join(data[key])) for key in ("wrappers", "harmless"))
    return Speakers(
        names, signs, wrappers, harmless, tuple(map(re.compile, data["last_words"])), re.compile(data["fine"])
    )


def decisive(transcript: Transcript, errors: Sequence[Diagnostic]) -> Decisive | None:
    """Return the lines that say most about a failure, if there is one."""
    if errors:
        lines = [*source_lines(transcript, errors[0]), *advice_lines(transcript, errors[0])]
        lines += [error.first for error in errors[1:MOST_LINES]]
        return Decisive("rustc", tuple(dict.fromkeys(lines)))
    speakers = load_speakers()
    best: dict[int, list[int]] = {}
    wrappers: list[int] = []
    for number, line in enumerate(transcript.lines):
        content = line.strip()
        if not content or speakers.harmless.match(content):
            continue
        if speakers.wrappers.match(content):
            wrappers.append(number)
        elif rank := next((rank for rank, sign in enumerate(speakers.signs, 1) if sign.match(content)), None):
            best.setdefault(rank - 1, []).append(number)
    if not best and not wrappers:
        return _in_other_words(transcript)
    if not best:
        lines = [line for wrapper in wrappers[:2] for line in _with_reason(transcript, wrapper)]
        bare = len(lines) == len(wrappers[:2])
        return Decisive(_speaker(transcript, wrappers[0]), tuple(lines), consequences=bare)
    rank = min(best)
    speaker = speakers.names[rank] or _speaker(transcript, best[rank][0])
    lines = [line for number in _choose(speaker, best[rank]) for line in _with_reason(transcript, number)]
    return Decisive(speaker, tuple(dict.fromkeys(lines))[: MOST_LINES + 2])


def _in_other_words(transcript: Transcript) -> Decisive | None:
    """Return the lines that tell of a failure in no known way."""
    speakers = load_speakers()
    for words in speakers.last_words:
        lines = [
            number
            for number, line in enumerate(transcript.lines)
            if words.search(line) and not speakers.fine.match(line.strip())
        ]
        if lines:
            return Decisive(_speaker(transcript, lines[0]), tuple(lines[:MOST_LINES]), in_other_words=True)
    return None


def _choose(speaker: str | None, numbers: list[int]) -> list[int]:
    """Choose among lines: the first of a chain of exceptions is the cause, the last the effect."""
    return [numbers[0], numbers[-1]] if speaker == "Python" else numbers[:3]


def _speaker(transcript: Transcript, line: int) -> str | None:
    """Guess the program from those that the lines above name."""
    for number in range(line, max(line - LOOK_BACK, -1), -1):
        content = transcript.lines[number].strip()
        if match := re.match(
            r"(?:\$ |Running `|nox > |\U0001f4a5 )?(cargo|maturin|uv|pip|pytest|mypy|docker|npm|conda|poetry)\b",
            content,
        ):
            return match[1]
    return None


def _with_reason(transcript: Transcript, number: int) -> list[int]:
    """Return a line with those below it that give the reason: a place, a panic's message, the end of a chain."""
    lines = [number]
    content = transcript.lines[number].strip()
    if "panicked at" in content or content.startswith("Undefined symbols") or content.endswith(":"):
        lines.append(number + 1)
    chain = []
    for below in range(number + 1, min(number + 25, len(transcript.lines))):
        text = transcript.lines[below].strip()
        if BELOW.match(text):
            # cargo writes the reason into the next line.
            chain.append(below + text.lower().endswith("caused by:"))
        elif not text and chain:
            continue
        elif chain and below - chain[-1] > 2:
            break
    lines += chain if len(chain) <= 3 else [chain[0], *chain[-2:]]
    return [line for line in lines if line < len(transcript.lines)]


def tail(transcript: Transcript) -> list[int]:
    """Return the last lines of an output."""
    return [number for number, line in enumerate(transcript.lines) if line.strip()][-MOST_LINES:]
