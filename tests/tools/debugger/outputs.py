"""The kept outputs, what each shows, and the ways in which other programs wrap an output."""

from __future__ import annotations

import textwrap
import tomllib
from typing import TYPE_CHECKING

from scaffolder.output.transcript import transcript
from scaffolder.tools.debugger.explaining import UNKNOWN, explain
from scaffolder.tools.debugger.source import Output
from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scaffolder.toolkit import Finding

FOLDER = CHECKOUT / "tests/tools/debugger/failures"
FAILURES = sorted(FOLDER.glob("*.txt"))
# What an explanation of an output must say, and what it must not, besides the problem's name.
ANSWERS = tomllib.loads((FOLDER / "answers.toml").read_text(encoding="utf-8"))
VERDICTS = ("right", "right cause", "unknown", "wrong")


def body(path: Path) -> str:
    """Return an output without the line that says where it is from."""
    return path.read_bytes().decode("utf-8").partition("\n")[2]


def findings(text: str | bytes) -> list[Finding]:
    """Return what is found in an output, but for what rustc reports besides."""
    data = text.encode("utf-8") if isinstance(text, str) else text
    result = explain(Output(transcript(data), "build.log"))
    return [finding for finding in result.findings if (finding.id, finding.level) != (UNKNOWN, "note")]


def ids(text: str | bytes) -> list[str]:
    """Return what is found in an output, each problem once."""
    return list(dict.fromkeys(finding.id for finding in findings(text)))


def expected(path: Path) -> list[str]:
    """Return what an output shows, by its name."""
    problem = path.stem.partition("--")[0]
    return [] if problem == "nothing" else [problem]


def verdict(path: Path) -> str:
    """Judge what is said of an output."""
    text = body(path)
    names = ids(text)
    if names != expected(path):
        return "unknown" if names in ([], [UNKNOWN]) else "wrong"
    shown = findings(text)
    said = "\n".join(f"{finding.message}\n{finding.cause}\n{finding.fix}" for finding in shown)
    evidence = "\n".join(finding.evidence or "" for finding in shown)
    answer = ANSWERS.get(path.stem, {})
    complete = all(part in f"{said}\n{evidence}" for part in answer.get("says", ()))
    return "right" if complete and not any(part in said for part in answer.get("never", ())) else "right cause"


def _before(prefix: str) -> Callable[[str], str]:
    return lambda text: "".join(f"{prefix}{line}\n" for line in text.split("\n"))


def _broken(text: str) -> str:
    """Break long lines as uv does, which prints at most 120 columns."""
    lines = []
    for line in text.split("\n"):
        whole = len(line) <= 111 or line.lstrip().startswith(("|", "="))
        lines += [line] if whole else textwrap.wrap(line, 111, break_long_words=False, break_on_hyphens=False)
    return "".join(f"         {line}\n" for line in lines)


def _coloured(text: str) -> str:
    return (
        text.replace("error", "\x1b[1m\x1b[91merror\x1b[0m")
        .replace(": ", "\x1b[0m:\x1b[K ")
        .replace("\n", "\x1b[0m\r\n")
    )


WRAPPINGS: dict[str, Callable[[str], str]] = {
    "colours": _coloured,
    "pip": _before("      "),
    "uv": _before("         "),
    "broken lines": _broken,
    "pytest": _before("E   "),
    "docker": _before("#15 70.10 "),
    "compose": _before("app-1  | "),
    "quoted": _before("> "),
    "github": _before("2026-11-22T23:08:14.1234567Z "),
    "github step": _before("build\tRun tests\t2026-11-22T23:08:14.1234567Z "),
    "gitlab": _before("2026-11-22T23:08:14.123456Z 01O "),
    "docker in github": _before("2026-11-22T23:08:14.1234567Z #15 70.10 "),
    "pip in docker": _before("#15 70.10       "),
    "pip's bar": _before("  │ "),
}
