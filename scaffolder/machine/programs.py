"""Run other programs, and say what came of it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Neither downloads anything behind the user's back.
QUIET = {"RUSTUP_AUTO_INSTALL": "0", "UV_PYTHON_DOWNLOADS": "never", "UV_OFFLINE": "1", "CARGO_TERM_COLOR": "never"}


@dataclass(frozen=True)
class Done:
    """A program that has ended.

    Attributes:
        code: Its exit code.
        output: Its stdout.
        errors: Its stderr.
    """

    code: int
    output: str
    errors: str


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    timeout: float | None = 20,
    quiet: bool = True,
) -> Done | None:
    """Run a program; return nothing if there is none of that name, or it didn't come to an end.

    Args:
        command: The program and its arguments.
        environment: What it finds in its environment.
        folder: Where it runs.
        timeout: When to give up, in seconds.
        quiet: Whether it is kept from downloading anything.
    """
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**environment, **(QUIET if quiet else {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Done(done.returncode, done.stdout, done.stderr)
