"""The commands that a new project's owner is told to type."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scaffolder.template import steps


def test_the_folder_is_quoted_for_the_shell() -> None:
    folder = Path("it's $HOME")
    if os.name == "nt":
        assert steps.next_steps(folder, "3.11")[0] == "cd 'it''s $HOME'"
    else:
        assert subprocess.run(
            ["sh", "-c", steps.next_steps(folder, "3.11")[0].replace("cd", "printf %s", 1)],
            capture_output=True, text=True, check=True,
        ).stdout == str(folder)  # fmt: skip


def test_with_uv_it_is_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert steps.next_steps(Path("x"), "3.11")[1:] == ("uv run pytest", "uv run nox -s lint")


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX")
def test_without_uv_it_is_a_python_that_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "python").symlink_to(sys.executable)
    (tmp_path / "python3").write_text("#!/bin/sh\necho 3 9\n", encoding="utf-8")
    (tmp_path / "python3").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/nowhere")
    assert steps.next_steps(Path("x"), "3.10")[1].startswith("python -m venv .venv && ")
    assert steps.next_steps(Path("x"), "3.99")[1].startswith("python3.99 -m venv .venv && ")
