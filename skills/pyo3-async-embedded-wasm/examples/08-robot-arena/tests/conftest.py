"""The program, as cargo builds it, and games of scripts that a test writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

PROJECT = Path(__file__).parent.parent
WALKER = (PROJECT / "robots/walker.py").read_text(encoding="utf-8")


class Play(Protocol):
    def __call__(self, rounds: int, limit: int = ..., **scripts: str) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="session")
def program() -> Path:
    command = ["cargo", "build", "--message-format", "json-render-diagnostics"]
    environment = os.environ | {"PYO3_PYTHON": sys.executable}
    done = subprocess.run(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return Path(next(message["executable"] for message in messages if message.get("executable")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the scripts of a test are."""
    folder = tmp_path / "robots"
    folder.mkdir()
    return folder


@pytest.fixture
def play(program: Path, folder: Path) -> Play:
    """Play a game of scripts, and of one that walks, with a limit that only those reach who never end."""

    def play(rounds: int, limit: int = 30_000, **scripts: str) -> subprocess.CompletedProcess[str]:
        for name, text in {**scripts, "walker": WALKER}.items():
            (folder / f"{name}.py").write_text(text, encoding="utf-8")
        command = [str(program), str(folder), "--rounds", str(rounds), "--limit", str(limit)]
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=120, check=False
        )

    return play
