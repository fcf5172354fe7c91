"""Programs that say that they were started."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def program(path: Path, *commands: str) -> Path:
    """Write a program, and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(("#!/bin/sh", *commands, "")), encoding="utf-8")
    path.chmod(0o755)
    return path
