"""The tutorial on the site: its files are written and its commands run, in their order."""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.template.conftest import Run

PAGE = CHECKOUT / "docs/port-a-slow-function.md"
# What a block of code is for is the last word before it.
STEP = re.compile(r"(?s)(?:`(?P<file>[\w./]+)`:\n\n|\n)```(?P<language>\w+)\n(?P<text>.*?)```\n")
NAME = "time-tools"


@pytest.mark.slow
@pytest.mark.exclusive("test")
def test_the_tutorial_does_what_it_says(run: Run, nox: Run, tmp_path: Path) -> None:
    printed: dict[str, str] = {}
    for step in STEP.finditer(PAGE.read_text(encoding="utf-8")):
        if step["language"] == "console":
            for line in step["text"].splitlines():
                printed[line] = follow(line, run, nox, tmp_path)
        else:
            assert step["file"], f"what is this for?\n{step['text']}"
            path = tmp_path / NAME / step["file"]
            change = apply(path.read_text(encoding="utf-8"), step["text"]) if step["language"] == "diff" else None
            path.write_text(change or step["text"], encoding="utf-8")
    assert "13 passed" in printed["uv run pytest"]
    assert "test_to_seconds[rust]" in printed["uv run nox -s bench"]


def follow(line: str, run: Run, nox: Run, folder: Path) -> str:
    """Run a command of the page, and return what it printed."""
    match shlex.split(line):
        case ["pyo3-new", *arguments]:
            return run(sys.executable, "-m", "scaffolder", *arguments, "--no-git", folder=folder)
        case ["cd", name]:
            assert name == NAME
            return ""
        case ["uv", "run", "nox", "-s", session]:
            # The same, in the environment that the sessions of all tested projects share.
            return nox(session, folder=folder / NAME)
        case command:
            return run(*command, folder=folder / NAME)


def apply(text: str, diff: str) -> str:
    """Return a text with a change that shows the lines around it."""
    lines = diff.splitlines(keepends=True)
    before, after = ("".join(line[1:] for line in lines if line[0] in signs) for signs in (" -", " +"))
    assert text.count(before) == 1, before
    return text.replace(before, after)
