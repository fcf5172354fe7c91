"""Make text of what programs printed, whoever kept it and how."""

from __future__ import annotations

import codecs
import re

# Colours and the like, and links as terminals have them.
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_=>])")
# GitHub writes the time before each line of a log, and the step's name in a log that was downloaded by its tool.
STAMP = re.compile(r"^(?:[^\t\n]+\t[^\t\n]+\t)?\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ", re.MULTILINE)
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decode(data: bytes) -> str:
    """Return the text of an output: no colours, no times, lines that end alike.

    Args:
        data: UTF-8, or UTF-16 as PowerShell writes it; bytes that are neither are replaced.
    """
    encoding = "utf-16" if data.startswith(UTF_16) else "utf-8-sig"
    text = data.decode(encoding, errors="replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return STAMP.sub("", ESCAPES.sub("", text))


def lines_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where the lines begin and end that hold a part of a text."""
    last = text.find("\n", max(start, end - 1))
    return text.rfind("\n", 0, start) + 1, len(text) if last < 0 else last


def shorten(line: str, around: str = "", width: int = 200) -> str:
    """Cut a long line to what matters in it; a linker's command line has thousands of characters.

    Args:
        line: The line.
        around: What must be seen.
        width: The most characters to keep.
    """
    line = line.rstrip()
    if len(line) <= width:
        return line
    place = max(line.find(around), 0)
    middle = place + min(len(around), width) // 2
    start = 0 if place + len(around) <= width else max(0, min(middle - width // 2, len(line) - width))
    return f"{'…' if start else ''}{line[start : start + width].strip()}{'…' if start + width < len(line) else ''}"
