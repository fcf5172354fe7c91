"""Turn a program's output into clean lines, wherever it was recorded."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from scaffolder.machine.recording import Recording

if TYPE_CHECKING:
    from collections.abc import Iterable

# Of a longer line the beginning and the end are read.
LONGEST_LINE = 4_000
# Colours, cursor movements, and links as terminals have them; a sequence may hide within another one.
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]|\][^\x07\x1b\n]{0,2000}(?:\x07|\x1b\\)|[@-Z\\^_=>]|[()][0-9A-B])")
# What would act on a terminal, or reorder what is read.
CONTROLS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What programs that run other programs put before their lines.
PREFIX = re.compile(
    r"""
      (?:[^\t\n]{1,80}\t[^\t\n]{1,80}\t)?\ufeff?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[ ]?[+-]\d\d:?\d\d)?
        (?:[ ]\d\d[OE][ +])?[ ]?                               # times: GitHub, with the job and step, and GitLab
    | \[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?[ ]                       # times of day
    | \#\#\[\w+\] | ::(?:error|warning)[^:\n]{0,200}::           # annotations of workflows
    | \#\d+[ ]\d+\.\d+(?:[ ]|$)                                  # docker's steps, with seconds
    | \d{1,4}\.\d{1,3}[ ](?=[^\s\d])                            # docker's summary
    | E(?:[ ]{3}|$)                                              # pytest
    | [A-Za-z][\w.-]{1,60}[ ]*\|(?:[ ]|$)                        # docker compose
    | >(?:[ ](?!>)|$)                                            # quoted
    | [\u2502\u2503](?:[ ]|$)                                    # boxes of pip and uv
    | nox[ ]>[ ]
    | (?:DEBUG|TRACE)[ ]                                         # what uv logs
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Transcript:
    """What a program printed.

    Attributes:
        lines: The lines without prefixes that other programs added, with their indentation.
        first_after_gap: The first line after the part dropped from a long output.
        gap: How many lines were dropped there.
    """

    lines: tuple[str, ...]
    first_after_gap: int = 0
    gap: int = 0

    @cached_property
    def text(self) -> str:
        """The lines without indentation, to search for signs."""
        return "\n".join(line.strip() for line in self.lines)

    @cached_property
    def starts(self) -> list[int]:
        """Where each line begins in the text."""
        return list(accumulate((len(line.strip()) + 1 for line in self.lines), initial=0))

    def line_at(self, position: int) -> int:
        """Return the index of the line at an offset in the text."""
        return min(bisect_right(self.starts, position) - 1, max(len(self.lines) - 1, 0))

    def number(self, line: int) -> int:
        """Return a line's number in the original output."""
        return line + 1 + (self.gap if self.gap and line >= self.first_after_gap else 0)

    def show(self, lines: Iterable[int], around: str = "") -> list[str]:
        """Return some lines for people to read: shortened and dedented."""
        shown = [shorten(self.lines[line], around) for line in sorted(set(lines)) if self.lines[line].strip()]
        margin = min((len(line) - len(line.lstrip()) for line in shown), default=0)
        return [line[margin:] for line in shown]


def read_transcript(recording: Recording) -> Transcript:
    """Read an output, and strip colours, times and other prefixes.

    Args:
        recording: UTF-8, or UTF-16 as PowerShell writes it; bytes that are neither are replaced.
    """
    encoding = _encoding(recording.head)
    if not recording.lines_left_out:
        return Transcript(tuple(_lines(recording.head + recording.tail, encoding)))
    head, tail = _lines(recording.head, encoding), _lines(recording.tail, encoding)
    return Transcript((*head, *tail), len(head), recording.lines_left_out - 1)


def transcript(data: bytes) -> Transcript:
    """Read a complete output."""
    recording = Recording()
    recording.add(data)
    return read_transcript(recording)


def _encoding(data: bytearray) -> str:
    if data.startswith(UTF_16):
        return "utf-16-le" if data.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    return "utf-8"


def _lines(data: bytearray, encoding: str) -> list[str]:
    text = make_printable(data.decode(encoding, errors="replace"))
    return [without_prefixes(line) for line in text.split("\n")]


def make_printable(text: str) -> str:
    """Replace characters that would control a terminal."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    shorter = ESCAPES.sub("", text)
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", shorter.replace("\b", ""))


def without_prefixes(line: str) -> str:
    """Strip a line's prefixes, and cut a long line in the middle."""
    if len(line) > LONGEST_LINE:
        line = f"{line[: LONGEST_LINE // 2]} … {line[-LONGEST_LINE // 2 :]}"
    for _ in range(4):
        indentation = len(line) - len(line.lstrip(" \t"))
        prefix = PREFIX.match(line, indentation)
        if prefix is None:
            break
        line = line[prefix.end() :]
    return line.rstrip()


def shorten(line: str, around: str = "", width: int = 200) -> str:
    """Shorten a long line around the part that matters; a linker's command line has thousands of characters.

    Args:
        line: The line.
        around: The part to keep.
        width: The maximum length.
    """
    line = line.rstrip()
    if len(line) <= width:
        return line
    place = max(line.find(around), 0)
    middle = place + min(len(around), width) // 2
    start = 0 if place + len(around) <= width else max(0, min(middle - width // 2, len(line) - width))
    return f"{'…' if start else ''}{line[start : start + width].strip()}{'…' if start + width < len(line) else ''}"
