"""A terminal in which a test runs the command: what is typed, and what is on the screen then."""

from __future__ import annotations

import os
import re
import sys
import time
from typing import TYPE_CHECKING, Any

import pexpect
import pyte

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DOWN, UP, ENTER, SPACE, TAB, INTERRUPT, END = "\x1b[B", "\x1b[A", "\r", " ", "\t", "\x03", "\x04"
HEIGHT = 100
# Seconds until a test fails, however busy the machine is, and until a screen on which nothing moves is taken for
# complete.
PATIENCE, STILL = 300, 1.0
# `RENEW_SCREENS=1 pytest tests/cli/test_wizard.py` writes the screens that the tests expect.
RENEW = bool(os.environ.get("RENEW_SCREENS"))
OLDEST_PYTHON = re.compile(r"(?<=Oldest Python    )3\.\d+")


class Terminal:
    """The command in a terminal of its own."""

    def __init__(self, arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], width: int) -> None:
        self.screen = pyte.Screen(width, HEIGHT)
        self.stream = pyte.Stream(self.screen)
        self.output = ""
        # Without a reply to its question where the cursor is, the first one would be drawn twice.
        variables: Any = {**environment, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "scaffolder", "new", *arguments],
            cwd=str(folder),
            env=variables,
            encoding="utf-8",
            dimensions=(HEIGHT, width),
        )

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display).strip("\n")

    def read(self, seconds: float) -> bool:
        """Draw what the command prints, and return whether it goes on."""
        try:
            output = self.child.read_nonblocking(100_000, timeout=seconds)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.output += output
        self.stream.feed(output)
        return True

    def wait(self, text: str) -> None:
        """Wait until a text is on the screen."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.text:
            assert self.read(0.2), f"the command ended before `{text}` was on the screen:\n{self.text}"
            assert time.monotonic() < deadline, f"no `{text}` on the screen:\n{self.text}"

    def play(self, *steps: tuple[str, str]) -> None:
        """Wait for each text, and then type what follows it."""
        for text, keys in steps:
            self.wait(text)
            self.child.send(keys)

    def choose(self, name: str, key: str = ENTER) -> None:
        """Type a key at the entry of a menu that begins with a name."""
        row = self.pointer(-1)
        for _ in range(100):
            if f"» {name}" in self.screen.display[row]:
                self.child.send(key)
                return
            self.child.send(DOWN)
            row = self.pointer(row)
        raise AssertionError(f"no `{name}` in the menu:\n{self.text}")

    def pointer(self, before: int) -> int:
        """Wait until the pointer of a menu has left a row and is in one other, and return that."""
        deadline = time.monotonic() + PATIENCE
        while True:
            # A menu that is half drawn has two pointers, or none: a key would go to an entry that is not drawn yet.
            rows = [row for row, line in enumerate(self.screen.display) if "» " in line]
            if len(rows) == 1 and rows[0] != before:
                return rows[0]
            assert self.read(0.2), f"the command ended in a menu:\n{self.text}"
            assert time.monotonic() < deadline, f"the pointer does not move:\n{self.text}"

    def end(self) -> int:
        """Wait for the end of the command, and return its exit code."""
        deadline = time.monotonic() + PATIENCE
        while self.read(0.2):
            assert time.monotonic() < deadline, f"the command does not end:\n{self.text}"
        self.child.close()
        return int(self.child.exitstatus)

    def settle(self, expected: str) -> str:
        """Wait for the expected screen, or until nothing moves, and return what is there."""
        last, since, deadline = "", time.monotonic(), time.monotonic() + PATIENCE
        while time.monotonic() < deadline and (shown := neutral(self.text)) != expected:
            if shown != last:
                last, since = shown, time.monotonic()
            elif RENEW and time.monotonic() - since > STILL:
                break
            self.read(0.2)
        return neutral(self.text)


def neutral(text: str) -> str:
    """Replace what changes with the years."""
    return OLDEST_PYTHON.sub("3.##", text)


class Screens:
    """The screens in a file, each below a line with its number.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown: list[str] = []
        pages = [] if RENEW else re.split(r"(?m)^─+ \d+\n", path.read_text(encoding="utf-8"))[1:]
        self.expected = [page.strip("\n") for page in pages]

    def compare(self, terminal: Terminal, text: str) -> None:
        """Wait for a text, and compare the screen that has it with the next one in the file."""
        terminal.wait(text)
        expected = "" if RENEW else self.expected[len(self.shown)]
        self.shown.append(terminal.settle(expected))
        assert RENEW or self.shown[-1] == expected

    def end(self) -> None:
        """Compare the number of screens, or renew the file."""
        if RENEW:
            pages = (f"{'─' * 20} {number}\n{screen}\n" for number, screen in enumerate(self.shown, 1))
            self.path.write_text("\n".join(pages), encoding="utf-8")
        else:
            assert len(self.shown) == len(self.expected)
