"""Code that may hang, run in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import NamedTuple

# region: watchdog
PREFIX = """
import faulthandler, sys, threading, time
from performance_snippets import _core
faulthandler.dump_traceback_later({seconds}, exit=True)
"""


class Outcome(NamedTuple):
    """How a program ended: whether it hung, what it printed, and where its threads were."""

    hung: bool
    printed: str
    stacks: str


def run_watched(code: str, seconds: float) -> Outcome:
    """Run code in a process that reports where each thread is, and ends, if it takes too long."""
    program = PREFIX.format(seconds=seconds) + code
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
    hung = "Timeout (" in done.stderr
    assert hung or done.returncode == 0, done.stderr
    return Outcome(hung, done.stdout, done.stderr)


# endregion: watchdog


def hangs(code: str) -> bool:
    """Say whether code hangs: a second is many times what it needs otherwise."""
    return run_watched(code, 1).hung


def ends(code: str) -> str:
    """Return what code printed that has to end, even on a machine with much else to do."""
    outcome = run_watched(code, 40)
    assert not outcome.hung, outcome.stacks
    return outcome.printed.strip()
