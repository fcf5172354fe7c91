"""The program, as cargo builds it, and the folder that is shipped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest
from bundle import bundle

PROJECT = Path(__file__).parent.parent
ORDER = "tea,12,4.50\nmug,2,7.25\n"


class Price(Protocol):
    def __call__(self, *rules: str, order: str = ORDER, **variables: str) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="session")
def program() -> Path:
    command = ["cargo", "build", "--message-format", "json-render-diagnostics"]
    environment = os.environ | {"PYO3_PYTHON": sys.executable}
    done = subprocess.run(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return Path(next(message["executable"] for message in messages if message.get("executable")))


@pytest.fixture(scope="session")
def shipped(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that is shipped, after it was moved to one with a difficult name."""
    folder = tmp_path_factory.mktemp("made") / "pricing-rules"
    bundle(program, folder)
    return Path(shutil.move(folder, tmp_path_factory.mktemp("Preise für Ärzte") / "pricing rules"))


@pytest.fixture
def price(shipped: Path, tmp_path: Path) -> Price:
    """Price an order by rules, the shipped ones by default, with no other variables than those that are passed."""

    def run(*rules: str, order: str = ORDER, **variables: str) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "Ada.csv"
        path.write_text(order, encoding="utf-8")
        folder = tmp_path / "rules"
        for number, text in enumerate(rules):
            folder.mkdir(exist_ok=True)
            (folder / f"rule_{number}.py").write_text(text, encoding="utf-8")
        command = [str(shipped / "pricing-rules"), str(path), *([str(folder)] if rules else [])]
        return subprocess.run(
            command, cwd="/", env=variables, capture_output=True, encoding="utf-8", timeout=60, check=False
        )

    return run
